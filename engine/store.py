"""Rows on disk: the Arrow schema of the record, ordered shards, and tables that stream back."""

import dataclasses
import types
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from backfeed.engine.boundary import storing
from backfeed.engine.files import write_via
from backfeed.engine.identity import sha256
from backfeed.engine.records import Evidence, Sample

ROWS_PER_SHARD = 1000
_PLAIN = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}


def arrow_type(hint: Any) -> pa.DataType:
    """The Arrow type of a field of a record: dataclasses are structs, tuples are lists."""
    if hint in _PLAIN:
        return _PLAIN[hint]
    origin = get_origin(hint)
    if origin is Literal:
        return pa.string()
    if origin is tuple:
        return pa.list_(arrow_type(get_args(hint)[0]))
    if origin is types.UnionType:
        return arrow_type(next(part for part in get_args(hint) if part is not type(None)))
    hints = get_type_hints(hint)
    return pa.struct([(item.name, arrow_type(hints[item.name])) for item in dataclasses.fields(hint)])


def _schema(*, evidence: bool) -> pa.Schema:
    hints = get_type_hints(Sample)
    hints.pop("evidence")
    fields = [(name, arrow_type(hint)) for name, hint in hints.items()]
    return pa.schema(fields + ([("evidence", pa.string())] if evidence else []))


ROW_SCHEMA = _schema(evidence=False)
"""The row of `corpus/`, `rejected/` and `unfinished/`."""
WORK_SCHEMA = _schema(evidence=True)
"""The row of work shards: evidence travels along, as JSON."""

_evidence = msgspec.json.Decoder(tuple[Evidence, ...])


def to_row(sample: Sample) -> dict[str, Any]:
    """A sample as a plain row of `WORK_SCHEMA`."""
    row: dict[str, Any] = msgspec.to_builtins(sample)
    row["evidence"] = msgspec.json.encode(sample.evidence).decode() if sample.evidence else ""
    return row


def from_row(row: dict[str, Any]) -> Sample:
    """The sample of a row, with or without evidence."""
    raw = row.get("evidence") or ""
    return msgspec.convert({**row, "evidence": _evidence.decode(raw) if raw else ()}, Sample)


class Shards:
    """Ordered Parquet shards of a fixed number of rows; each appears whole or not at all."""

    def __init__(self, folder: Path, per_shard: int = ROWS_PER_SHARD) -> None:
        self.folder, self.per_shard = folder, per_shard
        self.count = self.total = 0
        self._rows: list[dict[str, Any]] = []
        with storing(f"making {folder}"):
            folder.mkdir(parents=True, exist_ok=True)

    def add(self, sample: Sample) -> None:
        """Append one sample."""
        self._rows.append(to_row(sample))
        self.total += 1
        if len(self._rows) >= self.per_shard:
            self.flush()

    def add_batch(self, batch: pa.RecordBatch | pa.Table) -> None:
        """Append rows that are Arrow already, in the work schema."""
        self.flush()
        for start in range(0, batch.num_rows, self.per_shard):
            part = batch.slice(start, self.per_shard)
            table = part if isinstance(part, pa.Table) else pa.Table.from_batches([part])
            self._write(table)
            self.total += table.num_rows

    def flush(self) -> None:
        """Write what is buffered."""
        if self._rows:
            self._write(pa.Table.from_pylist(self._rows, schema=WORK_SCHEMA))
            self._rows = []

    def _write(self, table: pa.Table) -> None:
        path = self.folder / f"part-{self.count:05d}.parquet"
        write_via(path, lambda to: write_parquet(table, to))
        self.count += 1


def write_parquet(table: pa.Table, path: Path) -> None:
    """Write Parquet the one way we do: zstd, one row group per thousand rows."""
    pq.write_table(table, path, compression="zstd", row_group_size=ROWS_PER_SHARD)


class DiskTable:
    """Rows on disk, in the order of the paths given; any number of passes, one shard in memory.

    `first` takes only so many rows of the beginning.
    """

    def __init__(self, paths: Sequence[Path], first: int | None = None) -> None:
        self.paths = list(paths)
        self.first = first
        self.seed = self.round = 0

    @classmethod
    def of(cls, *folders: Path) -> "DiskTable":
        """The shards of folders, folder after folder."""
        return cls([path for folder in folders for path in sorted(folder.glob("part-*.parquet"))])

    def __len__(self) -> int:
        total = sum(pq.ParquetFile(path).metadata.num_rows for path in self.paths)
        return total if self.first is None else min(total, self.first)

    def __iter__(self) -> Iterator[Sample]:
        for batch in self.batches():
            for row in batch.to_pylist():
                yield from_row(row)

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Arrow record batches, of all columns or of some."""
        left = self.first
        for path in self.paths:
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches(ROWS_PER_SHARD, columns=columns):
                    part = batch if left is None else batch.slice(0, left)
                    left = None if left is None else left - part.num_rows
                    yield part
                    if left == 0:
                        return

    def digest(self) -> str:
        """A digest of the rows and their order: of the shards' bytes."""
        marks = "".join(sha256(path.read_bytes()) for path in self.paths)
        return sha256(f"{marks}{self.first}")


def pick(samples: Iterable[Sample], *, rejected: bool) -> Iterator[Sample]:
    """The alive ones, or the rejected ones."""
    return (sample for sample in samples if (sample.rejected is not None) == rejected)
