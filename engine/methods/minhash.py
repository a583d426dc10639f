"""MinHash: which of many texts are nearly the same, without comparing all with all.

A text is the set of its shingles (runs of a few tokens). The least hash of a set under each of 128
permutations is its signature; two signatures agree in about as many places as the sets overlap
(Jaccard). Signatures are cut into 16 bands of 8: texts that agree in a band are candidates, and
shall be compared. Of two sets that overlap by 0.8, 95 % are found; by 0.6, 24 %.
"""

import re
from typing import Any

import numpy as np
import numpy.typing as npt
import xxhash

PERMUTATIONS = 128
BANDS = 16
SHINGLE_TOKENS = 5
_TOKEN = re.compile(r"\w+|[^\w\s]")
_AT_ONCE = 4096

Hashes = npt.NDArray[np.uint32]
Keys = npt.NDArray[np.uint64]


def _constants(name: str, count: int) -> Keys:
    """Fixed odd numbers: the same on every machine, whatever the version of a random generator."""
    words = [xxhash.xxh3_64_intdigest(f"{name} {number}".encode()) | 1 for number in range(count)]
    return np.array(words, np.uint64)


_FACTORS = _constants("factor", PERMUTATIONS)
_SUMMANDS = _constants("summand", PERMUTATIONS)
_MIX = _constants("mix", PERMUTATIONS // BANDS // 2)


def words(text: str) -> list[str]:
    """The tokens of a text: words, and other signs one by one.

    >>> words("f(x)")
    ['f', '(', 'x', ')']
    """
    return _TOKEN.findall(text)


def shingles(text: str, tokens: int = SHINGLE_TOKENS) -> Hashes:
    """The hashes of a text's shingles, sorted, each once; none for a text without tokens.

    >>> len(shingles("def f(x): return x"))
    4
    >>> len(shingles("one two")), len(shingles(" "))
    (1, 0)
    """
    found = words(text)
    if not found:
        return np.empty(0, np.uint32)
    runs = [" ".join(found[i : i + tokens]) for i in range(max(len(found) - tokens + 1, 1))]
    return np.unique(np.array([xxhash.xxh32_intdigest(run.encode()) for run in runs], np.uint32))


def signature(hashes: Hashes) -> Hashes:
    """The least of a set's hashes under each permutation (multiply, add, shift)."""
    least = np.full(PERMUTATIONS, np.iinfo(np.uint32).max, np.uint32)
    for start in range(0, len(hashes), _AT_ONCE):
        part = hashes[start : start + _AT_ONCE].astype(np.uint64)[:, None]
        mixed = (part * _FACTORS + _SUMMANDS) >> np.uint64(32)
        least = np.minimum(least, mixed.min(axis=0).astype(np.uint32))
    return least


def band_keys(of: Hashes) -> Keys:
    """One key for each band of a signature: equal bands have equal keys."""
    halves = of.view(np.uint64).reshape(BANDS, -1)
    found: Keys = (halves * _MIX).sum(axis=1, dtype=np.uint64)
    return found


def agreement(one: Hashes, two: Hashes) -> float:
    """The share of places in which two signatures agree: an estimate of the Jaccard index."""
    return float(np.mean(one == two))


def jaccard(one: Hashes, two: Hashes) -> float:
    """How much two sets overlap: what they share, divided by what either has. 0 for empty ones."""
    shared = len(np.intersect1d(one, two, assume_unique=True))
    either = len(one) + len(two) - shared
    return shared / either if either else 0.0


def shared_keys(keys: Keys) -> Any:
    """For each row of band keys: is one of them that of another row, too?"""
    found = np.zeros(len(keys), bool)
    for column in keys.T:
        order = np.argsort(column, kind="stable")
        same = column[order][1:] == column[order][:-1]
        found[order[1:][same]] = True
        found[order[:-1][same]] = True
    return found
