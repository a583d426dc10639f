"""MinHash agrees with the sets that it stands for, and with datasketch."""

import random

import numpy as np
import pytest

from backfeed.engine.methods.minhash import (
    BANDS,
    agreement,
    band_keys,
    jaccard,
    shared_keys,
    shingles,
    signature,
)

RNG = random.Random(5)
WORDS = [f"w{n}" for n in range(400)]


def text(length=120):
    return " ".join(RNG.choices(WORDS, k=length))


def changed(original, share):
    words = original.split()
    return " ".join(RNG.choice(WORDS) if RNG.random() < share else word for word in words)


PAIRS = [(one, changed(one, share)) for share in (0, 0.01, 0.03, 0.1, 0.5) for one in [text()] * 8]


@pytest.mark.parametrize(
    ("one", "count"),
    [("", 0), ("  \n", 0), ("a", 1), ("a b c d e", 1), ("a b c d e f", 2), ("f(x)", 1)],
)
def test_shingles(one, count):
    assert len(shingles(one)) == count


def test_shingles_see_tokens_not_white_space():
    assert (shingles("def f( x ):\n  return x") == shingles("def f(x): return x")).all()


@pytest.mark.parametrize(("one", "two"), PAIRS)
def test_the_agreement_of_signatures_estimates_the_overlap(one, two):
    sets = shingles(one), shingles(two)
    estimate = agreement(*map(signature, sets))
    assert estimate == pytest.approx(jaccard(*sets), abs=0.16)


def test_a_long_set_is_the_same_in_parts():
    many = np.unique(np.array([RNG.getrandbits(32) for _ in range(9000)], np.uint32))
    parts = [signature(part) for part in np.array_split(many, 7)]
    assert (signature(many) == np.minimum.reduce(parts)).all()


@pytest.mark.package("datasketch")
def test_estimates_are_as_good_as_those_of_datasketch():
    from datasketch import MinHash

    def theirs(hashes):
        made = MinHash(num_perm=128, hashfunc=int)
        made.update_batch(hashes.tolist())
        return made

    sets = [(shingles(one), shingles(two)) for one, two in PAIRS]
    exact = np.array([jaccard(*pair) for pair in sets])
    ours = np.array([agreement(*map(signature, pair)) for pair in sets])
    other = np.array([theirs(one).jaccard(theirs(two)) for one, two in sets])
    assert abs(ours - exact).mean() < abs(other - exact).mean() + 0.01
    assert abs(ours - other).max() < 0.2


def candidates(sets, keys_of):
    """The pairs that share a band."""
    keys = [keys_of(one) for one in sets]
    return {
        (i, j)
        for i in range(len(sets))
        for j in range(i)
        if any(a == b for a, b in zip(keys[i], keys[j], strict=True))
    }


@pytest.mark.package("datasketch")
def test_bands_find_as_many_as_those_of_datasketch():
    from datasketch import MinHash

    def bands(hashes):
        made = MinHash(num_perm=128, hashfunc=int)
        made.update_batch(hashes.tolist())
        return [tuple(band) for band in made.hashvalues.reshape(BANDS, -1)]

    bases = [text() for _ in range(30)]
    sets = [shingles(changed(base, 0.01)) for base in bases for _ in range(4)]
    close = {(i, j) for i in range(120) for j in range(i) if jaccard(sets[i], sets[j]) >= 0.8}
    ours = candidates(sets, lambda one: band_keys(signature(one)).tolist())
    theirs = candidates(sets, bands)
    assert len(close) > 50
    assert len(close & ours) >= 0.9 * len(close)
    assert abs(len(close & ours) - len(close & theirs)) <= 0.08 * len(close)


def test_rows_that_share_a_key():
    keys = np.array([[1, 2], [3, 4], [1, 9], [5, 4], [6, 7], [2, 1]], np.uint64)
    assert shared_keys(keys).tolist() == [True, True, True, True, False, False]


def test_constants_are_the_same_on_every_machine():
    assert signature(np.array([1, 2, 3], np.uint32))[:3].tolist() == [
        2291057648,
        70921861,
        2999209863,
    ]
