"""The answer book: every answer under the key of what determines it. Resuming is asking again.

How it works. A book is a directory. `live.sqlite` (WAL) takes new answers; one thread commits them
in groups, and an answer is given out only after its commit, so nothing downstream rests on a lost
one. Several runs may write to one book: the first answer to a key wins, for good. `seal` moves live
answers into `sealed-*.parquet`, sorted by key. Values are JSON, compressed; one over 64 KiB lies in
`payloads/` under its hash.
"""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from backfeed.engine._sealed import SCHEMA as SEALED
from backfeed.engine._sealed import Sealed
from backfeed.engine.boundary import storing
from backfeed.engine.errors import ConfigError, RunConflict, StoreFault
from backfeed.engine.files import FolderLock, write_whole
from backfeed.engine.identity import sha256

VERSION = "1"
GROUP_WAIT_S = 0.005
GROUP_SIZE = 64
PAYLOAD_BYTES = 64 * 1024
_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (key BLOB NOT NULL, service TEXT NOT NULL, answer BLOB NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS by_key ON answers (key);
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""

Entry = tuple[bytes, str, bytes]


class Book:
    """Answers by content key. Open it once per run and `close` it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with storing(f"answer book {folder}"):
            folder.mkdir(parents=True, exist_ok=True)
            self._reader = _open(folder / "live.sqlite")
            self._writer = _open(folder / "live.sqlite")
        self._users = FolderLock(folder / "users.lock")
        self._users.share()
        _check_version(self._reader, folder)
        self._thread = ThreadPoolExecutor(1, "book")
        self._sealed = Sealed(folder)
        self._fresh: dict[bytes, tuple[str, bytes]] = {}
        self._waiting: list[asyncio.Future[dict[bytes, Any]]] = []
        self._committing: asyncio.Task[None] | None = None

    def get_many(self, keys: Sequence[bytes]) -> dict[bytes, Any]:
        """The known answers among `keys`."""
        found: dict[bytes, Any] = {}
        with storing(f"reading the answer book {self.folder}"):
            for start in range(0, len(keys), 500):
                part = keys[start : start + 500]
                marks = ",".join("?" * len(part))
                query = f"SELECT key, answer FROM answers WHERE key IN ({marks})"  # noqa: S608
                for key, raw in self._reader.execute(query, part):
                    found[key] = self._unpack(raw)
            if self._sealed.parts and len(found) < len(keys):
                missing = [key for key in keys if key not in found]
                for key, raw in self._sealed.get_many(missing):
                    found[key] = self._unpack(raw)
        return found

    async def put_many(self, service: str, answers: Mapping[bytes, Any]) -> dict[bytes, Any]:
        """Store answers; returns once they are committed, with the answers that the book holds."""
        for key, answer in answers.items():
            self._fresh.setdefault(key, (service, self._pack(answer)))
        waiter: asyncio.Future[dict[bytes, Any]] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        if self._committing is None or self._committing.done():
            self._committing = asyncio.ensure_future(self._commit_groups())
        earlier = await waiter
        return {key: earlier.get(key, answer) for key, answer in answers.items()}

    async def _commit_groups(self) -> None:
        """What came while one group was written forms the next."""
        loop = asyncio.get_running_loop()
        while self._waiting:
            if len(self._fresh) < GROUP_SIZE:
                await asyncio.sleep(GROUP_WAIT_S)
            batch = [(key, service, raw) for key, (service, raw) in self._fresh.items()]
            waiting, self._waiting = self._waiting, []
            try:
                earlier = await loop.run_in_executor(self._thread, self._write, batch)
            except StoreFault as fault:
                for waiter in waiting:
                    waiter.cancelled() or waiter.set_exception(fault)
                continue
            finally:
                for key, _, _ in batch:
                    del self._fresh[key]
            for waiter in waiting:
                if not waiter.done():
                    waiter.set_result(earlier)

    def _write(self, batch: Sequence[Entry]) -> dict[bytes, Any]:
        """Commit a group; the answers that another writer had put first are returned."""
        with storing(f"writing the answer book {self.folder}"):
            before = self._writer.total_changes
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                self._writer.executemany("INSERT OR IGNORE INTO answers VALUES (?, ?, ?)", batch)
                self._writer.execute("COMMIT")
            except sqlite3.Error:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise
            if self._writer.total_changes - before == len(batch):
                return {}
            rows = ((key, _one(self._writer, key)) for key, _, _ in batch)
            return {key: self._unpack(raw) for key, raw in rows if raw is not None}

    def note(self, name: str, value: str) -> None:
        """Keep a fact about the book, e.g. which service answered for a role."""
        with storing(f"writing the answer book {self.folder}"):
            self._reader.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def notes(self) -> dict[str, str]:
        """The facts that `note` kept."""
        return dict(self._reader.execute("SELECT name, value FROM meta"))

    def counts(self) -> dict[str, int]:
        """How many answers there are of each service."""
        live = self._reader.execute("SELECT service, COUNT(*) FROM answers GROUP BY service")
        total = Counter(dict(live))
        total.update(self._sealed.counts())
        return dict(sorted(total.items()))

    def each(self, service: str) -> Iterable[tuple[bytes, Any]]:
        """All answers of one service, in key order within each part of the book."""
        query = "SELECT key, answer FROM answers WHERE service = ? ORDER BY key"
        for key, raw in self._reader.execute(query, (service,)):
            yield key, self._unpack(raw)
        for key, raw in self._sealed.each(service):
            yield key, self._unpack(raw)

    def forget(self, keys: Iterable[bytes]) -> int:
        """Remove answers, so that they are asked again; returns how many there were."""
        with storing(f"writing the answer book {self.folder}"), self._alone():
            self._unseal()
            wanted = [(key,) for key in keys]
            return self._reader.executemany("DELETE FROM answers WHERE key = ?", wanted).rowcount

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
        rows = self._reader.execute("SELECT key, service, answer FROM answers ORDER BY key")
        table = pa.Table.from_batches(_batches(rows), schema=SEALED)
        if table.num_rows == 0:
            return 0
        self._sealed.add(table)
        self._reader.execute("DELETE FROM answers")
        self._reader.execute("VACUUM")
        return int(table.num_rows)

    def _unseal(self) -> None:
        for path, entries in self._sealed.entries():
            self._reader.executemany("INSERT OR IGNORE INTO answers VALUES (?, ?, ?)", entries)
            path.unlink()
        self._sealed.reload()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._users.own()
        try:
            yield
        finally:
            self._users.share()

    async def close(self) -> None:
        """Wait for the last commit and let go of the files."""
        if self._committing is not None:
            await self._committing
        self._thread.shutdown()
        self._reader.close()
        self._writer.close()
        self._users.close()

    def _pack(self, answer: Any) -> bytes:
        raw = msgspec.json.encode(answer)
        if len(raw) < 128:
            return b"j" + raw
        packed: bytes = pa.compress(raw, codec="zstd", asbytes=True)
        whole = b"z" + len(raw).to_bytes(4, "big") + packed
        if len(whole) <= PAYLOAD_BYTES:
            return whole
        name = sha256(whole)
        write_whole(self.folder / "payloads" / name, whole)
        return b"p" + name.encode()

    def _unpack(self, stored: bytes) -> Any:
        mark, rest = stored[:1], stored[1:]
        if mark == b"p":
            mark, rest = b"z", (self.folder / "payloads" / rest.decode()).read_bytes()[1:]
        if mark == b"z":
            size = int.from_bytes(rest[:4], "big")
            rest = pa.decompress(rest[4:], decompressed_size=size, codec="zstd", asbytes=True)
        return msgspec.json.decode(rest)


def _open(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    database.execute("PRAGMA page_size=16384")
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=NORMAL")  # survives a kill; power loss may cost the last group
    database.execute("PRAGMA busy_timeout=30000")
    database.execute("PRAGMA cache_size=-2048")
    database.executescript(_SCHEMA)
    return database


def _check_version(database: sqlite3.Connection, folder: Path) -> None:
    database.execute("INSERT OR IGNORE INTO meta VALUES ('version', ?)", (VERSION,))
    found = database.execute("SELECT value FROM meta WHERE name = 'version'").fetchone()[0]
    if found != VERSION:
        raise ConfigError(
            f"the answer book {folder} is of version {found}, this Backfeed reads version {VERSION};"
            " name another book with --book, or use the Backfeed that wrote it"
        )


def _one(database: sqlite3.Connection, key: bytes) -> bytes | None:
    row = database.execute("SELECT answer FROM answers WHERE key = ?", (key,)).fetchone()
    return None if row is None else row[0]


def _batches(rows: sqlite3.Cursor) -> Iterator[pa.RecordBatch]:
    while part := rows.fetchmany(10_000):
        yield pa.RecordBatch.from_arrays(
            [pa.array(column, field.type) for column, field in zip(zip(*part, strict=True), SEALED, strict=True)],
            schema=SEALED,
        )
