"""Unpack an archive safely: plain files below one folder, of a bounded size, and nothing else.

A name that leads out of the folder, a device or a bomb makes the whole archive suspect: it is
refused. Links are left out, and their names kept. Nothing is made executable, nothing is run.
"""

import bz2
import gzip
import lzma
import os
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

import msgspec

from backfeed.engine.boundary import storing
from backfeed.engine.errors import InputError

TOTAL_BYTES = 1 << 30
FILES = 100_000
NAME_BYTES = 1024
HEADER_BYTES = 1 << 20
STREAM_BYTES = TOTAL_BYTES + FILES * 2 * tarfile.BLOCKSIZE

_NOTE = ".unpacked.json"


@dataclass(frozen=True, slots=True)
class Unpacked:
    """Where an archive's files lie, and the names of its links."""

    root: Path
    links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Member:
    name: str
    size: int
    kind: str
    open: Callable[[], IO[bytes]]


def unpack(archive: Path, to: Path) -> None:
    """Unpack once: a folder that is there is complete.

    Raises `InputError` for what is no archive, is damaged, or would do harm.
    """
    if (to / _NOTE).exists():
        return
    with storing(f"unpacking into {to}"):
        to.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{to.name[:8]}-", dir=to.parent))
        try:
            links = _unpack_into(archive, temporary)
            (temporary / _NOTE).write_bytes(msgspec.json.encode(links))
            _placed_whole(temporary, to)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def _placed_whole(temporary: Path, to: Path) -> None:
    """Give a finished folder its name; whoever else was as quick made the same."""
    try:
        temporary.rename(to)
    except OSError:
        if not (to / _NOTE).exists():
            raise


def look(place: Path) -> Unpacked:
    """What was unpacked there. One folder around everything is left out."""
    with storing(f"reading {place}"):
        links = msgspec.json.decode((place / _NOTE).read_bytes(), type=list[str])
        root = place / "files"
        inner = list(root.iterdir())
    if len(inner) == 1 and inner[0].is_dir():
        root = inner[0]
        links = [link.partition("/")[2] for link in links]
    return Unpacked(root, tuple(sorted(link for link in links if link)))


def _unpack_into(archive: Path, folder: Path) -> list[str]:
    """Write the plain files; return the names of links."""
    root, links, left, count = folder / "files", [], TOTAL_BYTES, 0
    root.mkdir()
    with _reading(archive):
        for member in _members(archive):
            parts = _safe_parts(member.name, archive)
            count += 1
            left -= member.size
            if left < 0 or count > FILES:
                raise InputError(
                    f"{archive.name} unpacks to more than {TOTAL_BYTES >> 20} MiB, or to more than"
                    f" {FILES:,} files: these are the limits"
                )
            if member.kind == "link":
                links.append("/".join(parts))
            elif member.kind == "file" and parts:
                _write(member, root.joinpath(*parts), archive)
            elif member.kind == "special":
                raise InputError(f"{archive.name} holds a device ({member.name!r}): it is refused")
    return links


def _write(member: _Member, path: Path, archive: Path) -> None:
    left = member.size
    with _placed(path, archive) as file, member.open() as source:
        while chunk := source.read(min(1 << 20, left + 1)):
            left -= len(chunk)
            if left < 0:
                raise InputError(f"{archive.name}: {member.name!r} is larger than it says")
            file.write(chunk)


@contextmanager
def _placed(path: Path, archive: Path) -> Iterator[IO[bytes]]:
    """The file to write. A name that is a file and a folder at once is the archive's fault."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("wb")
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise InputError(f"{archive.name} holds {path.name!r} twice, as file and folder") from error
    with file:
        yield file


def _safe_parts(name: str, archive: Path) -> list[str]:
    """The parts of a member's name. Raises `InputError` for one that leads elsewhere."""
    plain = name.replace("\\", "/")
    parts = [part for part in plain.split("/") if part not in {"", "."}]
    drive = len(plain) > 1 and plain[1] == ":" and plain[0].isalpha()
    harm = plain.startswith("/") or drive or ".." in parts or "\0" in plain
    too_long = len(plain.encode("utf-8", "surrogateescape")) > NAME_BYTES
    if harm or too_long or any(len(os.fsencode(part)) > 255 for part in parts):
        raise InputError(
            f"{archive.name} holds {name[:80]!r}, a name that leads out: it is refused"
        )
    return parts


def _members(archive: Path) -> Iterator[_Member]:
    if archive.name.endswith((".zip", ".whl")):
        yield from _zip_members(archive)
    else:
        yield from _tar_members(archive)


def _zip_members(archive: Path) -> Iterator[_Member]:
    with zipfile.ZipFile(archive) as file:
        for info in file.infolist():
            mode = (info.external_attr >> 16) & 0o170000
            kind = "folder" if info.is_dir() else {0o120000: "link"}.get(mode, "file")
            kind = "special" if mode in {0o020000, 0o060000, 0o010000, 0o140000} else kind
            yield _Member(info.filename, info.file_size, kind, partial(file.open, info))


def _tar_members(archive: Path) -> Iterator[_Member]:
    with _decompressed(archive) as raw, tarfile.open(fileobj=raw, mode="r:") as file:
        for info in file:
            kind = "special"
            if info.isdir():
                kind = "folder"
            elif info.issym() or info.islnk():
                kind = "link"
            elif info.isreg():
                kind = "file"
            size = 0 if kind == "link" else info.size
            yield _Member(info.name, size, kind, partial(_extracted, file, info))


def _extracted(file: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    found = file.extractfile(info)
    if found is None:
        raise tarfile.ReadError(f"{info.name} holds nothing")
    return found


class _Bounded:
    """A decompressed stream that ends in an error before it eats the memory or the day."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    def read(self, size: int = -1) -> bytes:
        """As a file's; no more than a header's worth or a chunk at once."""
        if size < 0 or size > HEADER_BYTES + tarfile.BLOCKSIZE:
            raise tarfile.ReadError("it asks for a header without end")
        try:
            data: bytes = self._raw.read(size)
        except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
            raise tarfile.ReadError(str(error)) from error
        if self._raw.tell() > STREAM_BYTES:
            raise tarfile.ReadError("it is larger than the limit")
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        """As a file's."""
        if offset > STREAM_BYTES:
            raise tarfile.ReadError("it is larger than the limit")
        return int(self._raw.seek(offset, whence))

    def tell(self) -> int:
        """As a file's."""
        return int(self._raw.tell())

    def close(self) -> None:
        """As a file's."""
        self._raw.close()


@contextmanager
def _decompressed(archive: Path) -> Iterator[Any]:
    with archive.open("rb") as plain:
        head = plain.read(6)
        plain.seek(0)
        opener = next((make for mark, make in _PACKERS.items() if head.startswith(mark)), None)
        if opener is None:
            yield _Bounded(plain)
            return
        with opener(plain) as raw:
            yield _Bounded(raw)


_PACKERS: dict[bytes, Callable[[Any], Any]] = {
    b"\x1f\x8b": lambda file: gzip.GzipFile(fileobj=file),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ": lzma.LZMAFile,
}


@contextmanager
def _reading(archive: Path) -> Iterator[None]:
    """What is wrong with the archive itself is told as such."""
    try:
        yield
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError) as error:
        raise InputError(f"{archive.name} is no archive that can be read: {error}") from error
    except (gzip.BadGzipFile, NotImplementedError, RuntimeError) as error:
        raise InputError(f"{archive.name} is no archive that can be read: {error}") from error
