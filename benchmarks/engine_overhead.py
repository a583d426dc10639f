"""What the engine itself costs: CPU per request, and the rate it reaches beside an ideal one.

Four requests for each of 10,000 samples that a service answers at once: without a book, with an
empty book, with a full one. Then a model that takes a second, 500 requests in flight: in that time
an ideal engine would get 500 answers each second, without ramp and tail.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backfeed.engine.answers import Book
from backfeed.engine.contracts import Gather
from backfeed.engine.lanes import Engine, LaneResult
from backfeed.engine.records import Message, Sample
from backfeed.engine.requests import Asks, Embed, Prompt

SAMPLES, ASKS = 10_000, 4
IN_FLIGHT, LATENCY_S, PROMPTS = 500, 1.0, 5_000


class Echo:
    """Answers at once."""

    identity = "echo"
    gather = Gather(batch=64, parallel=8)

    def content(self, request: Embed) -> Any:
        """The text."""
        return request.text

    async def answer(self, requests: Sequence[Embed]) -> list[Any]:
        """The lengths."""
        return [len(request.text) for request in requests]

    async def close(self) -> None:
        """Nothing is held."""


class Slow:
    """Answers after a second, as many at once as are asked for."""

    identity = "slow"
    gather = Gather(parallel=IN_FLIGHT)

    def content(self, request: Prompt) -> Any:
        """All of it."""
        return request.content()

    async def answer(self, requests: Sequence[Prompt]) -> list[Any]:
        """The code, backwards."""
        await asyncio.sleep(LATENCY_S)
        return [{"text": str(request.fields["code"])[::-1]} for request in requests]

    async def close(self) -> None:
        """Nothing is held."""


@dataclass(frozen=True)
class Four:
    """Asks four times, one after the other."""

    version: int = 1

    def each(self, sample: Sample) -> Asks[list[Sample]]:
        """The sample, unchanged."""
        for number in range(ASKS):
            yield from Embed(f"{number} {sample.code}")
        return [sample]


@dataclass(frozen=True)
class Ask:
    """Asks a model once."""

    version: int = 1

    def each(self, sample: Sample) -> Asks[list[Sample]]:
        """The sample with the reply."""
        text = yield from Prompt("bench/ask", code=sample.code)
        return [sample.but(messages=(Message("assistant", text),))]


def samples(count: int) -> Iterator[Sample]:
    """Small functions."""
    for n in range(count):
        yield Sample(id=str(n), code=f"def f_{n}(x):\n    return x + {n}\n", language="python")


def keep_on(_result: LaneResult) -> bool:
    """Commit nothing, and never stop."""
    return False


async def measure(book: Book | None, service: Any, stage: Any, *, count: int) -> dict[str, Any]:
    """Drive samples through one stage: seconds of CPU and of the clock, and what was asked."""
    engine = Engine({"embedder": service, "model:default": service}, book)
    cpu_s, wall_s = time.process_time(), time.perf_counter()
    await engine.segment(samples(count), [("bench", stage)], keep_on)
    await engine.end()
    if book is not None:
        await book.close()
    cpu_s, wall_s = time.process_time() - cpu_s, time.perf_counter() - wall_s
    counts = {key: n for desk in engine.desks.values() for key, n in desk.counts.items()}
    return {"cpu_s": round(cpu_s, 2), "wall_s": round(wall_s, 2), "counts": counts}


async def overhead() -> list[dict[str, Any]]:
    """Microseconds of CPU per request."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name in ("no book", "cold book", "warm book"):
            book = None if name == "no book" else Book(Path(folder))
            row = await measure(book, Echo(), Four(), count=SAMPLES)
            per_request = round(row["cpu_s"] / SAMPLES / ASKS * 1e6, 1)
            rows.append({"what": name, "us_per_request": per_request, **row})
    return rows


async def rate() -> dict[str, Any]:
    """Answers per second beside those of an ideal engine, ramp and tail included."""
    with tempfile.TemporaryDirectory() as folder:
        row = await measure(Book(Path(folder)), Slow(), Ask(), count=PROMPTS)
    per_s, ideal_per_s = PROMPTS / row["wall_s"], IN_FLIGHT / LATENCY_S
    cost = {"us_per_request": round(row["cpu_s"] / PROMPTS * 1e6, 1), "per_s": round(per_s, 1)}
    return {"what": "1 s model, 500 in flight", **cost, "of_ideal": per_s / ideal_per_s, **row}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON document")
    options = parser.parse_args()
    rows = [*asyncio.run(overhead()), asyncio.run(rate())]
    if options.json:
        json.dump(rows, sys.stdout, indent=2)
        return
    for row in rows:
        cost = f"{row['us_per_request']:6.1f} us of CPU per request, {row['wall_s']:.2f} s"
        print(f"{row['what']:26} {cost}; {row['counts']}")
    print(f"{rows[-1]['per_s']:.0f} answers per second: {rows[-1]['of_ideal']:.1%} of ideal")


if __name__ == "__main__":
    main()
