"""Diversity: figures that can be counted by hand, and more of it is told as more."""

import random

import pytest

from backfeed.engine.methods import diversity


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([], None),
        (["a b c"], None),
        (["a b c d"], 1.0),
        (["a b c d"] * 4, 0.25),
        (["a b c d e", "b c d e f"], 3 / 4),
        (["x.y(z)"], 1.0),
        (["\ud800 b c d"], 1.0),
    ],
)
def test_distinct(texts, expected):
    assert diversity.distinct(texts) == expected


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([], None),
        (["alone"], None),
        (["one two three four five"] * 3, 1.0),
        (["a b c d e", "f g h i j"], 0.0),
    ],
)
def test_nearest(texts, expected):
    assert diversity.nearest(texts) == expected


def test_copies_with_small_changes_are_near():
    rng = random.Random(1)
    fresh = [" ".join(f"w{rng.randrange(500)}" for _ in range(60)) for _ in range(40)]
    copied = [text.replace("w1", "v1", 1) for text in fresh]
    apart, near = diversity.nearest(fresh), diversity.nearest(fresh[:20] + copied[:20])
    assert apart < 0.05
    assert near > 0.7
    assert diversity.distinct(fresh) > 0.99 > diversity.distinct(fresh[:20] + copied[:20])


def test_only_so_many_are_compared(monkeypatch):
    monkeypatch.setattr(diversity, "MOST", 2)
    texts = ["a b c d e", "f g h i j", *["same same same same same"] * 5]
    assert diversity.nearest(texts) == 0.0
