"""Who is asked for first, and how fast: less while a service fails, for a while not at all."""

import heapq
import math
import random
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass

from backfeed.engine.contracts import Gather
from backfeed.engine.errors import Missing, NotYet, Outage, Throttled
from backfeed.engine.requests import Request

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 60.0
PATIENCE = 8

ordinal: ContextVar[int] = ContextVar("ordinal", default=0)
"""The place in the input of the row that a lane carries."""


class Bug(Outage):
    """A service raised what it may not raise, or gave a wrong number of answers."""


@dataclass(slots=True, eq=False)
class Item:
    """A request on its way; `failures` are those in a row, `tries` those and throttlings.

    `failed_at` is when it failed first, alone or in a batch; `sent_at` when it was sent last.
    `ordinal` is the place in the input of the row that it is asked for.
    """

    key: bytes
    request: Request
    ordinal: int = 0
    queued_at: float = 0.0
    failed_at: float = 0.0
    sent_at: float = 0.0
    failures: int = 0
    tries: int = 0

    def fail(self, now: float) -> None:
        """It was not answered, perhaps for the sake of another in its batch."""
        self.failed_at = self.failed_at or now

    def count(self, outage: Outage, now: float) -> None:
        """It was not answered. Asked too often, or too early: that says nothing of the request."""
        self.fail(now)
        self.tries += 1
        self.failures += not isinstance(outage, Throttled | NotYet)


class Queue:
    """Requests that wait, those for the first rows first.

    Rows are committed in their order, and only so many are under way: if the second question about
    an early row stood behind the first ones about all others, these would be answered, and nothing
    could be asked until that row had its turn.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Item]] = []
        self._count = 0

    def __len__(self) -> int:
        return len(self._heap)

    @property
    def first(self) -> Item:
        """Who is next."""
        return self._heap[0][2]

    @property
    def since(self) -> float:
        """When the one that waits longest was queued."""
        return min(item.queued_at for _, _, item in self._heap)

    def add(self, item: Item, *, again: bool = False) -> None:
        """Queue a request; `again` puts it before others for the same row."""
        self._count += 1
        rank = -self._count if again else self._count
        heapq.heappush(self._heap, (item.ordinal, rank, item))

    def pop(self) -> Item:
        """Take out who is next."""
        return heapq.heappop(self._heap)[2]

    def take(self, size: int, drop: Callable[[Item], bool]) -> list[Item]:
        """The next batch, without what `drop` lets go of; what has failed goes alone."""
        batch: list[Item] = []
        while self._heap and len(batch) < size:
            if drop(self.first):
                self.pop()
            elif self.first.failures:
                return batch or [self.pop()]
            else:
                batch.append(self.pop())
        return batch

    def clear(self) -> list[Item]:
        """Take out all."""
        items = [item for _, _, item in self._heap]
        self._heap.clear()
        return items


class Pace:
    """Counts what succeeds and what fails in a row, and says how many batches may be under way.

    A single failure concerns its request alone. When the service asks for fewer requests, or many
    fail with no success between them, everybody waits, and half as many are asked afterwards, once
    for all that were under way together. After a failure, each success allows one more, up to what
    the service bore before; from there on, and from half of what it complained of, the number grows
    by one for each round of successes.
    """

    def __init__(self, gather: Gather) -> None:
        self.gather = gather
        self.failures = 0
        self.quiet_until = 0.0
        self.shrunk_at = 0.0
        self.silent_s = self._bad_at = 0.0
        self.last_good = time.monotonic()
        self.has_answered = False
        self._window = self._borne = float(gather.parallel)

    @property
    def parallel(self) -> int:
        """How many batches may be under way."""
        return int(self._window)

    def good(self) -> None:
        """A batch was answered."""
        self.failures = 0
        self.silent_s = 0.0
        self.has_answered = True
        self.last_good = time.monotonic()
        if self._window < self.gather.parallel:
            step = 1.0 if self._window < self._borne else 1.0 / self._window
            self._window = min(self._window + step, self.gather.parallel)

    def bad(self, outage: Outage, sent_at: float = math.inf) -> None:
        """A batch, or a request in it, was not answered; when it was sent, if that is known."""
        if isinstance(outage, Missing | NotYet):
            return
        throttled, now = isinstance(outage, Throttled), time.monotonic()
        sent_at = min(sent_at, now)
        since = max(self._bad_at, sent_at - LONGEST_PAUSE_S) if self.failures else sent_at
        self.silent_s += now - since  # the time in which it was asked in vain, pauses included
        self._bad_at = now
        self.failures += 1
        if not throttled and self.failures <= PATIENCE:
            return
        if now >= self.quiet_until:
            self.quiet_until = now + pause_s(self.failures - 1, outage)
            if sent_at > self.shrunk_at:
                self.shrunk_at = now
                self._window = max(self._window / 2, 1.0)
                self._borne = self._window if throttled else self._borne

    def quiet_s(self) -> float:
        """How long nothing shall be asked."""
        return max(self.quiet_until - time.monotonic(), 0.0)


def pause_s(failures: int, outage: Outage) -> float:
    """How long to wait after so many failures: what the service said, or longer each time."""
    if outage.wait_s is not None:
        return min(max(outage.wait_s, 0.01), LONGEST_PAUSE_S)
    spread = 0.5 + random.random()  # noqa: S311 - so that many do not come back at once
    return min(FIRST_PAUSE_S * 2.0 ** min(failures, 7) * spread, LONGEST_PAUSE_S)
