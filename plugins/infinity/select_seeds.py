"""A labelled pool -> the seeds that tell most: rare, many-sided, hard, and not learnt by heart."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from backfeed.plugin import ConfigError, Result, Table
from backfeed.plugins.infinity import _columns, _marks, _seeds
from backfeed.plugins.infinity._columns import Named
from backfeed.plugins.infinity._seeds import Flags, Floats, Numbers

RULES = ("tail", "many", "loss", "hard")
STAGE = "select_seeds"


@dataclass(frozen=True, slots=True)
class SelectSeeds:
    """Choose seeds by the paper's four criteria (Infinity-Instruct P2-b), each with its thresholds.

    A row is chosen by any of `rules`: `tail` (a fine label that `tail_low` to `tail_all` rows have,
    or, for `tail_share` of them, up to `tail_most`; by `tail_by` "any" of its labels, or its
    "rarest"), `many` (more than `more_than` fine labels), `loss` (its answer's loss, the score
    `before`, is above mean + `loss_sd` standard deviations of its class; with `loss_sd` 0, among
    the highest `loss_top`), `hard` (the `hard_most` rows whose loss fell least in training, from
    the score `before` to `after`). Of the chosen, the share `guard` whose loss changed most is
    dropped: it was learnt by heart. At last a class gives no more than `quota` rows, those that
    most rules chose first; `quotas` says other numbers. A row's class is the rarest of its coarse
    labels. How the rules are joined the paper leaves open: a union, then the guard, then the quota.

    Scores tell: `seeds/RULE` for each that chose it, `depth`. Metrics: rows by rule, and coverage
    (the share of the pool's fine labels that the seeds have). A rule whose scores nobody has says
    so: `without/loss` is the number of rows that could not be looked at.

    in:  rows with labels, scores loss 2.9 and loss_tuned 2.8
    out: the seeds; others rejected as not-selected, over-fit or over-quota
    """

    rules: tuple[str, ...] = RULES
    tail_low: int = 20
    tail_all: int = 200
    tail_most: int = 500
    tail_share: float = 1 / 3
    tail_by: str = "any"
    more_than: int = 4
    loss_sd: float = 1.96
    loss_top: float = 0.3
    hard_most: int = 50_000
    guard: float = 0.05
    quota: int = 0
    quotas: Mapping[str, int] = field(default_factory=dict, hash=False)
    before: str = "loss"
    after: str = "loss_tuned"
    version = 1

    def __post_init__(self) -> None:
        """Refuse rules that there are none of, and numbers that make no sense."""
        if bad := [rule for rule in self.rules if rule not in RULES]:
            raise ConfigError(f"{STAGE}.rules: {bad[0]!r}; there are {', '.join(RULES)}")
        if self.tail_by not in ("any", "rarest"):
            raise ConfigError(f"{STAGE}.tail_by = {self.tail_by!r}: it is 'any' or 'rarest'")
        for name in ("tail_share", "loss_top", "guard"):
            if not 0 <= (value := getattr(self, name)) <= 1:
                raise ConfigError(f"{STAGE}.{name} = {value}: it is a share, from 0 to 1")
        if not 0 < self.tail_low <= self.tail_all <= self.tail_most:
            raise ConfigError(
                f"{STAGE}: tail_low = {self.tail_low}, tail_all = {self.tail_all}, tail_most ="
                f" {self.tail_most}: they begin above 0 and do not fall"
            )

    def whole(self, table: Table) -> Result:
        """Some hundred bytes for each row; rows themselves pass as they are."""
        pool = _Pool.of(table, self.before, self.after)
        chosen = self._chosen(pool, _columns.luck(table, STAGE))
        union = np.any([*chosen.values(), np.zeros(len(table), np.bool_)], axis=0)
        worn = _seeds.jumping(pool.before, pool.after, self.guard) & union
        votes = np.sum([*chosen.values(), np.zeros(len(table))], axis=0)
        order = np.lexsort((_columns.luck(table, f"{STAGE}/quota"), -votes))
        quota = self._quota(pool)
        free = _seeds.within_quota(union & ~worn, pool.of_class, order, quota=quota)
        found = _Found(pool, chosen, union, worn=worn, kept=free)
        return Result(found.rows(table), metrics=found.metrics())

    def _chosen(self, pool: "_Pool", luck: Floats) -> dict[str, Flags]:
        """What each rule chooses."""
        band = _seeds.Band(
            self.tail_low, self.tail_all, self.tail_most, self.tail_share, self.tail_by == "rarest"
        )
        fine = pool.fine
        high, _ = _seeds.hard(
            pool.before, pool.of_class, sd=self.loss_sd or None, top=self.loss_top
        )
        every = {
            "tail": _seeds.long_tail(fine.lists, fine.often, luck, band=band),
            "many": fine.lists.lengths > self.more_than,
            "loss": high,
            "hard": _seeds.resisting(pool.before, pool.after, self.hard_most),
        }
        return {rule: every[rule] for rule in RULES if rule in self.rules}

    def _quota(self, pool: "_Pool") -> dict[int, int]:
        """The largest number of rows of each class that has one."""
        names = pool.coarse.names
        if missing := [name for name in self.quotas if name not in names]:
            there = ", ".join(names) or "none"
            raise ConfigError(f"{STAGE}.quotas: no row is of {missing[0]!r}; there are {there}")
        every = dict.fromkeys(range(len(names)), self.quota) if self.quota else {}
        return every | {names.index(name): count for name, count in self.quotas.items()}


@dataclass(frozen=True, slots=True)
class _Pool:
    """What is looked at of each row. A row without a coarse label is of class -1."""

    fine: Named
    coarse: Named
    of_class: Numbers
    before: Floats
    after: Floats

    @classmethod
    def of(cls, table: Table, before: str, after: str) -> "_Pool":
        coarse = _columns.named(table, "coarse")
        order = np.argsort(np.lexsort((np.array(coarse.names, np.str_), coarse.often))).astype(
            np.float64
        )
        rarest = coarse.lists.least(order)
        back = np.argsort(order)
        of_class = np.full(len(rarest), -1, np.int64)
        there = np.isfinite(rarest)
        of_class[there] = back[rarest[there].astype(np.int64)]
        losses = _columns.scores(table, before), _columns.scores(table, after)
        return cls(_columns.named(table, "fine"), coarse, of_class, *losses)


@dataclass(frozen=True, slots=True)
class _Found:
    pool: _Pool
    chosen: Mapping[str, Flags]
    union: Flags
    worn: Flags
    kept: Flags

    def rows(self, table: Table) -> Iterator[pa.RecordBatch]:
        """The rows in order, chosen or rejected."""
        depth = _seeds.depth(self.pool.fine.lists.lengths, self.pool.before)
        for batch, part in _columns.numbered(table):
            told = {
                f"seeds/{rule}": np.where(flags[part], 1.0, np.nan)
                for rule, flags in self.chosen.items()
            }
            told["depth"] = np.round(depth[part], 6)
            why = [self._why(row) for row in range(part.start, part.stop)]
            yield _marks.rejected(_marks.scored(batch, told), STAGE, why)

    def _why(self, row: int) -> _marks.Why | None:
        if self.kept[row]:
            return None
        pool = self.pool
        if self.worn[row]:
            change = f"loss {pool.before[row]:.4g} before, {pool.after[row]:.4g} after"
            return ("over-fit", f"{change}: it changed more than others'")
        if self.union[row]:
            return ("over-quota", f"enough rows of {pool.coarse.names[pool.of_class[row]]!r}")
        mine = pool.fine.lists.of[pool.fine.lists.ends[row] : pool.fine.lists.ends[row + 1]]
        rows = ", ".join(f"{pool.fine.names[one]} {pool.fine.often[one]:,}" for one in mine)
        loss = f"; loss {pool.before[row]:.4g}" if pool.before[row] == pool.before[row] else ""
        return ("not-selected", f"labels and the rows that have them: {rows or 'none'}{loss}")

    def metrics(self) -> dict[str, float]:
        """Rows by rule, what could not be looked at, and the share of labels that is covered."""
        pool, kept = self.pool, self.kept
        has = np.zeros(len(pool.fine.names), np.bool_)
        has[pool.fine.lists.of[kept[pool.fine.lists.rows]]] = True
        told = {f"rule/{rule}": float(flags.sum()) for rule, flags in self.chosen.items()}
        return told | {
            "over_fit": float(self.worn.sum()),
            "over_quota": float((self.union & ~self.worn & ~kept).sum()),
            "selected": float(kept.sum()),
            "without/labels": float((pool.fine.lists.lengths == 0).sum()),
            "without/loss": float(np.isnan(pool.before).sum()),
            "without/change": float(np.isnan(pool.before - pool.after).sum()),
            "coverage": float(has.mean()) if len(has) else 0.0,
        }


PLUGIN = SelectSeeds
