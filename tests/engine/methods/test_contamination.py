"""Words and runs of words: what two texts share, and how much that says."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backfeed.engine.methods.contamination import (
    any_of,
    coverage,
    hashes_of,
    runs,
    shared,
    stands_alone,
    stem,
    words,
)


@pytest.mark.parametrize(
    "text",
    [
        "find the largest negative", "FIND THE\n\tLARGEST  NEGATIVE!", "find_the_largest_negative",
        "findTheLargestNegative(", "# find the\n# largest negative", "Find the “largest” negative.",
        "Ｆｉｎｄ the largest negative",
    ],
)  # fmt: skip
def test_case_space_and_signs_are_nothing(text):
    assert words(text) == ["find", "the", "largest", "negative"]


def test_signs_of_scripts_without_spaces_are_words():
    assert words("排序list表") == ["排", "序", "list", "表"]


@pytest.mark.parametrize(("one", "other"), [("sorted", "sorting"), ("copies", "copied")])
def test_words_of_other_tenses_have_one_stem(one, other):
    assert stem(one) == stem(other)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.integers(0, 12), max_size=12), max_size=6), st.sets(st.integers(0, 15)))
def test_matched_is_the_weight_of_what_is_shared(parts, asked):
    table = shared(np.array(part, np.uint64) for part in parts)
    holders = Counter(key for part in parts for key in set(part))
    weight = {key: math.log1p(len(parts) / count) for key, count in holders.items()}
    found = table.matched(np.array(sorted(asked), np.uint64))
    expected = [sum(weight[key] for key in set(part) & asked) for part in parts]
    assert found.tolist() == pytest.approx(expected, rel=1e-4)
    assert table.totals.tolist() == pytest.approx(
        [sum(weight[key] for key in set(part)) for part in parts], rel=1e-4
    )


def test_what_no_part_holds_weighs_most():
    table = shared([np.array([1, 2], np.uint64), np.array([2], np.uint64)])
    rare, common, unknown = table.each(np.array([1, 2, 9], np.uint64)).tolist()
    assert common < rare == pytest.approx(unknown)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from("abc"), max_size=15), st.integers(1, 5))
def test_runs_are_equal_if_their_words_are(found, size):
    hashes = runs(hashes_of(found), size).tolist()
    plain = [tuple(found[i : i + size]) for i in range(len(found) - size + 1)]
    assert len(hashes) == len(plain)
    assert len(set(zip(hashes, plain, strict=True))) == len(set(hashes)) == len(set(plain))


ALONE = [
    ("Swap two numbers.", True), ("swap two numbers", True), ("Now: SWAP two\nnumbers!", True),
    ('Say "swap two numbers" here.', True), ("- Swap two numbers\n- Sort.", True),
    ("# Swap two numbers #", True), ("Swap two numbers of a list.", False),
    ("Please swap two numbers.", False), ("Swap two numbers, then sort.", False),
    ("Swap two big numbers.", False), ("swap two numbersome", False), ("", False),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), ALONE)
def test_a_phrase_is_a_sentence_or_only_a_part_of_one(text, expected):
    assert stands_alone(["swap", "two", "numbers"], text) == expected


@pytest.mark.parametrize(
    ("hits", "window", "expected"),
    [
        ([], 3, 0.0),
        ([-1, 0, 1, -1], 4, 3.0),
        ([0, -1, -1, -1, 1], 3, 2.0),  # too far apart to count together
        ([0, 0, 0], 3, 1.0),
        ([0, 1, 0, -1, -1, 1], 2, 3.0),
    ],
)
def test_coverage_counts_what_stands_close_together(hits, window, expected):
    assert coverage([1.0, 2.0], hits, window) == expected


@pytest.mark.parametrize(
    ("keys", "found", "told"),
    [("a c", "b c", True), ("a c", "b d", False), ("a", "", False), ("", "a", False)],
)
def test_one_of_many_among_keys(keys, found, told):
    sorted_, others = (hashes_of(text.split()) for text in (keys, found))
    sorted_.sort()
    assert any_of(sorted_, others) is told
