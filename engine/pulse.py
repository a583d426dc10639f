"""What all desks of a run share: is anything under way, and has the run been told to stop?"""

import asyncio
import sys
import traceback
from contextlib import suppress
from typing import Protocol

from backfeed.engine.errors import StoreFault

GRACE_S = 30.0
TURNS = 8  # of the loop, until what was answered has asked the next, if it does


class Stopped(Protocol):
    """What a stop is told to: a desk."""

    @property
    def waits(self) -> bool: ...

    def pump(self, *, due: bool = False) -> None: ...

    def close(self, reason: str) -> None: ...

    def give_up(self) -> None: ...


class Pulse:
    """`stop_reason` is empty while the run goes on; `fault` is what it ends with, if anything.

    `serving` counts what is under way and will bring others something to do: services that gather
    long before they answer, as analyzers do, are what all the rest brings something to. In a
    `hurry`, nothing is awaited.
    """

    def __init__(self) -> None:
        self.serving = 0
        self.stop_reason = ""
        self.hurry = False
        self.fault: BaseException | None = None
        self.desks: list[Stopped] = []
        self.bugs: dict[str, str] = {}
        self._stopped = asyncio.Event()
        self._grace: asyncio.TimerHandle | None = None
        self._turns = 0

    def stop(self, reason: str, fault: BaseException | None = None) -> None:
        """Ask nothing new from now on; what is under way is awaited a while, and stored."""
        self.fault = self.fault or fault
        if not self.stop_reason:
            self.stop_reason = reason
            self._stopped.set()
            for desk in self.desks:
                desk.close(reason)
            self._grace = asyncio.get_running_loop().call_later(GRACE_S, self.give_up)
        if isinstance(fault, StoreFault):  # nothing that comes could be stored
            self.give_up()

    def give_up(self) -> None:
        """Wait no longer for what is under way."""
        self.rest()
        for desk in self.desks:
            desk.give_up()

    def rest(self) -> None:
        """The run is over: give up nothing later."""
        if self._grace is not None:
            self._grace.cancel()

    def idle(self) -> None:
        """If nothing is under way that could bring more, no batch can grow: let all leave."""
        if not self._turns:
            asyncio.get_running_loop().call_soon(self._look)
        self._turns = TURNS

    def _look(self) -> None:
        busy = self.serving or any(desk.waits for desk in self.desks)
        self._turns = 0 if busy else self._turns - 1
        if self._turns:
            asyncio.get_running_loop().call_soon(self._look)
        elif not busy:
            for desk in self.desks:
                desk.pump(due=True)

    async def sleep(self, seconds: float) -> None:
        """Sleep, but not beyond a stop."""
        if seconds > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), seconds)

    def report(self, mark: str, bug: BaseException) -> None:
        """A bug of a stage or a service: told once for each mark, loudly, with its traceback."""
        if mark not in self.bugs:
            self.bugs[mark] = "".join(traceback.format_exception(bug))
            sys.stderr.write(f"{mark}\n{self.bugs[mark]}")
