"""Files that appear whole or not at all, and locks that die with their process."""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

from backfeed.engine.boundary import storing
from backfeed.engine.errors import RunConflict


def write_via(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` make a temporary file, put it on the disk (fsync), and give it its name."""
    with storing(f"writing {path}"):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            write(temporary)
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        _sync_folder(path.parent)


def write_whole(path: Path, data: bytes | str) -> None:
    """Write a file so that it is there whole, or not at all."""
    raw = data.encode() if isinstance(data, str) else data
    write_via(path, lambda to: to.write_bytes(raw))


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class FolderLock:
    """A lock on a file, shared or exclusive; the kernel lets go of it when the process ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with storing(f"locking {path}"):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a+")

    def share(self) -> None:
        """Hold it with others. Raises `RunConflict` while somebody has it alone."""
        self._take(fcntl.LOCK_SH)

    def own(self) -> None:
        """Hold it alone. Raises `RunConflict` while anybody else has it."""
        self._take(fcntl.LOCK_EX)

    def _take(self, how: int) -> None:
        try:
            fcntl.flock(self._file, how | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RunConflict(
                f"{self.path.parent} is in use by another process; wait for it, or name another"
                " directory"
            ) from error

    def close(self) -> None:
        """Let go."""
        self._file.close()
