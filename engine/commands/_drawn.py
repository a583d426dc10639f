"""A random sample of the input rows: drawn by the run's seed, in one pass where it fits."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from heapq import heappush, heapreplace, nsmallest
from pathlib import Path

import msgspec

from backfeed.engine.boundary import storing
from backfeed.engine.files import write_whole
from backfeed.engine.identity import digest
from backfeed.engine.inputs import Given
from backfeed.engine.records import Sample

MOST_HELD = 20_000
"""Larger samples are drawn in two passes: the first one only counts."""


class _Seen(msgspec.Struct):
    total: int


@dataclass(frozen=True, slots=True)
class Draw:
    """So many of the input's rows, in their order: those with the lowest of random numbers.

    A larger sample of the same rows by the same seed holds the smaller one. How many rows there are
    in all is written to a file of `folder` when they were first read.
    """

    given: Given
    size: int
    seed: int
    folder: Path

    @property
    def key(self) -> str:
        """What determines the rows that are drawn."""
        return digest(self.given.key, "sample", self.size, self.seed)

    def drawn(self) -> Given:
        """The input, with these rows alone."""
        return replace(self.given, key=self.key, samples=self.samples)

    def samples(self) -> Iterator[Sample]:
        """The rows that are drawn."""
        if self.size > MOST_HELD:
            places = self.places()
            yield from (row for at, row in enumerate(self.given.samples()) if at in places)
            return
        held: list[tuple[float, int, Sample]] = []
        numbers, total = self._numbers(), 0
        for place, row in enumerate(self.given.samples()):
            total = place + 1
            low = -next(numbers)
            if len(held) < self.size:
                heappush(held, (low, place, row))
            elif low > held[0][0]:
                heapreplace(held, (low, place, row))
        self._note(total)
        yield from (row for _, _, row in sorted(held, key=lambda one: one[1]))

    def places(self) -> frozenset[int]:
        """The numbers of the rows that are drawn, from 0."""
        pairs = ((number, at) for at, number in zip(range(self.total()), self._numbers()))  # noqa: B905 - the numbers do not end
        return frozenset(at for _, at in nsmallest(self.size, pairs))

    def total(self) -> int:
        """How many rows there are to draw from."""
        if not self._file.exists():
            self._note(sum(1 for _ in self.given.samples()))
        with storing(f"reading {self._file}"):
            return msgspec.json.decode(self._file.read_bytes(), type=_Seen).total

    @property
    def _file(self) -> Path:
        return self.folder / f"rows-{digest(self.given.key)}.json"

    def _note(self, total: int) -> None:
        write_whole(self._file, msgspec.json.encode(_Seen(total)))

    def _numbers(self) -> Iterator[float]:
        chance = random.Random(f"sample/{self.seed}")  # noqa: S311 - must be repeatable
        while True:
            yield chance.random()
