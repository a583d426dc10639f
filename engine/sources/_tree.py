"""The files of a source, wherever they lie: listed once, read one at a time."""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Protocol

from backfeed.engine.errors import InputError

# What version control keeps for itself is nobody's source.
INTERNALS = frozenset({".git", ".hg", ".svn", ".bzr", "CVS", "_darcs", ".jj"})
# Nor is what tools make: a run's own work, environments, caches.
MADE = frozenset({
    ".work", ".venv", ".tox", ".nox", ".eggs", ".mypy_cache", ".pytest_cache", ".ruff_cache",
    ".ipynb_checkpoints", "__pycache__",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """A file: its path below the source's root, and how the tree finds it again.

    `fault` is why it cannot be read (`link`, `special`, `unreadable`); empty if it can.
    """

    path: str
    size: int = 0
    key: str = ""
    fault: str = ""


class Tree(Protocol):
    """Where the files of a source lie."""

    def entries(self) -> Sequence[Entry]:
        """All files, sorted by path; those of version control left out."""

    def bytes_of(self, entry: Entry) -> bytes:
        """What a file holds. Raises `OSError`."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder on this machine; links in it are not followed.

    With `only`, these files of it and no others. `links` are names that are known to be links.
    """

    root: Path
    only: tuple[str, ...] = ()
    links: tuple[str, ...] = ()

    def entries(self) -> Sequence[Entry]:
        """All regular files, and what else has a name, sorted."""
        if self.only:
            return [_entry(self.root / name, name) for name in self.only]
        found = [*_walk(self.root), *(Entry(name, fault="link") for name in self.links)]
        return sorted(found, key=lambda entry: entry.path)

    def bytes_of(self, entry: Entry) -> bytes:
        """The bytes of a regular file."""
        return Path(self.root, entry.key or entry.path).read_bytes()

    def digest_of(self, entry: Entry) -> bytes:
        """A digest of a file's bytes, however many; empty if it cannot be read."""
        try:
            if not entry.fault:
                with Path(self.root, entry.key or entry.path).open("rb") as file:
                    return file_digest(file, "sha256").digest()
        except OSError:
            pass
        return b""


def digest_of(folder: Folder, entries: Sequence[Entry]) -> str:
    """A digest of files: of their paths and contents, in order."""
    whole = sha256()
    for entry in entries:
        whole.update(entry.path.encode() + b"\0" + folder.digest_of(entry))
    return whole.hexdigest()


def _walk(root: Path) -> Iterator[Entry]:
    """Every file below a folder, however deep."""
    pending = [""]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(os.path.join(root, folder)) as found:  # noqa: PTH118 - a third of the time
                inside = sorted(found, key=lambda item: item.name)
        except OSError as error:
            if not folder:
                raise InputError(f"{root} cannot be read: {error.strerror}") from error
            yield Entry(_shown(folder) + "/", fault="unreadable")
            continue
        for item in inside:
            name = f"{folder}/{item.name}" if folder else item.name
            if item.is_dir(follow_symlinks=False):
                pending += [] if _hidden(item.name) else [name]
            else:
                yield _entry(Path(item.path), name)


def _hidden(name: str) -> bool:
    """Folders that are nobody's source: version control's, a run's own, environments and caches."""
    return name in INTERNALS or name in MADE


def _entry(path: Path, name: str) -> Entry:
    try:
        status = path.lstat()
    except OSError:
        return Entry(_shown(name), key=name, fault="unreadable")
    if stat.S_ISLNK(status.st_mode):
        return Entry(_shown(name), key=name, fault="link")
    fault = "" if stat.S_ISREG(status.st_mode) else "special"
    return Entry(_shown(name), status.st_size, key=name, fault=fault)


def _shown(name: str) -> str:
    """A path as text, whatever bytes it is made of."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
