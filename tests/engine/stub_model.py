"""A model server on this machine, in a thread, that answers as a test tells it to."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from verbs import many, step

from backfeed.engine.job import Plan, Report, execute
from backfeed.engine.ledger import Ledger
from backfeed.engine.models import _probe, openai
from backfeed.engine.output import read_rows
from backfeed.engine.recipe import Recipe, Stop
from backfeed.engine.records import Message, Sample
from backfeed.engine.requests import Asks, Prompt


@dataclass
class Reply:
    """What the server does with one request. `cut` closes the connection without a word."""

    text: str | None = '{"title": "t", "score": 1}'
    status: int = 200
    finish: str = "stop"
    headers: dict[str, str] = field(default_factory=dict)
    error: Any = None
    after_s: float = 0.0
    cut: bool = False
    used: tuple[int, int] | None = (10, 5)
    refusal: str | None = None
    raw: bytes | None = None


@dataclass
class Title:
    """The reply that tests ask for."""

    title: str
    score: int


Script = Callable[[dict[str, Any], int], Reply]


HELD = '{"is_it_prime": "composite", "smallest_divisor": 7}'
"""What a server that holds to schemas says to the probe."""


def is_probe(body: dict[str, Any]) -> bool:
    """Is it the request that finds out whether schemas are held to?"""
    told = body.get("messages")
    return bool(told) and told[-1]["content"] == _probe.ASKED


class StubModel:
    """`asked` holds the bodies of all requests; `script` gets a body and its number, from 0.

    It passes the probe without counting it, unless `probed` is set: then that goes to the script.
    """

    def __init__(
        self, script: Script, paths: Sequence[str] = ("chat/completions",), *, port: int = 0
    ) -> None:
        self.script, self.paths, self._port = script, paths, port
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.now = self.most = 0
        self.probed = False
        self.url = ""
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._end = asyncio.Event()
        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._serve()))

    def __enter__(self) -> "StubModel":
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()
        self._loop.close()

    async def _serve(self) -> None:
        app = web.Application()
        self.routes(app)
        runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self._port)
        await site.start()
        host, port = runner.addresses[0]
        self.url = f"http://{host}:{port}/v1"
        self._ready.set()
        await self._end.wait()
        await runner.cleanup()

    def routes(self, app: web.Application) -> None:
        """What it answers."""
        for path in self.paths:
            app.router.add_post(f"/v1/{path}", self._answer)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        if is_probe(body) and not self.probed:
            return await self._reply(request, Reply(HELD))
        number = len(self.asked)
        self.asked.append(body)
        self.headers.append(dict(request.headers))
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            return await self._reply(request, self.script(body, number))
        finally:
            self.now -= 1

    async def _reply(self, request: web.Request, reply: Reply) -> web.StreamResponse:
        await asyncio.sleep(reply.after_s)
        if reply.cut:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if reply.raw is not None:
            return web.Response(body=reply.raw)
        if reply.status != 200:
            told = reply.error or {"error": {"message": f"scripted {reply.status}"}}
            return web.json_response(told, status=reply.status, headers=reply.headers)
        said = {"role": "assistant", "content": reply.text, "refusal": reply.refusal}
        whole: dict[str, Any] = {"choices": [{"message": said, "finish_reason": reply.finish}]}
        if reply.used is not None:
            tokens_in, tokens_out = reply.used
            whole["usage"] = {"prompt_tokens": tokens_in, "completion_tokens": tokens_out}
        return web.json_response(whole)


def good(_body: Any = None, _number: int = 0) -> Reply:
    """A reply of the right form."""
    return Reply()


def at_first(fault: Reply, times: int = 1) -> Script:
    """So many faults, then good replies."""
    return lambda _body, number: fault if number < times else Reply()


def service(url: str, **settings: Any) -> openai.OpenAIService:
    """A service that asks the stub, which is no server of schemas."""
    return openai.PLUGIN.service("toy", {"base_url": url, "probe": False, **settings})


def prompt(text: str = "x", **more: Any) -> Prompt:
    """A prompt about a text."""
    fields = {"language": "toy", "entry_point": "f", "problem": text, "code": text}
    return Prompt("keywords/extract", **{"reply": Title, **fields, **more})


@dataclass(frozen=True)
class Ask:
    """Ask for a title; a plain text if `plain`."""

    role: str = "default"
    plain: bool = False
    version: int = 1

    def each(self, sample: Sample) -> Asks[list[Sample]]:
        asked = prompt(sample.code, role=self.role, reply=None if self.plain else Title)
        reply = yield from asked
        text = reply if self.plain else reply.title
        return [sample.but(messages=(Message("assistant", text),))]


@dataclass
class Ran:
    """A run over the stub, and what it left."""

    report: Report
    directory: Path

    @property
    def counts(self) -> dict[str, int]:
        return self.report.asked["model:default"]

    def corpus(self, folder: str = "corpus") -> list[Sample]:
        return list(read_rows(self.directory / folder))

    def texts(self) -> list[str]:
        return [sample.response for sample in self.corpus()]

    def reasons(self) -> list[str]:
        return [row.rejected.reason for row in self.corpus("rejected") if row.rejected]

    def files(self) -> dict[str, bytes]:
        folders = ("corpus", "rejected", "unfinished")
        found = [path for name in folders for path in (self.directory / name).iterdir()]
        return {str(path.relative_to(self.directory)): path.read_bytes() for path in found}


def run(
    directory: Path, made: Any, *, samples: Iterable[Sample] | int = 1, usd: float | None = None,
    stages: Sequence[Any] = (Ask(),), window: int = 2048, hours: float | None = None,
) -> Ran:  # fmt: skip
    """Drive samples through stages that ask a model: its service, or services by desk."""
    rows = many(samples) if isinstance(samples, int) else list(samples)
    recipe = Recipe("test", tuple(step(stage) for stage in stages), stop=Stop(usd=usd, hours=hours))
    desks = made if isinstance(made, dict) else {"model:default": made}
    ledger = Ledger(usd)
    for one in desks.values():
        if hasattr(one, "pay_from"):
            one.pay_from(ledger)
    key = json.dumps([row.id for row in rows])
    plan = Plan(recipe, directory, desks, lambda: rows, key, ledger=ledger, window=window)
    return Ran(asyncio.run(execute(plan)), directory)
