"""Desks: one gathers the requests for one service, and asks, retries, writes down and delivers.

A request is looked up in the book with all others of the same turn of the loop; asked once however
many wait for it; sent in a batch that leaves when it is full, when its first request has waited
long enough, or when nothing else can fill it; halved to the culprit if the batch fails; stored, and
only then delivered.
"""

import asyncio
import random
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from backfeed.engine.answers import Book
from backfeed.engine.contracts import Service
from backfeed.engine.errors import (
    AskFailed, BackfeedError, CallerError, InvalidReply, Outage, Refused, Stopping, StoreFault,
    Throttled,
)  # fmt: skip
from backfeed.engine.requests import Request, key_of

TRIES = 6
SILENCE_S = 600.0
LONGEST_PAUSE_S = 60.0
GRACE_S = 30.0

Item = tuple[bytes, Request]


@dataclass(slots=True)
class Pulse:
    """What all desks of a run share: is anything under way, and has the run been told to stop?"""

    serving: int = 0
    stop_reason: str = ""
    fault: BackfeedError | None = None
    desks: list["Desk"] = field(default_factory=list)
    retry_base_s: float = 0.5

    def stop(self, reason: str, fault: BackfeedError | None = None) -> None:
        """Ask nothing new from now on; what is under way is awaited and stored."""
        if not self.stop_reason:
            self.stop_reason, self.fault = reason, fault
            for desk in self.desks:
                desk.turn_away()
            asyncio.get_running_loop().call_later(GRACE_S, self._give_up)

    def _give_up(self) -> None:
        for desk in self.desks:
            desk.give_up()

    def idle(self) -> None:
        """If nothing is under way anywhere, no batch can grow: let all leave."""
        if self.serving == 0:
            for desk in self.desks:
                desk.pump(due=True)


class Desk:
    """Gathers the requests for one service. `counts`: asked, known, shared, retried, failed."""

    def __init__(self, kind: str, service: Service, book: Book | None, pulse: Pulse) -> None:
        self.kind, self.service, self.book, self.pulse = kind, service, book, pulse
        self.counts: Counter[str] = Counter()
        self._waiters: dict[bytes, list[asyncio.Future[Any]]] = {}
        self._inbox: list[Item] = []
        self._queue: deque[tuple[bytes, Request, float]] = deque()
        self._serving: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._anonymous = 0
        self.closed = ""
        self._last_good = time.monotonic()
        pulse.desks.append(self)

    def ask(self, request: Request) -> asyncio.Future[Any]:
        """The answer, as a future of this waiter's own: cancelling it disturbs nobody else."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        key = self._key(request)
        if (others := self._waiters.get(key)) is not None:
            self.counts["shared"] += 1
            others.append(future)
            return future
        self._waiters[key] = [future]
        if not self._inbox:
            loop.call_soon(self._look_up)
        self._inbox.append((key, request))
        return future

    def _key(self, request: Request) -> bytes:
        if not request.stored:
            self._anonymous += 1
            return self._anonymous.to_bytes(8, "big")
        return key_of(self.kind, self.service.identity, self.service.content(request))

    def _look_up(self) -> None:
        inbox, self._inbox = self._inbox, []
        known: dict[bytes, Any] = {}
        if self.book is not None:
            try:
                known = self.book.get_many([key for key, request in inbox if request.stored])
            except StoreFault as fault:
                self.pulse.stop("fault", fault)
        now = time.monotonic()
        for key, request in inbox:
            if key in known:
                self.counts["known"] += 1
                self._deliver(key, known[key])
            elif self.closed or self.pulse.stop_reason:
                self._fail(key, Stopping(self.closed or self.pulse.stop_reason))
            else:
                self._queue.append((key, request, now))
        self.pump()
        asyncio.get_running_loop().call_soon(self.pulse.idle)

    def pump(self, *, due: bool = False) -> None:
        """Start what may start: full batches at once, others when their time has come."""
        gather = self.service.gather
        while self._queue and len(self._serving) < gather.parallel:
            self._drop_abandoned()
            if not self._queue:
                return
            age = time.monotonic() - self._queue[0][2]
            if len(self._queue) < gather.batch and not due and age < gather.wait_s:
                self._wake_in(gather.wait_s - age)
                return
            size = min(gather.batch, len(self._queue))
            batch = [self._queue.popleft()[:2] for _ in range(size)]
            self.pulse.serving += 1
            task = asyncio.ensure_future(self._serve_all(batch))
            self._serving.add(task)
            task.add_done_callback(self._served)

    def _wake_in(self, seconds: float) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(seconds, self._wake)

    def _wake(self) -> None:
        self._timer = None
        self.pump(due=True)

    def _drop_abandoned(self) -> None:
        """Forget requests that nobody waits for any more, before they cost anything."""
        while self._queue and all(f.done() for f in self._waiters[self._queue[0][0]]):
            del self._waiters[self._queue.popleft()[0]]

    def _served(self, task: asyncio.Task[None]) -> None:
        self._serving.discard(task)
        self.pulse.serving -= 1
        if not task.cancelled() and (error := task.exception()) is not None:
            fault = error if isinstance(error, BackfeedError) else Outage(f"{self.kind}: {error!r}")
            self.pulse.stop("fault", fault)
        self.pump()
        asyncio.get_running_loop().call_soon(self.pulse.idle)

    async def _serve_all(self, batch: list[Item]) -> None:
        """Ask for a batch; if it fails as a whole, ask for its halves."""
        self.counts["asked"] += len(batch)
        pending = [batch]
        while pending:
            part = pending.pop()
            answers = await self._try(part)
            if isinstance(answers, Outage) and len(part) > 1:
                middle = len(part) // 2
                pending += [part[middle:], part[:middle]]
            elif isinstance(answers, Outage):
                await self._insist(part[0], answers)
            else:
                await self._settle(part, answers)

    async def _try(self, part: Sequence[Item]) -> Sequence[Any] | Outage:
        try:
            async with asyncio.timeout(self.service.gather.deadline_s):
                answers = await self.service.answer([request for _, request in part])
        except Outage as outage:
            return outage
        except TimeoutError:
            return Outage(f"{self.kind}: no answer in {self.service.gather.deadline_s:.0f} s")
        except Stopping as stop:
            self.closed = str(stop)
            self.turn_away()
            return [stop] * len(part)
        except CallerError as error:
            self.pulse.stop("fault", error)
            return [Stopping(str(error))] * len(part)
        if len(answers) != len(part):
            return Outage(f"{self.kind}: {len(answers)} answers to {len(part)} requests")
        return answers

    async def _settle(self, part: Sequence[Item], answers: Sequence[Any]) -> None:
        """Store what is a fact, insist on what is an accident, deliver what is stored."""
        facts: dict[bytes, Any] = {}
        accidents: list[tuple[Item, Outage]] = []
        for item, answer in zip(part, answers, strict=True):
            if isinstance(answer, Outage):
                accidents.append((item, answer))
            elif isinstance(answer, Stopping):
                self._fail(item[0], answer)
            else:
                facts[item[0]] = _wrap(answer)
        if facts:
            self._last_good = time.monotonic()
            stored = self.book is not None and part[0][1].stored
            held = await self.book.put_many(self.kind, facts) if stored and self.book else facts
            for key, answer in held.items():
                self._deliver(key, answer)
        await asyncio.gather(*(self._insist(item, outage) for item, outage in accidents))

    async def _insist(self, item: Item, outage: Outage) -> None:
        """Retry one request: six failures while others succeed defer it; silence stops the run."""
        began, failures = time.monotonic(), 0 if isinstance(outage, Throttled) else 1
        while not self.pulse.stop_reason:
            if failures >= TRIES and self._last_good > began:
                break
            if time.monotonic() - max(self._last_good, began) > SILENCE_S:
                self.pulse.stop("silent", Outage(f"{self.kind} silent for 10 minutes: {outage}"))
                break
            await self._pause(failures, outage)
            self.counts["retried"] += 1
            answers = await self._try([item])
            answer = answers if isinstance(answers, Outage) else answers[0]
            if not isinstance(answer, Outage):
                await self._settle([item], [answer])
                return
            outage = answer
            failures += not isinstance(answer, Throttled)
        self.counts["failed"] += 1
        self._fail(item[0], outage)

    async def _pause(self, failures: int, outage: Outage) -> None:
        backoff = self.pulse.retry_base_s * 2 ** min(failures, 7) * (0.5 + random.random())  # noqa: S311
        asked = outage.wait_s if outage.wait_s is not None else backoff
        until = time.monotonic() + min(max(asked, 0.01), LONGEST_PAUSE_S)
        while not self.pulse.stop_reason and (left := until - time.monotonic()) > 0:
            await asyncio.sleep(min(left, 0.5))

    def _deliver(self, key: bytes, wrapped: Any) -> None:
        for future in self._waiters.pop(key, ()):
            if not future.done():
                error = _fact(wrapped)
                future.set_result(wrapped["a"]) if error is None else future.set_exception(error)

    def _fail(self, key: bytes, error: Exception) -> None:
        for future in self._waiters.pop(key, ()):
            if not future.done():
                future.set_exception(error)

    def turn_away(self) -> None:
        """Give up what has not been asked yet."""
        while self._queue:
            reason = self.closed or self.pulse.stop_reason
            self._fail(self._queue.popleft()[0], Stopping(reason))

    def give_up(self) -> None:
        """Wait no longer for what is under way."""
        for task in self._serving:
            task.cancel()
        for key in list(self._waiters):
            self._fail(key, Stopping(self.pulse.stop_reason))

    async def drain(self, within_s: float | None = None) -> None:
        """Let what is under way end and be stored: it is paid for."""
        if self._serving:
            await asyncio.wait(self._serving, timeout=within_s)
        for task in self._serving:
            task.cancel()


def _wrap(answer: Any) -> dict[str, Any]:
    """An answer as it stands in the book: `a` for answers, `f` for facts about the request."""
    if isinstance(answer, AskFailed):
        kind = "refused" if isinstance(answer, Refused) else "invalid"
        return {"f": [kind, answer.reason, answer.detail]}
    return {"a": answer}


def _fact(wrapped: dict[str, Any]) -> AskFailed | None:
    if "f" not in wrapped:
        return None
    kind, reason, detail = wrapped["f"]
    return (Refused if kind == "refused" else InvalidReply)(reason, detail)
