"""Counting pairs in many short lists, by sorting numbers: fast, and bounded by the distinct pairs.

Each distinct pair keeps the smallest few ids of the lists that it stands in, so that what is kept
does not hang on the order of the lists.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]

LISTS_PER_CHUNK = 20_000
PENDING_PAIRS = 4_000_000
NO_NUMBERS: Numbers = np.zeros(0, np.int64)


@dataclass(slots=True)
class Counted:
    """Distinct pairs (two numbers below 2**31 in one), how often, and rows that show each."""

    pairs: Numbers = field(default_factory=NO_NUMBERS.copy)
    counts: Numbers = field(default_factory=NO_NUMBERS.copy)
    shown: Numbers = field(default_factory=NO_NUMBERS.copy)  # a pair for each of `rows`
    rows: Numbers = field(default_factory=NO_NUMBERS.copy)


class PairCounter:
    """Counts the pairs of lists of numbers; `most` ids are kept of each pair."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.ids: list[str] = []
        self._lists: list[Sequence[int]] = []
        self._parts: list[Counted] = []
        self._pending = 0

    def add(self, id_: str, numbers: Sequence[int]) -> None:
        """One list of distinct numbers, rising, and its id."""
        self.ids.append(id_)
        self._lists.append(numbers)
        if len(self._lists) >= LISTS_PER_CHUNK:
            self._reduce()

    def result(self) -> Iterator[tuple[int, int, int, list[str]]]:
        """Each pair: both numbers, how many lists have it, and the smallest ids of those."""
        self._reduce()
        whole = self._joined(self._parts)
        self._parts = [whole]
        begins = np.searchsorted(whole.shown, whole.pairs).tolist()
        ends = [*begins, len(whole.rows)][1:]
        rows, ids = whole.rows.tolist(), self.ids
        ones, twos = (whole.pairs >> 31).tolist(), (whole.pairs & 0x7FFFFFFF).tolist()
        counts = whole.counts.tolist()
        for one, two, count, begin, end in zip(ones, twos, counts, begins, ends, strict=True):
            yield one, two, count, [ids[row] for row in rows[begin:end]]

    def _reduce(self) -> None:
        """Count what is held, and join the parts when they have grown large."""
        first = len(self.ids) - len(self._lists)
        pairs, rows = _pairs(self._lists, first)
        self._lists = []
        part = self._part(pairs, np.ones(len(pairs), np.int64), rows=rows, shown=pairs)
        self._parts.append(part)
        self._pending += len(part.pairs)
        if self._pending > PENDING_PAIRS:
            self._parts = [self._joined(self._parts)]
            self._pending = 0

    def _joined(self, parts: Sequence[Counted]) -> Counted:
        pairs = np.concatenate([part.pairs for part in parts])
        counts = np.concatenate([part.counts for part in parts])
        rows = np.concatenate([part.rows for part in parts])
        shown = np.concatenate([part.shown for part in parts])
        return self._part(pairs, counts, rows=rows, shown=shown)

    def _part(self, pairs: Numbers, counts: Numbers, *, rows: Numbers, shown: Numbers) -> Counted:
        if not len(pairs):
            return Counted()
        order = np.argsort(pairs, kind="stable")
        pairs = pairs[order]
        begins = _begins(pairs)
        found = Counted(pairs[begins], np.add.reduceat(counts[order], begins))
        ranks = self._ranks(rows)
        order = np.lexsort((ranks, shown))
        shown, rows, ranks = shown[order], rows[order], ranks[order]
        fresh = np.ones(len(rows), np.bool_)
        fresh[1:] = (shown[1:] != shown[:-1]) | (ranks[1:] != ranks[:-1])
        shown, rows = shown[fresh], rows[fresh]
        begins = _begins(shown)
        place = np.arange(len(shown)) - np.repeat(begins, np.diff(np.append(begins, len(shown))))
        kept = place < self.most
        found.shown, found.rows = shown[kept], rows[kept]
        return found

    def _ranks(self, rows: Numbers) -> Numbers:
        """The place of each row's id among the ids of these rows; equal ids have one place."""
        which, back = np.unique(rows, return_inverse=True)
        ids = [self.ids[row] for row in which.tolist()]
        place = {id_: rank for rank, id_ in enumerate(sorted(set(ids)))}
        return np.array([place[id_] for id_ in ids], np.int64)[back]


def _pairs(lists: Sequence[Sequence[int]], first: int) -> tuple[Numbers, Numbers]:
    """All pairs of all lists, and for each the number of its list, counted from `first`."""
    by_length: dict[int, list[int]] = {}
    for row, numbers in enumerate(lists):
        by_length.setdefault(len(numbers), []).append(row)
    pairs, rows = [NO_NUMBERS], [NO_NUMBERS]
    for length, places in by_length.items():
        if length > 1:
            table = np.array([lists[row] for row in places], np.int64)
            left, right = np.triu_indices(length, 1)
            pairs.append(((table[:, left] << 31) | table[:, right]).ravel())
            rows.append(np.repeat(np.array(places, np.int64) + first, len(left)))
    return np.concatenate(pairs), np.concatenate(rows)


def _begins(found: Numbers) -> Numbers:
    """Where runs of equal numbers begin."""
    fresh = np.ones(len(found), np.bool_)
    fresh[1:] = found[1:] != found[:-1]
    return np.flatnonzero(fresh).astype(np.int64)
