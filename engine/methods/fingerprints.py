"""Fingerprints of code: which snippets share parts that are built alike, whatever their names.

Code is a list of tokens (`backfeed.engine.trees.tree_tokens` makes them from the syntax tree; a
method knows no grammars). Each run of `k` tokens is hashed, and of every `WINDOW` runs in a row the
least hash is kept: winnowing (Schleimer, Wilkerson, Aiken 2003, the method of MOSS). What two lists
share of `k + WINDOW - 1` tokens or more is sure to be seen, and about 2 / (`WINDOW` + 1) of the
hashes are kept. The token `APART` stands between parts whose order does not count: no run goes
across it. The hashes are the same on every machine.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import xxhash

GRAM_TOKENS = 8
WINDOW = 4
APART = "\n"
_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # the golden ratio, as an odd number of 64 bits

Hashes = npt.NDArray[np.uint32]


def fingerprints(tokens: Sequence[str], k: int = GRAM_TOKENS) -> Hashes:
    """The fingerprints of a list of tokens, sorted, each once; none of an empty list.

    A part of less than `k` tokens is one run. Raises ValueError if `k` is less than 1.

    >>> len(fingerprints("a b c d e f g h".split())), len(fingerprints([]))
    (1, 0)
    >>> containment(fingerprints("abcdefghijkl"), fingerprints("xyzabcdefghijklxyz"))
    1.0
    """
    if k < 1:
        raise ValueError(f"k = {k}: give a number of tokens, such as {GRAM_TOKENS}")
    kept, part = list[Hashes](), list[int]()
    for token in (*tokens, APART):
        if token != APART:
            part.append(_hashed(token))
        elif part:
            kept.append(_winnowed(np.array(part, np.uint64), k))
            part.clear()
    return np.unique(np.concatenate(kept)) if kept else np.empty(0, np.uint32)


def _winnowed(hashed: npt.NDArray[np.uint64], k: int) -> Hashes:
    """The least hash of each window of runs."""
    runs = max(len(hashed) - k + 1, 1)
    grams = np.zeros(runs, np.uint64)
    for at in range(min(k, len(hashed))):
        grams = grams * _FACTOR + hashed[at : at + runs]
    grams ^= grams >> np.uint64(29)
    mixed = ((grams * _FACTOR) >> np.uint64(32)).astype(np.uint32)
    least = mixed[: max(runs - WINDOW + 1, 1)].copy()
    for at in range(1, min(WINDOW, runs)):
        np.minimum(least, mixed[at : at + len(least)], out=least)
    return least


def containment(part: Hashes, whole: Hashes) -> float:
    """The share of the fingerprints of `part` that `whole` has; 0 if `part` has none."""
    shared = len(np.intersect1d(part, whole, assume_unique=True))
    return shared / len(part) if len(part) else 0.0


@lru_cache(maxsize=1 << 16)
def _hashed(token: str) -> int:
    return xxhash.xxh3_64_intdigest(token.encode("utf-8", "replace"))
