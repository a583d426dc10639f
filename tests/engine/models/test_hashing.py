"""Embeddings without a model: the same on any machine, and near where texts are alike."""

import asyncio
import hashlib
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backfeed.engine.errors import ConfigError
from backfeed.engine.models import hashing
from backfeed.engine.requests import Embed

SUM = """def running_total(numbers):
    total = 0
    for number in numbers:
        total += number
"""
SUM_AGAIN = SUM.replace("running_total", "cumulative_sum")
OTHER = "class Parser:\n    def __init__(self, text):\n        self.tokens = text.split()\n"


def embedded(*texts, **settings):
    made = hashing.PLUGIN.embedder("", settings)
    return asyncio.run(made.answer([Embed(text) for text in texts]))


def cosine(one, two):
    return sum(a * b for a, b in zip(one, two, strict=True))


def test_vectors_are_these():
    """A change of them needs a new VERSION, or books would mix two embedders."""
    found = embedded("Sort a list of numbers.", "", "ß Ä\U0001f600", SUM)
    mark = hashlib.sha256(json.dumps(found).encode()).hexdigest()
    assert (hashing.VERSION, mark[:16]) == ("1", "f8cf70cae9bbc71e")


def test_like_texts_are_nearer_than_others():
    one, two, other = embedded(SUM, SUM_AGAIN, OTHER)
    assert cosine(one, two) > 0.7 > 0.3 > cosine(one, other)


def test_case_and_white_space_do_not_count():
    assert len({tuple(one) for one in embedded("A  list\nof", "a list of", " a LIST of ")}) == 1


def test_the_order_of_words_counts():
    one, two = embedded("dog bites man", "man bites dog")
    assert one != two


@given(st.text(st.characters(exclude_categories=())), st.sampled_from([16, 100, 512]))
def test_any_text_has_a_vector_of_norm_one(text, dimension):
    [found] = embedded(text, dimension=dimension)
    assert len(found) == dimension
    assert math.hypot(*found) == pytest.approx(1, abs=1e-4)


@given(st.lists(st.text(), min_size=1, max_size=5))
def test_a_vector_does_not_depend_on_its_batch(texts):
    assert embedded(*texts) == [embedded(text)[0] for text in texts]


def test_the_dimension_stands_in_the_identity():
    one, two = (hashing.PLUGIN.embedder("", {"dimension": n}) for n in (64, 128))
    assert one.identity != two.identity
    assert hashing.VERSION in one.identity


@pytest.mark.parametrize(
    ("name", "settings", "told"),
    [
        ("x", {}, "has no 'x'"),
        ("", {"dimension": 3}, "dimension = 3: it must be 16 to 65536"),
        ("", {"dimensions": 64}, "did you mean 'dimension'"),
    ],
)
def test_a_wrong_setting_is_refused(name, settings, told):
    with pytest.raises(ConfigError, match=told):
        hashing.PLUGIN.embedder(name, settings)


def test_it_answers_no_prompts():
    with pytest.raises(ConfigError, match=r"name it as --model embedder=hashing"):
        hashing.PLUGIN.service("", {})
