"""Answers `Compute`: pure functions in worker processes, which may be killed without harm."""

import asyncio
import multiprocessing
import os
import pickle
from collections.abc import Sequence
from concurrent.futures import TimeoutError as TooLong
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from pebble import ProcessExpired, ProcessPool

from backfeed.engine.boundary import boundary
from backfeed.engine.contracts import Gather
from backfeed.engine.errors import Outage, PluginFault, Refused
from backfeed.engine.requests import Compute

BATCH_DEADLINE_S = 60.0


def workers() -> int:
    """How many processes may work at once: the cores that this process may use."""
    return max(len(os.sched_getaffinity(0)), 1)


class ComputeService:
    """A pool of worker processes.

    A function that hangs or kills its worker is refused as a fact: it is pure, so it would do so
    again. Any other error than those of `Compute` is the stage's bug, and is raised there.
    """

    identity = "compute"

    def __init__(self, parallel: int | None = None, deadline_s: float = BATCH_DEADLINE_S) -> None:
        count = parallel or workers()
        self.gather = Gather(batch=32, wait_s=0.002, parallel=count, deadline_s=2 * deadline_s + 60)
        self._deadline_s = deadline_s
        self._count = count
        self._pool: ProcessPool | None = None

    def content(self, request: Compute) -> Any:
        """Never stored, so never keyed."""
        raise NotImplementedError

    async def answer(self, requests: Sequence[Compute]) -> list[Any]:
        """What each function returned, or `Refused` with what it raised."""
        packed = [_packed((request.function, request.arguments)) for request in requests]
        calls = [call for call in packed if isinstance(call, bytes)]
        try:
            found = iter(await self._call(calls) if calls else ())
        except (TooLong, ProcessExpired) as error:
            if len(requests) > 1:
                raise Outage(f"a batch of {len(requests)} functions failed: {error!r}") from error
            name = requests[0].function.__name__
            reason = "compute-hangs" if isinstance(error, TooLong) else "compute-dies"
            return [Refused(reason, f"{name}: {error!r}")]
        return [next(found) if isinstance(call, bytes) else call for call in packed]

    async def _call(self, calls: list[bytes]) -> list[Any]:
        if self._pool is None or not self._pool.active:
            context = multiprocessing.get_context("forkserver")  # all is imported once
            context.set_forkserver_preload([__name__, "backfeed.engine.languages"])
            self._pool = ProcessPool(self._count, context=context)
        future: Any = self._pool.schedule(_call_all, args=[calls], timeout=self._deadline_s)
        try:
            answers = await asyncio.wrap_future(future)
        except BrokenProcessPool as error:
            raise Outage(f"the worker processes died: {error}") from error
        return [pickle.loads(answer) for answer in answers]  # noqa: S301 - from our own workers

    async def close(self) -> None:
        """End the workers."""
        if self._pool is not None:
            pool: Any = self._pool
            pool.stop()
            pool.join()


def _packed(value: Any) -> bytes | Exception:
    """A value as bytes; the error if it cannot be sent to another process."""
    try:
        return pickle.dumps(value)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        return error


def _call_all(calls: Sequence[bytes]) -> list[bytes]:
    """In the worker: each call on its own, from its unpacking on."""
    packed = [_packed(_call(call)) for call in calls]
    return [one if isinstance(one, bytes) else pickle.dumps(one) for one in packed]


def _call(call: bytes) -> Any:
    name = "?"
    try:
        with boundary(PluginFault, "a function for a worker process"):
            function, arguments = pickle.loads(call)  # noqa: S301 - from our own engine
            name = function.__name__
            return function(*arguments)
    except PluginFault as fault:
        error = fault.__cause__
        if isinstance(error, ValueError | RecursionError | MemoryError):
            return Refused(f"compute-{type(error).__name__}", f"{name}: {error}")
        # Only built-in exceptions are sure to survive the way between processes.
        return error if type(error).__module__ == "builtins" else fault
