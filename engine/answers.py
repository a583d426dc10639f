"""The answer book: every answer under the key of what determines it. Resuming is asking again.

How it works. A book is a directory. `live.sqlite` (WAL) takes new answers; one thread packs and
commits them in groups, and an answer is given out only after its commit, so nothing downstream
rests on a lost one. Several runs may write to one book: the first answer to a key wins, for good,
and what is given out is what the book holds. `seal` moves live answers into `sealed-*.parquet`,
sorted by key; where one run has the book to itself, it does so whenever there are many. Values are
JSON, compressed; one over 64 KiB lies in `payloads/` under its hash.
"""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pyarrow as pa

from backfeed.engine._live import (
    WAIT_S,
    check_version,
    count_of,
    one_at_a_time,
    open_live,
    transaction,
)
from backfeed.engine._packing import Packing
from backfeed.engine._sealed import SCHEMA as SEALED
from backfeed.engine._sealed import Sealed
from backfeed.engine.boundary import storing
from backfeed.engine.errors import RunConflict, StoreFault
from backfeed.engine.files import FolderLock

GROUP_WAIT_S = 0.005
GROUP_SIZE = 64
LIVE_MOST = 100_000  # keys are random: a table of millions slows every commit

Entry = tuple[bytes, str, Any]


class Book:
    """Answers by content key. Open it once per run and `close` it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._users = FolderLock(folder / "users.lock", folder)
        self._thread = ThreadPoolExecutor(1, "book")
        self._packing = Packing(folder / "payloads")
        self._waiting: list[_Put] = []
        self._group: list[_Put] = []
        self._committing: asyncio.Task[None] | None = None
        with ExitStack() as undo:
            undo.callback(self._users.close)
            self._users.share(WAIT_S)  # another run may be sealing it
            with storing(f"answer book {folder}"), one_at_a_time(folder):
                self._reader = open_live(folder / "live.sqlite")
                undo.callback(self._reader.close)
                self._writer = open_live(folder / "live.sqlite")
                undo.callback(self._writer.close)
                check_version(self._reader, folder)
                self._sealed = Sealed(folder)
                self._live = count_of(self._reader)
            undo.pop_all()

    def get_many(self, keys: Sequence[bytes]) -> dict[bytes, Any]:
        """The known answers among `keys`."""
        with self._reading():
            found = self._find(self._reader, keys)
            return {key: self._packing.unpack(raw) for key, raw in found.items()}

    def _find(self, database: sqlite3.Connection, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        found: dict[bytes, bytes] = {}
        for start in range(0, len(keys), 500):
            part = keys[start : start + 500]
            marks = ",".join("?" * len(part))
            query = f"SELECT key, answer FROM answers WHERE key IN ({marks})"  # noqa: S608
            found.update(database.execute(query, part))
        if self._sealed.parts and len(found) < len(keys):
            found.update(self._sealed.get_many([key for key in keys if key not in found]))
        return found

    async def put_many(self, service: str, answers: Mapping[bytes, Any]) -> dict[bytes, Any]:
        """Store answers; returns once they are committed, with the answers that the book holds.

        Raises `StoreFault`, and `PluginFault` for an answer that is not plain data.
        """
        loop = asyncio.get_running_loop()
        put = _Put([(key, service, answer) for key, answer in answers.items()], loop)
        self._waiting.append(put)
        task = self._committing
        if task is None or task.done() or task.get_loop() is not loop:
            self._committing = loop.create_task(self._commit_groups())
        return await put.done

    async def _commit_groups(self) -> None:
        """What came while one group was written forms the next."""
        while self._waiting:
            if sum(len(put.entries) for put in self._waiting) < GROUP_SIZE:
                await asyncio.sleep(GROUP_WAIT_S)
            self._group, self._waiting = self._waiting, []
            held = await self._attempt(self._group)
            if isinstance(held, BaseException) and len(self._group) > 1:
                for put in self._group:  # the fault shall hit only those that cause it
                    put.settle(await self._attempt([put]))
            for put in self._group:
                put.settle(held)
            self._group = []
            if self._live >= LIVE_MOST:
                await self._seal_meanwhile()

    async def _seal_meanwhile(self) -> None:
        """Seal between two commits, while answers are looked up; not if another run is here.

        The file is written, then looked into, and only then do the answers leave the live table.
        """
        in_thread, self._live = asyncio.get_running_loop().run_in_executor, 0
        with suppress(StoreFault, RunConflict):  # nothing is lost: it is tried again later
            try:
                await in_thread(self._thread, self._users.own)
                path = await in_thread(self._thread, self._write_sealed, self._writer)
                self._sealed.take(path)
                await in_thread(self._thread, self._empty)
            finally:
                await in_thread(self._thread, self._users.share, WAIT_S)

    def _write_sealed(self, database: sqlite3.Connection) -> Path:
        with storing(f"sealing the answer book {self.folder}"):
            rows = database.execute("SELECT key, service, answer FROM answers ORDER BY key")
            return self._sealed.write(_batches(rows))

    def _empty(self) -> None:
        with storing(f"sealing the answer book {self.folder}"):
            self._writer.execute("DELETE FROM answers")

    async def _attempt(self, group: "list[_Put]") -> dict[bytes, Any] | BaseException:
        entries = [entry for put in group for entry in put.entries]
        writing = asyncio.get_running_loop().run_in_executor(self._thread, self._write, entries)
        outcome = await asyncio.gather(writing, return_exceptions=True)
        held: dict[bytes, Any] | BaseException = outcome[0]
        return held

    def _write(self, entries: Sequence[Entry]) -> dict[bytes, Any]:
        """Commit a group, and return what the book holds for its keys."""
        with storing(f"writing the answer book {self.folder}"):
            packed: dict[bytes, tuple[str, bytes, Any]] = {}
            for key, service, answer in entries:
                packed.setdefault(key, (service, *self._packing.pack(service, answer)))
            before = self._writer.total_changes
            rows = [(key, service, raw) for key, (service, raw, _) in packed.items()]
            with transaction(self._writer):
                self._writer.executemany("INSERT OR IGNORE INTO answers VALUES (?, ?, ?)", rows)
            self._live += len(rows)
            held = {key: value for key, (_, _, value) in packed.items()}
            if self._writer.total_changes - before < len(rows):
                earlier = self._find(self._writer, list(held))
                held |= {key: self._packing.unpack(raw) for key, raw in earlier.items()}
            return held

    def note(self, name: str, value: str) -> None:
        """Keep a fact about the book, e.g. which service answered for a role."""
        with storing(f"writing the answer book {self.folder}"):
            self._reader.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def notes(self) -> dict[str, str]:
        """The facts that `note` kept."""
        with self._reading():
            return dict(self._reader.execute("SELECT name, value FROM meta"))

    def counts(self) -> dict[str, int]:
        """How many answers there are of each service."""
        with self._reading():
            query = "SELECT service, COUNT(*) FROM answers GROUP BY service"
            total = Counter(dict(self._reader.execute(query))) + self._sealed.counts()
            return dict(sorted(total.items()))

    def each(self, service: str) -> Iterable[tuple[bytes, Any]]:
        """All answers of one service, in key order within each part of the book."""
        query = "SELECT key, answer FROM answers WHERE service = ? ORDER BY key"
        with self._reading():
            for key, raw in self._reader.execute(query, (service,)):
                yield key, self._packing.unpack(raw)
            for key, raw in self._sealed.each(service):
                yield key, self._packing.unpack(raw)

    def forget(self, keys: Iterable[bytes]) -> int:
        """Remove answers, so that they are asked again; returns how many there were."""
        with storing(f"writing the answer book {self.folder}"), self._alone():
            wanted = list(keys)
            with transaction(self._reader):
                query = "DELETE FROM answers WHERE key = ?"
                gone = self._reader.executemany(query, [(key,) for key in wanted]).rowcount
            return gone + self._sealed.forget(wanted)

    def seal(self) -> int:
        """Move live answers into a sorted Parquet file; returns how many were moved.

        Nothing is moved while another run uses the book. A crash between the two writes leaves an
        answer in both places, which does no harm.
        """
        try:
            with storing(f"sealing the answer book {self.folder}"), self._alone():
                return self._seal()
        except RunConflict:
            return 0

    def _seal(self) -> int:
        if count := count_of(self._reader):
            self._sealed.take(self._write_sealed(self._reader))
            self._reader.execute("DELETE FROM answers")
            self._reader.execute("VACUUM")
        return count

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with storing(f"reading the answer book {self.folder}"):
            yield

    @contextmanager
    def _alone(self) -> Iterator[None]:
        try:
            self._users.own()
            yield
        finally:
            self._users.share(WAIT_S)

    async def close(self) -> None:
        """Write what came last, and let go of the files."""
        if self._committing is not None and not self._committing.done():
            await asyncio.wait([self._committing])
        left = [entry for put in (*self._group, *self._waiting) for entry in put.entries]
        try:
            if left:  # a commit was cancelled: what was paid for is written all the same
                self._thread.submit(self._write, left).result()
        finally:
            self._thread.shutdown()
            self._sealed.close()
            self._reader.close()
            self._writer.close()
            self._users.close()


class _Put:
    """Answers of one caller, and its wait for their commit."""

    def __init__(self, entries: list[Entry], loop: asyncio.AbstractEventLoop) -> None:
        self.entries = entries
        self.done: asyncio.Future[dict[bytes, Any]] = loop.create_future()

    def settle(self, held: "dict[bytes, Any] | BaseException") -> None:
        if self.done.done():
            return
        if isinstance(held, BaseException):
            self.done.set_exception(held)
        else:
            self.done.set_result({key: held[key] for key, _, _ in self.entries})


def _batches(rows: sqlite3.Cursor) -> Iterator[pa.RecordBatch]:
    while part := rows.fetchmany(10_000):
        columns = zip(zip(*part, strict=True), SEALED, strict=True)
        arrays = [pa.array(column, field.type) for column, field in columns]
        yield pa.RecordBatch.from_arrays(arrays, schema=SEALED)
