"""Rows on disk: the Arrow schema of the record, ordered shards, and tables that stream back."""

import dataclasses
import types
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from backfeed.engine.boundary import boundary, storing
from backfeed.engine.errors import PluginFault
from backfeed.engine.files import write_via
from backfeed.engine.identity import sha256, sha256_of, well_formed
from backfeed.engine.records import Evidence, Sample

ROWS_PER_SHARD = 2500
ROWS_PER_GROUP = 1000
ROWS_AT_ONCE = 100  # converted to Arrow a few at a time: nothing else runs meanwhile
SHARD_BYTES = 64 * 1024 * 1024
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
    return pa.struct(
        [(item.name, arrow_type(hints[item.name])) for item in dataclasses.fields(hint)]
    )


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
    """Ordered Parquet shards; each appears whole or not at all.

    A shard has a fixed number of rows, or fewer if they are very long. With `first`, the first one
    has so many, and each half as many more than the one before until that number is reached.
    """

    def __init__(self, folder: Path, per_shard: int = ROWS_PER_SHARD, *, first: int = 0) -> None:
        self.folder, self._most = folder, per_shard
        self.per_shard = min(first or per_shard, per_shard)
        self.count = self.total = self._held = self._size = 0
        self._rows: list[dict[str, Any]] = []
        self._tables: list[pa.Table] = []
        with storing(f"making {folder}"):
            folder.mkdir(parents=True, exist_ok=True)

    def add(self, sample: Sample) -> None:
        """Append one sample."""
        self._rows.append(to_row(sample))
        self._size += sample.size
        if len(self._rows) >= ROWS_AT_ONCE:
            self._convert()
        self._grown(1)

    def add_batch(self, batch: pa.RecordBatch | pa.Table) -> None:
        """Append rows that are Arrow already. Raises `PluginFault` if a column is wrong."""
        self._convert()
        self._tables.append(_fitted(batch))
        self._grown(batch.num_rows)

    def flush(self) -> None:
        """Write what is buffered."""
        while self._held:
            self._cut()

    def _grown(self, by: int) -> None:
        self.total += by
        self._held += by
        while self._held >= self.per_shard or self._size >= SHARD_BYTES:
            self._cut()

    def _convert(self) -> None:
        if self._rows:
            self._tables.append(_table(self._rows))
            self._rows = []

    def _cut(self) -> None:
        """Write one shard of what is buffered."""
        self._convert()
        whole = pa.concat_tables(self._tables)
        part, rest = whole.slice(0, self.per_shard).combine_chunks(), whole.slice(self.per_shard)
        self._tables, self._held, self._size = [rest], rest.num_rows, 0
        path = self.folder / f"part-{self.count:05d}.parquet"
        write_via(path, lambda to: write_parquet(part, to))
        self.count += 1
        self.per_shard = min(self.per_shard * 3 // 2, self._most)


def _table(rows: list[dict[str, Any]]) -> pa.Table:
    try:
        return pa.Table.from_pylist(rows, schema=WORK_SCHEMA)
    except UnicodeEncodeError:
        return pa.Table.from_pylist([well_formed(row) for row in rows], schema=WORK_SCHEMA)


def _fitted(batch: pa.RecordBatch | pa.Table) -> pa.Table:
    """A batch as a table of the work schema; only the evidence may be absent."""
    columns = {name: batch.column(name) for name in batch.schema.names}
    columns.setdefault("evidence", pa.array([""] * batch.num_rows))
    with boundary(PluginFault, "rows that are not in the schema of the record"):
        return pa.table({name: columns[name] for name in WORK_SCHEMA.names}).cast(WORK_SCHEMA)


def write_parquet(table: pa.Table, path: Path) -> None:
    """Write Parquet the one way we do: zstd, one row group per thousand rows."""
    pq.write_table(table, path, compression="zstd", row_group_size=ROWS_PER_GROUP)


def write_samples(samples: Iterable[Sample], path: Path) -> None:
    """Write any number of samples as one file, in `WORK_SCHEMA`."""
    rows = iter(samples)
    with pq.ParquetWriter(path, WORK_SCHEMA, compression="zstd") as file:
        while some := [to_row(sample) for sample in islice(rows, ROWS_PER_GROUP)]:
            file.write_table(_table(some))


class DiskTable:
    """Rows on disk, in the order of the paths given; any number of passes, one shard in memory.

    `before` are the shards that the same step was given in earlier waves.
    """

    def __init__(self, paths: Sequence[Path], before: Sequence[Path] = ()) -> None:
        self.paths = list(paths)
        self.seed = self.round = 0
        self._before = list(before)

    @property
    def before(self) -> "DiskTable":
        """What the same step was given in earlier waves; empty in the first one."""
        return DiskTable(self._before)

    @classmethod
    def of(cls, *folders: Path) -> "DiskTable":
        """The shards of folders, folder after folder."""
        return cls([path for folder in folders for path in sorted(folder.glob("part-*.parquet"))])

    def __len__(self) -> int:
        return sum(_rows_in(path) for path in self.paths)

    def __iter__(self) -> Iterator[Sample]:
        for batch in self.batches():
            for row in batch.to_pylist():
                yield from_row(row)

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Arrow record batches, of all columns or of some."""
        for path in self.paths:
            with storing(f"reading {path}"), pq.ParquetFile(path) as file:
                yield from file.iter_batches(ROWS_PER_GROUP, columns=columns, use_threads=False)

    def digest(self) -> str:
        """A digest of the rows and their order, and of those before: of the shards' bytes."""
        with storing("reading rows"):
            mark = sha256("".join(sha256_of(path) for path in self.paths))
        return sha256(f"{self.before.digest()} {mark}") if self._before else mark


def _rows_in(path: Path) -> int:
    with storing(f"reading {path}"):
        return int(pq.read_metadata(path).num_rows)
