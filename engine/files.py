"""Files that appear whole or not at all, and locks that die with their process."""

import fcntl
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import platformdirs

from backfeed.engine.boundary import storing
from backfeed.engine.errors import ConfigError, RunConflict


def write_via(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` make a temporary file, put it on the disk (fsync), and give it its name.

    A link stays one, and what it names is written; what is no file, as a device, is written to.
    """
    with storing(f"writing {path}"):
        path = path.resolve() if path.is_symlink() else path
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not path.is_file():
            write(path)
            return
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


def user_cache(name: str) -> Path:
    """A folder of the user's cache; where that cannot be written, one among the temporary ones.

    Raises `ConfigError` if that belongs to somebody else.
    """
    try:
        home = platformdirs.user_cache_path("backfeed") / name
        home.mkdir(parents=True, exist_ok=True)
        writable = os.access(home, os.W_OK)
    except (OSError, RuntimeError):  # the latter where nobody has a home
        writable = False
    if writable:
        return home
    other = Path(tempfile.gettempdir()) / f"backfeed-{name}-{os.getuid()}"
    with storing(f"making {other}"):
        other.mkdir(mode=0o700, exist_ok=True)
        if other.stat().st_uid != os.getuid():
            raise ConfigError(f"{other} belongs to another user: set TMPDIR or XDG_CACHE_HOME")
    return other


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class FolderLock:
    """A lock on a file, shared or exclusive; the kernel lets go of it when the process ends.

    `guarded` is what it stands for, for the message.
    """

    def __init__(self, path: Path, guarded: Path | None = None) -> None:
        self.path, self.guarded = path, guarded or path.parent
        with storing(f"locking {path}"):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a+")

    def share(self, wait_s: float = 0.0) -> None:
        """Hold it with others. Raises `RunConflict` if somebody has it alone for `wait_s`."""
        self._take(fcntl.LOCK_SH, wait_s)

    def own(self, wait_s: float = 0.0) -> None:
        """Hold it alone. Raises `RunConflict` if anybody else has it for `wait_s`.

        A lock that was shared before is lost then: share it again.
        """
        self._take(fcntl.LOCK_EX, wait_s)

    def _take(self, how: int, wait_s: float) -> None:
        until = time.monotonic() + wait_s
        while True:
            try:
                return fcntl.flock(self._file, how | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if time.monotonic() >= until:
                    raise RunConflict(
                        f"{self.guarded} is in use by another process; wait for it, or name"
                        " another directory"
                    ) from error
            time.sleep(0.05)

    def close(self) -> None:
        """Let go."""
        self._file.close()
