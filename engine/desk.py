"""Desks: one gathers the requests for one service, and asks, retries, writes down and delivers.

A request is looked up in the book with all others of the same turn of the loop; asked once however
many wait for it; sent in a batch that leaves when it is full, when its first request has waited
long enough, or when nothing else can fill it; halved to the culprit if the batch fails; stored, and
only then delivered. One that the world did not answer comes back into the queue after a pause.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Coroutine, Sequence
from typing import Any

from backfeed.engine._attempt import attempt
from backfeed.engine._hope import Hope
from backfeed.engine._packing import fact_in, wrap
from backfeed.engine.answers import Book
from backfeed.engine.contracts import Service
from backfeed.engine.errors import AskFailed, Missing, Outage, PluginFault, Stopping, StoreFault
from backfeed.engine.pace import Bug, Item, Pace, Queue, ordinal, pause_s
from backfeed.engine.pulse import Pulse
from backfeed.engine.requests import Request, key_of

SILENCE_S = 600.0
LONG_S = 1.0  # a service that gathers for longer brings others nothing to gather


class Desk:
    """Gathers the requests for one service. `counts`: asked, known, shared, retried, failed."""

    def __init__(self, kind: str, service: Service, book: Book | None, *, pulse: Pulse) -> None:
        self.kind, self.service, self.book, self.pulse = kind, service, book, pulse
        self.counts: Counter[str] = Counter()
        self.pace = Pace(service.gather)
        self.closed = ""
        self._waiters: dict[bytes, list[asyncio.Future[Any]]] = {}
        self._inbox: list[Item] = []
        self._queue = Queue()
        self._later: dict[Item, asyncio.TimerHandle] = {}
        self._hope = Hope(self.pace)
        self._serving: set[asyncio.Task[None]] = set()  # asking, or storing what came
        self._asking: set[asyncio.Task[None] | None] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._anonymous = 0
        self._brings = service.gather.wait_s < LONG_S
        pulse.desks.append(self)

    @property
    def waits(self) -> bool:
        """Is there a request that has not even been looked up?"""
        return bool(self._inbox)

    @property
    def depth(self) -> int:
        """How many requests wait for their turn."""
        return len(self._inbox) + len(self._queue)

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
        self._inbox.append(Item(key, request, ordinal.get()))
        return future

    def _key(self, request: Request) -> bytes:
        if not request.stored:
            self._anonymous += 1
            return self._anonymous.to_bytes(8, "big")
        return key_of(self.kind, self.service.identity, self.service.content(request))

    def _look_up(self) -> None:
        """One SELECT for all requests of one turn of the loop."""
        inbox, self._inbox = self._inbox, []
        known: dict[bytes, Any] = {}
        if self.book is not None:
            try:
                known = self.book.get_many([item.key for item in inbox if item.request.stored])
            except StoreFault as fault:
                self.pulse.stop("fault", fault)
        now = time.monotonic()
        for item in inbox:
            if item.key in known:
                self.counts["known"] += 1
                self._hope.answered(item.request, known[item.key])
                self._deliver(item.key, known[item.key])
            elif reason := self.closed or self.pulse.stop_reason:
                self._fail(item.key, Stopping(reason))
            else:
                item.queued_at = now
                self._queue.add(item)
        self.pump()
        self.pulse.idle()

    def pump(self, *, due: bool = False) -> None:
        """Start what may start: full batches at once, others when their time has come."""
        gather = self.service.gather
        while (self._queue or self._hope.is_due) and len(self._asking) < self.pace.parallel:
            if len(self._serving) >= 2 * gather.parallel:  # storing cannot keep up
                return
            if self._hope.takes_its_turn():
                self._asking.add(self._start(self._prove()))
                continue
            wait_s = self.pace.quiet_s()
            few = len(self._queue) < gather.batch and not self._queue.first.tries
            if few and not wait_s and not due:
                wait_s = self._queue.since + gather.wait_s - time.monotonic()
            if wait_s > 0:
                self._wake_in(wait_s)
                return
            if batch := self._queue.take(gather.batch, self._drop):
                self._asking.add(self._start(self._serve(batch), batch))

    def _drop(self, item: Item) -> bool:
        """Forget a request if nobody waits for it any more, before it costs anything."""
        idle = all(future.done() for future in self._waiters[item.key])
        if idle:
            self._pop(item.key)
        return idle

    def _start(
        self, work: Coroutine[Any, Any, None], batch: Sequence[Item] = ()
    ) -> "asyncio.Task[None]":
        self.pulse.serving += self._brings
        task = asyncio.ensure_future(work)
        self._serving.add(task)
        task.add_done_callback(lambda task: self._served(task, batch))
        return task

    def _wake_in(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        if self._timer is not None:
            if self._timer.when() <= loop.time() + seconds:
                return
            self._timer.cancel()
        self._timer = loop.call_later(seconds, self._wake)

    def _wake(self) -> None:
        self._timer = None
        self.pump()

    def _served(self, task: "asyncio.Task[None]", batch: Sequence[Item]) -> None:
        self._serving.discard(task)
        self._asking.discard(task)
        self.pulse.serving -= self._brings
        if task.cancelled():
            self._give_back(batch, Stopping(self.pulse.stop_reason or "cancelled"))
        elif (error := task.exception()) is not None:
            self.pulse.stop("fault", error)
            self._give_back(batch, Stopping(str(error)))
        self.pump()
        self.pulse.idle()

    def _give_back(self, batch: Sequence[Item], error: Stopping) -> None:
        for item in batch:
            if item not in self._later:
                self._fail(item.key, error)

    async def _serve(self, batch: list[Item]) -> None:
        """Ask for a batch; if it fails as a whole, ask for its halves."""
        self.counts["asked"] += sum(item.tries == 0 for item in batch)
        pending = [batch]
        while pending:
            part = pending.pop()
            if reason := self.closed or self.pulse.stop_reason:
                self._give_back(part, Stopping(reason))
                continue
            now = time.monotonic()
            for item in part:
                item.sent_at = now
            requests = [item.request for item in part]
            answers = await attempt(self.service, requests, kind=self.kind, pulse=self.pulse)
            if not isinstance(answers, Outage):
                if not pending:
                    self._asking.discard(asyncio.current_task())
                    self.pump()
                await self._settle(part, answers)
            elif len(part) == 1:
                self._again(part[0], answers)
            else:
                for item in part:
                    item.fail(time.monotonic())
                middle = len(part) // 2
                pending += [part[middle:], part[:middle]]
                self.pace.bad(answers)
                await self.pulse.sleep(self.pace.quiet_s())

    async def _settle(self, part: Sequence[Item], answers: Sequence[Any]) -> None:
        """Store what is a fact, ask again after an accident, deliver what is stored."""
        facts: dict[bytes, Any] = {}
        for item, answer in zip(part, answers, strict=True):
            if isinstance(answer, AskFailed) or not isinstance(answer, Exception):
                facts[item.key] = wrap(answer)
                self._hope.answered(item.request, facts[item.key])
            elif isinstance(answer, Outage):
                self._again(item, answer)
            else:
                self._fail(item.key, answer)
                if isinstance(answer, Stopping):
                    self.close(str(answer))
        if facts:
            self.pace.good()
            if self.book is not None and part[0].request.stored:
                facts = await self.book.put_many(self.kind, facts)
            for key, answer in facts.items():
                self._deliver(key, answer)

    def _again(self, item: Item, outage: Outage) -> None:
        """Retry; but put it aside if it is lost, and stop after a silence."""
        item.count(outage, time.monotonic())
        self.pace.bad(outage, item.sent_at)
        lost = self._hope.is_lost(item, len(self._waiters))
        if self._hope.wants_proof(outage):
            self.pump()
        if reason := self.closed or self.pulse.stop_reason:
            self._fail(item.key, Stopping(reason))
        elif lost and isinstance(outage, Bug) and not self.pace.has_answered:
            self.pulse.stop("fault", PluginFault(str(outage)))
            self._fail(item.key, outage)
        elif lost or isinstance(outage, Missing):
            self.counts["failed"] += 1
            self._fail(item.key, outage)
        elif self.pace.silent_s >= SILENCE_S:
            self._silent(item, outage)
        else:
            self.counts["retried"] += 1
            wait_s = pause_s(item.tries - 1, outage)
            loop = asyncio.get_running_loop()
            self._later[item] = loop.call_later(wait_s, self._requeue, item)

    async def _prove(self) -> None:
        """Ask for what was answered before: only a service that is down fails to answer."""
        self.counts["probed"] += 1
        asked = [self._hope.proof]
        answers = await attempt(self.service, asked, kind=self.kind, pulse=self.pulse)
        answer = answers if isinstance(answers, Outage) else answers[0]
        if isinstance(answer, Outage):
            self.pace.bad(answer)
        elif not isinstance(answer, Stopping):
            self.pace.good()
        self._hope.is_asking = False

    def _silent(self, item: Item, outage: Outage) -> None:
        fault = Outage(f"{self.kind} has been silent for {SILENCE_S / 60:.0f} minutes: {outage}")
        self._fail(item.key, fault)
        self.pulse.stop("silent", fault)

    def _requeue(self, item: Item) -> None:
        del self._later[item]
        self._queue.add(item, again=True)
        self.pump()

    def _deliver(self, key: bytes, wrapped: Any) -> None:
        for future in self._pop(key):
            if not future.done():
                error = fact_in(wrapped)
                future.set_result(wrapped["a"]) if error is None else future.set_exception(error)

    def _fail(self, key: bytes, error: Exception) -> None:
        for future in self._pop(key):
            if not future.done():
                future.set_exception(error)

    def _pop(self, key: bytes) -> Sequence[asyncio.Future[Any]]:
        self._hope.forget(key)
        return self._waiters.pop(key, ())

    def close(self, reason: str) -> None:
        """Ask nothing new; what has not been asked yet is given back."""
        self.closed = self.closed or reason
        for handle in self._later.values():
            handle.cancel()
        self._hope.give_up()
        given_back, self._later = [*self._queue.clear(), *self._later], {}
        self._give_back(given_back, Stopping(self.closed))

    def give_up(self) -> None:
        """Wait no longer for what is under way."""
        for task in self._serving:
            task.cancel()
        for key in list(self._waiters):
            self._fail(key, Stopping(self.closed or self.pulse.stop_reason))

    async def drain(self, within_s: float | None = None) -> None:
        """Let what is under way end and be stored: it is paid for."""
        until = None if within_s is None else time.monotonic() + within_s
        while self._serving and (until is None or time.monotonic() < until):
            left_s = None if until is None else until - time.monotonic()
            await asyncio.wait(self._serving, timeout=left_s)
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
