"""What the engine's tests share: services made from functions, stages, and verbs that run them."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backfeed.engine.answers import Book
from backfeed.engine.contracts import Gather
from backfeed.engine.desk import Desk
from backfeed.engine.job import Plan, Report, execute
from backfeed.engine.lanes import Engine, LaneResult
from backfeed.engine.output import read_rows
from backfeed.engine.pulse import Pulse
from backfeed.engine.recipe import Loop, Recipe, Step, Stop
from backfeed.engine.records import Sample
from backfeed.engine.requests import Asks, Embed, Result

NO_STOP = Stop()


class By:
    """A service that answers by a function of the request; it keeps the batches that it got."""

    def __init__(self, answer: Callable[[Any], Any], identity: str = "by", **gather: Any) -> None:
        self.identity, self.gather = identity, Gather(**gather)
        self.batches: list[list[Any]] = []
        self.closed = self.most = self.now = 0
        self._answer = answer

    def content(self, request: Any) -> Any:
        return request.content()

    async def answer(self, requests: Sequence[Any]) -> list[Any]:
        self.batches.append([getattr(request, "text", request) for request in requests])
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            return [await _ended(self._answer(request)) for request in requests]
        finally:
            self.now -= 1

    async def close(self) -> None:
        self.closed += 1

    @property
    def sizes(self) -> list[int]:
        return [len(batch) for batch in self.batches]

    @property
    def asked(self) -> list[Any]:
        return [text for batch in self.batches for text in batch]


async def _ended(found: Any) -> Any:
    return await found if asyncio.iscoroutine(found) else found


def length(request: Any) -> int:
    """How long the text of a request is."""
    return len(request.text)


def raises(error: Exception, *, at: str = "") -> Callable[[Any], Any]:
    """Answer by length, but raise where a text contains `at`."""

    def answer(request: Any) -> Any:
        if at in request.text:
            raise error
        return length(request)

    return answer


def fails_first(error: Exception, times: int) -> Callable[[Any], Any]:
    """Raise so many times, then answer by length."""
    left = iter(range(times))

    def answer(request: Any) -> Any:
        if next(left, None) is not None:
            raise error
        return length(request)

    return answer


@dataclass
class Asked:
    """What came of asking one desk: answers or errors, in order."""

    results: list[Any]
    desk: Desk
    pulse: Pulse


def ask(service: By, *texts: str, book: Path | None = None, pulse: Pulse | None = None) -> Asked:
    """Ask one desk for all texts at once."""

    async def main() -> Asked:
        held = None if book is None else Book(book)
        shared = pulse or Pulse()
        desk = Desk("embedder", service, held, pulse=shared)
        futures = [desk.ask(Embed(text)) for text in texts]
        results = await asyncio.gather(*futures, return_exceptions=True)
        await desk.drain()
        if held is not None:
            await held.close()
        return Asked(results, desk, shared)

    return asyncio.run(main())


def with_book(folder: Path, use: Callable[[Book], Any]) -> Any:
    """Open a book, use it, close it. `use` may be a coroutine function."""

    async def main() -> Any:
        book = Book(folder)
        try:
            found = use(book)
            return await found if asyncio.iscoroutine(found) else found
        finally:
            await book.close()

    return asyncio.run(main())


def put(folder: Path, answers: dict[bytes, Any], service: str = "model") -> dict[bytes, Any]:
    """Put answers into a book; what it holds then."""
    return with_book(folder, lambda book: book.put_many(service, answers))


def get(folder: Path, *keys: bytes) -> dict[bytes, Any]:
    """What a book knows."""
    return with_book(folder, lambda book: book.get_many(keys))


@dataclass
class Streamed:
    """What a segment committed, in order."""

    results: list[LaneResult]
    whole: bool
    engine: Engine

    @property
    def samples(self) -> list[Sample]:
        return [sample for result in self.results for sample in result.samples]

    @property
    def codes(self) -> list[str]:
        return [sample.code for sample in self.samples]

    @property
    def reasons(self) -> list[str]:
        return [sample.rejected.reason if sample.rejected else "" for sample in self.samples]


def stream(
    samples: Iterable[Sample], *stages: Any, service: Any = None, stop_after: int = 10**9,
    window: int = 100, book: Path | None = None,
) -> Streamed:  # fmt: skip
    """Drive samples through stages over one service (`embedder`, or whatever is asked)."""

    async def main() -> Streamed:
        held = None if book is None else Book(book)
        answers = service or By(length)
        name = answers.identity if answers.identity == "compute" else "embedder"
        engine = Engine({name: answers}, held, window=window)
        results: list[LaneResult] = []

        def commit(result: LaneResult) -> bool:
            results.append(result)
            return len(results) >= stop_after

        named = [(type(stage).__name__.lower(), stage) for stage in stages]
        try:
            whole = await engine.segment(samples, named, commit)
        finally:
            await engine.end()
            await answers.close()
            if held is not None:
                await held.close()
        return Streamed(results, whole, engine)

    return asyncio.run(main())


def codes(*texts: str) -> list[Sample]:
    """Samples of these codes; a code is its sample's id."""
    return [Sample(id=text, code=text) for text in texts]


def many(count: int) -> list[Sample]:
    """So many samples."""
    return codes(*(f"code {n}" for n in range(count)))


@dataclass(frozen=True)
class Do:
    """A stage that is a function of the sample."""

    function: Callable[[Sample], Any]
    version: int = 1

    def each(self, sample: Sample) -> Any:
        return self.function(sample)


@dataclass(frozen=True)
class Measure:
    """Ask how long the code is; keep what is longer than `least`."""

    least: int = 0
    version: int = 1

    def each(self, sample: Sample) -> Asks[list[Sample]]:
        size = yield from Embed(sample.code)
        return [sample if size > self.least else sample.no("measure", "short", str(size))]


@dataclass(frozen=True)
class Double:
    """Two of each; the second is new."""

    version: int = 1

    def each(self, sample: Sample) -> list[Sample]:
        return [sample, sample.child("double", 1, code=sample.code + "'")]


@dataclass(frozen=True)
class Half:
    """Let every second row go on; leave the number of those as an artefact."""

    version: int = 1
    writes = ("count",)

    def whole(self, table: Any) -> Result:
        rows = [row if n % 2 else row.no("half", "even") for n, row in enumerate(table)]
        return Result(rows, {"count": str(len(rows)).encode()}, {"rows": len(rows)})


def step(stage: Any, name: str = "") -> Step:
    """A step without a plug-in."""
    return Step(name or type(stage).__name__.lower(), type(stage).__name__, {}, stage)


@dataclass
class Run:
    """A run and what it left."""

    report: Report
    directory: Path
    service: By
    rows: dict[str, list[Sample]] = field(default_factory=dict)

    def codes(self, folder: str = "corpus") -> list[str]:
        return [sample.code for sample in read_rows(self.directory / folder)]

    def files(self) -> dict[str, bytes]:
        folders = ("corpus", "rejected", "unfinished", "evidence")
        found = [path for name in folders for path in (self.directory / name).iterdir()]
        return {str(path.relative_to(self.directory)): path.read_bytes() for path in found}


def run(
    directory: Path, *steps: Step | Loop, samples: Iterable[Sample] = (), service: By | None = None,
    stop: Stop = NO_STOP, window: int = 50, **more: Any,
) -> Run:  # fmt: skip
    """Execute a recipe of these steps over samples; the service answers as `embedder`."""
    answers = service or By(length)
    seed, rows = more.pop("seed", 0), list(samples)
    recipe = Recipe("test", steps, stop=stop, seed=seed)
    services = {"embedder": answers, **more.pop("services", {})}
    plan = Plan(
        recipe, directory, services, lambda: rows, str(hash(tuple(rows))),
        window=window, **more,
    )  # fmt: skip
    return Run(asyncio.run(execute(plan)), directory, answers)
