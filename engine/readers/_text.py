"""Text files of rows: unpacked, refused if binary, read in lines of bounded length."""

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from backfeed.engine.errors import InputError

LINE_BYTES = 64 * 1024 * 1024
CELL_BYTES = 16 * 1024 * 1024
_CHUNK = 1024 * 1024
_HEAD = 64 * 1024

_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_BINARY = {
    b"PAR1": "it begins as Parquet does: name it .parquet, or add --format parquet",
    b"PK\x03\x04": "it begins as a zip archive: unpack it; if it is a workbook add --format xlsx",
    b"ARROW1": "it begins as Arrow does: name it .arrow, or add --format arrow",
}
_PACKED: dict[bytes, Callable[[IO[bytes]], Any]] = {
    b"\x1f\x8b": lambda raw: gzip.GzipFile(fileobj=raw),
    b"\x28\xb5\x2f\xfd": lambda raw: pa.CompressedInputStream(pa.PythonFile(raw, "r"), "zstd"),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ": lzma.LZMAFile,
}
PACKED = (".gz", ".zst", ".bz2", ".xz")
"""How the names of packed files end; what a file is packed with is told by its first bytes."""


def packed(*suffixes: str) -> tuple[str, ...]:
    """Suffixes of text files, plain and packed.

    >>> packed(".x")
    ('.x', '.x.gz', '.x.zst', '.x.bz2', '.x.xz')
    """
    return tuple(suffix + end for end in ("", *PACKED) for suffix in suffixes)


Numbered = tuple[int, dict[str, Any]]
"""A row, and the line on which it begins; in a binary file its number. Both count from 1."""


class Unreadable(dict[str, Any]):
    """Stands for a row that cannot be read: `reason` is for counting, `detail` for reading."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__()
        self.reason, self.detail = reason, detail


class Reads:
    """What readers have in common: rows alone, for who does not ask where they stand."""

    def numbered(self, path: Path) -> Iterator[Numbered]:
        """The rows in file order, each with its line or number."""
        raise NotImplementedError

    def read(self, path: Path) -> Iterator[dict[str, Any]]:
        """The rows in file order."""
        for _, row in self.numbered(path):
            yield row


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """What goes wrong with the file itself becomes `InputError`."""
    try:
        yield
    except (EOFError, zlib.error, lzma.LZMAError, pa.ArrowException) as error:
        raise InputError(f"{path} is damaged: {error}; fetch it again") from error
    except OSError as error:
        if error.errno is None:  # so say all that unpack
            raise InputError(f"{path} is damaged: {error}; fetch it again") from error
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error


@contextmanager
def opened(path: Path) -> Iterator[io.BufferedReader]:
    """The bytes of a text file, unpacked, behind its byte order mark. They can be peeked at."""
    with reading(path), io.BufferedReader(path.open("rb", buffering=0), _HEAD) as raw:
        head = raw.peek()
        unpack = next((made for magic, made in _PACKED.items() if head.startswith(magic)), None)
        file: Any = io.BufferedReader(unpack(raw), _HEAD) if unpack else raw
        head = file.peek()
        _refuse_binary(path, head)
        if head.startswith(b"\xef\xbb\xbf"):
            file.read(3)
        yield file


def _refuse_binary(path: Path, head: bytes) -> None:
    if head.startswith(_UTF16):
        raise InputError(f"{path} is UTF-16, not UTF-8; convert it: iconv -f UTF-16 -t UTF-8")
    for magic, hint in _BINARY.items():
        if head.startswith(magic):
            raise InputError(f"{path} is a binary file, not text; {hint}")
    if b"\0" in head:
        place = head.index(b"\0")
        raise InputError(
            f"{path} is a binary file, not text: byte {place} is NUL; name a file of rows"
        )


def lines(file: IO[bytes]) -> Iterator[tuple[int, bytes | Unreadable]]:
    """Lines that are not blank, with their numbers; one that is too long is passed over."""
    for number, line in all_lines(file):
        if isinstance(line, Unreadable) or not line.isspace():
            yield number, line


def all_lines(file: IO[bytes]) -> Iterator[tuple[int, bytes | Unreadable]]:
    """Lines, blank ones too."""
    number = 0
    while line := file.readline(LINE_BYTES + 1):
        number += 1
        if len(line) > LINE_BYTES and not line.endswith(b"\n"):
            size = len(line) + _rest_of_line(file)
            detail = f"line {number} has {size:,} bytes, {LINE_BYTES:,} are read; split the row"
            yield number, Unreadable("line-too-long", detail)
        else:
            yield number, line


def _rest_of_line(file: IO[bytes]) -> int:
    size = 0
    while part := file.readline(_CHUNK):
        size += len(part)
        if part.endswith(b"\n"):
            break
    return size


def one_header(names: Sequence[str], where: str) -> list[str]:
    """A header. Raises `InputError` if a name stands there twice: a cell would be lost."""
    twice = next((name for n, name in enumerate(names) if name and name in names[:n]), "")
    if twice:
        raise InputError(f"{where}: two columns are called {twice!r}; name one of them otherwise")
    return list(names)


def not_utf8(raw: bytes, where: str) -> str:
    """What to say of bytes that are not UTF-8; empty if they are."""
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return (
            f"{where}, byte {error.start + 1} is 0x{raw[error.start]:02x}: not UTF-8;"
            " convert the file, e.g. iconv -f LATIN1 -t UTF-8"
        )
    return ""
