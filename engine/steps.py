"""Steps: segments, `whole` stages and loops, each committed under the key of all that determines it.

A step lies in `.work/steps/KEY/` with its rows (`out`, `rejected`, `unfinished`) and `done.json`,
which is written last. A step that is there is not done again; one that was cut short starts again,
and the answer book makes that cheap.
"""

import operator
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from backfeed.engine.boundary import storing
from backfeed.engine.errors import AskFailed, ConfigError, Outage, PluginFault, Stopping
from backfeed.engine.files import write_via, write_whole
from backfeed.engine.identity import Ids, digest, sha256
from backfeed.engine.lanes import Engine, LaneResult
from backfeed.engine.recipe import Loop, Step
from backfeed.engine.records import Rejection, Sample
from backfeed.engine.requests import Result
from backfeed.engine.store import DiskTable, Shards
from backfeed.engine.tally import Tallies, Tally

_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


@dataclass(slots=True)
class State:
    """What goes from step to step: the rows that are alive, the artefacts, and what was left."""

    rows: DiskTable
    artefacts: dict[str, Path] = field(default_factory=dict)
    left: list[Path] = field(default_factory=list)
    tallies: Tallies = field(default_factory=Tallies)
    metrics: dict[str, float] = field(default_factory=dict)
    complete: bool = True
    stopped: str = ""


@dataclass(slots=True)
class Goal:
    """Stop after this many accepted rows; only the last segment of a recipe can promise it."""

    accepted: int | None = None


class Stepper:
    """Runs the steps of a recipe over a table."""

    def __init__(
        self, engine: Engine, work: Path, *, on_commit: Callable[[str, LaneResult], None] | None = None
    ) -> None:
        self.engine, self.work = engine, work
        self.on_commit = on_commit or (lambda _name, _result: None)
        identities = {name: desk.service.identity for name, desk in engine.desks.items()}
        self._services = digest(identities)

    async def run(self, steps: Sequence[Step | Loop], state: State, goal: Goal, turn: int = 0) -> State:
        """All steps in order; neighbouring `each` stages form one segment."""
        groups = list(_grouped(steps))
        for index, group in enumerate(groups):
            last = index == len(groups) - 1
            if self.engine.pulse.stop_reason:
                state.complete, state.stopped = False, self.engine.pulse.stop_reason
                state.rows = DiskTable([])
                break
            if isinstance(group, Loop):
                state = await self._loop(group, state)
            elif isinstance(group, Step):
                state = await self._step([group], state, Goal(), turn)
            else:
                state = await self._step(group, state, goal if last else Goal(), turn)
        return state

    async def _loop(self, loop: Loop, state: State) -> State:
        """Rounds: each starts from seeds and artefacts, and is committed in `rounds/`."""
        seeds, made = state.rows, list(state.rows.paths)
        for turn in range(loop.rounds):
            inner = State(seeds, dict(state.artefacts))
            inner = await self.run(loop.steps, inner, Goal(), turn)
            state.left += inner.left
            state.tallies.merge(inner.tallies)
            state.artefacts = inner.artefacts
            state.complete = state.complete and inner.complete
            state.stopped = state.stopped or inner.stopped
            made += inner.rows.paths
            seeds = _carried(loop.carry, seeds, inner.rows)
            if inner.stopped:
                break
            self._commit_round(loop, turn, inner)
            if loop.until and _holds(loop.until, inner.metrics, len(inner.rows)):
                break
        state.rows = DiskTable(made)
        return state

    def _commit_round(self, loop: Loop, turn: int, inner: State) -> None:
        facts = {
            "round": turn, "out": len(inner.rows), "metrics": inner.metrics,
            "complete": inner.complete, "artefacts": {k: p.name for k, p in inner.artefacts.items()},
        }  # fmt: skip
        text = msgspec.json.format(msgspec.json.encode(facts, order="sorted"))
        write_whole(self.work / "rounds" / f"{loop.name}-{turn}.json", text)

    async def _step(self, steps: list[Step], state: State, goal: Goal, turn: int) -> State:
        place = self.work / "steps" / self._key(steps, state, goal, turn)
        if not (place / "done.json").exists():
            with storing(f"clearing {place}"):
                shutil.rmtree(place, ignore_errors=True)
            self.engine.artefacts = state.artefacts
            if steps[0].is_whole:
                facts = await self._whole(steps[0], state, place, turn)
            else:
                facts = await self._segment(steps, state, place, goal)
            name = "done.json" if facts["complete"] else "partial.json"
            write_whole(place / name, msgspec.json.encode(facts, order="sorted"))
        else:
            facts = msgspec.json.decode((place / "done.json").read_bytes())
        return self._after(state, place, facts)

    def _key(self, steps: list[Step], state: State, goal: Goal, turn: int) -> str:
        reads = {name for step in steps for name in getattr(step.stage, "reads", ())}
        used = {name: path.name for name, path in state.artefacts.items() if name in reads}
        mine = [(step.name, step.identity()) for step in steps]
        return digest(
            state.rows.digest(), mine, used, self._services, goal.accepted, self.engine.seed, turn
        )

    def _after(self, state: State, place: Path, facts: Mapping[str, Any]) -> State:
        tallies = Tallies.from_plain(facts["tallies"])
        tallies.check()
        state.tallies.merge(tallies)
        made = {name: self.work / "artefacts" / mark for name, mark in facts["artefacts"].items()}
        return State(
            rows=DiskTable.of(place / "out"),
            artefacts={**state.artefacts, **made},
            left=[*state.left, place],
            tallies=state.tallies,
            metrics={**state.metrics, **facts["metrics"]},
            complete=state.complete and facts["complete"],
            stopped=state.stopped or facts["stopped"],
        )

    async def _segment(self, steps: list[Step], state: State, place: Path, goal: Goal) -> dict[str, Any]:
        writer = _Writer(place)
        tallies = Tallies({step.name: Tally() for step in steps})
        name = "+".join(step.name for step in steps)

        def commit(result: LaneResult) -> bool:
            tallies.merge(result.tallies)
            for sample in result.samples:
                if goal.accepted is not None and writer.out.total >= goal.accepted and not sample.rejected:
                    sample = sample.no("stop", "beyond-the-stop")
                    tallies.of("stop").add([sample])
                writer.add(sample)
            if result.unfinished is not None:
                writer.defer(*result.unfinished)
            self.on_commit(name, result)
            return goal.accepted is not None and writer.out.total >= goal.accepted

        stages = [(step.name, step.stage) for step in steps]
        admit = None if goal.accepted is None else (lambda flow: flow.likely_short_of(goal.accepted))
        whole = await self.engine.segment(state.rows, stages, commit, admit)
        await self.engine.drain(None if not self.engine.pulse.stop_reason else 30.0)
        if self.engine.pulse.fault is not None:
            raise self.engine.pulse.fault
        writer.close()
        reached = goal.accepted is not None and writer.out.total >= goal.accepted
        stopped = "" if whole or reached else self._why()
        return _facts(tallies, complete=not stopped and not writer.unfinished.total, stopped=stopped)

    def _why(self) -> str:
        closed = next((desk.closed for desk in self.engine.desks.values() if desk.closed), "")
        return self.engine.pulse.stop_reason or closed or "hours"

    async def _whole(self, step: Step, state: State, place: Path, turn: int) -> dict[str, Any]:
        writer, tally = _Writer(place), Tally()
        born = bool(getattr(step.stage, "born", False))
        table = state.rows
        table.round = turn
        table.seed = int(digest(self.engine.seed, turn, size=6), 16)
        try:
            result = await self.engine.drive(step.stage.whole(table), f"{step.name}/{turn}")
        except (Stopping, Outage) as accident:
            if self.engine.pulse.fault is not None:
                raise self.engine.pulse.fault from accident
            return self._whole_unfinished(step, table, writer, str(accident))
        except AskFailed as failure:
            raise PluginFault(f"stage {step.name!r} let a refusal pass: {failure}") from failure
        if not isinstance(result, Result):
            raise PluginFault(f"stage {step.name!r}: `whole` must return a Result, not {type(result).__name__}")
        entered = 0 if born else len(table)
        writer.add_all(result.rows, self.engine.seed if born else None)
        writer.close()
        tally.out, tally.rejected, tally.entered = writer.out.total, writer.reasons, entered
        tally.made = max(tally.out + tally.rejected.total() - entered, 0)
        artefacts = {name: self._keep(value) for name, value in result.artefacts.items()}
        return _facts(Tallies({step.name: tally}), artefacts=artefacts, metrics=dict(result.metrics))

    def _whole_unfinished(self, step: Step, table: DiskTable, writer: "_Writer", why: str) -> dict[str, Any]:
        count = 0
        for sample in table:
            writer.defer(sample, why)
            count += 1
        writer.close()
        tally = Tally(entered=count, unfinished=count)
        return _facts(Tallies({step.name: tally}), complete=False, stopped=self.engine.pulse.stop_reason)

    def _keep(self, value: bytes | Path) -> str:
        data = value if isinstance(value, bytes) else value.read_bytes()
        mark = sha256(data)
        path = self.work / "artefacts" / mark
        if not path.exists():
            write_via(path, lambda to: to.write_bytes(data))
        return mark


class _Writer:
    """The three kinds of rows of one step."""

    def __init__(self, place: Path) -> None:
        self.out = Shards(place / "out")
        self.rejected = Shards(place / "rejected")
        self.unfinished = Shards(place / "unfinished")
        self.reasons: Any = Tally().rejected

    def add(self, sample: Sample) -> None:
        (self.out if sample.rejected is None else self.rejected).add(sample)
        if sample.rejected is not None:
            self.reasons[sample.rejected.reason] += 1

    def add_all(self, rows: Iterable[Any], seed: int | None) -> None:
        """Samples or Arrow batches; with a seed, samples are new and get their ids here."""
        ids = Ids()
        for row in rows:
            if not isinstance(row, Sample):
                self._add_batch(row)
            elif seed is None or row.rejected is not None:
                self.add(row)
            else:
                self.add(ids.name(row.but(lineage=replace(row.lineage, seed=seed))))

    def _add_batch(self, batch: pa.RecordBatch) -> None:
        dead = batch.column("rejected").is_valid()
        self.out.add_batch(batch.filter(pc.invert(dead)))
        gone = batch.filter(dead)
        self.rejected.add_batch(gone)
        for reason in pc.struct_field(gone.column("rejected"), "reason").to_pylist():
            self.reasons[reason] += 1

    def defer(self, sample: Sample, why: str) -> None:
        self.unfinished.add(sample.but(rejected=Rejection("engine", "unfinished", why[:2000])))

    def close(self) -> None:
        for shards in (self.out, self.rejected, self.unfinished):
            shards.flush()


def _facts(
    tallies: Tallies, *, complete: bool = True, stopped: str = "",
    artefacts: Mapping[str, str] | None = None, metrics: Mapping[str, float] | None = None,
) -> dict[str, Any]:  # fmt: skip
    return {
        "tallies": tallies.plain(), "complete": complete, "stopped": stopped,
        "artefacts": dict(artefacts or {}), "metrics": dict(metrics or {}),
    }  # fmt: skip


def _grouped(steps: Sequence[Step | Loop]) -> Iterable[Any]:
    """Neighbouring `each` steps as lists; `whole` steps and loops alone."""
    segment: list[Step] = []
    for step in steps:
        if isinstance(step, Step) and not step.is_whole:
            segment.append(step)
            continue
        if segment:
            yield segment
            segment = []
        yield step
    if segment:
        yield segment


def _carried(carry: str, seeds: DiskTable, out: DiskTable) -> DiskTable:
    if carry == "seeds":
        return DiskTable(seeds.paths)
    return DiskTable(out.paths if carry == "out" else [*seeds.paths, *out.paths])


def _holds(until: str, metrics: Mapping[str, float], out: int) -> bool:
    """Does `METRIC < NUMBER` hold for a committed round? `out` is always a metric."""
    name, _, rest = until.strip().partition(" ")
    sign, _, number = rest.strip().partition(" ")
    known = {**metrics, "out": float(out)}
    try:
        return _COMPARE[sign](known[name], float(number))
    except (KeyError, ValueError):
        raise ConfigError(
            f"until = {until!r}: write METRIC < NUMBER; metrics are {', '.join(sorted(known))}"
        ) from None
