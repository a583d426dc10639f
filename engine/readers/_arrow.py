"""Arrow batches to rows, a few at a time, whatever a cell weighs."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from backfeed.engine.errors import InputError
from backfeed.engine.readers._text import reading

ROWS = 64
"""Rows that are plain data at once."""

_BYTES = 32 * 1024 * 1024


def rows_of(batch: pa.RecordBatch) -> Iterator[dict[str, Any]]:
    """The rows of a batch as plain data; few at once if they are large."""
    few = few_rows(batch.nbytes, batch.num_rows)
    for start in range(0, batch.num_rows, few):
        yield from batch.slice(start, few).to_pylist()


def few_rows(size: int, rows: int) -> int:
    """How many of so many rows of so many bytes together may be in memory at once.

    >>> few_rows(1000, 10), few_rows(500 * 1024 * 1024, 10)
    (64, 1)
    """
    return max(1, min(ROWS, _BYTES * rows // max(size, 1)))


@contextmanager
def reading_arrow(path: Path, kind: str) -> Iterator[None]:
    """What is wrong with the file becomes `InputError`."""
    with reading(path), path.open("rb"):
        pass  # what is wrong with the path is told as for any file
    try:
        yield
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        first = str(error).partition("\n")[0]
        raise InputError(
            f"{path} is not {kind} that can be read: {first}; fetch it again"
        ) from error
