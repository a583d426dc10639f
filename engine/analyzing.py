"""Services that answer `CodeCheck`: an analyzer's, a deep pass's, and that of unknown languages."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from backfeed.engine.boundary import boundary
from backfeed.engine.contracts import Analyzer, DeepPass, Gather, Service
from backfeed.engine.errors import AskFailed, BackfeedError, Outage
from backfeed.engine.requests import CodeCheck, Compute, Job, Together

_CUT_SHORT = ("TLE", "IDLE", "MLE", "OLE", "CE_LIMIT")


class AnalyzerService:
    """Answers `CodeCheck` for one plug-in: drives it, and has its jobs run.

    A batch whose tool was cut short is an outage, so that it is halved; a single snippet that cuts
    it short is a fact about that snippet: `unknown`.
    """

    def __init__(self, analyzer: Analyzer | DeepPass, services: Mapping[str, Service]) -> None:
        self._analyzer, self._services = analyzer, services
        self._name = str(getattr(analyzer, "name", "") or getattr(analyzer, "language", ""))
        sandbox = services["sandbox"]
        self.identity = f"{self._name} {analyzer.version} / {sandbox.identity}"
        self.gather = Gather(batch=200, wait_s=10.0, parallel=sandbox.gather.parallel)

    def content(self, request: CodeCheck) -> Any:
        """All of it."""
        return request.content()

    async def answer(self, requests: Sequence[CodeCheck]) -> list[Any]:
        """One analysis per snippet, as plain data."""
        try:
            found = await self._drive(self._analyzer.check(requests))
        except _CutShort as cut:
            if len(requests) > 1:
                raise Outage(f"analyzer of {self._name}: {cut}") from None
            return [self._unknown(str(cut))]
        return list(msgspec.to_builtins(found))

    def _unknown(self, why: str) -> dict[str, Any]:
        finding = {"rule": "tool-limit", "level": "note", "message": why}
        version = self._analyzer.version
        return {"word": "unknown", "tool": "", "version": version, "findings": [finding]}

    async def _drive(self, asks: Any) -> Any:
        """The plug-in's generator to its end, its requests answered without the book."""
        go_on, value = asks.send, None
        with boundary(Outage, f"analyzer of {self._name}"):
            while True:
                try:
                    wanted = go_on(value)
                except StopIteration as stop:
                    return stop.value
                try:
                    go_on, value = asks.send, await self._reply(wanted)
                except AskFailed as failure:
                    go_on, value = asks.throw, failure

    async def _reply(self, wanted: Any) -> Any:
        if isinstance(wanted, Together):
            return list(await asyncio.gather(*(self._drive(iter(part)) for part in wanted.parts)))
        if not isinstance(wanted, Job | Compute) or wanted.service not in self._services:
            raise Outage(
                f"it asks for {type(wanted).__name__}: analyzers may ask for Job and Compute"
            )
        [answer] = await self._services[wanted.service].answer([wanted])
        if isinstance(answer, BackfeedError):
            raise answer
        if isinstance(wanted, Job) and (answer["verdict"] in _CUT_SHORT or answer.get("truncated")):
            raise _CutShort(answer["verdict"], answer.get("detail", ""))
        return answer

    async def close(self) -> None:
        """The sandbox is closed by the run."""


class _CutShort(AskFailed):
    """A tool was stopped at a limit, or its output was cut."""


class NoAnalyzer:
    """Answers `CodeCheck` for languages without an analyzer: unknown."""

    identity = "no analyzer"
    gather = Gather(batch=1000)

    def content(self, request: CodeCheck) -> Any:
        """All of it."""
        return request.content()

    async def answer(self, requests: Sequence[CodeCheck]) -> list[Any]:
        """Unknown, every one."""
        return [{"word": "unknown", "tool": "", "version": "", "findings": []} for _ in requests]

    async def close(self) -> None:
        """Nothing is held."""
