"""A run, from a checked recipe and its services to a directory: the whole of `backfeed run`."""

import asyncio
import gc
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
import tomli_w

from backfeed.engine import config
from backfeed.engine.answers import Book
from backfeed.engine.contracts import Service
from backfeed.engine.errors import Interrupted, RunConflict, Stopping, StoreFault
from backfeed.engine.files import FolderLock, write_whole
from backfeed.engine.lanes import Engine, close_all
from backfeed.engine.ledger import Ledger
from backfeed.engine.methods.splits import check_shares
from backfeed.engine.output import Written, write_artefacts, write_rows
from backfeed.engine.pulse import Pulse
from backfeed.engine.recipe import Loop, Recipe
from backfeed.engine.records import Sample
from backfeed.engine.seeds import Seeds, materialise
from backfeed.engine.steps import Goal, State, Stepper
from backfeed.engine.store import DiskTable
from backfeed.engine.tally import Tallies
from backfeed.engine.watching import Watcher
from backfeed.engine.waves import in_waves


@dataclass(slots=True)
class Plan:
    """All that a run needs.

    `resolved` is the recipe with everything pinned, as it is written to recipe.toml; `seeds` makes
    the input rows anew, in their fixed order; `seeds_key` is a digest of what determines them.
    `paid` is the file of the ledger, if that is another directory's.
    """

    recipe: Recipe
    directory: Path
    services: Mapping[str, Service]
    seeds: Callable[[], Iterable[Sample]]
    seeds_key: str
    resolved: Mapping[str, Any] = field(default_factory=dict)
    book: Path | None = None
    update: bool = False
    window: int | None = None
    artefacts: Mapping[str, Path] = field(default_factory=dict)
    watcher: Watcher = field(default_factory=Watcher)
    ledger: Ledger = field(default_factory=Ledger)
    paid: Path | None = None


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
    spent: dict[str, Any]
    state: State


async def execute(plan: Plan) -> Report:
    """Run the plan. Raises `CallerError`, `WorldError`, `Interrupted`; what was paid is kept."""
    began = time.monotonic()
    check_shares(plan.recipe.output.split)
    lock = FolderLock(plan.directory / ".work" / "lock", plan.directory)
    async with AsyncExitStack() as stack:
        stack.callback(_collect_rarely())
        stack.callback(lock.close)
        lock.own()
        stack.callback(plan.watcher.ended)
        stack.push_async_callback(close_all, plan.services.values())
        _claim(plan)
        plan.ledger.open(plan.paid or plan.directory / "ledger.jsonl")
        stack.callback(plan.ledger.close)
        book = Book(plan.book or plan.directory / "answers")
        stack.push_async_callback(book.close)
        _note_models(plan, book)
        engine = Engine(plan.services, book, seed=plan.recipe.seed, window=plan.window)
        stack.push_async_callback(engine.end)
        stack.callback(_limit_hours(plan, engine))
        stack.callback(_listen(engine))
        state = await _run(plan, engine)
        return _report(plan, engine, state, began=began)


def _collect_rarely() -> Callable[[], None]:
    """Let the garbage collector look less often; returns what undoes it.

    Thousands of lanes are alive and few objects make cycles: looking through them all was a third
    of the CPU time of a run that asks a model, and stopped everything for a tenth of a second.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)

    def restore() -> None:
        gc.set_threshold(*before)
        gc.unfreeze()

    return restore


def _claim(plan: Plan) -> None:
    """The directory is this run's: the same resolved recipe, or `update`; or nothing is in it."""
    path = plan.directory / "recipe.toml"
    plain = msgspec.json.decode(msgspec.json.encode(plan.resolved))
    if path.exists() and not plan.update and _is_begun(plan.directory):
        changed = config.changed_keys(config.read_toml(path), plain)
        if changed:
            raise RunConflict(
                f"{plan.directory} holds a run of another recipe; these differ:\n  "
                + "\n  ".join(changed)
                + "\nname another directory with -o, or add --update to go on with the new recipe"
            )
    write_whole(path, tomli_w.dumps(plain))


def _is_begun(directory: Path) -> bool:
    """Has a run come as far as having rows? An input that could not be read left a recipe only."""
    return (directory / "corpus").exists() or any(directory.glob(".work/seeds/*/done.json"))


def _note_models(plan: Plan, book: Book) -> None:
    """Who answers for each role, and what their keys are made of: what `replay` needs to know."""
    for desk, service in plan.services.items():
        if form := getattr(service, "form", ""):
            name = getattr(service, "name", desk)
            told = {"identity": service.identity, "name": name, "form": form}
            book.note(desk, msgspec.json.encode(told).decode())


async def _run(plan: Plan, engine: Engine) -> State:
    work, recipe = plan.directory / ".work", plan.recipe
    wanted = Seeds(plan.seeds, plan.seeds_key, recipe.seed, recipe.stop.limit)
    read = await asyncio.to_thread(materialise, wanted, work / "seeds", engine.pulse)
    plan.watcher.started(engine, len(read.rows))
    stepper = Stepper(engine, work, watcher=plan.watcher)
    state = await _through(plan, stepper, read.rows)
    if engine.pulse.stop_reason and not len(state.rows):  # what an earlier run left stays there
        raise _stopped(engine.pulse)
    tallies = Tallies({"read": read.tally})
    tallies.merge(state.tallies)
    return replace(state, tallies=tallies, left=[read.place, *state.left])


def _stopped(pulse: Pulse) -> BaseException:
    """What a run ends with that was stopped before any row had gone through all steps."""
    go_on = "what was answered is kept: run the same command to go on"
    if pulse.stop_reason == "interrupted":
        return Interrupted(f"interrupted; {go_on}")
    limit = f"stopped by the limit of {pulse.stop_reason} before any row was finished; {go_on}"
    return pulse.fault or Stopping(limit)


async def _through(plan: Plan, stepper: Stepper, seeds: DiskTable) -> State:
    """All seeds at once; or, if a limit must be judged behind a `whole`, wave after wave."""
    stop, steps = plan.recipe.stop, plan.recipe.steps
    start, goal = State(seeds, dict(plan.artefacts)), Goal(stop.accepted)
    limited = stop.accepted is not None or stop.usd is not None or stop.hours is not None
    streaming = not any(isinstance(step, Loop) or step.is_whole for step in steps)
    if limited and not streaming:
        return await in_waves(stepper, steps, start, goal=goal)
    return await stepper.run(steps, start, goal)


def _limit_hours(plan: Plan, engine: Engine) -> Callable[[], None]:
    """Stop the run after the hours that it may take. Returns what undoes it."""
    hours = plan.recipe.stop.hours
    if hours is None:
        return lambda: None
    loop = asyncio.get_running_loop()
    return loop.call_later(hours * 3600, engine.pulse.stop, "hours").cancel


def _listen(engine: Engine) -> Callable[[], None]:
    """First Ctrl-C: nothing new is asked, what is paid for is awaited. Second: now.

    Returns what undoes it. The handler runs even while a stage keeps the loop busy.
    """
    if threading.current_thread() is not threading.main_thread():
        return lambda: None
    loop, presses = asyncio.get_running_loop(), iter("1")

    def pressed(_number: int, _frame: Any) -> None:
        if not next(presses, ""):
            engine.pulse.hurry = True
            raise KeyboardInterrupt
        loop.call_soon_threadsafe(engine.pulse.stop, "interrupted")
        sys.stderr.write("\nstopping: waiting for what is under way (Ctrl-C again: now)\n")

    before = signal.signal(signal.SIGINT, pressed)

    def restore() -> None:
        signal.signal(signal.SIGINT, before or signal.SIG_DFL)

    return restore


def _report(plan: Plan, engine: Engine, state: State, *, began: float) -> Report:
    state.tallies.check()
    written = write_rows(plan.directory, state, plan.recipe.output.split)
    write_artefacts(plan.directory, state, plan.recipe.output.artefacts)
    asked = {name: dict(desk.counts) for name, desk in engine.desks.items()}
    book = engine.book
    answers = book.counts() if book else {}
    if state.complete and book:
        with suppress(StoreFault):  # the answers are safe where they are
            book.seal()
    return Report(
        written, state.tallies, asked, answers, state.complete, state.stopped,
        time.monotonic() - began, dict(state.metrics), dict(engine.bugs),
        plan.ledger.plain(), state,
    )  # fmt: skip


__all__: Sequence[str] = ("Plan", "Report", "Stopping", "Watcher", "execute")
