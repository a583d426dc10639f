"""Rows of another set join this one, so that a model meets them before their own stage."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from backfeed.plugin import Asks, ConfigError, Read, Result, Table, dsir

ROWS = 1000


@dataclass(frozen=True, slots=True)
class Rehearse:
    """Mix the chat seeds into the foundational set (Infinity-Instruct P1-g, the paper's replay).

    The set is the artefact `rehearsal`, an input of kind `set` (`--rehearsal FILE`, or a run's
    folder); without it, rows go on as they are. `share` is the share of its rows in what comes out
    (the paper: 1.2 of 7.4 M, 0.16), all of them if none is named. Which ones rests on the run's
    seed, their ids and `seed`. They are spread evenly among the others, and are known by
    `lineage.stage`. One whose id is among them already is not added again; one that could not be
    read is rejected. Memory: some 40 bytes for each row of both sets.

    in:  3 rows; a set of 4 rows, share = 0.25
    out: the 3 rows, and one of the 4
    """

    share: float | None = None
    seed: int = 0
    version = 1
    reads = ("rehearsal",)
    optional = ("rehearsal",)

    def __post_init__(self) -> None:
        """Refuse shares that cannot be reached."""
        if self.share is not None and not 0 < self.share < 1:
            raise ConfigError(f"rehearse.share = {self.share}: give a share such as 0.16, or none")

    def whole(self, table: Table) -> Asks[Result]:
        """Count both sets, choose, and let both through side by side."""
        path: Path | None = yield from Read("rehearsal")
        if path is None:
            return Result(table.batches())
        there = [batch["id"] for batch in table.batches(["id"])]
        own = pa.chunked_array(there, pa.string())
        ids, bad, known = [], [], []
        for batch in _batches(path, ["id", "rejected"]):
            ids += batch["id"].to_pylist()
            bad.append(batch["rejected"].is_valid().to_numpy(zero_copy_only=False))
            known.append(pc.is_in(batch["id"], own).to_numpy(zero_copy_only=False))
        lost, twice = np.concatenate([[], *bad]).astype(bool), np.concatenate([[], *known])
        free = ~lost & ~twice.astype(bool)
        wanted = self._wanted(len(own), int(free.sum()))
        luck = dsir.luck(f"{table.seed}/{self.seed}/rehearse", ids)
        chosen = np.zeros(len(ids), np.bool_)
        chosen[dsir.top(dsir.ranks(luck, free), free, wanted)] = True
        count = int(chosen.sum())
        metrics = {
            "rehearsed": float(count), "rehearsed_wanted": float(wanted),
            "rehearsed_share": count / max(count + len(own), 1),
            "rehearsal_known": float(twice.sum()), "rehearsal_unusable": float(lost.sum()),
        }  # fmt: skip
        return Result(self._mixed(table, path, chosen | lost, of=len(own)), metrics=metrics)

    def _wanted(self, own: int, there: int) -> int:
        """How many rows make the share."""
        return there if self.share is None else round(own * self.share / (1 - self.share))

    def _mixed(
        self, table: Table, path: Path, wanted: npt.NDArray[np.bool_], *, of: int
    ) -> Iterator[pa.RecordBatch | pa.Table]:
        """The rows of the table, and after each batch as many of the others as are due."""
        others, most = _Others(path, wanted, table.seed), int(wanted.sum())
        seen = given = 0
        for batch in table.batches():
            yield batch
            seen += batch.num_rows
            due = most * seen // of - given
            given += due
            yield from others.take(due)
        yield from others.take(most - given)


class _Others:
    """The wanted rows of the other set, a few at a time."""

    def __init__(self, path: Path, wanted: npt.NDArray[np.bool_], seed: int) -> None:
        self._wanted, self._seed = wanted, seed
        self._parts = self._read(path)
        self._held: pa.RecordBatch | None = None

    def _read(self, path: Path) -> Iterator[pa.RecordBatch]:
        start = 0
        for batch in _batches(path):
            flags = self._wanted[start : start + batch.num_rows]
            start += batch.num_rows
            yield _told(batch.filter(pa.array(flags)), self._seed)

    def take(self, count: int) -> Iterator[pa.RecordBatch]:
        """So many of the next rows."""
        while count:
            held = self._held if self._held is not None else next(self._parts)
            some, rest = held.slice(0, count), held.slice(count)
            self._held = rest if rest.num_rows else None
            count -= some.num_rows
            if some.num_rows:
                yield some


def _batches(path: Path, columns: list[str] | None = None) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(path) as file:
        yield from file.iter_batches(ROWS, columns=columns, use_threads=False)


def _told(batch: pa.RecordBatch, seed: int) -> pa.RecordBatch:
    """The rows, which say that they are rehearsed, and have the run's seed."""
    place = batch.schema.get_field_index("lineage")
    field = batch.schema.field(place)
    values = {"stage": pa.array(["rehearse"] * batch.num_rows, pa.string()),
              "seed": pa.array([seed] * batch.num_rows, pa.int64())}  # fmt: skip
    parts = [
        values.get(part.name, pc.struct_field(batch["lineage"], part.name)) for part in field.type
    ]
    column = pa.StructArray.from_arrays(parts, fields=list(field.type))
    return batch.set_column(place, field, column)


PLUGIN = Rehearse
