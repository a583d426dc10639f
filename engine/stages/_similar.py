"""Which rows say the same as an earlier one by their embeddings: exactly, block by block.

Every row is compared with every earlier one that stays, as matrices: n rows cost n * n / 2 products
of vectors. Memory is that of one block. The product of matrices only picks pairs, as its last
digits differ from machine to machine; each of them is then judged in whole numbers.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from backfeed.engine.errors import ConfigError
from backfeed.engine.stages._alike import Numbers

DECIMALS = 1e6
"""An embedding is stored to six decimals: times this it is whole."""
SLACK = 1e-3
"""Pairs that are so much less near are judged, too."""
PIECE, MOST_ROWS, MOST_FLOATS = 1024, 16384, 1 << 24

Floats = npt.NDArray[np.float32]
Vectors = Callable[[], Iterator[tuple[int, bytes]]]
"""Row numbers with their vectors (float32), in order and anew at each call."""


@dataclass(frozen=True, slots=True)
class Nearest:
    """For each row the number of the first that it is near to, or its own; and how near (or 0)."""

    first: Numbers
    scores: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Rows:
    """Some rows: their numbers, and a vector for each."""

    numbers: Numbers
    vectors: Floats

    def some(self, which: "npt.NDArray[np.bool_] | slice") -> "_Rows":
        return _Rows(self.numbers[which], self.vectors[which])


def first_similar(vectors: Vectors, first: Numbers, least: float) -> Nearest:
    """The first row with a cosine of `least` to each, among those that stay.

    `first` are the numbers found so far: only rows that are their own are looked at, and what has
    another's is near to whatever that is. Raises `ConfigError` for vectors of several lengths.
    """
    made = Nearest(first.copy(), np.zeros(len(first)))
    for block in _blocks(vectors, first, MOST_ROWS):
        for earlier in _blocks(vectors, made.first, PIECE, before=int(block.numbers[0])):
            _settle(made, block, earlier, least=least)
        for start in range(0, len(block.numbers), PIECE):
            piece = block.some(slice(start, start + PIECE))
            before = block.some(slice(start))
            _settle(made, piece, before.some(_stays(made, before)), least=least)
            _settle(made, piece, piece, least=least)
    return Nearest(made.first[made.first], made.scores)


def _stays(made: Nearest, rows: _Rows) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = made.first[rows.numbers] == rows.numbers
    return found


def _blocks(
    vectors: Vectors, first: Numbers, most: int, *, before: int | None = None
) -> Iterator[_Rows]:
    """The rows that are their own first, so many at once, up to the row `before`."""
    numbers: list[int] = []
    held: list[bytes] = []
    for number, vector in vectors():
        if before is not None and number >= before:
            break
        if first[number] != number:
            continue
        if held and len(vector) != len(held[0]):
            sizes = f"{len(held[0]) // 4} and of {len(vector) // 4}"
            raise ConfigError(
                f"the embedder gives vectors of {sizes} numbers: name one that keeps to a length"
            )
        numbers.append(number)
        held.append(vector)
        if len(held) >= min(most, max(PIECE, 4 * MOST_FLOATS // len(vector))):
            yield _rows(numbers, held)
            numbers, held = [], []
    if held:
        yield _rows(numbers, held)


def _rows(numbers: list[int], held: list[bytes]) -> _Rows:
    table = np.frombuffer(b"".join(held), np.float32).reshape(len(held), -1)
    return _Rows(np.array(numbers, np.int64), table)


def _settle(made: Nearest, rows: _Rows, others: _Rows, *, least: float) -> None:
    """Note for each of the rows the first of the others before it that stays and is near."""
    rows = rows.some(_stays(made, rows))
    if not len(rows.numbers) or not len(others.numbers):
        return
    near = rows.vectors @ others.vectors.T >= least - SLACK
    near &= others.numbers < rows.numbers[:, None]
    for place, other in zip(*(found.tolist() for found in np.nonzero(near)), strict=True):
        mine, theirs = rows.numbers[place], others.numbers[other]
        if made.first[mine] != mine or made.first[theirs] != theirs:
            continue
        score = cosine(rows.vectors[place], others.vectors[other])
        if score >= least:
            made.first[mine], made.scores[mine] = theirs, score


def cosine(one: Floats, two: Floats) -> float:
    """The cosine, the same on any machine."""
    left, right = (np.rint(each * np.float64(DECIMALS)).astype(np.int64) for each in (one, two))
    lengths = float(left @ left) * float(right @ right)
    return min(float(left @ right) / float(np.sqrt(lengths)), 1.0) if lengths else 0.0
