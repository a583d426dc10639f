"""A large set -> a small core: the best rows that together cover its labels."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from backfeed.plugin import ConfigError, Result, Table
from backfeed.plugins.infinity import _columns, _marks, _seeds
from backfeed.plugins.infinity._columns import Named
from backfeed.plugins.infinity._seeds import Flags, Floats

STAGE = "select_core"


@dataclass(frozen=True, slots=True)
class SelectCore:
    """Choose `k` rows, or a `share`, that are good and cover much (Infinity-Instruct P2-g).

    How the published core was chosen is unknown; this is depth and coverage, as its authors use
    them later, with the reward before depth. Rows are ranked by the score `by` (the highest first;
    rows without it last), equal ones by `depth`, the logarithm of the number of labels times the
    score `loss`. They are swept in that order, again and again: a sweep takes a row that brings a
    fine label the sweep has not yet. Metrics compare the core with as many rows drawn blindly:
    labels covered, and the mean of the score.

    in:  a million rows with labels and scores reward
    out: 200,000 of them; the others rejected as not-in-core, "reward 1.2, sweep 8"
    """

    k: int = 0
    share: float = 0.2
    by: str = "reward"
    loss: str = "loss"
    version = 1

    def __post_init__(self) -> None:
        """Refuse a share that is none."""
        if not 0 < self.share <= 1 or self.k < 0:
            raise ConfigError(
                f"{STAGE}: k = {self.k}, share = {self.share}: a number of rows, or a share"
            )

    def whole(self, table: Table) -> Result:
        """Some fifty bytes for each row, and its labels."""
        count = self.k or round(self.share * len(table))
        fine, score = _columns.named(table, "fine"), _columns.scores(table, self.by)
        deep = _seeds.depth(fine.lists.lengths, _columns.scores(table, self.loss))
        luck = _columns.luck(table, STAGE)
        low = -np.inf
        order = np.lexsort((luck, -np.nan_to_num(deep, nan=low), -np.nan_to_num(score, nan=low)))
        sweep = _seeds.sweeps(fine.lists, order)
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        best = np.lexsort((place, sweep))[:count]
        blind = np.argsort(_columns.luck(table, f"{STAGE}/blind"), kind="stable")[:count]
        core, other = (np.isin(np.arange(len(order)), rows) for rows in (best, blind))
        metrics = {
            **_told("core", fine, score, rows=core), **_told("random", fine, score, rows=other)
        }  # fmt: skip
        found = _Found(self.by, score, sweep, core)
        return Result(found.rows(table), metrics=metrics)


@dataclass(frozen=True, slots=True)
class _Found:
    by: str
    score: Floats
    sweep: _seeds.Numbers
    core: Flags

    def rows(self, table: Table) -> Iterator[pa.RecordBatch]:
        """The rows in order; those outside of the core rejected."""
        for batch, part in _columns.numbered(table):
            why = [self._why(row) for row in range(part.start, part.stop)]
            yield _marks.rejected(batch, STAGE, why)

    def _why(self, row: int) -> _marks.Why | None:
        if self.core[row]:
            return None
        score, sweep = self.score[row], int(self.sweep[row])
        of = f"{self.by} {score:.4g}" if score == score else f"no {self.by}"
        last = sweep == np.iinfo(np.int64).max
        return ("not-in-core", f"{of}, {'no label' if last else f'sweep {sweep + 1}'}")


def _told(name: str, fine: Named, score: Floats, *, rows: Flags) -> Mapping[str, float]:
    """How many rows, what they cover, and how good they are."""
    has = np.zeros(len(fine.names), np.bool_)
    has[fine.lists.of[rows[fine.lists.rows]]] = True
    known = score[rows & ~np.isnan(score)]
    return {
        f"{name}/rows": float(rows.sum()),
        f"{name}/coverage": float(has.mean()) if len(has) else 0.0,
        f"{name}/score": float(known.mean()) if len(known) else 0.0,
    }


PLUGIN = SelectCore
