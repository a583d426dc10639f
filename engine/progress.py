"""How a run is going: bars on a terminal, a line every ten seconds elsewhere."""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from backfeed.engine.lanes import Engine, LaneResult
from backfeed.engine.watching import Watcher

EVERY_S = 10.0
DRAW_EVERY_S = 0.2
SURE = 50  # rows are committed in order: the first may wait long for one of them


def watcher(stream: IO[str] | None = None) -> Watcher:
    """The right one for where standard error goes."""
    to = stream or sys.stderr
    return Bars(to) if to.isatty() else Lines(to)


@dataclass(slots=True)
class Pace:
    """What has been counted of a run: the inputs of each segment, over all waves and rounds."""

    step: str = ""
    together: bool = False
    began: float = field(default_factory=time.monotonic)
    _done: Counter[str] = field(default_factory=Counter)
    _out: Counter[str] = field(default_factory=Counter)
    _rows: Counter[str] = field(default_factory=Counter)
    _before: int = 0
    desks: dict[str, Counter[str]] = field(default_factory=dict)
    services: list[Any] = field(default_factory=list)
    waits: list[Any] = field(default_factory=list)

    def start(self, engine: Engine) -> None:
        """A run begins."""
        self.began = time.monotonic()
        self.desks = {name: desk.counts for name, desk in engine.desks.items()}
        self.waits = [desk for name, desk in engine.desks.items() if name != "compute"]
        self.services = list({id(d.service): d.service for d in engine.desks.values()}.values())

    def begin(self, step: str, rows: int, *, together: bool) -> None:
        """So many inputs more go through a segment, or all at once through a stage."""
        self.step, self.began, self._before = step, time.monotonic(), self._done[step]
        self.together = together
        self._rows[step] += rows

    def finish(self, step: str) -> None:
        """A stage has had all its rows."""
        self._done[step] = self._rows[step]

    def count(self, step: str, result: LaneResult) -> None:
        """One input has gone through the segment."""
        self._done[step] += 1
        self._out[step] += sum(sample.rejected is None for sample in result.samples)

    @property
    def done(self) -> int:
        """How many inputs have gone through the segment."""
        return self._done[self.step]

    @property
    def total(self) -> int:
        """How many inputs the segment has been given by now."""
        return self._rows[self.step]

    def told(self) -> str:
        """Rate, yield, time left, answers and money, on one line."""
        if self.together:
            return " · ".join([f"{self.total:,} rows together", *self._costs()])
        rate = (self.done - self._before) / max(time.monotonic() - self.began, 1e-3)
        parts = [f"{self.done:,} of {self.total:,} rows", f"{rate:,.1f}/s"]
        if self.done:
            parts.append(f"{self._out[self.step]:,} go on")
        left = self.total - self.done
        if left > 0 and self.done - self._before >= SURE:
            parts.append(f"{_time(left / rate)} left")
        return " · ".join([*parts, *self._costs()])

    def _costs(self) -> Iterator[str]:
        if asked := [f"{name} {n:,}" for name, n in self._asked().items()]:
            yield "asked " + ", ".join(asked)
        if known := sum(counts["known"] for counts in self.desks.values()):
            yield f"{known:,} known"
        if waiting := sum(desk.depth for desk in self.waits):
            yield f"{waiting:,} wait"
        if retried := sum(counts["retried"] for counts in self.desks.values()):
            yield f"{retried:,} retries"
        if spent := sum(getattr(service, "spent_usd", 0.0) for service in self.services):
            yield f"{spent:.2f} USD"

    def _asked(self) -> Counter[str]:
        total: Counter[str] = Counter()
        for name, counts in self.desks.items():
            if name != "compute" and counts["asked"]:
                total[name.partition(":")[0]] += counts["asked"]
        return total


class Lines(Watcher):
    """A plain line every ten seconds, and none for a run that is shorter."""

    def __init__(self, stream: IO[str], every_s: float = EVERY_S) -> None:
        self._stream, self._every_s = stream, every_s
        self._pace = Pace()
        self._ticker: asyncio.Task[None] | None = None

    def started(self, engine: Engine, seeds: int) -> None:
        """Begin to tell the time."""
        self._pace.start(engine)
        self._ticker = asyncio.ensure_future(self._tick())

    def begun(self, step: str, rows: int, *, together: bool) -> None:
        """From now on it is told of this step."""
        self._pace.begin(step, rows, together=together)

    def committed(self, step: str, result: LaneResult) -> None:
        """Count."""
        self._pace.count(step, result)

    def finished(self, step: str) -> None:
        """All of its rows are done."""
        self._pace.finish(step)

    def ended(self) -> None:
        """Stop."""
        if self._ticker is not None:
            self._ticker.cancel()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(self._every_s)
            print(
                f"{self._pace.step or 'starting'}: {self._pace.told()}",
                file=self._stream,
                flush=True,
            )


class Bars(Watcher):
    """A bar for each segment, redrawn a few times a second."""

    def __init__(self, stream: IO[str]) -> None:
        self._progress = Progress(
            TextColumn("{task.description}", markup=False), BarColumn(20), TimeElapsedColumn(),
            TextColumn("{task.fields[told]}", markup=False), console=Console(file=stream),
        )  # fmt: skip
        self._pace = Pace()
        self._bars: dict[str, TaskID] = {}
        self._drawn = 0.0

    def started(self, engine: Engine, seeds: int) -> None:
        """Begin to draw."""
        self._pace.start(engine)
        self._progress.start()

    def begun(self, step: str, rows: int, *, together: bool) -> None:
        """A bar for the step, or its own once more."""
        self._draw()
        self._pace.begin(step, rows, together=together)
        if step not in self._bars:
            name = step if len(step) < 30 else f"{step[:28]}…"
            self._bars[step] = self._progress.add_task(name, told="")
        self._draw()

    def committed(self, step: str, result: LaneResult) -> None:
        """Move the bar of the segment."""
        self._pace.count(step, result)
        if time.monotonic() - self._drawn > DRAW_EVERY_S:
            self._draw()

    def _draw(self) -> None:
        self._drawn = time.monotonic()
        bar = self._bars.get(self._pace.step)
        if bar is not None:
            pace = self._pace
            self._progress.update(bar, completed=pace.done, total=pace.total, told=pace.told())

    def finished(self, step: str) -> None:
        """Its bar is full."""
        self._pace.finish(step)
        self._draw()

    def ended(self) -> None:
        """Leave the bars as they are."""
        if self._progress.live.is_started:
            self._draw()
            self._progress.stop()


def _time(seconds: float) -> str:
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60} min" if whole < 5400 else f"{whole / 3600:.1f} h"
