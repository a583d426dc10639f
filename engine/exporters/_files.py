"""Files of exported rows: JSON Lines, a JSON array or Parquet, by the suffix; and read again."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from backfeed.engine.boundary import boundary, storing
from backfeed.engine.contracts import Exporter
from backfeed.engine.errors import PluginFault
from backfeed.engine.exporters._turns import no
from backfeed.engine.files import write_via
from backfeed.engine.records import Rejection, Sample
from backfeed.engine.store import ROW_SCHEMA, ROWS_PER_SHARD, to_row

Row = Mapping[str, Any]

TESTED = (
    "id", "language", "dialect", "level", "entry_point", "code", "files", "support", "tests",
)  # fmt: skip
"""What a row needs to be run again: the columns that `with_tests` adds."""
STATED = ("id", "level", "checks", "rejected")
"""What tells a row that has failed from one that has passed."""
_SEPARATORS = {"\x85": b"\\u0085", "\u2028": b"\\u2028", "\u2029": b"\\u2029"}


@dataclass(slots=True)
class Count:
    """How many rows were written, and why others were not, with the first id of each reason."""

    rows: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def refuse(self, sample: Sample, why: Rejection) -> None:
        """Count a row that the format cannot hold."""
        self.refused[why.reason] += 1
        self.examples.setdefault(why.reason, f"{sample.id}: {why.detail}")


def schema_of(
    exporter: Exporter, *, with_tests: bool = False, more: Sequence[str] = ()
) -> pa.Schema:  # fmt: skip
    """The columns of a format's rows, those for running them again, and `more` of the record."""
    found: pa.Schema = exporter.schema
    for name in (*(TESTED if with_tests else ()), *more):
        if name not in found.names:
            found = found.append(ROW_SCHEMA.field(name))
    return found


def shaped(
    exporter: Exporter, samples: Iterable[Sample], count: Count, *, with_tests: bool = False,
    more: Sequence[str] = (),
) -> Iterator[Row]:  # fmt: skip
    """The samples' rows; those that cannot be written are counted with their reasons."""
    names = schema_of(exporter, with_tests=with_tests, more=more).names
    added = names[len(exporter.schema.names) :]
    for sample in samples:
        row = exporter.shape(sample)
        if isinstance(row, Rejection):
            count.refuse(sample, row)
            continue
        whole = to_row(sample) if added else {}
        row = {**row, **{name: whole[name] for name in added}}
        if (fault := _fault(row)) is not None:
            count.refuse(sample, fault)
            continue
        if list(row) != names:
            raise PluginFault(f"an exporter gave a row of {', '.join(row)}; its schema has {names}")
        count.rows += 1
        yield row


def _fault(value: Any) -> Rejection | None:
    """What in a row no file can say."""
    if isinstance(value, str):
        return None if _is_unicode(value) else no("not-unicode", f"a lone surrogate in {value!r}")
    if isinstance(value, float) and not math.isfinite(value):
        return no("not-a-number", f"{value} is no number that JSON has")
    if isinstance(value, int) and not -(1 << 63) <= value < 1 << 63:
        return no("too-large", f"{value} has more than 64 bits")
    if isinstance(value, Mapping):
        value = value.values()
    elif not isinstance(value, list | tuple):
        return None
    return next((fault for item in value if (fault := _fault(item)) is not None), None)


def _is_unicode(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in text)


def write(path: Path, rows: Iterable[Row], schema: pa.Schema) -> None:
    """Write a file, whole or not at all, in the format of its suffix."""
    writer = WRITERS[path.suffix.lower()]
    write_via(path, lambda to: writer(to, rows, schema))


def _write_lines(path: Path, rows: Iterable[Row], _schema: pa.Schema) -> None:
    with path.open("wb") as file:
        for row in rows:
            file.write(_encoded(row) + b"\n")


def _write_array(path: Path, rows: Iterable[Row], _schema: pa.Schema) -> None:
    with path.open("wb") as file:
        start = b"[\n"
        for row in rows:
            file.write(start + _encoded(row))
            start = b",\n"
        file.write(b"\n]\n" if start == b",\n" else b"[]\n")


def _encoded(row: Row) -> bytes:
    """JSON on one line, also for readers that take other separators for the end of a line."""
    raw = msgspec.json.encode(row)
    for sign, escape in _SEPARATORS.items():
        raw = raw.replace(sign.encode(), escape)
    return raw


def _write_parquet(path: Path, rows: Iterable[Row], schema: pa.Schema) -> None:
    left = iter(rows)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        while batch := list(islice(left, ROWS_PER_SHARD)):
            with boundary(PluginFault, "rows that are not in the schema of their exporter"):
                table = pa.Table.from_pylist(batch, schema=schema)
            writer.write_table(table)


def read(path: Path) -> Iterator[Row]:
    """The rows of a file that was written."""
    with storing(f"reading {path}"):
        yield from READERS[path.suffix.lower()](path)


def _read_lines(path: Path) -> Iterator[Row]:
    with path.open("rb") as file:
        for line in file:
            yield msgspec.json.decode(line)


def _read_array(path: Path) -> Iterator[Row]:
    yield from msgspec.json.decode(path.read_bytes())


def _read_parquet(path: Path) -> Iterator[Row]:
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(ROWS_PER_SHARD):
            yield from batch.to_pylist()


WRITERS: dict[str, Callable[[Path, Iterable[Row], pa.Schema], None]] = {
    ".jsonl": _write_lines, ".json": _write_array, ".parquet": _write_parquet,
}  # fmt: skip
READERS: dict[str, Callable[[Path], Iterator[Row]]] = {
    ".jsonl": _read_lines, ".json": _read_array, ".parquet": _read_parquet,
}  # fmt: skip
SUFFIXES = tuple(WRITERS)


def differences(
    exporter: Exporter, samples: Iterable[Sample], path: Path, *, with_tests: bool = False
) -> list[str]:  # fmt: skip
    """Conformance, for the tests of any exporter: write, read back, compare; the complaints."""
    schema, count = schema_of(exporter, with_tests=with_tests), Count()
    rows = [_plain(row) for row in shaped(exporter, samples, count, with_tests=with_tests)]
    write(path, rows, schema)
    again = list(read(path))
    found = [
        f"row {number}: wrote {before}, read {after}"
        for number, (before, after) in enumerate(zip(rows, again, strict=False))
        if before != after or _encoded(before) != _encoded(_typed(before, schema))
    ]
    counts = f"{len(rows)} rows written, {len(again)} read"
    return found if len(rows) == len(again) else [*found, counts]


def _plain(value: Any) -> Any:
    """Tuples are lists in every file."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _typed(row: Row, schema: pa.Schema) -> Row:
    """A row as Arrow holds it: what has another type there is not the same."""
    with boundary(PluginFault, "a row that is not in the schema of its exporter"):
        [found] = pa.Table.from_pylist([row], schema=schema).to_pylist()
    typed: Row = found
    return typed
