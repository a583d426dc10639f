"""Files of rows with their verdicts and of accepted rows, in the shape in which they came."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from backfeed.engine.boundary import storing
from backfeed.engine.commands._verdicts import PREFIX, SCHEMA, Found
from backfeed.engine.readers._open import RowFile
from backfeed.engine.readers._text import Numbered, Unreadable, all_lines, opened

CHECKED, ACCEPTED = "checked", "accepted"
_BATCH = 1000
_TEXTS = ("csv", "json", "jsonl")
_BREAKS = {0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}
_BESIDE = pa.schema([(f"{PREFIX}file", pa.string()), (f"{PREFIX}line", pa.int64()), *SCHEMA])


class Writer(Protocol):
    """Takes rows in order, and writes them when it is closed."""

    def add(self, table: RowFile, row: Numbered, told: Found) -> None: ...

    def close(self) -> None: ...


class Outputs:
    """The files of one data set, made beside their places and moved there when all is written."""

    def __init__(self, directory: Path, tables: Sequence[RowFile]) -> None:
        self._directory, self._made = directory, ExitStack()
        self._paths: list[Path] = []
        self._work = directory / ".work" / "rows"
        with storing(f"making {self._work}"):
            self._work.mkdir(parents=True, exist_ok=True)
        self._writers = list(self._chosen(tables))

    def _chosen(self, tables: Sequence[RowFile]) -> Iterator[Writer]:
        """Parquet of one schema stays Parquet; of all else the verdicts stand in JSON Lines."""
        kinds = {table.reader for table in tables}
        first = tables[0].path
        if kinds == {"parquet"} and (schema := _one_schema(tables)) is not None:
            yield _Parquet(
                self._place(f"{CHECKED}.parquet"), self._place(f"{ACCEPTED}.parquet"), schema
            )
            return
        yield _Checked(self._open(f"{CHECKED}.jsonl"), self._made)
        heads = {_head(table.path) for table in tables} if kinds == {"csv"} else set()
        if len(heads) == 1:
            head = heads.pop()
            suffix = ".tsv" if ".tsv" in first.suffixes else ".csv"
            yield _Csv(self._open(f"{ACCEPTED}{suffix}"), head)
        elif kinds == {"json"} and all(_head(table.path)[:1] == "[" for table in tables):
            yield _Lines(self._open(f"{ACCEPTED}.json"), ("[\n", ",\n", "\n]\n"))
        else:
            yield _Lines(self._open(f"{ACCEPTED}.jsonl"), ("", "\n", "\n"))

    def _place(self, name: str) -> Path:
        self._paths.append(self._work / name)
        return self._paths[-1]

    def _open(self, name: str) -> IO[str]:
        with storing(f"writing {self._directory / name}"):
            file = self._place(name).open("w", encoding="utf-8", newline="")
        return self._made.enter_context(file)

    def add(self, table: RowFile, row: Numbered, told: Found) -> None:
        """Write one row."""
        for writer in self._writers:
            writer.add(table, row, told)

    def __enter__(self) -> "Outputs":
        return self

    def __exit__(self, *_error: object) -> None:
        """What was not closed is not there."""
        self._made.close()
        for path in self._paths:
            path.unlink(missing_ok=True)

    def close(self) -> list[str]:
        """Move the files to their places; those of an earlier run under other names go."""
        for writer in self._writers:
            writer.close()
        self._made.close()
        with storing(f"writing {self._directory}"):
            for name in (CHECKED, ACCEPTED):
                for old in self._directory.glob(f"{name}.*"):
                    old.unlink()
            for path in self._paths:
                path.replace(self._directory / path.name)
            self._work.rmdir()
        return [path.name for path in self._paths]


def _one_schema(tables: Sequence[RowFile]) -> pa.Schema | None:
    schemas = [pq.read_schema(table.path) for table in tables]
    return schemas[0] if all(schemas[0].equals(other) for other in schemas) else None


def _head(path: Path) -> str:
    """The first line of a text file."""
    with opened(path) as file:
        return file.readline(1 << 20).decode("utf-8", "replace").strip()


def _beside(table: RowFile, row: Numbered, told: Found) -> dict[str, Any]:
    return {
        f"{PREFIX}file": table.how.file or str(table.path),
        f"{PREFIX}line": row[0],
        **told.columns(),
    }


def _text(row: Mapping[str, Any]) -> str:
    """One line of JSON; what JSON has no word for as text."""
    return json.dumps(row, ensure_ascii=False, default=str).translate(_BREAKS)


class _Lines:
    """The accepted rows as JSON, with something before, between and behind them."""

    def __init__(self, file: IO[str], marks: tuple[str, str, str]) -> None:
        self._file, self._marks, self._count = file, marks, 0

    def add(self, _table: RowFile, row: Numbered, told: Found) -> None:
        """Write the row as it came, if it is accepted."""
        if told.accepted:
            self._file.write(self._marks[min(self._count, 1)] + _text(row[1]))
            self._count += 1

    def close(self) -> None:
        """Write the end."""
        before, _, end = self._marks
        self._file.write(end if self._count else before + end.lstrip("\n"))


class _Csv:
    """The accepted rows under the header that they came with."""

    def __init__(self, file: IO[str], head: str) -> None:
        delimiter = max(",;\t", key=head.count)
        self._writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        self._writer.writerow(next(csv.reader([head], delimiter=delimiter)))

    def add(self, _table: RowFile, row: Numbered, told: Found) -> None:
        """Write the row as it came, if it is accepted."""
        if told.accepted:
            self._writer.writerow(row[1].values())

    def close(self) -> None:
        """Nothing is left to do."""


class _Checked:
    """Every row with its verdict, as JSON Lines; one that cannot be read as its line of text."""

    def __init__(self, file: IO[str], made: ExitStack) -> None:
        self._file, self._made = file, made
        self._raw: dict[Path, Callable[[int], str]] = {}

    def add(self, table: RowFile, row: Numbered, told: Found) -> None:
        """Write the row."""
        line, own = row
        beside = _beside(table, row, told)
        if isinstance(own, Unreadable) and table.reader in _TEXTS:
            beside[f"{PREFIX}raw"] = self._line(table.path, line)
        kept = {name: value for name, value in own.items() if not str(name).startswith(PREFIX)}
        self._file.write(_text({**kept, **beside}) + "\n")

    def _line(self, path: Path, line: int) -> str:
        if path not in self._raw:
            self._raw = {path: _lines_of(path, self._made)}
        return self._raw[path](line)

    def close(self) -> None:
        """Nothing is left to do."""


def _lines_of(path: Path, made: ExitStack) -> Callable[[int], str]:
    """Gives lines of a text file by their numbers, which must not fall."""
    lines = all_lines(made.enter_context(opened(path)))
    last: list[tuple[int, Any]] = [(0, b"")]

    def at(wanted: int) -> str:
        while last[0][0] < wanted:
            last[0] = next(lines, (wanted, b""))
        raw = last[0][1]
        return raw.decode("utf-8", "replace").rstrip("\r\n") if isinstance(raw, bytes) else ""

    return at


class _Parquet:
    """Both files from the columns as they are: a row's line is its number."""

    def __init__(self, checked: Path, accepted: Path, schema: pa.Schema) -> None:
        own = [name for name in schema.names if not name.startswith(PREFIX)]
        fields = [schema.field(name) for name in own]
        self._own, self._schema = own, pa.schema([*fields, *_BESIDE], schema.metadata)
        self._all = pq.ParquetWriter(checked, self._schema, compression="zstd")
        self._kept = pq.ParquetWriter(accepted, schema, compression="zstd")
        self._table: RowFile | None = None
        self._batches: Iterator[pa.RecordBatch] = iter(())
        self._batch: pa.RecordBatch | None = None
        self._base = 0
        self._places: list[int] = []
        self._told: list[Found] = []

    def add(self, table: RowFile, row: Numbered, told: Found) -> None:
        """Take the row from the file once its batch is through."""
        if table is not self._table:
            self._flush()
            self._table, self._batch, self._base = table, None, 0
            self._batches = pq.ParquetFile(table.path).iter_batches(_BATCH)
        while self._batch is None or row[0] > self._base + self._batch.num_rows:
            self._flush()
            self._base += self._batch.num_rows if self._batch is not None else 0
            self._batch = next(self._batches)
        self._places.append(row[0] - 1 - self._base)
        self._told.append(told)

    def _flush(self) -> None:
        if self._batch is None or self._table is None or not self._places:
            return
        rows = pa.Table.from_batches([self._batch]).take(self._places)
        lines = [self._base + place + 1 for place in self._places]
        beside = [
            _beside(self._table, (line, {}), told)
            for line, told in zip(lines, self._told, strict=True)
        ]
        more = pa.Table.from_pylist(beside, schema=_BESIDE)
        whole = [*rows.select(self._own).columns, *more.columns]
        self._all.write_table(pa.Table.from_arrays(whole, schema=self._schema))
        self._kept.write_table(rows.filter(pa.array([told.accepted for told in self._told])))
        self._places, self._told = [], []

    def close(self) -> None:
        """Write the rest."""
        self._flush()
        self._all.close()
        self._kept.close()
