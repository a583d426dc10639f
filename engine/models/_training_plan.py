"""What is trained on in which step: rows in drawn orders, packed into sequences.

In every epoch each row stands in one step; a sequence holds whole rows, in the order drawn, as many
as fit. Batches that are given are steps as they are, and each is packed by itself.
"""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from backfeed.engine.errors import Refused
from backfeed.engine.models._presets import Preset

Sequences = list[list[int]]
"""Rows (by number) in sequences."""
Indexes = npt.NDArray[np.int64]


@dataclass(slots=True)
class Plan:
    """The steps of a training over rows of these `lengths` (tokens, none above the preset's).

    `batches` are rows by number; None: they are drawn.
    """

    lengths: Indexes
    preset: Preset
    batches: Sequence[Sequence[int]] | None = None
    _counts: list[int] = field(default_factory=list)
    _held: tuple[int, Sequences] | None = None

    def __len__(self) -> int:
        if self.batches is not None:
            return len(self.batches)
        if not self._counts:
            epochs = range(self.preset.epochs)
            self._counts = [-(-len(self._epoch(e)) // self.preset.batch) for e in epochs]
        return sum(self._counts)

    def step(self, number: int) -> Sequences:
        """The sequences of a step, from 0."""
        if self.batches is not None:
            return self._packed(self.batches[number])
        if not 0 <= number < len(self):
            raise IndexError(number)
        epoch = 0
        while number >= self._counts[epoch]:
            number -= self._counts[epoch]
            epoch += 1
        size = self.preset.batch
        return self._epoch(epoch)[number * size : (number + 1) * size]

    def _epoch(self, number: int) -> Sequences:
        if self._held is None or self._held[0] != number:
            order = np.random.default_rng((self.preset.seed, number)).permutation(len(self.lengths))
            self._held = number, self._packed(order.tolist())
        return self._held[1]

    def _packed(self, rows: Sequence[int]) -> Sequences:
        if self.preset.packing == "none":
            return [[row] for row in rows]
        packed: Sequences = []
        room = 0
        for row, length in zip(rows, self.lengths[list(rows)].tolist(), strict=True):
            if length > room:
                packed.append([])
                room = self.preset.length
            packed[-1].append(row)
            room -= length
        return packed


def numbered(
    batches: Iterable[Sequence[str]], ids: Sequence[str], left_out: Container[str] = ()
) -> list[list[int]]:  # fmt: skip
    """Batches of ids as numbers of rows; a batch of which all are left out is no step.

    Raises `Refused` for an id that no row has, or several have.
    """
    places = {name: place for place, name in enumerate(ids)}
    if len(places) < len(ids):
        raise Refused("equal-ids", f"{len(ids)} rows have {len(places)} ids: batches need one each")
    found = []
    for batch in batches:
        for name in batch:
            if name not in places and name not in left_out:
                raise Refused("unknown-row", f"a batch names {name!r}, and no row has that id")
        found.append([places[name] for name in batch if name in places])
    return [batch for batch in found if batch]


def grouped(sequences: Sequences, lengths: Indexes, most: int) -> list[Sequences]:
    """Sequences in micro-batches of at most `most` tokens with what fills up the shorter ones.

    The longest come first; a sequence that is longer than that is alone.
    """
    sizes = [int(lengths[rows].sum()) for rows in sequences]
    found: list[Sequences] = []
    widest = 0
    for place in sorted(range(len(sequences)), key=lambda n: (-sizes[n], n)):
        if not found or widest * (len(found[-1]) + 1) > most:
            found.append([])
            widest = sizes[place]
        found[-1].append(sequences[place])
    return found
