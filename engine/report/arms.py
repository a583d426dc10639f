"""The arms of an ablation, from one run with equal budgets (Infinite-Instruct, reverse/backfeed).

How it works. Six arms: rows of reverse construction, of backfeeding, and half of each; each from
the raw and from the filtered release. Some groups of rows that hang together (one file, parents,
nearly equal) are set apart first: their filtered rows are held out, the others stand nowhere. All
arms then get one budget, either so many rows or so many model tokens, and take their rows in the
order of a hash of seed and id. A row of a release costs what its branch has cost, divided by the
rows of that release: what verification dropped is paid by what it let pass.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from backfeed.engine.errors import InputError
from backfeed.engine.methods.splits import Split, split
from backfeed.engine.output import read_rows
from backfeed.engine.records import Sample
from backfeed.engine.report import releases
from backfeed.engine.report._arm_costs import Cost, costs
from backfeed.engine.report.facts import read_json, read_recipe
from backfeed.engine.report.releases import BACKFEED, REVERSE

BRANCHES = (REVERSE, BACKFEED)
RELEASES = ("raw", "filtered")
BOTH = "both"
BUDGETS = ("rows", "tokens")
HELD_OUT = "held_out"


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm: what it may take from, and the ids of the rows that it took.

    `asked` and `available` count problems, and rows of the release, of its branches in the whole
    run; `free` those rows that are neither held out nor near to what is. `cost` is what all the
    taken rows cost.
    """

    branch: str
    release: str
    asked: int
    available: int
    free: int
    ids: tuple[str, ...]
    cost: Cost

    @property
    def name(self) -> str:
        """Its name, which is its file's."""
        return f"{self.branch}-{self.release}"


@dataclass(frozen=True, slots=True)
class Ablation:
    """All arms, and what none of them has: ids of held-out rows by branch.

    `left_out` counts rows near to held-out ones, `given` those of neither branch; `groups` is how
    the rows hang together.
    """

    directory: Path
    budget: str
    seed: int
    arms: tuple[Arm, ...]
    held_out: Mapping[str, tuple[str, ...]]
    left_out: int
    given: int
    groups: Split


@dataclass(slots=True)
class _Pools:
    """The ids of the rows of a run by branch and release, and how many problems were asked."""

    asked: Counter[str]
    all: dict[tuple[str, str], int]
    free: dict[tuple[str, str], list[str]]
    held_out: dict[str, tuple[str, ...]]
    left_out: int
    groups: Split


def ablation(
    directory: Path, *, budget: str = "rows", share: float = 0.1, seed: int = 0
) -> Ablation:  # fmt: skip
    """Choose the rows of all arms. Raises `InputError` if a branch has none."""
    pools = _pools(directory, share, seed)
    spent = costs(
        read_json(directory / "summary.json"), read_recipe(directory / "recipe.toml"), pools.asked
    )
    prices = {
        (name, of): spent[name].per(pools.all[name, of]) for name in BRANCHES for of in RELEASES
    }
    sizes = _sizes(directory, pools, prices, budget=budget)
    arms = [
        _arm(pools, _Budget(prices, sizes), (branch, release))
        for release in RELEASES
        for branch in (*BRANCHES, BOTH)
    ]
    given = pools.asked.total() - sum(pools.asked[name] for name in BRANCHES)
    return Ablation(
        directory, budget, seed, tuple(arms), pools.held_out, pools.left_out, given, pools.groups
    )


def _pools(directory: Path, share: float, seed: int) -> _Pools:
    """Read the run: which rows there are, and what is held out."""
    raw = releases.rows
    parts = Split({}, {})
    if share:
        parts = split(lambda: raw(directory, "raw"), {HELD_OUT: share}, cut=True)
    every = {(name, of): 0 for name in BRANCHES for of in RELEASES}
    found = _Pools(_asked(directory), every, {key: [] for key in every}, {}, 0, parts)
    held: dict[str, list[str]] = {name: [] for name in BRANCHES}
    for row in raw(directory, "raw"):
        name = releases.branch(row)
        if name not in held:
            continue
        side = parts.of.get(row.id, "train")
        found.left_out += side != "train" and not (side == HELD_OUT and row.rejected is None)
        if side == HELD_OUT and row.rejected is None:
            held[name].append(row.id)
        for of in RELEASES if row.rejected is None else ("raw",):
            found.all[name, of] += 1
            if side == "train":
                found.free[name, of].append(row.id)
    for ids in (*found.free.values(), *held.values()):
        ids.sort(key=lambda id_: _mark(seed, id_))
    found.held_out = {name: tuple(ids) for name, ids in held.items()}
    return found


def _asked(directory: Path) -> Counter[str]:
    """How many problems each branch has asked, answered or not."""
    return Counter(
        releases.branch(row)
        for folder in ("corpus", "rejected")
        for row in read_rows(directory / folder)
        if row.instruction
    )


def _mark(seed: int, id_: str) -> bytes:
    return hashlib.blake2b(f"{seed}/{id_}".encode(), digest_size=8).digest()


Prices = Mapping[tuple[str, str], Cost]
Sizes = Mapping[tuple[str, str], tuple[int, int]]
"""How many rows of a release a branch takes: alone, and as one half."""


@dataclass(frozen=True, slots=True)
class _Budget:
    """What a row of a release costs, and how many rows of it arms take."""

    prices: Prices
    sizes: Sizes


def _sizes(directory: Path, pools: _Pools, prices: Prices, *, budget: str) -> Sizes:
    """The rows that the budget buys; the pool that can spend least says how much that is."""
    empty = next((name for name in BRANCHES if not pools.free[name, "filtered"]), None)
    if empty is not None:
        held = len(pools.held_out[empty])
        raise InputError(
            f"{directory} has no accepted row of {empty} for an arm ({held:,} are held out,"
            f" {pools.asked[empty]:,} problems were asked): an ablation needs both branches"
        )
    if budget == "rows":
        rows = min(map(len, pools.free.values()))
        return {
            (name, of): (rows, rows // 2 if name == BACKFEED else rows - rows // 2)
            for name in BRANCHES
            for of in RELEASES
        }
    each = {key: cost.tokens for key, cost in prices.items()}
    if not all(each.values()):
        raise InputError(
            f"{directory / 'summary.json'} tells of no tokens that models used for"
            f" {' or '.join(sorted({name for (name, _), t in each.items() if not t}))}:"
            " give the arms equal rows with --budget rows"
        )
    known = {key: tokens for key, tokens in each.items() if tokens}
    whole = min(len(pools.free[key]) * tokens for key, tokens in known.items())
    return {
        key: (_bought(whole, tokens), _bought(whole / 2, tokens)) for key, tokens in known.items()
    }


def _bought(budget: float, price: float) -> int:
    return int(budget / price + 1e-9)


def _arm(pools: _Pools, budget: _Budget, of: tuple[str, str]) -> Arm:
    branch, release = of
    names: Sequence[str] = BRANCHES if branch == BOTH else (branch,)
    cost = Cost()
    ids: list[str] = []
    for name in names:
        taken = pools.free[name, release][: budget.sizes[name, release][len(names) - 1]]
        cost = cost.plus(budget.prices[name, release], len(taken))
        ids += taken
    return Arm(
        branch, release, sum(pools.asked[name] for name in names),
        sum(pools.all[name, release] for name in names),
        sum(len(pools.free[name, release]) for name in names), tuple(ids), cost,
    )  # fmt: skip


def rows(found: Ablation, arm: Arm) -> Iterator[Sample]:
    """The rows of an arm, in the order of the release."""
    wanted = frozenset(arm.ids)
    return (row for row in releases.rows(found.directory, arm.release) if row.id in wanted)


def held_out(found: Ablation) -> Iterator[Sample]:
    """The rows that no arm has."""
    wanted = frozenset(id_ for ids in found.held_out.values() for id_ in ids)
    return (row for row in read_rows(found.directory / "corpus") if row.id in wanted)
