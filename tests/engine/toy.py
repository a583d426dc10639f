"""A toy recipe that uses every shape of the engine, over a model that keeps a log of its answers.

Run as a program it works until it ends or is killed: `toy.py DIRECTORY [--inputs N] [--slow S]`.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from backfeed.engine.compute import ComputeService
from backfeed.engine.contracts import Gather
from backfeed.engine.identity import sha256
from backfeed.engine.job import Plan, execute
from backfeed.engine.recipe import Loop, Recipe, Step
from backfeed.engine.records import Message, Sample
from backfeed.engine.requests import Asks, Compute, Prompt, Read, Result, key_of, over, together


@dataclass
class Problem:
    """The reply that the toy model is asked for."""

    title: str
    score: int


class LoggedModel:
    """Answers after a moment; one in five replies is malformed at first.

    Each answer is logged by its key before it is given out.
    """

    identity = "toy-model"

    def __init__(self, log: Path, slow_s: float, parallel: int) -> None:
        self.gather = Gather(parallel=parallel)
        self._log, self._slow_s = log, slow_s

    def content(self, request: Prompt) -> Any:
        return request.content()

    async def answer(self, requests: Sequence[Prompt]) -> list[Any]:
        [request] = requests
        key = key_of("model:default", self.identity, self.content(request))
        number = int.from_bytes(blake2b(key, digest_size=4).digest())
        await asyncio.sleep(self._slow_s * (1 + number % 7))
        with self._log.open("a") as log:
            log.write(key.hex() + "\n")
        bad = number % 5 == 0 and request.attempt == 0
        text = "no json" if bad else f'{{"title": "t{number}", "score": {number % 10}}}'
        return [{"text": text}]

    async def close(self) -> None:
        """Nothing is held."""


@dataclass(frozen=True)
class Ask:
    """One problem per sample, and two opinions about it side by side."""

    version: int = 1

    def each(self, sample: Sample) -> Asks[list[Sample]]:
        problem = yield from Prompt("toy/problem", reply=Problem, code=sample.code)
        if problem.score == 3:
            return [sample.no("ask", "unsuitable")]
        first, second = yield from together(
            Prompt("toy/opinion", reply=Problem, title=problem.title, turn=n) for n in (1, 2)
        )
        size = yield from Compute(len, (problem.title,))
        text = f"{problem.title} {first.score} {second.score} {size}"
        asked = sample.but(messages=(Message("user", text),))
        return [asked, asked.child("ask", 1, code=sample.code + "#")] if size % 2 else [asked]


@dataclass(frozen=True)
class Same:
    """Keep the first of each title's last digit; leave a tally as an artefact."""

    version: int = 1
    keep: int = 40
    writes = ("titles",)

    def whole(self, table: Any) -> Asks[Result]:
        lengths = yield from over(table, lambda sample: Compute(len, (sample.code,)))
        seen: dict[str, int] = {}
        rows = []
        for sample, length in zip(table, lengths, strict=True):
            mark = sample.instruction[:2] + str(length % 3)
            seen[mark] = seen.get(mark, 0) + 1
            full = seen[mark] > self.keep
            rows.append(sample.no("same", "duplicate", mark) if full else sample)
        return Result(rows, {"titles": repr(sorted(seen.items())).encode()})


@dataclass(frozen=True)
class Compose:
    """New rows from pairs of old ones, by the artefact and the round."""

    version: int = 1
    pairs: int = 30
    born = True
    reads = ("titles",)

    def whole(self, table: Any) -> Asks[Result]:
        titles = yield from Read("titles")
        mark = sha256(titles.read_bytes())[:4]
        samples = list(table)
        made = [
            Sample(code=f"{a.code}+{b.code}+{mark}+{table.round}", language="toy")
            for a, b in zip(samples, samples[table.round + 1 :][: self.pairs], strict=False)
        ]
        return Result(made, metrics={"made": len(made)})


def step(name: str, stage: Any) -> Step:
    """A step without a plug-in."""
    return Step(name, name, {}, stage)


def recipe(rounds: int = 2) -> Recipe:
    """Segment, whole, and a loop of whole and segment."""
    body = (step("compose", Compose()), step("ask-2", Ask()), step("same-2", Same()))
    return Recipe("toy", (step("ask", Ask()), step("same", Same()), Loop("more", body, rounds)))


def inputs(count: int) -> Iterable[Sample]:
    """Seeds, some of them equal."""
    return (Sample(code=f"x = {n % (count - 5)}", language="toy") for n in range(count))


async def main() -> None:
    """Work until the end."""
    parser = argparse.ArgumentParser()
    parser.add_argument("directory", type=Path)
    parser.add_argument("--inputs", type=int, default=300)
    parser.add_argument("--slow", type=float, default=0.002)
    parser.add_argument("--parallel", type=int, default=40)
    parser.add_argument("--window", type=int, default=200)
    options = parser.parse_args()
    directory: Path = options.directory
    directory.mkdir(parents=True, exist_ok=True)
    model = LoggedModel(directory / "asked.log", options.slow, options.parallel)
    plan = Plan(
        recipe(), directory, {"model:default": model, "compute": ComputeService(1)},
        lambda: inputs(options.inputs), f"toy-{options.inputs}", window=options.window,
    )  # fmt: skip
    report = await execute(plan)
    sys.stdout.write(f"{report.written} {report.asked} {report.tallies.plain()}\n")


if __name__ == "__main__":
    asyncio.run(main())
    os._exit(0)
