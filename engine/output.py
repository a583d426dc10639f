"""What a run leaves: corpus, rejected, unfinished, evidence; made anew from committed steps."""

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from backfeed.engine.boundary import storing
from backfeed.engine.files import write_via, write_whole
from backfeed.engine.identity import Ids
from backfeed.engine.methods.splits import REST, split
from backfeed.engine.records import Sample
from backfeed.engine.steps import State
from backfeed.engine.store import ROW_SCHEMA, DiskTable, from_row, write_parquet

ROWS_PER_FILE = 10_000
BYTES_PER_FILE = 256 * 1024 * 1024
EVIDENCE_SCHEMA = pa.schema([
    ("id", pa.string()), ("check", pa.string()), ("verdict", pa.string()), ("data", pa.string()),
])  # fmt: skip


@dataclass(slots=True)
class Written:
    """How many rows went where."""

    accepted: int = 0
    rejected: int = 0
    unfinished: int = 0
    evidence: int = 0
    levels: dict[str, int] = field(default_factory=dict)


def write_rows(
    directory: Path, state: State, shares: Mapping[str, float] | None = None
) -> Written:  # fmt: skip
    """Write `corpus/`, `rejected/`, `unfinished/` and `evidence/`; each folder appears whole.

    With `shares`, rows of the corpus are split by them; each split has its own files.
    """
    written, ids = Written(), Ids()
    splits = splits_of(state.rows, shares or {})
    evidence = _Files(directory / "evidence", EVIDENCE_SCHEMA)
    for kind, folder in (("out", "corpus"), ("rejected", "rejected"), ("unfinished", "unfinished")):
        table = state.rows if kind == "out" else DiskTable.of(*(left / kind for left in state.left))
        files = _Files(directory / folder, ROW_SCHEMA)
        for batch in table.batches():
            rows = _with(batch, "id", [ids.unique(mark) for mark in batch["id"].to_pylist()])
            evidence.add(_evidence(rows))
            if kind == "out":
                _count_levels(rows, written.levels)
                rows = _with(rows, "split", _names(rows, splits))
            for name, part in _parted(rows, splits if kind == "out" else {}):
                files.add(part, name)
        setattr(written, {"out": "accepted"}.get(kind, kind), files.close())
    written.evidence = evidence.close()
    return written


def splits_of(rows: DiskTable, shares: Mapping[str, float]) -> Mapping[str, str]:
    """The split of each row by its id, as the corpus will have it; empty if none are asked for."""
    if not shares:
        return {}

    def named() -> Iterator[Sample]:
        ids = Ids()
        return (row.but(id=ids.unique(row.id)) for row in rows)

    return split(named, shares).of


def _names(rows: pa.RecordBatch, splits: Mapping[str, str]) -> Any:
    """The split of each row: the one it is given, the one it came with, or the usual one."""
    if splits:
        return [splits[mark] for mark in rows["id"].to_pylist()]
    return pc.if_else(pc.equal(rows["split"], ""), REST, rows["split"])


def _parted(
    rows: pa.RecordBatch, splits: Mapping[str, str]
) -> Iterator[tuple[str, pa.Table]]:  # fmt: skip
    """The rows of each split, as the corpus has them."""
    table = pa.Table.from_batches([rows]).select(ROW_SCHEMA.names)
    if not splits:
        yield REST, table
    for name in dict.fromkeys(splits.values()):
        yield name, table.filter(pc.equal(table["split"], name))


def _with(batch: pa.RecordBatch, name: str, values: Any) -> pa.RecordBatch:
    """The batch with other texts in one column."""
    place = batch.schema.get_field_index(name)
    return batch.set_column(place, batch.schema.field(place), pa.array(values, pa.string()))


def _count_levels(rows: pa.RecordBatch, levels: dict[str, int]) -> None:
    for entry in pc.value_counts(rows["level"]).to_pylist():
        levels[entry["values"]] = levels.get(entry["values"], 0) + entry["counts"]


def _evidence(rows: pa.RecordBatch) -> pa.Table:
    """What was seen, one row for each check of each row."""
    seen = rows.filter(pc.not_equal(rows["evidence"], ""))
    found: list[dict[str, str]] = []
    for mark, text in zip(seen["id"].to_pylist(), seen["evidence"].to_pylist(), strict=True):
        for item in msgspec.json.decode(text):
            data = msgspec.json.encode(item["data"], order="sorted").decode()
            verdict = str(item["data"].get("verdict", ""))
            found.append({"id": mark, "check": item["check"], "verdict": verdict, "data": data})
    return pa.Table.from_pylist(found, schema=EVIDENCE_SCHEMA)


def write_artefacts(directory: Path, state: State, names: Mapping[str, str]) -> None:
    """Copy artefacts under the names that the recipe's output gives them."""
    for artefact, name in names.items():
        if (path := state.artefacts.get(artefact)) is not None:
            write_whole(directory / name, path.read_bytes())


def write_json(path: Path, value: Any) -> None:
    """A JSON file for people and machines: sorted keys, indented."""
    write_whole(path, msgspec.json.format(msgspec.json.encode(value, order="sorted")) + b"\n")


def read_rows(folder: Path) -> Iterator[Sample]:
    """The samples of `corpus/`, `rejected/` or `unfinished/`, in order."""
    for batch in DiskTable(sorted(folder.glob("*.parquet"))).batches():
        for row in batch.to_pylist():
            yield from_row(row)


class _Files:
    """Parquet files of one folder: written beside it, and exchanged for the old ones at the end."""

    def __init__(self, folder: Path, schema: pa.Schema) -> None:
        self.folder = folder
        self.fresh = folder.with_name(f".{folder.name}.new")
        self.count = 0
        self._files: Counter[str] = Counter()
        self._rest = {REST: schema.empty_table()}
        with storing(f"making {self.fresh}"):
            shutil.rmtree(self.fresh, ignore_errors=True)
            self.fresh.mkdir(parents=True)

    def add(self, rows: pa.Table, name: str = REST) -> None:
        """Append rows to the files of a name."""
        self.count += rows.num_rows
        rest = pa.concat_tables([self._rest.get(name, rows.slice(0, 0)), rows])
        while rest.num_rows >= ROWS_PER_FILE or rest.nbytes >= BYTES_PER_FILE:
            rest = self._write(rest, name)
        self._rest[name] = rest

    def _write(self, rows: pa.Table, name: str) -> pa.Table:
        """Write one file; what is left."""
        part = rows.slice(0, ROWS_PER_FILE)
        write_via(
            self.fresh / f"{name}-{self._files[name]:05d}", lambda to: write_parquet(part, to)
        )
        self._files[name] += 1
        return rows.slice(ROWS_PER_FILE)

    def close(self) -> int:
        """Write the rest, name all files by how many they are, and lay them in their place."""
        for name, rest in self._rest.items():
            if rest.num_rows or not self._files[name]:
                self._write(rest, name)
        with storing(f"writing {self.folder}"):
            for name, count in self._files.items():
                for number in range(count):
                    file = self.fresh / f"{name}-{number:05d}"
                    file.rename(self.fresh / f"{file.name}-of-{count:05d}.parquet")
            old = self.folder.with_name(f".{self.folder.name}.old")
            shutil.rmtree(old, ignore_errors=True)
            if self.folder.exists():
                self.folder.rename(old)
            self.fresh.rename(self.folder)
            shutil.rmtree(old, ignore_errors=True)
        return self.count
