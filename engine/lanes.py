"""Lanes: the engine drives one generator per sample, and commits in the order of the input.

One lane (a task) carries one input through all stages of a segment. A deque of lanes is the whole
of order, bound and memory: a lane is committed when it is at the head. A fact about a request is
thrown into the generator; an accident closes the lane, and its sample is unfinished.
"""

import asyncio
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

from backfeed.engine.answers import Book
from backfeed.engine.boundary import boundary
from backfeed.engine.contracts import EachStage, Service
from backfeed.engine.desk import Desk
from backfeed.engine.errors import AskFailed, ConfigError, Outage, PluginFault, Stopping
from backfeed.engine.flow import Flow, LaneResult, Spool, cancelled, in_order
from backfeed.engine.identity import digest
from backfeed.engine.pace import ordinal
from backfeed.engine.pulse import GRACE_S, Pulse
from backfeed.engine.records import Sample
from backfeed.engine.requests import Over, Prompt, Read, Request, Together, Who
from backfeed.engine.tally import Tally, asker, counted

__all__ = ["WINDOW", "Engine", "LaneResult", "Stages", "close_all"]

WINDOW = 2048

Stages = Sequence[tuple[str, EachStage]]
Lanes = deque[tuple["asyncio.Task[LaneResult]", int]]


class Engine:
    """Answers what stages ask. `services` are named by desk: `sandbox`, `model:strong`, ...

    `window` bounds how many inputs are between their start and their commit. `turn` names the round
    of a loop, so that each draws anew; `artefacts` are those that the running step may read.
    """

    def __init__(
        self,
        services: Mapping[str, Service],
        book: Book | None,
        *,
        seed: int = 0,
        window: int | None = None,
    ) -> None:
        self.pulse = Pulse()
        self.book, self.seed = book, seed
        self.window = window or _window(services.values())
        self.desks = {
            name: Desk(name, service, book, pulse=self.pulse) for name, service in services.items()
        }
        self.artefacts: Mapping[str, Path] = {}
        self.turn = ""

    @property
    def bugs(self) -> dict[str, str]:
        """The tracebacks of bugs in stages and services, by what they are counted as."""
        return self.pulse.bugs

    def desk(self, request: Request) -> Desk:
        """The desk for a request. Raises `ConfigError` if the run has none."""
        for name in request.desks():
            if name in self.desks:
                return self.desks[name]
        known = ", ".join(sorted(self.desks))
        raise ConfigError(f"a stage asks the service {request.desks()[0]!r}; this run has: {known}")

    async def drive(self, asks: Any, place: str) -> Any:
        """Run one generator to its return value. `place` names it, for independent draws."""
        steps = iter(asks) if isinstance(asks, Request) else asks
        if not isinstance(steps, Generator):
            return steps
        value: Any = None
        failure: AskFailed | None = None
        count, ended = 0, False
        try:
            while True:
                wanted = steps.send(value) if failure is None else steps.throw(failure)
                value, failure = None, None
                try:
                    value = await self._answer(wanted, f"{place}/{count}")
                except AskFailed as error:
                    failure = error
                count += 1
        except StopIteration as stop:
            ended = True
            return stop.value
        finally:
            if not ended:
                self._close(steps, place)

    def _close(self, steps: Generator[Any, Any, Any], place: str) -> None:
        """Close a generator. What it raises then must not hide why it is closed."""
        try:
            with boundary(PluginFault, "while it was closed"):
                steps.close()
        except PluginFault as bug:
            self.pulse.report(f"error:{place.partition('/')[0]}:closing", bug)

    async def _answer(self, wanted: Any, place: str) -> Any:
        if isinstance(wanted, Prompt):
            wanted = wanted.but(draw=wanted.draw or digest(self.seed, place, size=8))
        if isinstance(wanted, Read):
            return self.artefacts.get(wanted.name)
        if isinstance(wanted, Who):
            service = self.desk(wanted).service
            return getattr(service, "name", service.identity)
        if isinstance(wanted, Request):
            return await counted(self.desk(wanted), wanted)
        if isinstance(wanted, Together):
            return await self._together(wanted, place)
        if isinstance(wanted, Over):
            return await self._over(wanted, place)
        raise PluginFault(
            f"a stage yielded {type(wanted).__name__}: yield requests, and return samples"
        )

    async def _together(self, wanted: Together, place: str) -> list[Any]:
        """All parts to their ends, whatever becomes of each: the same is asked in any case."""
        parts = [self.drive(part, f"{place}.{n}") for n, part in enumerate(wanted.parts)]
        done = await asyncio.gather(*parts, return_exceptions=True)
        errors = [result for result in done if isinstance(result, BaseException)]
        accident = next((e for e in errors if not isinstance(e, AskFailed)), None)
        if errors:
            raise accident or errors[0]
        return done

    async def _over(self, wanted: Over, place: str) -> Spool:
        spool = Spool()

        async def one(index: int, row: Sample) -> Any:
            ordinal.set(index)
            try:
                return await self.drive(wanted.ask(row), f"{place}.{row.id or index}")
            except AskFailed as failure:
                return failure

        async with aclosing(in_order(wanted.rows, one, self.window)) as answers:
            async for answer in answers:
                spool.add(answer)
        return spool

    async def lane(self, sample: Sample, stages: Stages, result: LaneResult) -> list[Sample]:
        """One input through all stages of a segment; outputs in the order of the returns."""
        samples = [sample]
        for depth, (name, stage) in enumerate(stages):
            if len(samples) > 1:
                children = (self.lane(one, stages[depth:], result) for one in samples)
                return _joined(await asyncio.gather(*children, return_exceptions=True))
            if samples[0].rejected is not None:
                return samples
            tally = result.tallies.of(name)
            asker.set(tally)
            samples = await self._stage(name, stage, samples[0])
            tally.add(samples)
        return samples

    async def _stage(self, name: str, stage: EachStage, sample: Sample) -> list[Sample]:
        """What a stage made of a sample. A refusal that it lets pass, and its own bug, reject."""
        try:
            with boundary(PluginFault, name):
                asks = stage.each(sample)
                return _checked(name, await self.drive(asks, f"{name}{self.turn}/{sample.id}"))
        except AskFailed as failure:
            return [sample.no(name, failure.reason, failure.detail)]
        except PluginFault as fault:
            bug = fault.__cause__ or fault
            mark = f"error:{name}:{type(bug).__name__}"
            self.pulse.report(mark, bug)
            return [sample.no(name, mark, str(bug))]

    async def run_lane(self, sample: Sample, stages: Stages, place: int = 0) -> LaneResult:
        """A lane and what it counted. Raises `Stopping` if the run stopped meanwhile."""
        ordinal.set(place)
        result = LaneResult()
        if sample.rejected is not None:
            result.samples = [sample]
            return result
        try:
            result.samples = await self.lane(sample, stages, result)
        except Stopping:
            if not isinstance(self.pulse.fault, Outage):
                raise
            return _unfinished(sample, stages, self.pulse.fault)
        except Outage as accident:
            return _unfinished(sample, stages, accident)
        return result

    async def segment(
        self,
        source: Iterable[Sample],
        stages: Stages,
        commit: Callable[[LaneResult], bool],
        *,
        admit: Callable[[Flow], bool] | None = None,
    ) -> bool:
        """Stream `source` through `stages`; `commit` is called in input order until it says stop.

        True if everything was committed; False if a stop (its own, or the run's) left a prefix.
        """
        flow, lanes = Flow(self.window), Lanes()
        full = read = False
        try:
            for sample in source:
                while lanes and not full and not _may_start(flow, lanes, admit):
                    full = await _commit_head(flow, lanes, commit)
                if full or self.pulse.stop_reason:
                    break
                lanes.append(flow.start(self.run_lane(sample, stages, flow.started), sample))
                if flow.started % 64 == 0:
                    await asyncio.sleep(0)
            else:
                read = True
            while lanes and not full:
                full = await _commit_head(flow, lanes, commit)
        finally:
            await cancelled(task for task, _ in lanes)
        return read and not full

    async def drain(self, within_s: float | None = None) -> None:
        """Await and store what is under way."""
        await asyncio.gather(*(desk.drain(within_s) for desk in self.desks.values()))

    async def end(self) -> None:
        """Await what is paid for, unless in a hurry; nothing may be asked any more."""
        self.pulse.rest()
        await self.drain(0.0 if self.pulse.hurry else GRACE_S)


def _window(services: Iterable[Service]) -> int:
    """Several times what is under way at once, lest a few slow answers hold up all others."""
    most = max((one.gather.parallel * one.gather.batch for one in services), default=1)
    return max(WINDOW, 4 * most)


async def close_all(services: Iterable[Service]) -> None:
    """Give back all services, each once; one that cannot be closed does not keep the others."""
    ends = [service.close() for service in {id(one): one for one in services}.values()]
    for end in await asyncio.gather(*ends, return_exceptions=True):
        if isinstance(end, Exception):
            sys.stderr.write(f"a service could not be closed: {end!r}\n")


def _may_start(flow: Flow, lanes: Lanes, admit: Callable[[Flow], bool] | None) -> bool:
    return flow.room(len(lanes)) and (admit is None or admit(flow))


async def _commit_head(flow: Flow, lanes: Lanes, commit: Callable[[LaneResult], bool]) -> bool:
    """Commit the first lane when it has ended. True if this was the last to be committed."""
    task, size = lanes[0]
    try:
        result = await task
    except Stopping:
        return True
    lanes.popleft()
    flow.held -= size
    return commit(result)


def _joined(parts: "list[list[Sample] | BaseException]") -> list[Sample]:
    """The outputs of all children; or the first accident among them, now that all have ended."""
    samples: list[Sample] = []
    for part in parts:
        if isinstance(part, BaseException):
            raise part
        samples += part
    return samples


def _unfinished(sample: Sample, stages: Stages, accident: Outage) -> LaneResult:
    result = LaneResult(unfinished=(sample, str(accident)))
    result.tallies.of(stages[0][0]).merge(Tally(entered=1, unfinished=1))
    return result


def _checked(name: str, out: Any) -> list[Sample]:
    """What a stage returned, if it is what a stage may return."""
    samples = [out] if isinstance(out, Sample) else list(out or ())
    if not samples:
        raise PluginFault(f"stage {name!r} returned no sample: reject instead")
    if bad := next((one for one in samples if not isinstance(one, Sample)), None):
        raise PluginFault(f"stage {name!r} returned a {type(bad).__name__}: return samples")
    return samples
