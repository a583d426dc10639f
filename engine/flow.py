"""Order, bounds and memory of what runs side by side."""

import asyncio
import math
import pickle
import tempfile
import weakref
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from backfeed.engine.boundary import storing
from backfeed.engine.records import Sample
from backfeed.engine.tally import Tallies

PAYLOAD_BYTES = 256 * 1024 * 1024
ANSWERS_PER_CHUNK = 500


@dataclass(slots=True)
class LaneResult:
    """What one input became: outputs in order, and what each stage counted."""

    samples: list[Sample] = field(default_factory=list)
    tallies: Tallies = field(default_factory=Tallies)
    unfinished: tuple[Sample, str] | None = None


class Flow:
    """How many lanes run and how much they hold; `good` counts accepted rows known so far."""

    def __init__(self, window: int) -> None:
        self.window = window
        self.started = self.ended = self.good = self.held = 0

    def room(self, lanes: int) -> bool:
        """May another lane start beside these (running, or waiting for their turn to commit)?"""
        return lanes < self.window and self.held < PAYLOAD_BYTES

    def start(
        self, lane: Coroutine[Any, Any, LaneResult], sample: Sample
    ) -> tuple["asyncio.Task[LaneResult]", int]:
        """Start a lane; it, and the characters that it holds until it is committed."""
        size = sample.size
        self.started += 1
        self.held += size
        task = asyncio.ensure_future(lane)
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


async def in_order(
    rows: Iterable[Sample],
    one: Callable[[int, Sample], Coroutine[Any, Any, Any]],
    window: int,
) -> AsyncGenerator[Any, None]:
    """Run `one` over rows, `window` at a time; results in the order of the rows."""
    running: deque[tuple[asyncio.Task[Any], int]] = deque()
    held = 0
    try:
        for index, row in enumerate(rows):
            while running and (len(running) >= window or held >= PAYLOAD_BYTES):
                held -= running[0][1]
                yield await running[0][0]
                running.popleft()
            running.append((asyncio.ensure_future(one(index, row)), row.size))
            held += row.size
            if index % 64 == 0:
                await asyncio.sleep(0)
        while running:
            yield await running[0][0]
            running.popleft()
    finally:
        await cancelled(task for task, _ in running)


async def cancelled(tasks: "Iterable[asyncio.Task[Any]]") -> None:
    """Cancel tasks and wait until they have closed what they hold."""
    each = list(tasks)
    for task in each:
        task.cancel()
    await asyncio.gather(*each, return_exceptions=True)


class Spool:
    """Answers on disk, in row order; may be iterated any number of times."""

    def __init__(self) -> None:
        with storing("making a temporary file"):
            self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as this
        weakref.finalize(self, self._file.close)
        self._fresh: list[Any] = []
        self._chunks = self._count = 0

    def add(self, answer: Any) -> None:
        """Append one answer."""
        self._fresh.append(answer)
        self._count += 1
        if len(self._fresh) >= ANSWERS_PER_CHUNK:
            self._write()

    def _write(self) -> None:
        with storing("writing a temporary file"):
            self._file.seek(0, 2)
            pickle.dump(self._fresh, self._file)
            self._file.flush()
        self._fresh = []
        self._chunks += 1

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Any]:
        place = 0
        for _ in range(self._chunks):
            self._file.seek(place)
            chunk = pickle.load(self._file)  # noqa: S301 - our own file, never anybody else's
            place = self._file.tell()
            yield from chunk
        yield from self._fresh
