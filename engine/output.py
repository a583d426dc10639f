"""What a run leaves: corpus, rejected, unfinished, evidence; made anew from committed steps."""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from backfeed.engine.boundary import storing
from backfeed.engine.files import write_via, write_whole
from backfeed.engine.records import Sample
from backfeed.engine.steps import State
from backfeed.engine.store import ROW_SCHEMA, DiskTable, from_row, to_row, write_parquet

ROWS_PER_FILE = 10_000
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
    written = Written()
    names = _Names()
    evidence = _Files(directory / "evidence", EVIDENCE_SCHEMA)
    for kind, folder in (("out", "corpus"), ("rejected", "rejected"), ("unfinished", "unfinished")):
        table = state.rows if kind == "out" else DiskTable.of(*(left / kind for left in state.left))
        files = _Files(directory / folder, ROW_SCHEMA)
        for sample in table:
            named = names.unique(sample)
            files.add(_row(named, split="train" if kind == "out" else ""))
            for item in _evidence_rows(named):
                evidence.add(item)
            if kind == "out":
                written.levels[named.level] = written.levels.get(named.level, 0) + 1
        count = files.close()
        setattr(written, {"out": "accepted"}.get(kind, kind), count)
    written.evidence = evidence.close()
    return written


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


def _row(sample: Sample, split: str) -> dict[str, Any]:
    row = to_row(sample.but(split=sample.split or split))
    del row["evidence"]
    return row


def _evidence_rows(sample: Sample) -> Iterable[dict[str, str]]:
    for item in sample.evidence:
        data = msgspec.json.encode(item.data, order="sorted").decode()
        verdict = str(item.data.get("verdict", ""))
        yield {"id": sample.id, "check": item.check, "verdict": verdict, "data": data}


class _Names:
    """Ids are unique in a directory: the k-th row of an id gets the suffix `-k`."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def unique(self, sample: Sample) -> Sample:
        count = self._seen[sample.id] = self._seen.get(sample.id, 0) + 1
        return sample if count == 1 else sample.but(id=f"{sample.id}-{count}")


class _Files:
    """Parquet files of one folder: written beside it, and exchanged for the old ones at the end."""

    def __init__(self, folder: Path, schema: pa.Schema) -> None:
        self.folder, self.schema = folder, schema
        self.fresh = folder.with_name(f".{folder.name}.new")
        self.count = self.files = 0
        self._rows: list[dict[str, Any]] = []
        with storing(f"making {self.fresh}"):
            shutil.rmtree(self.fresh, ignore_errors=True)
            self.fresh.mkdir(parents=True)

    def add(self, row: dict[str, Any]) -> None:
        self._rows.append(row)
        self.count += 1
        if len(self._rows) >= ROWS_PER_FILE:
            self._flush()

    def _flush(self) -> None:
        table = pa.Table.from_pylist(self._rows, schema=self.schema)
        write_via(self.fresh / f"{self.files:05d}", lambda to: write_parquet(table, to))
        self.files += 1
        self._rows = []

    def close(self) -> int:
        if self._rows or self.files == 0:
            self._flush()
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
