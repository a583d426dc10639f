"""The rules by which informative seeds are chosen, over columns of numbers."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Ragged:
    """Lists of numbers of rows, end to end: row k has `of[ends[k] : ends[k + 1]]`."""

    of: Numbers
    ends: Numbers

    @property
    def lengths(self) -> Numbers:
        """How many each row has."""
        return np.diff(self.ends)

    @property
    def rows(self) -> Numbers:
        """The row of each number."""
        return np.repeat(np.arange(len(self.ends) - 1), self.lengths)

    def any(self, wanted: Flags) -> Flags:
        """Rows that have one of the numbers that are wanted."""
        found = np.zeros(len(self.ends) - 1, np.bool_)
        found[self.rows[wanted[self.of]]] = True
        return found

    def least(self, values: Floats) -> Floats:
        """The smallest value of each row's numbers; infinite for a row without any."""
        found = np.full(len(self.ends) - 1, np.inf)
        np.minimum.at(found, self.rows, values[self.of])
        return found


@dataclass(frozen=True, slots=True)
class Band:
    """The long tail: labels of `low` to `all` rows are kept, those up to `most` in part."""

    low: int = 20
    all: int = 200
    most: int = 500
    share: float = 1 / 3
    rarest: bool = False


def long_tail(labels: Ragged, often: Numbers, luck: Floats, *, band: Band) -> Flags:
    """Rows with a label that 20 to 200 rows have; of those with one of 201 to 500, a third.

    With `rarest`, only the rarest label of a row that is no noise (`low` rows or more) counts.
    """
    whole = (often >= band.low) & (often <= band.all)
    part = (often > band.all) & (often <= band.most)
    drawn = luck < band.share
    if band.rarest:
        counted = np.where(often >= band.low, often, np.inf).astype(np.float64)
        rarest = labels.least(counted)
        inside = (rarest >= band.low) & (rarest <= band.all)
        return inside | ((rarest > band.all) & (rarest <= band.most) & drawn)
    return labels.any(whole) | (labels.any(part) & drawn)


def hard(loss: Floats, of_class: Numbers, *, sd: float | None, top: float) -> tuple[Flags, Floats]:
    """Rows of a high loss inside their class, and the bound of each row.

    The bound is the mean and so many standard deviations, or lets the share `top` pass. NaN is no
    loss, and is never high.
    """
    bound = np.full(len(loss), np.inf)
    for one in np.unique(of_class):
        inside = (of_class == one) & ~np.isnan(loss)
        values = loss[inside]
        if not len(values):
            continue
        if sd is not None:
            bound[inside] = values.mean() + sd * values.std()
        else:
            count = round(top * len(values))
            # strictly above the highest that does not pass
            bound[inside] = np.sort(values)[::-1][count] if count < len(values) else -np.inf
    return np.nan_to_num(loss, nan=-np.inf) > bound, bound


def resisting(before: Floats, after: Floats, count: int) -> Flags:
    """The `count` rows whose loss fell least in training; it may even have grown."""
    fallen = before - after
    rows = np.flatnonzero(~np.isnan(fallen))
    best = rows[np.argsort(fallen[rows], kind="stable")][:count]
    found = np.zeros(len(before), np.bool_)
    found[best] = True
    return found


def jumping(before: Floats, after: Floats, share: float) -> Flags:
    """The share of rows whose loss changed most in training, either way."""
    change = np.abs(before - after)
    rows = np.flatnonzero(~np.isnan(change))
    count = int(share * len(rows))
    worst = rows[np.argsort(-change[rows], kind="stable")][:count]
    found = np.zeros(len(before), np.bool_)
    found[worst] = True
    return found


def within_quota(
    chosen: Flags, of_class: Numbers, order: Numbers, *, quota: Mapping[int, int]
) -> Flags:
    """Those chosen that have a place in their class, the first in `order` first."""
    found = chosen.copy()
    taken: dict[int, int] = {}
    for row in order[chosen[order]]:
        one = int(of_class[row])
        if one in quota:
            taken[one] = taken.get(one, 0) + 1
            found[row] = taken[one] <= quota[one]
    return found


def depth(labels: Numbers, loss: Floats) -> Floats:
    """How deep an instruction is: the logarithm of its number of labels, times its loss.

    One label, or none, has no depth, as in the published measure; NaN without a loss.
    """
    found: Floats = np.log(np.maximum(labels, 1)) * loss
    return found


def sweeps(labels: Ragged, order: Numbers) -> Numbers:
    """In which sweep each row is taken, from 0: one in which it brings a label not yet there.

    Rows are swept in order, again and again, and a sweep takes a row that has a label which no
    earlier one of the same sweep had (InsTag's diverse sampling). What a label was covered in are
    always the first sweeps, so one pass tells all. Rows without a label come after all others.
    """
    count = len(labels.ends) - 1
    found = np.full(count, np.iinfo(np.int64).max, np.int64)
    covered = [0] * (int(labels.of.max(initial=-1)) + 1)
    of, ends = labels.of.tolist(), labels.ends.tolist()
    for row in order.tolist():
        mine = of[ends[row] : ends[row + 1]]
        if not mine:
            continue
        sweep = min(covered[one] for one in mine)
        for one in mine:
            if covered[one] == sweep:
                covered[one] = sweep + 1
        found[row] = sweep
    return found


def composite(alpaca_eval: float, arena_hard: float, mt_bench: float) -> float:
    """The mean of two win rates (0 to 100) and ten times a grade (1 to 10).

    It reproduces the gain that the paper reports: 8.60 points.

    >>> round(composite(46.1, 66.0, 8.9), 2), round(composite(35.3, 50.0, 9.0), 2)
    (67.03, 58.43)
    """
    return (alpaca_eval + arena_hard + 10 * mt_bench) / 3
