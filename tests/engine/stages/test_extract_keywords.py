"""The stage that asks for keywords: its dialogue, by hand."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backfeed.engine import languages
from backfeed.engine.methods.notes import noted
from backfeed.engine.records import Keywords, Message, Sample
from backfeed.engine.requests import Who, rejoined
from backfeed.engine.stages._problems import Phrases
from backfeed.engine.stages._vocabulary import support
from backfeed.engine.stages.extract_keywords import MOST, ExtractKeywords, normalised

PROBLEM = "Merge lists quickly with a heap. " + " ".join(f"x{n}" for n in range(20))
SAMPLE = Sample(
    language="python", code="x = 1\n", entry_point="x", messages=(Message("user", PROBLEM),)
)


def extracted(asked=None, **reply):
    def answer(request):
        if isinstance(request, Who):
            return "writer"
        (asked if asked is not None else []).append(request)
        return {"text": json.dumps(reply), "finish": "stop"}

    [found] = rejoined(ExtractKeywords().each(SAMPLE), answer)
    return found


def test_phrases_of_three_kinds_are_normalised():
    found = extracted(
        task=["Merge  lists."], instruction=["be QUICKLY done"], knowledge=["heap", "Heap"]
    )
    assert found.keywords == Keywords(("merge lists",), (), ("heap",))
    assert noted(found)["unsupported"] == [
        "instruction:be quickly done: the text does not speak of done"
    ]


def test_who_wrote_them_is_told():
    told = extracted(knowledge=["heap"]).lineage
    assert (told.prompt.split("@")[0], told.model) == ("keywords/extract", "writer")


def test_a_phrase_that_the_text_does_not_support_is_dropped_and_noted():
    found = extracted(knowledge=["heap", "quantum heap", "generator"])
    assert found.keywords.knowledge == ("heap",)
    assert noted(found)["unsupported"] == [
        "knowledge:quantum heap: the text does not speak of quantum",
        "knowledge:generator: the text does not speak of generator",
    ]


def test_a_phrase_stands_under_one_kind_only():
    found = extracted(task=["merge lists"], knowledge=["list merge", "Merge List", "lists"])
    assert found.keywords == Keywords(("merge lists",), (), ("list merge", "lists"))
    assert noted(found)["unsupported"] == ["knowledge:merge list: it stands there already"]


def test_a_long_phrase_is_dropped():
    found = extracted(task=["merge lists quickly with heap"], knowledge=["merge lists with heap"])
    assert found.keywords == Keywords((), (), ("merge lists with heap",))
    assert noted(found)["unsupported"] == ["task:merge lists quickly with heap: it has 5 words"]


def test_a_sample_that_keeps_none_goes_on_with_a_note():
    found = extracted(task=["brew coffee"])
    assert found.rejected is None
    assert found.keywords == Keywords()
    assert len(noted(found)["unsupported"]) == 1


def test_the_model_is_told_all_that_it_needs():
    asked = []
    extracted(asked)
    [prompt] = asked
    assert (prompt.name, prompt.reply, prompt.role) == ("keywords/extract", Phrases, "cheap")
    assert prompt.fields == {
        "language": "python", "problem": PROBLEM, "code": "x = 1\n", "entry_point": "x",
    }  # fmt: skip


def test_so_many_are_kept_of_each_kind():
    many = [f"x{n}" for n in range(20)]
    found = extracted(task=many[:5], instruction=many[5:10], knowledge=many[10:]).keywords
    assert (len(found.task), len(found.instruction), len(found.knowledge)) == MOST
    assert found.knowledge == tuple(many[10:16])


def test_a_sample_without_keywords_goes_on():
    found = extracted()
    assert (found.keywords, found.rejected, found.extra) == (Keywords(), None, "")


PYTHON = "def f(a, b=1, *c):\n    {}\n"
JAVASCRIPT = "function f(a) {{\n  {}\n}}\n"


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("python", PYTHON.format(body))
        for body in (
            "yield a", "return [x for x in a]", "return {x: x for x in a}", "return {1: a}",
            "return {a, b}", "return lambda: a", "try: a()\n    except ValueError: pass",
            "raise ValueError(a)", "while a: a -= 1", "for x in a: b(x)", "return a[1:]",
            "with a: b()", "return f'{a}'", "return b(*a)", "return a ^ b", "return a % b",
            "return f(a, b)", "return sorted(a)", "return zip(a, b)", "return max(a)", "iter(a)",
            "return ' '.join(a)", "return a.replace(b, c)", "return isinstance(a, b)", "sum(a)",
            "def g():\n        nonlocal a\n        a = 1\n    return g",
        )
    ] + [
        ("javascript", JAVASCRIPT.format(body))
        for body in (
            "return a ? 1 : 2;", "return `${a}`;", "return /x/.test(a);", "return [...a];",
            "switch (a) { case 1: return 2; }", "throw new Error(a);", "return a.map((x) => x);",
            "return {a: 1};", "for (const x of a) x();", "while (a) a--;", "a.push(1);",
            "return f(a);", "return a << 1;", "try { a(); } catch (e) {}", "return a.split(1);",
            "return Math.pow(a, 2);", "return a.reduce((x, y) => x);", "return a.reverse();",
        )
    ],
)  # fmt: skip
def test_what_syntax_shows_is_supported(language, code):
    """What analyzers say of code passes the check."""
    sample = Sample(language=language, code=code, entry_point="f")
    found = languages.call(language, "keywords", code, "f", "")
    phrases = [*found["task"], *found["instruction"], *found["knowledge"]]
    by = support(sample)
    assert len(phrases) >= 2
    assert [phrase for phrase in phrases if by.lacking(phrase)] == []


@pytest.mark.parametrize(
    ("phrases", "expected"),
    [((" Heap. ", "heap"), ("heap",)), (("Binary\n Search!",), ("binary search",)),
     (("", " ", "..."), ()), (("`dict`", '"x"'), ("dict", "x")), (("c++", "c#"), ("c++", "c#"))],
)  # fmt: skip
def test_how_phrases_are_normalised(phrases, expected):
    assert normalised(phrases) == expected


@given(st.lists(st.text("aB .,\n`é", max_size=8)).map(tuple))
def test_what_is_normalised_stays_as_it_is(phrases):
    once = normalised(phrases)
    assert normalised(once) == once
    assert len(set(once)) == len(once)
    assert "" not in once
