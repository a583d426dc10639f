"""Winnowed fingerprints find shared parts, wherever they stand."""

import random
from itertools import chain

import numpy as np
import pytest

from backfeed.engine.methods.fingerprints import (
    APART,
    GRAM_TOKENS,
    WINDOW,
    containment,
    fingerprints,
)

RNG = random.Random(7)


def tokens(count):
    return [RNG.choice("abcdefgh") for _ in range(count)]


@pytest.mark.parametrize(("count", "expected"), [(0, 0), (1, 1), (8, 1), (9, 1), (11, 1)])
def test_short_lists(count, expected):
    assert len(fingerprints(tokens(count))) == expected


def test_they_are_sorted_and_each_once():
    found = fingerprints(tokens(100) * 3)
    assert found.dtype == np.uint32
    assert (np.unique(found) == found).all()


def test_two_of_five_hashes_are_kept():
    many = [str(RNG.random()) for _ in range(20_000)]
    assert len(fingerprints(many)) / len(many) == pytest.approx(2 / (WINDOW + 1), abs=0.02)


@pytest.mark.parametrize("seed", range(20))
def test_what_is_shared_by_a_window_of_runs_is_seen(seed):
    """The guarantee of winnowing: one hash of those in any window is kept, in both lists."""
    rng = random.Random(seed)
    shared = [str(rng.random()) for _ in range(GRAM_TOKENS + WINDOW - 1)]
    one, two = (fingerprints([*tokens(rng.randrange(40)), *shared, *tokens(30)]) for _ in "ab")
    assert len(np.intersect1d(one, two)) >= 1


def test_a_part_is_contained_and_its_whole_is_not():
    part = tokens(200)
    whole = fingerprints([*tokens(150), *part, *tokens(150)])
    assert containment(fingerprints(part), whole) > 0.95
    assert containment(whole, fingerprints(part)) < 0.6


def test_the_order_of_parts_counts_for_little():
    parts = [tokens(60) for _ in range(6)]
    one, two = (fingerprints([*chain(*some)]) for some in (parts, parts[::-1]))
    assert containment(one, two) > 0.8


def test_parts_that_stand_apart_may_change_places():
    parts = [tokens(length) for length in (60, 3, 9, 40)]
    one, two = (
        fingerprints([*chain(*([*part, APART] for part in some))]) for some in (parts, parts[::-1])
    )
    assert (one == two).all()
    assert (one != fingerprints([*chain(*parts)])[: len(one)]).any()
    assert len(fingerprints([APART, APART])) == 0


def test_others_are_not_contained():
    assert containment(fingerprints(tokens(300)), fingerprints(tokens(300))) < 0.02


def test_nothing_contains_nothing():
    none = fingerprints([])
    assert containment(none, fingerprints(tokens(50))) == 0.0
    assert containment(fingerprints(tokens(50)), none) == 0.0


@pytest.mark.parametrize("k", [0, -1])
def test_a_run_of_no_tokens_is_refused(k):
    with pytest.raises(ValueError, match=f"k = {k}"):
        fingerprints(["a"], k)


def test_they_are_the_same_on_every_machine():
    assert fingerprints(["def", *"f(x):", "return", *"x+1"]).tolist() == [2083170227]
