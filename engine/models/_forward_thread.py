"""A model of transformers in a thread of its own: the loop goes on while it computes.

Nothing is loaded before the first request. Services with one folder and the same options share a
model; the last that lets go ends it, and what is under way stops between two of its batches.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from backfeed.engine.boundary import boundary
from backfeed.engine.errors import ServiceRefusal, Stopping
from backfeed.engine.identity import digest

if TYPE_CHECKING:
    from backfeed.engine.models._forward import Model

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Options:
    """What a model is loaded with: is it a classifier; where, as what; 0 `threads`: torch's own."""

    classes: bool = False
    device: str = "auto"
    dtype: str = "float32"
    threads: int = 0


@dataclass(frozen=True, slots=True)
class Room:
    """The longest row (0: what the model takes), the tokens of a batch (0: by the device).

    `check` raises when nobody waits any more.
    """

    max_length: int
    batch_tokens: int
    check: Callable[[], None]


class Worker:
    """One model in memory, and the thread that has it."""

    def __init__(self, folder: Path, options: Options) -> None:
        self._folder, self._options = folder, options
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="transformers")
        self._ended = threading.Event()
        self._model: Model | None = None
        self.holders = 0

    async def do(self, work: "Callable[[Model], T]") -> T:
        """What `work` makes of the model. Raises `ServiceRefusal` if it cannot be loaded."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._do, work)

    def _do(self, work: "Callable[[Model], T]") -> T:
        self.check()
        if self._model is None:
            with boundary(ServiceRefusal, f"transformers cannot load {self._folder}"):
                from backfeed.engine.models._forward import Model  # seconds

                self._model = Model(self._folder, self._options)
        return work(self._model)

    def check(self) -> None:
        """Raise `Stopping` if nobody waits any more."""
        if self._ended.is_set():
            raise Stopping("the model is being closed")

    async def close(self) -> None:
        """Stop, and give the memory back."""
        self._ended.set()
        await asyncio.to_thread(self._pool.shutdown, cancel_futures=True)
        if self._model is not None:
            self._model.close()
            self._model = None


_workers: dict[str, Worker] = {}


def shared(folder: Path, mark: str, options: Options) -> Worker:
    """The worker of this model with these options: one, however many services hold it."""
    name = digest(mark, asdict(options))
    worker = _workers.get(name) or _workers.setdefault(name, Worker(folder, options))
    worker.holders += 1
    return worker


async def let_go(worker: Worker) -> None:
    """Give one hold back."""
    worker.holders -= 1
    if worker.holders == 0:
        for name in [name for name, one in _workers.items() if one is worker]:
            del _workers[name]
        await worker.close()
