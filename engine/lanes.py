"""Lanes: the engine drives one generator per sample, and commits in the order of the input.

One lane (a task) carries one input through all stages of a segment. A deque of lanes is the whole
of order, bound and memory: a lane is committed when it is at the head. A fact about a request is
thrown into the generator; an accident closes the lane, and its sample is unfinished.
"""

import asyncio
import math
import pickle
import sys
import tempfile
import time
import traceback
from collections import deque
from collections.abc import AsyncIterator, Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from backfeed.engine.answers import Book
from backfeed.engine.contracts import EachStage, Service
from backfeed.engine.desk import Desk, Pulse
from backfeed.engine.errors import (
    AskFailed, ConfigError, Outage, PluginFault, Stopping, WorldError,
)  # fmt: skip
from backfeed.engine.identity import digest
from backfeed.engine.records import Sample
from backfeed.engine.requests import Over, Prompt, Read, Request, Together
from backfeed.engine.tally import Tallies, Tally

WINDOW = 2048
PAYLOAD_BYTES = 256 * 1024 * 1024

Stages = Sequence[tuple[str, EachStage]]
Lanes = deque["tuple[asyncio.Task[LaneResult], int]"]


@dataclass(slots=True)
class LaneResult:
    """What one input became: outputs in order, and what each stage counted."""

    samples: list[Sample] = field(default_factory=list)
    tallies: Tallies = field(default_factory=Tallies)
    unfinished: tuple[Sample, str] | None = None


class Engine:
    """Answers what stages ask. `services` are named by desk: `sandbox`, `model:strong`, ..."""

    def __init__(
        self, services: Mapping[str, Service], book: Book | None, *, seed: int = 0,
        window: int = WINDOW,
    ) -> None:  # fmt: skip
        self.pulse = Pulse()
        self.book, self.seed, self.window = book, seed, window
        self.desks = {
            name: Desk(name, service, book, self.pulse) for name, service in services.items()
        }
        self.artefacts: dict[str, Path] = {}
        self.until: float | None = None
        self.bugs: dict[str, str] = {}

    def desk(self, request: Request) -> Desk:
        """The desk for a request. Raises `ConfigError` if the run has none."""
        for name in request.desks():
            if name in self.desks:
                return self.desks[name]
        known = ", ".join(sorted(self.desks))
        raise ConfigError(f"a stage asks the service {request.desks()[0]!r}; this run has: {known}")

    async def drive(self, asks: Any, place: str) -> Any:
        """Run one generator to its return value. `place` names it, for independent draws."""
        if not isinstance(asks, Generator):
            if isinstance(asks, Request):
                return await self.drive(iter(asks), place)
            return asks
        value: Any = None
        failure: AskFailed | None = None
        count = 0
        try:
            while True:
                wanted = asks.send(value) if failure is None else asks.throw(failure)
                value, failure = None, None
                try:
                    value = await self._answer(wanted, f"{place}/{count}")
                except AskFailed as error:
                    failure = error
                count += 1
        except StopIteration as stop:
            return stop.value
        finally:
            asks.close()

    async def _answer(self, wanted: Any, place: str) -> Any:
        if isinstance(wanted, Prompt):
            wanted = wanted.but(draw=wanted.draw or digest(self.seed, place, size=8))
        if isinstance(wanted, Read):
            return self.artefacts.get(wanted.name)
        if isinstance(wanted, Request):
            return await self.desk(wanted).ask(wanted)
        if isinstance(wanted, Together):
            return await self._together(wanted, place)
        if isinstance(wanted, Over):
            return await self._over(wanted, place)
        raise PluginFault(
            f"a stage yielded {type(wanted).__name__}: yield requests, and return samples"
        )

    async def _together(self, wanted: Together, place: str) -> list[Any]:
        lanes = [
            asyncio.ensure_future(self.drive(part, f"{place}.{index}"))
            for index, part in enumerate(wanted.parts)
        ]
        try:
            done = await asyncio.gather(*lanes, return_exceptions=True)
        finally:
            for lane in lanes:
                lane.cancel()
        errors = [result for result in done if isinstance(result, BaseException)]
        accident = next((e for e in errors if not isinstance(e, AskFailed)), None)
        if errors:
            raise accident or errors[0]
        return done

    async def _over(self, wanted: Over, place: str) -> "Spool":
        spool = Spool()

        async def one(index: int, row: Sample) -> Any:
            try:
                return await self.drive(wanted.ask(row), f"{place}.{index}")
            except AskFailed as failure:
                return failure

        async for answer in _in_order(enumerate(wanted.rows), one, self.window):
            spool.add(answer)
        return spool

    async def lane(self, sample: Sample, stages: Stages, result: LaneResult) -> list[Sample]:
        """One input through all stages of a segment; outputs in the order of the stages' returns."""
        samples = [sample]
        for depth, (name, stage) in enumerate(stages):
            if len(samples) > 1:
                parts = await asyncio.gather(
                    *(self.lane(one, stages[depth:], result) for one in samples)
                )
                return [one for part in parts for one in part]
            if samples[0].rejected is not None:
                return samples
            samples = await self._stage(name, stage, samples[0])
            result.tallies.of(name).add(samples)
        return samples

    async def _stage(self, name: str, stage: EachStage, sample: Sample) -> list[Sample]:
        try:
            out = await self.drive(stage.each(sample), f"{name}/{sample.id}")
            return _checked(name, out)
        except AskFailed as failure:
            return [sample.no(name, failure.reason, failure.detail)]
        except (WorldError, ConfigError, asyncio.CancelledError):
            raise
        except Exception as bug:
            self._report(name, bug)
            return [sample.no(name, f"error:{name}:{type(bug).__name__}", str(bug))]

    def _report(self, name: str, bug: Exception) -> None:
        """A stage's own bug: told once per stage and type, loudly; its rows are rejected."""
        mark = f"error:{name}:{type(bug).__name__}"
        if mark not in self.bugs:
            self.bugs[mark] = "".join(traceback.format_exception(bug))
            print(f"stage {name} has a bug: {self.bugs[mark]}", file=sys.stderr)

    async def run_lane(self, sample: Sample, stages: Stages) -> LaneResult:
        """A lane and what it counted. Raises `Stopping` if the run stopped meanwhile."""
        result = LaneResult()
        if sample.rejected is not None:
            result.samples = [sample]
            return result
        try:
            result.samples = await self.lane(sample, stages, result)
        except Stopping:
            raise
        except Outage as accident:
            result = LaneResult(unfinished=(sample, str(accident)))
            result.tallies.of(stages[0][0]).merge(Tally(entered=1, unfinished=1))
        return result

    async def segment(
        self, source: Iterable[Sample], stages: Stages, commit: Callable[[LaneResult], bool],
        admit: Callable[["Flow"], bool] | None = None,
    ) -> bool:  # fmt: skip
        """Stream `source` through `stages`; `commit` is called in input order until it says stop.

        True if everything was committed; False if a stop (its own, or the run's) left a prefix.
        """
        flow = Flow(self.window)
        lanes: Lanes = deque()
        full = late = False

        async def settle() -> bool:
            task, size = lanes[0]
            try:
                result = await task
            except Stopping:
                return True
            lanes.popleft()
            flow.held -= size
            return commit(result)

        try:
            for sample in source:
                while lanes and not full and not (
                    flow.room(len(lanes)) and (admit is None or admit(flow))
                ):
                    full = await settle()
                late = self.until is not None and time.monotonic() > self.until
                if full or late or self.pulse.stop_reason:
                    break
                lanes.append(flow.start(self.run_lane(sample, stages), sample))
                if flow.started % 64 == 0:
                    await asyncio.sleep(0)
            while lanes and not full:
                full = await settle()
        finally:
            await self._abandon(lanes)
        return not (full or late or self.pulse.stop_reason)

    async def _abandon(self, lanes: "Lanes") -> None:
        for task, _ in lanes:
            task.cancel()
        await asyncio.gather(*(task for task, _ in lanes), return_exceptions=True)

    async def drain(self, within_s: float | None = None) -> None:
        """Await and store what is under way."""
        for desk in self.desks.values():
            await desk.drain(within_s)

    async def close(self) -> None:
        """Give back all services."""
        for service in {id(desk.service): desk.service for desk in self.desks.values()}.values():
            await service.close()


class Flow:
    """How many lanes run and how much they hold; `good` counts accepted rows known so far."""

    def __init__(self, window: int) -> None:
        self.window = window
        self.started = self.ended = self.good = self.held = 0

    def room(self, lanes: int) -> bool:
        """May another lane start beside these (running, or waiting for their turn to commit)?"""
        return lanes < self.window and self.held < PAYLOAD_BYTES

    def start(self, lane: Any, sample: Sample) -> "tuple[asyncio.Task[LaneResult], int]":
        """Start a lane; it, and the characters that it holds until it is committed."""
        size = len(sample.code) + sum(len(m.content) for m in sample.messages)
        self.started += 1
        self.held += size
        task: asyncio.Task[LaneResult] = asyncio.ensure_future(lane)
        task.add_done_callback(self._ended)
        return task, size

    def _ended(self, done: "asyncio.Task[LaneResult]") -> None:
        self.ended += 1
        if not done.cancelled() and done.exception() is None:
            self.good += sum(sample.rejected is None for sample in done.result().samples)

    def likely_short_of(self, wanted: int) -> bool:
        """Are more lanes needed for `wanted` accepted rows? Only waste depends on the answer."""
        share, running = (self.good + 10) / (self.ended + 10), self.started - self.ended
        share = min(share, 1.0)
        doubt = math.sqrt(running * share * (1 - share))
        return self.good + share * running - doubt < wanted


class Spool:
    """Answers on disk, in row order; may be iterated any number of times."""

    def __init__(self) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile()
        self.count = 0

    def add(self, answer: Any) -> None:
        """Append one answer."""
        pickle.dump(answer, self._file)
        self.count += 1

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[Any]:
        place = 0
        for _ in range(self.count):
            self._file.seek(place)
            yield pickle.load(self._file)  # noqa: S301 - our own file, never anybody else's
            place = self._file.tell()


async def _in_order(
    items: Iterable[tuple[int, Any]], one: Callable[[int, Any], Any], window: int
) -> AsyncIterator[Any]:
    """Run `one` over items, `window` at a time; results in the order of the items."""
    running: deque[asyncio.Future[Any]] = deque()
    try:
        for index, item in items:
            if len(running) >= window:
                yield await running.popleft()
            running.append(asyncio.ensure_future(one(index, item)))
        while running:
            yield await running.popleft()
    finally:
        for task in running:
            task.cancel()


def _checked(name: str, out: Any) -> list[Sample]:
    """What a stage returned, if it is what a stage may return."""
    samples = [out] if isinstance(out, Sample) else list(out or ())
    if not samples:
        raise PluginFault(f"stage {name!r} returned no sample: reject instead")
    if bad := next((one for one in samples if not isinstance(one, Sample)), None):
        raise PluginFault(f"stage {name!r} returned a {type(bad).__name__}: return samples")
    return samples
