"""Columns of a table as arrays: labels, classes, scores, luck."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from backfeed.plugin import Table, dsir
from backfeed.plugins.infinity._seeds import Floats, Numbers, Ragged


@dataclass(frozen=True, slots=True)
class Named:
    """Lists of names as lists of numbers; the names, and how many rows have each, by number."""

    lists: Ragged
    names: Sequence[str]
    often: Numbers


def named(table: Table, kind: str) -> Named:
    """The labels of one kind, fine or coarse."""
    numbers: dict[str, int] = {}
    of: list[int] = []
    lengths: list[int] = []
    for batch in table.batches(["labels"]):
        for row in pc.struct_field(batch["labels"], kind).to_pylist():
            mine = dict.fromkeys(row or ())
            of += [numbers.setdefault(name, len(numbers)) for name in mine]
            lengths.append(len(mine))
    ends = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)
    flat = np.array(of, np.int64)
    return Named(Ragged(flat, ends), [*numbers], np.bincount(flat, minlength=len(numbers)))


def scores(table: Table, name: str) -> Floats:
    """The score of each row by a name; NaN where there is none."""
    found = [np.zeros(0)]
    for batch in table.batches(["scores"]):
        values = np.full(batch.num_rows, np.nan)
        lists = batch["scores"]
        entries, rows = lists.flatten(), pc.list_parent_indices(lists).to_numpy()
        mine = pc.equal(pc.struct_field(entries, "name"), name).to_numpy(zero_copy_only=False)
        values[rows[mine]] = pc.struct_field(entries, "value").to_numpy()[mine]
        found.append(values)
    return np.concatenate(found)


def luck(table: Table, name: str) -> Floats:
    """A number between 0 and 1 for each row, from the run's seed and the row's id."""
    found = [np.zeros(0)]
    for batch in table.batches(["id", "lineage"]):
        seeds = pc.struct_field(batch["lineage"], "seed").to_pylist()
        ids = zip(seeds, batch["id"].to_pylist(), strict=True)
        found.append(dsir.luck(name, (f"{one}/{mark}" for one, mark in ids)))
    return np.concatenate(found)


def numbered(table: Table) -> Iterator[tuple[pa.RecordBatch, slice]]:
    """The rows again, each batch with its place among all."""
    start = 0
    for batch in table.batches():
        yield batch, slice(start, start + batch.num_rows)
        start += batch.num_rows
