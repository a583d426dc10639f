"""DSIR: the same numbers as the reference method, worked out another way; draws that are fair."""

import hashlib
import math
import re
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest

from backfeed.engine.methods import dsir

POOL = (
    "Natalia sold clips to 48 of her friends in April, and then she sold half as many in May.",
    "Write a function to reverse a list; don't use reversed()!",
    "", "   ", "one", "¿Qué es una lista? Ünïcode, 中文 字符 and 4.5e-3.",
    "Weng earns $12 an hour for babysitting. Yesterday, she just did 50 minutes of babysitting.",
    "the the the the the the the the", "She sold 48 clips; how many clips did she sell in May?",
)  # fmt: skip
TARGET = (
    "Betty is saving money for a new wallet which costs $100. How much money does she need?",
    "How many clips did she sell altogether in April and May?",
)


def buckets(text):
    """The n-grams' buckets as the reference code says: hexadecimal digits, nested loops."""
    words = re.findall(r"\w+|[^\w\s]+", text.lower())
    pairs = [f"{words[i]} {words[i + 1]}" for i in range(len(words) - 1)]
    return [int(hashlib.sha256(g.encode("utf-8")).hexdigest(), 16) % 10000 for g in words + pairs]


def exact(texts, smoothing=0):
    """Shares as fractions, by bucket."""
    found = Counter(number for text in texts for number in buckets(text))
    total = sum(found.values()) + 10000 * smoothing
    return lambda number: Fraction(found[number] + smoothing, total)


def reference(text, smoothing=0):
    """The log weight of a text, one n-gram at a time."""
    target, raw = exact(TARGET, smoothing), exact(POOL)
    terms = [
        math.log(float(target(number)) + 1e-8) - math.log(float(raw(number)) + 1e-8)
        for number in buckets(text)
    ]
    return math.fsum(terms)


def fitted(smoothing=0.0):
    raw = dsir.spread(dsir.counts(dsir.features(POOL)))
    target = dsir.spread(dsir.counts(dsir.features(TARGET)), smoothing)
    return dsir.log_ratio(target, raw)


def test_buckets_are_those_of_the_authors_own_tests():
    assert dsir.bucket("alice") == 6720
    assert dsir.bucket("alice went") == 114


@pytest.mark.parametrize("text", POOL)
def test_a_text_has_the_n_grams_of_the_reference(text):
    assert dsir.features([text]).ids.tolist() == buckets(text)


@pytest.mark.parametrize("smoothing", [0, 1])
def test_log_weights_are_those_of_the_reference(smoothing):
    got = dsir.log_weights(dsir.features(POOL), fitted(smoothing))
    for text, weight in zip(POOL, got, strict=True):
        assert weight == pytest.approx(reference(text, smoothing), rel=1e-6, abs=1e-12)


def test_a_mean_is_the_sum_by_tokens():
    found = dsir.features(POOL)
    whole = dsir.log_weights(found, fitted())
    mean = dsir.log_weights(found, fitted(), per_token=True)
    assert mean == pytest.approx(whole / np.maximum(found.tokens, 1))
    assert mean[POOL.index("")] == 0


def test_words_that_are_not_kept_have_the_same_buckets(monkeypatch):
    before = dsir.features(POOL).ids.tolist()
    monkeypatch.setattr(dsir, "_known", {})
    monkeypatch.setattr(dsir, "MOST_KNOWN", 1)
    assert [dsir.features(POOL).ids.tolist() for _ in range(2)] == [before, before]


def test_a_lone_surrogate_has_a_bucket():
    assert len(dsir.features(["a \ud800 b"]).ids) == 5


def test_counts_may_be_of_some_texts():
    found = dsir.features(["a b", "", "c d e", "f"])
    wanted = np.array([True, True, False, True])
    assert (dsir.counts(found, wanted) == dsir.counts(dsir.features(["a b", "f"]))).all()
    assert dsir.counts(found, ~wanted).sum() == 5


def test_smoothing_is_a_count_for_each_bucket():
    of = dsir.counts(dsir.features(TARGET))
    raised = dsir.spread(of, 2.0)
    assert raised.sum() == pytest.approx(1)
    assert raised[of == 0] == pytest.approx(2 / (of.sum() + 20000))
    assert dsir.spread(np.zeros(10000, np.int64)).sum() == 0


def test_luck_rests_on_the_id_alone():
    one, other = dsir.luck("7/gsm8k", ["a", "b", "c"]), dsir.luck("7/gsm8k", ["c", "a"])
    assert [one[2], one[0]] == other.tolist()
    assert (dsir.luck("8/gsm8k", ["a", "b", "c"]) != one).all()
    assert ((one > 0) & (one < 1)).all()


def test_gumbel_top_k_draws_by_weight_without_replacement():
    """Of weights 1, 2, 4, 8, the first is drawn as often as it says, the second as of the rest."""
    weights = np.array([1.0, 2.0, 4.0, 8.0])
    everything = np.ones(4, bool)
    firsts, pairs = Counter(), Counter()
    for turn in range(20_000):
        keys = np.log(weights) + dsir.gumbel(dsir.luck(str(turn), "abcd"))
        one, two = dsir.top(dsir.ranks(keys, everything), everything, 2)
        firsts[int(one)] += 1
        pairs[int(one), int(two)] += 1
    for row, weight in enumerate(weights):
        assert firsts[row] / 20_000 == pytest.approx(weight / 15, abs=0.015)
    assert pairs[3, 2] / 20_000 == pytest.approx(8 / 15 * 4 / 7, abs=0.015)


def test_places_count_from_the_highest_and_equals_keep_their_order():
    keys = np.array([1.0, 5.0, 5.0, 9.0, 3.0])
    among = np.array([True, True, True, False, True])
    assert dsir.ranks(keys, among).tolist() == [4, 1, 2, 0, 3]
    free = np.array([True, False, True, True, True])
    assert dsir.top(dsir.ranks(keys, among), free, 2).tolist() == [2, 4]
    assert dsir.top(dsir.ranks(keys, among), free, 9).tolist() == [2, 4, 0]


def test_a_number_is_parted_and_nothing_of_it_lost():
    assert dsir.portions(100, [0.5, 0.25, 0.25]) == [50, 25, 25]
    assert dsir.portions(10, [2, 1]) == [6, 4]
    assert dsir.portions(3, []) == []


def test_divergence_is_nought_for_the_target_itself_and_falls_as_a_set_nears_it():
    target = dsir.spread(dsir.counts(dsir.features(TARGET)))
    near = dsir.spread(dsir.counts(dsir.features([*TARGET, POOL[1]])))
    far = dsir.spread(dsir.counts(dsir.features(POOL)))
    assert dsir.divergence(target, target) == 0
    assert 0 < dsir.divergence(target, near) < dsir.divergence(target, far)
