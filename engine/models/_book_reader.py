"""An answer book that is only read: nothing in it is written or changed."""

import os
import sqlite3
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from backfeed.engine._live import VERSION
from backfeed.engine._packing import Packing
from backfeed.engine._sealed import Sealed
from backfeed.engine.boundary import storing
from backfeed.engine.errors import ConfigError
from backfeed.engine.files import FolderLock

LOCK_WAIT_S = 60.0


class BookReader:
    """Answers and notes of a book, or of the book in a run's directory."""

    def __init__(self, place: Path) -> None:
        self.folder = _folder(place)
        self._packing = Packing(self.folder / "payloads")
        self._held = ExitStack()
        with ExitStack() as undo, storing(f"reading the answer book {self.folder}"):
            if os.access(self.folder, os.W_OK):  # else nobody can seal it meanwhile
                lock = FolderLock(self.folder / "users.lock", self.folder)
                undo.callback(lock.close)
                lock.share(LOCK_WAIT_S)
            self._live = _open(self.folder / "live.sqlite")
            undo.callback(self._live.close)
            sealed = Sealed(self.folder)
            undo.callback(sealed.close)
            self._sealed = sealed
            self._held = undo.pop_all()
            notes = self._live.execute("SELECT name, value FROM meta").fetchall()
        self.notes: dict[str, str] = dict(notes)
        if (version := self.notes.get("version")) != VERSION:
            self.close()
            raise ConfigError(
                f"the answer book {self.folder} is of version {version}, this Backfeed reads"
                f" version {VERSION}"
            )

    def get(self, key: bytes) -> Any:
        """The wrapped answer to a key; None if there is none."""
        with storing(f"reading the answer book {self.folder}"):
            row = self._live.execute("SELECT answer FROM answers WHERE key = ?", (key,)).fetchone()
            raw = row[0] if row else next((v for _, v in self._sealed.get_many([key])), None)
            return None if raw is None else self._packing.unpack(raw)

    def close(self) -> None:
        """Let go of the files."""
        self._held.close()


def _folder(place: Path) -> Path:
    for folder in (place / "answers", place):
        if (folder / "live.sqlite").is_file():
            return folder
    raise ConfigError(f"replay:{place}: there is no answer book: name one, or a run's directory")


def _open(path: Path) -> sqlite3.Connection:
    """For reading; a book in a read-only folder has no writer, so it may be read without locks."""
    mode = "mode=ro" if os.access(path.parent, os.W_OK) else "immutable=1"
    return sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True, check_same_thread=False)
