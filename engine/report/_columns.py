"""Counting in Arrow columns, without making a Python object for each row."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from backfeed.engine.boundary import storing

ROWS = 2000


def files(folder: Path) -> list[Path]:
    """The Parquet files of a folder, in order."""
    return sorted(folder.glob("*.parquet"))


def batches(folder: Path, columns: list[str] | None = None) -> Iterator[pa.RecordBatch]:
    """The rows of a folder. Raises `StoreFault` for a file that cannot be read."""
    for path in files(folder):
        with storing(f"reading {path}"), pq.ParquetFile(path) as file:
            yield from file.iter_batches(ROWS, columns=columns, use_threads=False)


def rows(folder: Path) -> int:
    """How many rows there are."""
    return sum(int(metadata.num_rows) for metadata in _metadata(folder))


def _metadata(folder: Path) -> Iterator[pq.FileMetaData]:
    for path in files(folder):
        with storing(f"reading {path}"):
            yield pq.read_metadata(path)


def picked(batch: pa.RecordBatch, path: str) -> Any:
    """The values at a dotted path: lists are opened, and what they hold stands in one array."""
    first, *rest = path.split(".")
    found = batch.column(first)
    for key in rest:
        found = pc.struct_field(opened(found), key)
    return opened(found)


def opened(values: Any) -> Any:
    """The items of lists; other values as they are."""
    while pa.types.is_list(values.type):
        values = values.flatten()
    return values


def count(into: Counter[str], values: Any) -> None:
    """Count texts."""
    for entry in pc.value_counts(values).to_pylist():
        if entry["values"] is not None:
            into[str(entry["values"])] += entry["counts"]


def sizes(folder: Path) -> tuple[int, int]:
    """How many bytes the rows take, unpacked and on disk."""
    groups = (one.row_group(n) for one in _metadata(folder) for n in range(one.num_row_groups))
    held = sum(int(group.total_byte_size) for group in groups)
    return held, sum(path.stat().st_size for path in files(folder))
