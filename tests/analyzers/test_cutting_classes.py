"""Classes as units: what is cut, what is said of their methods, how they are called."""

import pytest

from backfeed.analyzers import _tree_classes
from backfeed.engine import languages
from backfeed.engine.records import Sample
from backfeed.engine.requests import Compute, Limits, rejoined
from backfeed.engine.stages._problems import shown_example, unanswerable
from backfeed.engine.stages._runs import run_tests
from backfeed.engine.stages.record_tests import RecordTests

JAVASCRIPT = """
/** Counts words. */
export class Tally {
  /**
   * Begins with no word.
   * @param {number} least shorter words are not counted
   */
  constructor(least) {
    this.least = least;
    this.seen = new Map();
  }

  /** Counts a word once more. */
  add(word) {
    if (word.length >= this.least) this.seen.set(word, this.count(word) + 1);
    return this;
  }

  /** Tells how often a word was counted. */
  count(word) {
    return this.seen.get(word) || 0;
  }

  #secret() {
    return 1;
  }
}
"""
TYPESCRIPT = JAVASCRIPT.replace("(least)", "(private least: number)").replace(
    "(word) {", "(word: string) {"
)
JAVA = """
import java.util.*;

/** Counts words. */
public class Tally {
    private final int least;
    private final Map<String, Integer> seen = new HashMap<>();

    /** Begins with no word. @param least shorter words are not counted */
    public Tally(int least) {
        this.least = least;
    }

    /** Counts a word once more. */
    public void add(String word) {
        if (word.length() >= least) seen.merge(word, 1, Integer::sum);
    }

    /** Tells how often a word was counted. */
    public int count(String word) {
        return seen.getOrDefault(word, 0);
    }

    @Override
    public String toString() {
        return "Tally";
    }
}
"""
PHP = """<?php
/** Counts words. */
class Tally {
    private array $seen = [];
    private int $least;

    /** Begins with no word. @param int $least shorter words are not counted */
    public function __construct(int $least) {
        $this->least = $least;
    }

    /** Counts a word once more. */
    public function add(string $word): void {
        if (strlen($word) >= $this->least) { $this->seen[$word] = $this->count($word) + 1; }
    }

    /** Tells how often a word was counted. */
    public function count(string $word): int {
        return $this->seen[$word] ?? 0;
    }

    private function secret() { return 1; }
}
"""
RUBY = """
# Counts words.
class Tally
  # Begins with no word.
  # @param least [Integer] shorter words are not counted
  def initialize(least)
    @least = least
    @seen = Hash.new(0)
  end

  # Counts a word once more.
  # @param word [String] the word
  def add(word)
    @seen[word] += 1 if word.size >= @least
  end

  # Tells how often a word was counted.
  # @param word [String] the word
  # @return [Integer] how often
  def count(word)
    @seen[word]
  end

  private

  def secret
    1
  end
end
"""
FILES = {"javascript": JAVASCRIPT, "typescript": TYPESCRIPT, "java": JAVA, "php": PHP, "ruby": RUBY}
each = pytest.mark.parametrize("language", sorted(FILES))


def tally(language, text=""):
    """The class of a file as a sample."""
    found = languages.call(language, "units", text or FILES[language], (5, 20, 80))
    [mine] = [one for one in found if one.kind == "class"]
    assert (mine.name, mine.reason) == ("Tally", "")
    return Sample(id="a", kind="code", language=language, code=mine.code, entry_point="Tally")


@each
def test_its_methods_are_named_with_what_is_said_of_them(language):
    found = languages.call(language, "describe", tally(language).code, "Tally")
    assert (found.kind, found.reason) == ("class", "")
    assert found.prose.startswith("Counts words.")
    for said in ("Begins with no word", "Counts a word once more", "Tells how often"):
        assert said in found.prose
    assert "class Tally" in found.signature
    assert found.signature.count("add") == found.signature.count("count") == 1
    assert not {"secret", "toString"} & set(found.signature.replace("(", " ").split())


@each
def test_calls_make_an_object_change_it_and_ask_it(language):
    calls = languages.call(language, "inputs", tally(language).code, "Tally", ((), 30))
    assert len(calls) == len(set(calls)) == 30
    assert all("Tally" in call and "add(" in call and "count(" in call for call in calls)


@pytest.mark.bwrap
@each
def test_recorded_calls_tell_a_stub_from_it(language, answer):
    def do(request):
        return (
            request.function(*request.arguments)
            if isinstance(request, Compute)
            else answer(request)
        )

    [made] = rejoined(RecordTests().each(tally(language)), do)
    assert made.rejected is None
    shown = shown_example(made)
    assert unanswerable(f"Write class Tally(n).\n{shown} Example", made) == ""
    for code, word in ((made.code, "passed"), (None, "failed")):
        code = code or languages.call(language, "stub", made.code, "Tally")
        assert rejoined(run_tests(made, code, Limits(), check="test"), do).verdict == word


@each
def test_what_nothing_is_said_of_cannot_be_asked_for(language):
    gone = FILES[language].replace("Counts a word once more.", "")
    told = languages.call(language, "describe", tally(language, gone).code, "Tally")
    assert (told.reason, told.detail) in [("no-docstring", "add"), ("short-docstring", "add")]


def test_a_class_whose_methods_are_all_its_own_is_not_described():
    method = "  @Override\n  public int f%s() {\n    return 1;\n  }\n"
    code = "/** Says much of itself. */\nclass A {\n" + method % 1 + method % 2 + "}\n"
    assert languages.call("java", "describe", code, "A").reason == "no-docstring"


def test_a_class_without_objects_is_no_unit():
    code = "public class A {\n" + "  static int f() {\n    return 1;\n  }\n" * 3 + "}\n"
    assert not [one for one in languages.call("java", "units", code) if one.name == "A"]


def test_a_property_is_asked_for_without_brackets():
    code = "class A {\n/** x y z */\nget size() {\nreturn 1;\n}\n/** x y z */\nf() {\n}\n}\n"
    assert all("size(" not in call for call in _tree_classes.inputs("javascript", code, "A"))
    assert "it.size" in _tree_classes.inputs("javascript", code, "A")[0]


def test_values_that_a_call_of_a_call_gives_belong_to_it():
    code = languages.call(
        "javascript", "test_of", [("((it) => { return [it.a()]; })(new A())", "[1]")]
    )[1]
    shown = languages.call("javascript", "shown", [("script", code)])
    assert shown == "((it) => { return [it.a()]; })(new A()) // [1]"
