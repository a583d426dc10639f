"""The live part of an answer book: a SQLite table that takes new answers."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backfeed.engine.errors import ConfigError
from backfeed.engine.files import FolderLock

VERSION = "1"
WAIT_S = 60.0  # for another run that seals or opens the book
_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (key BLOB NOT NULL, service TEXT NOT NULL, answer BLOB NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS by_key ON answers (key);
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """SQLite does not wait for a lock while it turns a new file into a WAL one."""
    lock = FolderLock(folder / "opening.lock", folder)
    try:
        lock.own(WAIT_S)
        yield
    finally:
        lock.close()


def open_live(path: Path) -> sqlite3.Connection:
    """A connection to the table, which is made if it is not there."""
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    database.execute("PRAGMA page_size=16384")
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=NORMAL")  # survives a kill; losing power may cost a group
    database.execute("PRAGMA wal_autocheckpoint=4000")  # random keys: a group touches many pages
    database.execute("PRAGMA busy_timeout=30000")
    database.execute("PRAGMA cache_size=-2048")
    database.executescript(_SCHEMA)
    return database


def count_of(database: sqlite3.Connection) -> int:
    """How many answers are live."""
    return int(database.execute("SELECT COUNT(*) FROM answers").fetchone()[0])


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """All or nothing."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    finally:
        if database.in_transaction:
            database.execute("ROLLBACK")


def check_version(database: sqlite3.Connection, folder: Path) -> None:
    """Mark a new book with our version. Raises `ConfigError` for one of another."""
    database.execute("INSERT OR IGNORE INTO meta VALUES ('version', ?)", (VERSION,))
    found = database.execute("SELECT value FROM meta WHERE name = 'version'").fetchone()[0]
    if found != VERSION:
        raise ConfigError(
            f"the answer book {folder} is of version {found}, this Backfeed reads version"
            f" {VERSION}; name another book with --book, or use the Backfeed that wrote it"
        )
