"""The rounds of a loop: how one follows from another, and when they end."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import msgspec

from backfeed.engine.errors import ConfigError
from backfeed.engine.files import write_whole
from backfeed.engine.recipe import Loop, condition
from backfeed.engine.state import State, Turns
from backfeed.engine.store import DiskTable
from backfeed.engine.tally import Tallies

_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def commit_round(work: Path, loop: Loop, inner: State, *, turns: Turns) -> None:
    """What a round came to, in `rounds/`: stop rules rest on committed rounds only."""
    facts = {
        "round": turns[-1], "out": len(inner.rows), "metrics": inner.metrics,
        "complete": inner.complete,
        "artefacts": {name: path.name for name, path in inner.artefacts.items()},
    }  # fmt: skip
    text = msgspec.json.format(msgspec.json.encode(facts, order="sorted"))
    name = "-".join([loop.name, *map(str, turns)])
    write_whole(work / "rounds" / f"{name}.json", text)


def after_round(loop: Loop, state: State, inner: State, *, before: State) -> State:
    """The outer state when a round has ended, with the rows that would go on now.

    `before` is the state before the loop. If only the last round counts, what the others cost is
    all that is kept of them; one that was stopped does not take the place of a whole one.
    """
    last = loop.keep == "last"
    if last and inner.stopped and state is not before:
        return replace(state, complete=False, stopped=inner.stopped)
    tallies, base = Tallies(), before if last else state
    tallies.merge(base.tallies)
    for stage, tally in state.tallies.items() if last else ():
        tallies.of(stage).used = {desk: replace(used) for desk, used in tally.used.items()}
    tallies.merge(inner.tallies)
    return replace(
        state,
        rows=inner.rows if last else DiskTable([*state.rows.paths, *inner.rows.paths]),
        tallies=tallies,
        left=[*base.left, *inner.left],
        artefacts=inner.artefacts,
        metrics={**state.metrics, **inner.metrics},
        complete=base.complete and inner.complete,
        stopped=state.stopped or inner.stopped,
    )


def carried(carry: str, seeds: DiskTable, out: DiskTable) -> DiskTable:
    """What the next round starts from."""
    if carry == "seeds":
        return seeds
    return DiskTable(out.paths if carry == "out" else [*seeds.paths, *out.paths])


def holds(until: str, metrics: Mapping[str, float], out: int) -> bool:
    """Does `METRIC < NUMBER` hold for a committed round? `out` is always a metric."""
    name, sign, number = condition(until)
    known = {**metrics, "out": float(out)}
    if name not in known:
        raise ConfigError(
            f"until = {until!r}: no such metric; there are {', '.join(sorted(known))}"
        )
    return _COMPARE[sign](known[name], number)
