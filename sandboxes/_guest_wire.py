"""Inside the sandbox: what the host asks, read from its bytes (see `_protocol.py`)."""

from __future__ import annotations

import struct
from typing import Any

REPORT, WARM, PYTHON, PACKAGE = 1, 2, 4, 8
HEAD = struct.Struct("<2I9Q")
ANSWER = struct.Struct("<IiIIQQQI")
NUMBER = struct.Struct("<I")
LIMITS = (
    "cpu_us", "wall_us", "memory_kb", "processes", "file_bytes", "disk_bytes", "inodes",
    "output_bytes", "open_files",
)  # fmt: skip
ENDED, REFUSED, LOST = 0, 1, 2
STOPPED = ("", "output", "memory", "cpu", "wall")


class Reader:
    """Takes numbers and strings from bytes, one after another."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data, self.at = data, at

    def number(self) -> int:
        """Four bytes."""
        (found,) = NUMBER.unpack_from(self.data, self.at)
        self.at += 4
        return int(found)

    def string(self) -> bytes:
        """A length, that many bytes, and a zero."""
        size = self.number()
        self.at += size + 1
        return self.data[self.at - size - 1 : self.at - 1]

    def text(self) -> str:
        """A string of text."""
        return self.string().decode()


def opening(reader: Reader) -> dict[str, Any]:
    """The part of a job that whoever becomes the program must know."""
    flags, _, *limits = HEAD.unpack_from(reader.data, reader.at)
    reader.at += HEAD.size
    return {
        "report": bool(flags & REPORT), "warm": bool(flags & WARM), "python": bool(flags & PYTHON),
        "limits": dict(zip(LIMITS, limits)),  # noqa: B905  Python 3.9
        "command": [reader.text() for _ in range(reader.number())],
        "variables": [(reader.text(), reader.text()) for _ in range(reader.number())],
    }  # fmt: skip


def whole(data: bytes) -> dict[str, Any]:
    """A whole job: besides, its files, what is to be collected, and its standard input."""
    reader = Reader(data)
    job = opening(reader)
    files = [(reader.text(), reader.number(), reader.string()) for _ in range(reader.number())]
    outputs = [reader.text() for _ in range(reader.number())]
    return {**job, "files": files, "outputs": outputs, "input": reader.string()}


def string(data: bytes) -> bytes:
    """A string, as a `Reader` takes it."""
    return NUMBER.pack(len(data)) + data + b"\0"
