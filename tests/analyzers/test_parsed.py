"""Languages that only a parser is known of: what it says becomes a verdict, nothing runs."""

import pytest

from backfeed.analyzers import _tree
from backfeed.engine import languages
from backfeed.engine.errors import Refused
from backfeed.engine.records import Sample
from backfeed.engine.records import Test as Tested
from backfeed.engine.requests import CodeCheck, Limits, Outcome, rejoined
from backfeed.engine.stages._runs import run_tests

ONLY_PARSED = ("csharp", "kotlin", "swift", "scala", "haskell", "julia", "dart", "zig", "elixir")


@pytest.mark.parametrize("name", ONLY_PARSED)
def test_tests_of_it_are_unverified(name):
    tests = (Tested("script", "author", code="x"), Tested("stdio", "author", stdout="x"))
    ran = rejoined(run_tests(Sample(language=name, tests=tests), "x", Limits(), check="test"), None)
    assert (ran.verdict, ran.evidence) == ("unverified", ())
    assert not languages.can(name, "run_job")


def test_what_a_worker_is_refused_is_unknown():
    def refuse(request):
        raise Refused("compute-hang", "it took too long")

    [found] = rejoined(languages.load("swift").check([CodeCheck("swift", "x")]), refuse)
    assert (found["word"], found["tool"]) == ("unknown", "tree-sitter")
    assert [one["level"] for one in found["findings"]] == ["note"]


@pytest.mark.parametrize(
    ("name", "code", "expected"),
    [
        ("csharp", "class A { void F() { } public int G() => 1; }", ["A", "F", "G"]),
        ("kotlin", "class A {\n    fun f() { }\n}\nfun g() = 1", ["A", "f", "g"]),
        ("swift", "struct A {\n    func f() {}\n}\nfunc g() {}", ["A", "f", "g"]),
        ("scala", "object A { def f = 1 }\ndef g(x: Int) = x", ["A", "f", "g"]),
        ("haskell", "data A = A Int\nf x = 1\ng = 2", ["A", "f", "g"]),
        ("julia", "struct A\n    x\nend\nfunction f(x)\n    1\nend\ng(x)::Int = 2", ["A", "f"]),
        ("dart", "class A { int f() => 1; }\nvoid g() {}", ["A", "f", "g"]),
        ("zig", "const A = struct { fn f() void {} };\nfn g() void {}", ["A", "f", "g"]),
        ("elixir", "defmodule A do\n  def f(x), do: x\n  defp g, do: 1\nend", ["A", "f", "g"]),
    ],
)  # fmt: skip
def test_definitions_are_found(name, code, expected):
    assert [one.name for one in _tree.definitions(name, code)] == expected


@pytest.mark.parametrize(
    ("name", "code", "line"),
    [
        ("html", "<div>\n<p>a\n</span></div>\n", 3),
        ("html", "<ul>\n<li><b>a\n</ul>\n", 2),
        ("json", '{\n"a": 1\n"b": 2}', 3),
        ("toml", "a = 1\nb =\n", 2),
        ("yaml", "a: @c\n", 1),
        ("css", "a { b: c }\nd { e }\n", 2),
    ],
)
def test_a_fault_is_told_by_its_line(name, code, line):
    found = languages.call(name, "parse", code)
    assert (found["word"], found["line"]) == ("invalid", line)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("html", "{% if x %}<div>{% else %}<div class='a'>{% endif %}</div>"),
        ("html", "<?php if (1): ?><div><?php endif ?>"),
        ("json", "[" * 100_000),
        ("toml", "a = " + "[" * 100_000),
    ],
)
def test_what_no_parser_can_tell_is_unknown(name, code):
    assert languages.call(name, "parse", code)["word"] == "unknown"


def test_nothing_that_is_wrong_becomes_right_by_another_spelling():
    wrong = "class A { val x = 1 }}\nfun f(x: Any) = when (x) { is Int if x -> }\n"
    assert languages.call("kotlin", "parse", wrong)["word"] == "invalid"


def test_without_its_program_r_is_not_judged():
    def absent(job):
        return Outcome("AC", stdout="== s_000000.R\n\n== 127\n")

    [found] = rejoined(languages.load("r").check([CodeCheck("r", "x <- ")]), absent)
    assert (found["word"], found["findings"][0]["rule"]) == ("unknown", "no-tool")
