"""What a run found out about each row, by the row's id, on disk."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from backfeed.engine.boundary import storing
from backfeed.engine.records import LEVELS
from backfeed.engine.report import _columns
from backfeed.engine.report.checked import doubt_of, is_remark, verdict_of

PREFIX = "backfeed_"
COLUMNS = ["id", "language", "level", "checks", "rejected"]
WORST = ("failed", "unfinished", "unverified", "passed")


@dataclass(frozen=True, slots=True)
class Found:
    """The verdict on one row.

    `verdict` is passed, failed (the row is rejected: `stage`, `reason` and `detail` say why),
    unverified (the check `stage` could not be made: `detail` says why) or unfinished. `remarks` are
    the rules of what its checks found.
    """

    verdict: str
    level: str
    stage: str
    reason: str
    detail: str
    language: str
    remarks: tuple[str, ...]
    id: str

    @property
    def accepted(self) -> bool:
        """Does the row stand in the corpus?"""
        return self.verdict in ("passed", "unverified")

    def columns(self) -> dict[str, Any]:
        """As columns beside the row's own."""
        return {
            f"{PREFIX}{name}": list(value) if name == "remarks" else value
            for name, value in asdict(self).items()
        }


SCHEMA = pa.schema([
    (f"{PREFIX}{name}", pa.list_(pa.string()) if name == "remarks" else pa.string())
    for name in Found.__dataclass_fields__
])  # fmt: skip


def worst(found: Iterable[Found]) -> Found:
    """Of several samples that were made of one row: that of the worst verdict, the lowest level."""
    return min(found, key=lambda one: (WORST.index(one.verdict), LEVELS.index(one.level)))


class Verdicts:
    """The verdicts on all rows of a directory: written once, asked by id."""

    def __init__(self, base: sqlite3.Connection) -> None:
        self._base, self.count, self.asked = base, 0, 0

    def add(self, directory: Path) -> None:
        """Read what a run has left."""
        self._base.execute("CREATE TABLE found (id TEXT PRIMARY KEY, told BLOB) WITHOUT ROWID")
        for folder in ("corpus", "rejected", "unfinished"):
            for batch in _columns.batches(directory / folder, COLUMNS):
                rows = [(row["id"], _packed(row, folder)) for row in batch.to_pylist()]
                self._base.executemany("INSERT INTO found VALUES (?, ?)", rows)
                self.count += len(rows)

    def of(self, mark: str) -> Found | None:
        """The verdict on a row; None if the run did not come to it."""
        row = self._base.execute("SELECT told FROM found WHERE id = ?", (mark,)).fetchone()
        if row is None:
            return None
        self.asked += 1
        told = msgspec.msgpack.decode(row[0], type=dict[str, Any])
        return msgspec.convert({**told, "id": mark}, Found)


@contextmanager
def verdicts(directory: Path) -> Iterator[Verdicts]:
    """The verdicts of a finished run, in a file that is gone at the end. Raises `StoreFault`."""
    place = directory / ".work" / "verdicts.sqlite"
    with storing(f"writing {place}"):
        place.unlink(missing_ok=True)
        base = sqlite3.connect(place)
        try:
            base.execute("PRAGMA synchronous = OFF")
            base.execute("PRAGMA journal_mode = OFF")
            found = Verdicts(base)
            found.add(directory)
            yield found
        finally:
            base.close()
            place.unlink(missing_ok=True)


def _packed(row: dict[str, Any], folder: str) -> bytes:
    gone = row["rejected"] or {"stage": "", "reason": "", "detail": ""}
    rules = dict.fromkeys(
        finding["rule"]
        for check in row["checks"]
        for finding in check["findings"]
        if is_remark(check["name"], finding["rule"], finding["level"])
    )
    verdict = verdict_of(folder, row)
    told = {name: gone[name] for name in ("stage", "reason", "detail")}
    if verdict == "unverified":
        stage, why = doubt_of(row)
        told = {"stage": stage, "reason": verdict, "detail": why}
    known = {"verdict": verdict, "level": row["level"], "language": row["language"]}
    return msgspec.msgpack.encode({**told, **known, "remarks": list(rules)})
