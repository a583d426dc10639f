"""Steps: segments, `whole` stages and loops, each committed under the key of what determines it.

A step lies in `.work/steps/KEY/` with its rows (`out`, `rejected`, `unfinished`) and `done.json`,
which is written last. A step that is there is not done again; one that was cut short starts again,
and the answer book makes that cheap.
"""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from backfeed.engine.boundary import boundary, storing
from backfeed.engine.errors import AskFailed, Outage, PluginFault, Stopping
from backfeed.engine.files import write_via, write_whole
from backfeed.engine.flow import LaneResult
from backfeed.engine.groups import grouped, is_free, is_incremental, is_spare
from backfeed.engine.identity import digest, sha256, sha256_of
from backfeed.engine.lanes import Engine
from backfeed.engine.pulse import GRACE_S
from backfeed.engine.recipe import Loop, Step
from backfeed.engine.records import Sample
from backfeed.engine.requests import Result
from backfeed.engine.rounds import after_round, carried, commit_round, holds
from backfeed.engine.state import Goal, State, Turns, facts
from backfeed.engine.store import DiskTable, Shards
from backfeed.engine.tally import Tallies, Tally, asker
from backfeed.engine.watching import Watcher
from backfeed.engine.writing import StepWriter

__all__ = ["Goal", "State", "Stepper"]


class Stepper:
    """Runs the steps of a recipe over a table."""

    def __init__(
        self,
        engine: Engine,
        work: Path,
        *,
        watcher: Watcher | None = None,
    ) -> None:
        self.engine, self.work = engine, work
        self.watcher = watcher or Watcher()
        identities = {name: desk.service.identity for name, desk in engine.desks.items()}
        self._services = digest(identities)

    async def run(
        self, steps: Sequence[Step | Loop], state: State, goal: Goal, *, turns: Turns = ()
    ) -> State:
        """All steps in order; neighbouring `each` stages form one segment.

        After a stop no row goes further, unless what is left of its way can be done without asking
        anybody, or left out: loops, and stages that are `spare`.
        """
        groups = list(grouped(steps))
        for number, group in enumerate(groups):
            reason = self.engine.pulse.stop_reason or state.stopped
            if reason and not all(is_spare(one) or is_free(one) for one in groups[number:]):
                return replace(state, rows=DiskTable([]), complete=False, stopped=reason)
            if reason and is_spare(group):
                state = replace(state, complete=False, stopped=reason)
                continue
            if isinstance(group, Loop):
                state = await self._loop(group, state, turns)
            else:
                mine = goal if number == len(groups) - 1 else Goal()
                state = await self._step(group, state, goal=mine, turns=turns)
        return state

    async def _loop(self, loop: Loop, state: State, turns: Turns) -> State:
        """Rounds: each starts from seeds and artefacts, and is committed in `rounds/`."""
        before, seeds = state, state.rows
        for turn in range(loop.rounds):
            now = (*(turns or state.past.turns), turn)
            inner = State(seeds, dict(state.artefacts), past=state.past)
            inner = await self.run(loop.steps, inner, Goal(), turns=now)
            state = after_round(loop, state, inner, before=before)
            if inner.stopped:
                break
            commit_round(self.work, loop, inner, turns=now)
            if loop.until and holds(loop.until, inner.metrics, len(inner.rows)):
                break
            seeds = inner.seeds or carried(loop.carry, seeds, inner.rows)
        return state

    async def _step(
        self, steps: Sequence[Step], state: State, *, goal: Goal, turns: Turns
    ) -> State:
        table = self._table(steps[0], state, turns)
        place = self.work / "steps" / self._key(steps, state, goal, turns=turns, table=table)
        done = self._done(place)
        if done is None:
            with storing(f"clearing {place}"):
                shutil.rmtree(place, ignore_errors=True)
            self.engine.artefacts = state.artefacts
            self.engine.turn = f"@{'.'.join(map(str, turns))}" if any(turns) else ""
            if steps[0].is_whole:
                done = await self._whole(steps[0], table, place)
            else:
                done = await self._segment(steps, table, place, goal=goal, turns=turns)
            Tallies.from_plain(done["tallies"]).check()
            name = "done.json" if done["complete"] else "partial.json"
            write_whole(place / name, msgspec.json.encode(done, order="sorted"))
        return self._after(state, place, done)

    def _key(
        self, steps: Sequence[Step], state: State, goal: Goal, *, turns: Turns, table: DiskTable
    ) -> str:
        reads = {name for step in steps for name in getattr(step.stage, "reads", ())}
        used = {name: path.name for name, path in state.artefacts.items() if name in reads}
        mine = [(step.name, step.identity()) for step in steps]
        rows, seed = table.digest(), self.engine.seed
        return digest(rows, mine, used, self._services, goal.accepted, seed, turns)

    def _table(self, step: Step, state: State, turns: Turns) -> DiskTable:
        """What a step is given: the rows, and what it was given in earlier waves."""
        keeps = step.is_whole and is_incremental(step)
        before = state.past.before(step.name, turns) if keeps else []
        table = DiskTable(state.rows.paths, before)
        table.round, table.seed = turns[-1] if turns else 0, self._seed(turns)
        if keeps:
            state.past.note(step.name, turns, table)
        return table

    def _done(self, place: Path) -> dict[str, Any] | None:
        """What a committed step says, if it is there with all its artefacts."""
        path = place / "done.json"
        if not path.exists():
            return None
        with storing(f"reading {path}"):
            done: dict[str, Any] = msgspec.json.decode(path.read_bytes())
        kept = all((self.work / "artefacts" / mark).exists() for mark in done["artefacts"].values())
        return done if kept else None

    def _after(self, state: State, place: Path, done: Mapping[str, Any]) -> State:
        made = {name: self.work / "artefacts" / mark for name, mark in done["artefacts"].items()}
        state.tallies.merge(Tallies.from_plain(done["tallies"]))
        return replace(
            state,
            rows=DiskTable.of(place / "out"),
            artefacts={**state.artefacts, **made},
            left=[*state.left, place],
            metrics={**state.metrics, **done["metrics"]},
            complete=state.complete and done["complete"],
            stopped=state.stopped or done["stopped"],
            seeds=DiskTable.of(place / "seeds") if done["seeds"] else state.seeds,
        )

    async def _segment(
        self, steps: Sequence[Step], table: DiskTable, place: Path, *, goal: Goal, turns: Turns
    ) -> dict[str, Any]:
        writer = StepWriter(place)
        tallies = Tallies({step.name: Tally() for step in steps})
        name = "+".join(step.name for step in steps)

        def commit(result: LaneResult) -> bool:
            tallies.merge(result.tallies)
            for sample in result.samples:
                if sample.rejected is None and goal.reached(writer.out.total):
                    sample = sample.no("stop", "beyond-the-stop")
                    tallies.of("stop").add([sample])
                writer.add(sample)
            if result.unfinished is not None:
                writer.defer(*result.unfinished)
            self.watcher.committed(name, result)
            return goal.reached(writer.out.total)

        stages = [(step.name, step.driven) for step in steps]
        self.watcher.begun(name, len(table), together=False)
        rows = self._seeded(table, turns)
        whole = await self.engine.segment(rows, stages, commit, admit=goal.admits)
        await self.engine.drain(GRACE_S)
        self._raise_fault()
        writer.close()
        stopped = "" if whole or goal.reached(writer.out.total) else self._why()
        complete = not stopped and not writer.unfinished.total
        return facts(tallies, complete=complete, stopped=stopped)

    def _seed(self, turns: Turns) -> int:
        """The run's seed; in later rounds of a loop, one that is derived from it."""
        return int(digest(self.engine.seed, turns, size=6), 16) if any(turns) else self.engine.seed

    def _seeded(self, rows: DiskTable, turns: Turns) -> Iterable[Sample]:
        """The rows; in later rounds, with other random numbers before them."""
        if not any(turns):
            return rows
        seed = self._seed(turns)
        return (row.but(lineage=replace(row.lineage, seed=seed)) for row in rows)

    def _raise_fault(self) -> None:
        """A run ends with its fault, but after the silence of a service as after a limit."""
        fault = self.engine.pulse.fault
        if fault is not None and not isinstance(fault, Outage):
            raise fault

    def _why(self) -> str:
        closed = next((desk.closed for desk in self.engine.desks.values() if desk.closed), "")
        return self.engine.pulse.stop_reason or closed or "stopped"

    async def _whole(self, step: Step, table: DiskTable, place: Path) -> dict[str, Any]:
        writer, born = StepWriter(place), bool(getattr(step.stage, "born", False))
        asker.set(tally := Tally())
        self.watcher.begun(step.name, len(table), together=True)
        try:
            result = await self._result(step, table, writer, born=born)
        except (Stopping, Outage) as accident:
            self._raise_fault()
            stopped = self._why() if isinstance(accident, Stopping) else ""
            return _all_unfinished(step.name, table, place, why=str(accident), stopped=stopped)
        self.watcher.finished(step.name)
        entered = 0 if born else len(table)
        out, rejected = writer.out.total, writer.reasons
        made = max(out + rejected.total() - entered, 0)
        tally.merge(Tally(entered, made, out, 0, rejected))
        return facts(
            Tallies({step.name: tally}),
            artefacts={name: self._keep(value) for name, value in result.artefacts.items()},
            metrics={name: float(value) for name, value in result.metrics.items()},
            seeds=_write_seeds(place / "seeds", result.seeds),
        )

    async def _result(
        self, step: Step, table: DiskTable, writer: StepWriter, *, born: bool
    ) -> Result:
        """What a `whole` stage returns, its rows written. Its own bug ends the run."""
        name = step.name
        try:
            with boundary(PluginFault, f"stage {name!r} has a bug"):
                place = f"{name}{self.engine.turn}"
                result = await self.engine.drive(step.stage.whole(table), place)
                if not isinstance(result, Result):
                    kind = type(result).__name__
                    raise PluginFault(f"stage {name!r}: `whole` must return a Result, not {kind}")
                writer.add_all(result.rows, table.seed if born else None)
                writer.close()
                return result
        except AskFailed as failure:
            raise PluginFault(f"stage {name!r} let a refusal pass: {failure}") from failure
        except PluginFault as fault:
            self.engine.pulse.report(f"error:{name}", fault)
            raise

    def _keep(self, value: bytes | Path) -> str:
        """An artefact under the hash of its bytes."""
        mark = sha256(value) if isinstance(value, bytes) else sha256_of(value)
        path = self.work / "artefacts" / mark
        if path.exists():
            return mark
        if isinstance(value, bytes):
            write_whole(path, value)
        else:
            write_via(path, lambda to: shutil.copyfile(value, to))
        return mark


def _all_unfinished(
    name: str, table: DiskTable, place: Path, *, why: str, stopped: str
) -> dict[str, Any]:
    """A `whole` stage that could not end: what it was given waits for the next run."""
    shutil.rmtree(place, ignore_errors=True)
    writer = StepWriter(place)
    for sample in table:
        writer.defer(sample, why)
    writer.close()
    count = writer.unfinished.total
    tallies = Tallies({name: Tally(entered=count, unfinished=count)})
    return facts(tallies, complete=False, stopped=stopped)


def _write_seeds(folder: Path, seeds: Iterable[Sample] | None) -> bool:
    if seeds is None:
        return False
    shards = Shards(folder)
    for sample in seeds:
        shards.add(sample)
    shards.flush()
    return True
