"""A run, from a checked recipe and its services to a directory: the whole of `backfeed run`."""

import asyncio
import signal
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import msgspec
import tomli_w

from backfeed.engine import config
from backfeed.engine.answers import Book
from backfeed.engine.boundary import storing
from backfeed.engine.contracts import Service
from backfeed.engine.errors import Interrupted, RunConflict, Stopping
from backfeed.engine.files import FolderLock, write_whole
from backfeed.engine.identity import Ids, digest
from backfeed.engine.lanes import WINDOW, Engine, LaneResult
from backfeed.engine.output import Written, write_artefacts, write_rows
from backfeed.engine.recipe import Loop, Recipe
from backfeed.engine.records import Sample
from backfeed.engine.steps import Goal, State, Stepper
from backfeed.engine.store import DiskTable, Shards
from backfeed.engine.tally import Tallies, Tally

WAVE = 5000


class Watcher(Protocol):
    """Is told how a run goes."""

    def started(self, engine: Engine, seeds: int) -> None: ...

    def committed(self, step: str, result: LaneResult) -> None: ...

    def ended(self) -> None: ...


class Silent:
    """A watcher that says nothing."""

    def started(self, engine: Engine, seeds: int) -> None:
        """Nothing."""

    def committed(self, step: str, result: LaneResult) -> None:
        """Nothing."""

    def ended(self) -> None:
        """Nothing."""


@dataclass(slots=True)
class Plan:
    """All that a run needs. `resolved` is the recipe with everything pinned, as it is written to
    recipe.toml; `seeds` makes the input rows anew, in their fixed order; `seeds_key` is a digest of
    what determines them."""

    recipe: Recipe
    directory: Path
    services: Mapping[str, Service]
    seeds: Callable[[], Iterable[Sample]]
    seeds_key: str
    resolved: Mapping[str, Any] = field(default_factory=dict)
    book: Path | None = None
    update: bool = False
    window: int = WINDOW
    artefacts: Mapping[str, Path] = field(default_factory=dict)
    watcher: Watcher = field(default_factory=Silent)


@dataclass(slots=True)
class Report:
    """How a run ended: what summary.json and the report are made from."""

    written: Written
    tallies: Tallies
    asked: dict[str, dict[str, int]]
    answers: dict[str, int]
    complete: bool
    stopped: str
    seconds: float
    metrics: dict[str, float]
    bugs: dict[str, str]
    state: State


async def execute(plan: Plan) -> Report:
    """Run the plan. Raises `CallerError`, `WorldError`, `Interrupted`; what was paid for is kept."""
    began = time.monotonic()
    lock = FolderLock(plan.directory / ".work" / "lock")
    lock.own()
    try:
        _claim(plan)
        book = Book(plan.book or plan.directory / "answers")
        engine = Engine(plan.services, book, seed=plan.recipe.seed, window=plan.window)
        try:
            state = await _run(plan, engine)
            return _report(plan, engine, book, state, began)
        finally:
            await engine.close()
            await book.close()
            plan.watcher.ended()
    finally:
        lock.close()


def _claim(plan: Plan) -> None:
    """The directory is this run's: the same resolved recipe, or `update`."""
    path = plan.directory / "recipe.toml"
    plain = msgspec.json.decode(msgspec.json.encode(plan.resolved))
    if path.exists() and not plan.update:
        changed = config.changed_keys(config.read_toml(path), plain)
        if changed:
            raise RunConflict(
                f"{plan.directory} holds a run of another recipe; these differ:\n  "
                + "\n  ".join(changed)
                + "\nname another directory with -o, or add --update to go on with the new recipe"
            )
    write_whole(path, tomli_w.dumps(plain))


async def _run(plan: Plan, engine: Engine) -> State:
    work, recipe = plan.directory / ".work", plan.recipe
    engine.until = None if recipe.stop.hours is None else time.monotonic() + recipe.stop.hours * 3600
    seeds, tally, place = await asyncio.to_thread(_materialise, plan, work)
    plan.watcher.started(engine, len(seeds))
    stepper = Stepper(engine, work, on_commit=plan.watcher.committed)
    restore = _listen(engine)
    try:
        state = await _waves(plan, stepper, seeds)
    finally:
        restore()
    if engine.pulse.stop_reason == "interrupted" and not len(state.rows):
        raise Interrupted("interrupted; what was answered is kept: run the same command to go on")
    tallies = Tallies({"read": tally})
    tallies.merge(state.tallies)
    state.tallies, state.left = tallies, [place, *state.left]
    return state


async def _waves(plan: Plan, stepper: Stepper, seeds: DiskTable) -> State:
    """All seeds at once; or, if a goal must be judged behind a `whole`, wave after wave."""
    recipe, total = plan.recipe, len(seeds)
    goal, fixed = recipe.stop.accepted, dict(plan.artefacts)
    streaming = not any(isinstance(step, Loop) or step.is_whole for step in recipe.steps)
    if goal is None or streaming:
        return await stepper.run(recipe.steps, State(seeds, fixed), Goal(goal))
    first = 0
    while True:
        first = min(first + WAVE, total)
        table = DiskTable(seeds.paths, first)
        state = await stepper.run(recipe.steps, State(table, dict(fixed)), Goal())
        if first >= total or state.stopped or len(state.rows) >= goal:
            return state


def _materialise(plan: Plan, work: Path) -> tuple[DiskTable, Tally, Path]:
    """The input rows as shards, with their ids: written once for what determines them."""
    limit = plan.recipe.stop.limit
    place = work / "seeds" / digest(plan.seeds_key, limit, plan.recipe.seed)
    if not (place / "done.json").exists():
        with storing(f"writing {place}"):
            out, rejected, ids, tally = Shards(place / "out"), Shards(place / "rejected"), Ids(), Tally()
            for sample in plan.seeds():
                named = ids.name(sample.but(lineage=_seeded(sample, plan.recipe.seed)))
                tally.add([named])
                (out if named.rejected is None else rejected).add(named)
                if limit is not None and out.total >= limit:
                    break
            out.flush()
            rejected.flush()
            write_whole(place / "done.json", msgspec.json.encode(tally.plain()))
    tally = Tally.of(msgspec.json.decode((place / "done.json").read_bytes()))
    return DiskTable.of(place / "out"), tally, place


def _seeded(sample: Sample, seed: int) -> Any:
    import dataclasses

    return dataclasses.replace(sample.lineage, seed=seed)


def _listen(engine: Engine) -> Callable[[], None]:
    """First Ctrl-C: nothing new is asked, what is paid for is awaited. Second: now."""
    loop = asyncio.get_running_loop()

    def first() -> None:
        print("\nstopping: waiting for what is under way (Ctrl-C again: now)", flush=True)
        engine.pulse.stop("interrupted")
        loop.remove_signal_handler(signal.SIGINT)

    with suppress(ValueError, NotImplementedError, RuntimeError):
        loop.add_signal_handler(signal.SIGINT, first)

    def restore() -> None:
        with suppress(ValueError, NotImplementedError, RuntimeError):
            loop.remove_signal_handler(signal.SIGINT)

    return restore


def _report(plan: Plan, engine: Engine, book: Book, state: State, began: float) -> Report:
    state.tallies.check()
    written = write_rows(plan.directory, state)
    write_artefacts(plan.directory, state, plan.recipe.output.artefacts)
    asked = {name: dict(desk.counts) for name, desk in engine.desks.items()}
    answers = book.counts()
    if state.complete:
        book.seal()
    return Report(
        written, state.tallies, asked, answers, state.complete, state.stopped,
        time.monotonic() - began, dict(state.metrics), dict(engine.bugs), state,
    )  # fmt: skip


__all__: Sequence[str] = ("Plan", "Report", "Silent", "Stopping", "Watcher", "execute")
