"""What a whole run will use, from what a sample of its seeds used: totals with an interval.

Each lane of the sample (one input through a segment) is a row of numbers: calls and tokens. A total
is the sample's sum, scaled to all seeds. Its interval is the percentile bootstrap (Efron &
Tibshirani): the first segment's lanes are drawn again, as many as there were; how many lanes later
segments have depends on the draw, so each of theirs counts a Poisson number of times (Hanley &
MacGibbon). The spread is widened by Student's factor for the small sample, and narrowed by what has
been seen already (finite population).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.float64]

DRAWS = 2000
LOW, HIGH = 2.5, 97.5
NORMAL = 1.96
_STUDENT = {
    1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262,
    10: 2.228, 12: 2.179, 15: 2.131, 20: 2.086, 30: 2.042,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Total:
    """An estimate and its 95 % interval; None for both ends if one seed was all there was."""

    estimate: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Scale:
    """A sample of `sampled` seeds stands for `seeds`, at least as many."""

    sampled: int
    seeds: int

    @property
    def factor(self) -> float:
        """By what the sample's sums are multiplied."""
        return self.seeds / self.sampled

    @property
    def spread(self) -> float:
        """By what the bootstrap's deviations are multiplied."""
        unseen = 1 - self.sampled / self.seeds
        return float(student(self.sampled - 1) / NORMAL * np.sqrt(unseen))


def student(degrees: int) -> float:
    """The 97.5 % point of Student's distribution, of the next smaller table entry.

    >>> student(19), student(2)
    (2.131, 4.303)
    """
    known = [value for at, value in _STUDENT.items() if at <= degrees]
    return known[-1] if known else _STUDENT[1]


def draws(first: Rows, later: Sequence[Rows], scale: Scale, *, seed: int = 0) -> Rows:
    """Totals by column as they might come out, one row per draw; row 0 is the estimate itself.

    `first` has a row for each lane of the first segment, `later` those of other segments.
    """
    rng = np.random.default_rng(seed)
    count = len(first)
    weights = rng.multinomial(count, [1 / count] * count, DRAWS)
    found = np.vstack([first.sum(axis=0), weights @ first])
    for lanes in later:
        found += np.vstack([lanes.sum(axis=0), rng.poisson(1.0, (DRAWS, len(lanes))) @ lanes])
    likely = found[0] + (found - found[0]) * scale.spread
    whole: Rows = np.maximum(likely * scale.factor, found[0])  # the sample itself is certain
    whole[0] = found[0] * scale.factor
    return whole


def total(drawn: Rows, weights: npt.ArrayLike, scale: Scale) -> Total:
    """The total of a weighted sum of columns, e.g. dollars."""
    values = drawn @ np.asarray(weights, dtype=np.float64)
    if scale.sampled < min(2, scale.seeds):
        return Total(float(values[0]), None, None)
    low, high = np.percentile(values[1:], [LOW, HIGH])
    return Total(float(values[0]), float(low), float(high))
