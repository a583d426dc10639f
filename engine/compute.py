"""Answers `Compute`: pure functions in worker processes, which may be killed without harm."""

import asyncio
import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import TimeoutError as TooLong
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
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPool(self._count, context=context)
        calls = [(request.function, request.arguments) for request in requests]
        future: Any = self._pool.schedule(_call_all, args=[calls], timeout=self._deadline_s)
        try:
            return list(await asyncio.wrap_future(future))
        except (TooLong, ProcessExpired) as error:
            if len(requests) > 1:
                raise Outage(f"a batch of {len(requests)} functions failed: {error!r}") from error
            name = requests[0].function.__name__
            reason = "compute-hangs" if isinstance(error, TooLong) else "compute-dies"
            return [Refused(reason, f"{name}: {error!r}")]

    async def close(self) -> None:
        """End the workers."""
        if self._pool is not None:
            pool: Any = self._pool
            pool.stop()
            pool.join()


def _call_all(calls: Sequence[tuple[Any, tuple[Any, ...]]]) -> list[Any]:
    return [_call(function, arguments) for function, arguments in calls]


def _call(function: Any, arguments: tuple[Any, ...]) -> Any:
    name = function.__name__
    try:
        with boundary(PluginFault, name):
            return function(*arguments)
    except PluginFault as fault:
        error = fault.__cause__
        if isinstance(error, ValueError | RecursionError | MemoryError):
            return Refused(f"compute-{type(error).__name__}", f"{name}: {error}")
        # Only built-in exceptions are sure to survive the way between processes.
        return error if type(error).__module__ == "builtins" else fault
