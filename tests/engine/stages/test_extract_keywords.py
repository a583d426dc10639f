"""The stage that asks for keywords: its dialogue, by hand."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backfeed.engine.records import Keywords, Message, Sample
from backfeed.engine.requests import rejoined
from backfeed.engine.stages._problems import Phrases
from backfeed.engine.stages.extract_keywords import MOST, ExtractKeywords, normalised

SAMPLE = Sample(
    language="python", code="x = 1\n", entry_point="x", messages=(Message("user", "Set x."),)
)


def extracted(asked=None, **reply):
    def answer(request):
        (asked if asked is not None else []).append(request)
        return {"text": json.dumps(reply), "finish": "stop"}

    [found] = rejoined(ExtractKeywords().each(SAMPLE), answer)
    return found


def test_phrases_of_three_kinds_are_normalised():
    found = extracted(task=["Merge  lists."], instruction=["be QUICK"], knowledge=["heap", "Heap"])
    assert found == SAMPLE.but(keywords=Keywords(("merge lists",), ("be quick",), ("heap",)))


def test_the_model_is_told_all_that_it_needs():
    asked = []
    extracted(asked)
    [prompt] = asked
    assert (prompt.name, prompt.reply, prompt.role) == ("keywords/extract", Phrases, "cheap")
    assert prompt.fields == {
        "language": "python", "problem": "Set x.", "code": "x = 1\n", "entry_point": "x",
    }  # fmt: skip


def test_so_many_are_kept_of_each_kind():
    many = [f"phrase {n}" for n in range(20)]
    found = extracted(task=many, instruction=many, knowledge=many).keywords
    assert (len(found.task), len(found.instruction), len(found.knowledge)) == MOST
    assert found.knowledge == tuple(many[:6])


def test_a_sample_without_keywords_goes_on():
    assert extracted() == SAMPLE


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
