"""Counting in Arrow columns, without making a Python object for each row."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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
    return sizes(files(folder)).rows


def named(folder: Path) -> dict[str, list[Path]]:
    """The files by the names of their splits; `train` first."""
    found: dict[str, list[Path]] = {}
    for path in files(folder):
        found.setdefault(path.name.partition("-")[0], []).append(path)
    return dict(sorted(found.items(), key=lambda item: (item[0] != "train", item[0])))


@dataclass(frozen=True, slots=True)
class Size:
    """How many rows files have, and how many bytes these take, unpacked and on disk."""

    rows: int
    unpacked: int
    stored: int


def sizes(paths: Sequence[Path]) -> Size:
    """The size of files. Raises `StoreFault` for one that cannot be read."""
    rows = unpacked = stored = 0
    for path in paths:
        with storing(f"reading {path}"):
            metadata = pq.read_metadata(path)
            stored += path.stat().st_size
        rows += metadata.num_rows
        groups = (metadata.row_group(number) for number in range(metadata.num_row_groups))
        unpacked += sum(int(group.total_byte_size) for group in groups)
    return Size(rows, unpacked, stored)


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
