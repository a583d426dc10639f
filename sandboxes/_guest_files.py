"""Inside the sandbox: a job's files are laid down, and what a program left is collected."""

from __future__ import annotations

import itertools
import os
import stat
from collections.abc import Iterator

from backfeed.sandboxes import _guest_wire as wire

HOME = "/work"
MOST_OUTPUT_BYTES, MOST_OUTPUTS = 256 << 20, 8192


class BadRequest(Exception):
    """The job cannot be run as it stands: `args` are a short reason and the detail."""


def write_files(files: list[tuple[str, int, bytes]]) -> None:
    """Lay the job's files in the working directory. Raises `BadRequest`."""
    for path, mode, data in files:
        try:
            folder = os.path.dirname(path)  # noqa: PTH120
            if folder:
                os.makedirs(folder, exist_ok=True)  # noqa: PTH103
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with open(descriptor, "wb") as file:  # noqa: PTH123
                file.write(data)
                os.fchmod(descriptor, mode)
        except (OSError, ValueError) as error:
            raise BadRequest("bad-files", f"{path}: {error}") from error


def collected(names: list[str]) -> bytes:
    """The files that are wanted, as a list. Everyone in the box is dead by now. Regular files
    alone, never through a link; the rest is left out.
    """
    parts: list[bytes] = []
    count = size = 0
    for path in itertools.chain.from_iterable(map(below, names)):
        descriptor = opened(path)
        if descriptor is None:
            continue
        with open(descriptor, "rb") as file:  # noqa: PTH123
            about = os.fstat(descriptor)
            size += about.st_size
            fits = count < MOST_OUTPUTS and size <= MOST_OUTPUT_BYTES
            if not stat.S_ISREG(about.st_mode) or about.st_nlink != 1 or not fits:
                continue
            mode = wire.NUMBER.pack(about.st_mode & 0o755)
            parts += [wire.string(os.fsencode(path)), mode, wire.string(file.read())]
            count += 1
    return wire.NUMBER.pack(count) + b"".join(parts)


def below(name: str) -> Iterator[str]:
    """A file, or all files in a folder, however deep."""
    if not os.path.isdir(name) or os.path.islink(name):  # noqa: PTH112, PTH114
        yield name
        return
    for folder, _, files in os.walk(name):
        for file in files:
            yield os.path.join(folder, file)  # noqa: PTH118


def opened(path: str) -> int | None:
    """A descriptor to read from, if no part of the path is a link."""
    *folders, name = path.split("/")
    at = os.open(HOME, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for folder in folders:
            inner = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at)
            os.close(at)
            at = inner
        return os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW, dir_fd=at)
    except OSError:
        return None
    finally:
        os.close(at)
