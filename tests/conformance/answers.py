"""Honest answers for stages that are driven without an engine, by the kind of request.

Computations, programs and analyses are really done: in this process, as plain processes (all code
is ours), and by the plug-ins. A model is stood for by the backends that need none.
"""

import asyncio
import math
import pickle
import random
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from conformance.everything import every, loaded
from conformance.samples import ROWS

from backfeed.engine import languages
from backfeed.engine.conformance import Rows
from backfeed.engine.errors import AskFailed, Refused
from backfeed.engine.requests import (
    CodeCheck,
    Compute,
    Embed,
    Job,
    Prompt,
    Read,
    Request,
    Score,
    Train,
    Who,
    rejoined,
)
from backfeed.engine.services import tools
from backfeed.sandboxes import process

Answer = Callable[[Any], Any]


class Honest:
    """Answers requests, and keeps them in `asked`. What costs time is done once."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self._known: dict[str, Any] = {}
        self._box = process.PLUGIN.service({"named": True, "slots": 2, "tools": tools()})
        self._models = {name: loaded("models", name) for name in ("extractive", "echo")}
        self._folder = tempfile.TemporaryDirectory()

    def __call__(self, request: Request) -> Any:
        self.asked.append(request)
        return self.answer(request)

    def answer(self, request: Request) -> Any:
        """The answer to a request of any kind."""
        for kind, answer in _ANSWERS.items():
            if isinstance(request, kind):
                return answer(self, request)
        pytest.fail(f"conformance/answers.py has no answer to {type(request).__name__}: add one")

    def known(self, mark: str, make: Callable[[], Any]) -> Any:
        """What `make` gives, made once; a refusal is raised each time."""
        if mark not in self._known:
            self._known[mark] = _caught(make)
        if isinstance(found := self._known[mark], AskFailed):
            raise found
        return found

    def compute(self, request: Compute) -> Any:
        """As a worker process would: both ways by bytes, and some errors are facts."""
        function, arguments = pickle.loads(pickle.dumps((request.function, request.arguments)))
        try:
            return pickle.loads(pickle.dumps(function(*arguments)))
        except (ValueError, RecursionError, MemoryError) as error:
            raise Refused(f"compute-{type(error).__name__}", str(error)) from error

    def job(self, request: Job) -> Any:
        """Run it, once."""
        return self.known(repr(request), lambda: self._one(self._box.answer([request])))

    def check(self, request: CodeCheck) -> Any:
        """Ask the language's analyzer; unknown if there is none."""
        analyzer = languages.load(request.language)
        if analyzer is None:
            return {"word": "unknown", "tool": "", "version": "", "findings": []}
        return self.known(
            repr(request), lambda: rejoined(analyzer.check([request]), self.answer)[0]
        )

    def prompt(self, request: Prompt) -> Any:
        """The words of the code itself where they suffice, else an echo."""
        able = request.name in (self._models["extractive"].answers or ())
        model = self._models["extractive" if able else "echo"].service("", {})
        return self._one(model.answer([request]))

    def read(self, request: Read) -> Path | None:
        """The artefact that a stage made of the rows; None if none makes it from nothing."""
        return self.known(f"read {request.name}", lambda: self._artefact(request.name))

    def _artefact(self, name: str) -> Path | None:
        for other in every("stages"):
            stage = loaded("stages", other)
            if name not in getattr(stage, "writes", ()):
                continue
            whole = rejoined(stage.whole(Rows(ROWS)), self._first)
            if name in whole.artefacts:
                path = Path(self._folder.name, name)
                path.write_bytes(whole.artefacts[name])
                return path
        return None

    def _first(self, request: Request) -> Any:
        """An answer where no artefact is there yet."""
        return None if isinstance(request, Read) else self.answer(request)

    def _one(self, answers: Any) -> Any:
        [found] = asyncio.run(_done(answers))
        if isinstance(found, Exception):
            raise found
        return found

    def close(self) -> None:
        """End the programs, remove the files."""
        asyncio.run(self._box.close())
        self._folder.cleanup()


async def _done(answers: Any) -> Any:
    return await answers


def _caught(make: Callable[[], Any]) -> Any:
    try:
        return make()
    except AskFailed as failure:
        return failure


def _vector(text: str) -> list[float]:
    rng = random.Random(text)
    parts = [rng.gauss(0, 1) for _ in range(8)]
    return [part / math.hypot(*parts) for part in parts]


_ANSWERS: dict[type, Callable[[Honest, Any], Any]] = {
    Compute: Honest.compute,
    Job: Honest.job,
    CodeCheck: Honest.check,
    Prompt: Honest.prompt,
    Read: Honest.read,
    Who: lambda _, request: f"model of {request.role}",
    Embed: lambda _, request: _vector(request.text),
    Train: lambda *_: {
        "step": 9,
        "steps": 9,
        "state": "s-9",
        "weights": "w",
        "folder": "f",
        "feedback": "f",
    },
    Score: lambda _, request: round(random.Random(repr(request)).random(), 5),
}


def driven(stage: Any, rows: Iterable[Any], answer: Answer) -> list[Any]:
    """What a stage makes of rows: samples, or the refusal that it let through; of `whole`, all."""
    if hasattr(stage, "whole"):
        return [rejoined(stage.whole(Rows(list(rows))), answer)]
    return [_caught(lambda row=row: rejoined(stage.each(row), answer)) for row in rows]
