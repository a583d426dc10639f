"""Which phrases are one: by embeddings, and by standing together."""

import numpy as np
import pytest

from backfeed.engine.methods.synonyms import associated, led, may_be_one


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("binary search", "binary search tree"), ("min heap", "max heap"), ("2d array", "3d array"),
        ("sorting", "stable sorting"), ("encoding", "decoding"), ("serialize", "deserialize"),
        ("mutable", "immutable"), ("sha256", "sha512"), ("increment", "decrement"),
        ("synchronous call", "asynchronous calls"),
        ("signed", "unsigned"), ("hash map", "hash set"),
    ],
)  # fmt: skip
def test_what_differs_by_its_words(one, two):
    assert not may_be_one(one, two)
    assert not may_be_one(two, one)


@pytest.mark.parametrize(
    ("one", "two"),
    [("dictionary", "hash table"), ("list sorting", "sorted list"),
     ("string split", "splitting strings"),
     ("closure", "captured variable"), ("list", "array")],
)  # fmt: skip
def test_what_may_be_one(one, two):
    assert may_be_one(one, two)


def test_each_joins_the_nearest_leader_and_no_chain_forms():
    angles = np.array([0.0, 0.3, 0.6, 3.0])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    assert led(["a", "b", "c", "d"], vectors, 0.94, settled=0) == [0, 0, 2, 3]
    assert led(["a", "b", "c", "d"], vectors, 0.94, settled=3) == [0, 1, 2, 3]


def test_near_phrases_that_differ_by_words_stay_apart():
    same = np.ones((3, 1), np.float32)
    assert led(["min heap", "max heap", "queue"], same, 0.9, settled=0) == [0, 1, 0]


def test_what_has_no_embedding_is_near_to_nothing():
    assert led(["a", "b"], np.zeros((2, 4), np.float32), 0.1, settled=0) == [0, 1]


def test_many_are_led_block_by_block():
    vectors = np.eye(1500, dtype=np.float32)
    vectors[1400] = vectors[3]
    leaders = led([f"{'abcdefghij'[n % 10]}{n}x"[:1] for n in range(1500)], vectors, 0.9, settled=0)
    assert [place for place, leader in enumerate(leaders) if place != leader] == [1400]
    assert leaders[1400] == 3


def test_phrases_that_always_stand_together():
    lists = [["a", "b"]] * 5 + [["a", "c"]] * 2 + [["a"]]
    counts = {"a": 8, "b": 5, "c": 2}
    assert associated(lists, counts, support=3, confidence=0.6) == {"b": "a"}
    assert associated(lists, counts, support=3, confidence=0.7) == {}
    assert associated(lists, counts, support=6, confidence=0.6) == {}
