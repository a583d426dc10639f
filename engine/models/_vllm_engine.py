"""A vLLM engine in this process, in a thread of its own: what is asked joins the running batch.

How it works: the first request starts the thread, which imports vLLM and loads the model; later
ones are taken in between two steps of the engine, so that a long reply keeps nobody waiting.
Services with the same model and options share one engine; the last that lets go ends it.
"""

import asyncio
import itertools
import queue
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backfeed.engine.boundary import boundary
from backfeed.engine.errors import BackfeedError, Refused, ServiceRefusal, Stopping, Unreachable
from backfeed.engine.identity import digest
from backfeed.engine.models._vllm_calls import Model, Said, Wanted


class _Turns:
    """Who uses vLLM now, in order of coming: it keeps what it works on in globals.

    What several models have in common goes when one of them is shut down, so all are, at the end.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._came = self._went = 0
        self._loaded, self._ended = 0, list[Model]()

    def __enter__(self) -> None:
        with self._changed:
            mine = self._came
            self._came += 1
            self._changed.wait_for(lambda: self._went == mine)

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._went += 1
            self._changed.notify_all()

    def begin(self) -> None:
        """One more model is there."""
        self._loaded += 1

    def end(self, model: Model) -> None:
        """A model is not needed any more."""
        self._ended.append(model)
        if len(self._ended) == self._loaded:
            for one in self._ended:
                one.close()
            self._loaded, self._ended = 0, []


_turn = _Turns()


class _Declined(BackfeedError):
    """vLLM would not take a request: that is a fact about it, or else vLLM is broken."""


@dataclass(frozen=True, slots=True)
class _Waiter:
    wanted: Wanted
    loop: asyncio.AbstractEventLoop
    future: "asyncio.Future[Said]"

    def tell(self, answer: "Said | BackfeedError") -> None:
        """Deliver, unless nobody waits any more."""
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self._settle, answer)

    def _settle(self, answer: "Said | BackfeedError") -> None:
        if self.future.done():
            return
        if isinstance(answer, BackfeedError):
            self.future.set_exception(answer)
        else:
            self.future.set_result(answer)


class Engine:
    """One model in memory. Nothing is loaded before the first request."""

    def __init__(self, folder: Path, options: Mapping[str, Any]) -> None:
        self._folder, self._options = folder, options
        self._inbox: queue.SimpleQueue[_Waiter | None] = queue.SimpleQueue()
        self._waiting: dict[str, _Waiter] = {}
        self._numbers = itertools.count()
        self._thread: threading.Thread | None = None
        self._broken: BackfeedError | None = None
        self.holders = 0

    async def ask(self, wanted: Wanted) -> Said:
        """The answer. Raises `Refused` for what is too long or cannot be done."""
        if self._broken is not None:
            raise self._broken
        loop = asyncio.get_running_loop()
        waiter = _Waiter(wanted, loop, loop.create_future())
        self._inbox.put(waiter)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="vllm", daemon=True)
            self._thread.start()
        return await waiter.future

    @property
    def waiting(self) -> int:
        """How many requests vLLM works on."""
        return len(self._waiting)

    async def close(self) -> None:
        """Stop, whatever is under way, and give the memory back."""
        if self._thread is not None:
            self._inbox.put(None)
            await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        """The thread: load, then take in, step and deliver until told to stop."""
        ended: BackfeedError = Stopping("the model is being closed")
        try:
            with boundary(ServiceRefusal, f"vLLM cannot load {self._folder}"), _turn:
                model = Model(self._folder, self._options)
                _turn.begin()
            with boundary(Unreachable, "vLLM failed, and is gone from this process"):
                while self._take_in(model):
                    self._step(model)
                self._waiting_told(ended)
                with _turn:
                    _turn.end(model)
        except BackfeedError as error:
            self._broken = ended = error
        self._waiting_told(ended)

    def _waiting_told(self, ended: BackfeedError) -> None:
        while not self._inbox.empty():
            if (waiter := self._inbox.get()) is not None:
                waiter.tell(ended)
        for waiter in self._waiting.values():
            waiter.tell(ended)
        self._waiting.clear()

    def _take_in(self, model: Model) -> bool:
        """Hand what has come to vLLM; wait for something, if it has nothing to do."""
        while not self._waiting or not self._inbox.empty():
            waiter = self._inbox.get()
            if waiter is None:
                return False
            name = str(next(self._numbers))
            try:
                with _turn, boundary(_Declined, f"vLLM and {self._folder.name}"):
                    model.add(name, waiter.wanted)
            except _Declined as error:
                if not isinstance(error.__cause__, model.facts):
                    raise ServiceRefusal(str(error)) from error
                waiter.tell(Refused("bad-request", str(error)))
            except BackfeedError as error:
                waiter.tell(error)
            else:
                self._waiting[name] = waiter
        return True

    def _step(self, model: Model) -> None:
        with _turn:
            ended = model.step()
        for name, said in ended.items():
            self._waiting.pop(name).tell(said)
        if gone := [name for name, one in self._waiting.items() if one.future.cancelled()]:
            with _turn:
                model.drop(gone)
            for name in gone:
                del self._waiting[name]


_engines: dict[str, Engine] = {}


def shared(folder: Path, mark: str, options: Mapping[str, Any]) -> Engine:
    """The engine of this model with these options: one, however many services hold it."""
    name = digest(mark, options)
    engine = _engines.get(name) or _engines.setdefault(name, Engine(folder, options))
    engine.holders += 1
    return engine


async def let_go(engine: Engine) -> None:
    """Give one hold back."""
    engine.holders -= 1
    if engine.holders == 0:
        for name in [name for name, one in _engines.items() if one is engine]:
            del _engines[name]
        await engine.close()
