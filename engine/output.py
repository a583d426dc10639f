"""What a run leaves: corpus, rejected, unfinished, evidence; made anew from committed steps."""

import shutil
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


def write_rows(directory: Path, state: State) -> Written:
    """Write `corpus/`, `rejected/`, `unfinished/` and `evidence/`; each folder appears whole."""
    written, ids = Written(), Ids()
    evidence = _Files(directory / "evidence", EVIDENCE_SCHEMA)
    for kind, folder in (("out", "corpus"), ("rejected", "rejected"), ("unfinished", "unfinished")):
        table = state.rows if kind == "out" else DiskTable.of(*(left / kind for left in state.left))
        files = _Files(directory / folder, ROW_SCHEMA)
        for batch in table.batches():
            rows = _with(batch, "id", [ids.unique(mark) for mark in batch["id"].to_pylist()])
            evidence.add(_evidence(rows))
            if kind == "out":
                _count_levels(rows, written.levels)
                unsplit = pc.equal(rows["split"], "")
                rows = _with(rows, "split", pc.if_else(unsplit, "train", rows["split"]))
            files.add(pa.Table.from_batches([rows]).select(ROW_SCHEMA.names))
        setattr(written, {"out": "accepted"}.get(kind, kind), files.close())
    written.evidence = evidence.close()
    return written


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
        self.count = self.files = 0
        self._rest = schema.empty_table()
        with storing(f"making {self.fresh}"):
            shutil.rmtree(self.fresh, ignore_errors=True)
            self.fresh.mkdir(parents=True)

    def add(self, rows: pa.Table) -> None:
        """Append rows."""
        self.count += rows.num_rows
        self._rest = pa.concat_tables([self._rest, rows])
        while self._rest.num_rows >= ROWS_PER_FILE or self._rest.nbytes >= BYTES_PER_FILE:
            self._write()

    def _write(self) -> None:
        part, self._rest = self._rest.slice(0, ROWS_PER_FILE), self._rest.slice(ROWS_PER_FILE)
        write_via(self.fresh / f"{self.files:05d}", lambda to: write_parquet(part, to))
        self.files += 1

    def close(self) -> int:
        """Write the rest, name all files by how many they are, and lay them in their place."""
        if self._rest.num_rows or self.files == 0:
            self._write()
        with storing(f"writing {self.folder}"):
            for number in range(self.files):
                name = f"train-{number:05d}-of-{self.files:05d}.parquet"
                (self.fresh / f"{number:05d}").rename(self.fresh / name)
            old = self.folder.with_name(f".{self.folder.name}.old")
            shutil.rmtree(old, ignore_errors=True)
            if self.folder.exists():
                self.folder.rename(old)
            self.fresh.rename(self.folder)
            shutil.rmtree(old, ignore_errors=True)
        return self.count
