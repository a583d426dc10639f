"""Which rows are nearly the same as an earlier one: candidates by MinHash, decided by their sets.

Per row there is a set of hashes. Memory: 128 bytes for each row that has one, 200 and its hashes
for those that share a band with another; the sets are made twice instead of being kept.
"""

from array import array
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from backfeed.engine.methods import minhash

MOST_COMPARED = 100

Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int64]
Sets = Callable[[Flags], Iterator[tuple[int, minhash.Hashes]]]
"""Row numbers with their sets, in order, of the rows for which a flag is set."""


def first_alike(sets: Sets, first: Numbers, least: float) -> Numbers:
    """For each row the number of the first that it is like; its own if there is none.

    `first` are the numbers found so far: a row that has another's is looked at no more, and
    what that is like, it is. Two rows are alike if their sets overlap by `least` (Jaccard).
    """
    numbers, keys = _keys(sets, first == np.arange(len(first)))
    shared = minhash.shared_keys(keys)
    numbers, groups = numbers[shared], _Groups(keys[shared])
    del keys
    wanted = np.zeros(len(first), bool)
    wanted[numbers] = True
    found = first.copy()
    for place, (number, hashes) in enumerate(sets(wanted)):
        found[number] = numbers[groups.placed(place, hashes, least)]
    return found[found]


def _keys(sets: Sets, wanted: Flags) -> tuple[Numbers, minhash.Keys]:
    """The band keys of the rows that have a set, and the numbers of these."""
    numbers, keys = array("q"), array("Q")
    for number, hashes in sets(wanted):
        if len(hashes):
            numbers.append(number)
            keys.frombytes(minhash.band_keys(minhash.signature(hashes)).tobytes())
    table = np.frombuffer(keys, np.uint64).reshape(-1, minhash.BANDS)
    return np.frombuffer(numbers, np.int64), table


class _Groups:
    """Rows that share a band key, and of those that were like none before them, the sets.

    A group is a run of `_members[band]`, which fills up with the rows that stay; `_start` is where
    a row's group begins, `_count` at that place how many rows it has.
    """

    def __init__(self, keys: minhash.Keys) -> None:
        count = len(keys)
        self._start = np.zeros((count, minhash.BANDS), np.int32)
        self._count = np.zeros((minhash.BANDS, count), np.int32)
        self._members = np.zeros((minhash.BANDS, count), np.int32)
        for band in range(minhash.BANDS):
            order = np.argsort(keys[:, band], kind="stable")
            ordered = keys[order, band]
            begins = np.ones(count, bool)
            begins[1:] = ordered[1:] != ordered[:-1]
            runs = np.where(begins, np.arange(count), 0)
            self._start[order, band] = np.maximum.accumulate(runs)
        self._ends = np.zeros((count, 2), np.int64)
        self._hashes = array("I")

    def placed(self, place: int, hashes: minhash.Hashes, least: float) -> int:
        """The first row that this one is like; itself if there is none, and then it is kept."""
        bands, starts = np.arange(minhash.BANDS), self._start[place]
        counts = self._count[bands, starts]
        for other in self._earlier(starts, counts)[:MOST_COMPARED].tolist():
            if minhash.jaccard(hashes, self._set(other)) >= least:
                return int(other)
        self._members[bands, starts + counts] = place
        self._count[bands, starts] += 1
        begin = len(self._hashes)
        self._hashes.frombytes(hashes.tobytes())
        self._ends[place] = begin, len(self._hashes)
        return place

    def _earlier(self, starts: npt.NDArray[np.int32], counts: npt.NDArray[np.int32]) -> Numbers:
        """The rows that stay and share a key with one that comes later, in order."""
        runs = [
            self._members[band, starts[band] : starts[band] + counts[band]]
            for band in np.flatnonzero(counts)
        ]
        return np.unique(np.concatenate(runs)) if runs else np.empty(0, np.int32)

    def _set(self, place: int) -> minhash.Hashes:
        begin, end = self._ends[place]
        return np.frombuffer(self._hashes[begin:end], np.uint32)
