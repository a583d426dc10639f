"""Rows of a table again, as Arrow, some of them rejected, some with scores."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Why = tuple[str, str]
"""A reason and its detail."""


def rejected(batch: pa.RecordBatch, stage: str, why: Sequence[Why | None]) -> pa.RecordBatch:
    """The rows, those rejected for which there is a reason."""
    place = batch.schema.get_field_index("rejected")
    field = batch.schema.field(place)
    told = [one or ("", "") for one in why]
    parts = [
        pa.array([stage] * len(told)), pa.array([reason for reason, _ in told], pa.string()),
        pa.array([detail[:2000] for _, detail in told], pa.string()),
    ]  # fmt: skip
    alive = pa.array([one is None for one in why])
    column = pa.StructArray.from_arrays(parts, fields=list(field.type), mask=alive)
    return batch.set_column(place, field, column)


def scored(
    batch: pa.RecordBatch, scores: Mapping[str, npt.NDArray[np.float64]]
) -> pa.RecordBatch:  # fmt: skip
    """The rows with more scores; NaN is none. One that a row has by that name gives way."""
    place = batch.schema.get_field_index("scores")
    field = batch.schema.field(place)
    old = batch["scores"]
    entries, rows = old.flatten(), pc.list_parent_indices(old).to_numpy()
    stays = pc.invert(pc.is_in(pc.struct_field(entries, "name"), pa.array(list(scores))))
    parts = [entries.filter(stays)]
    owners = [rows[stays.to_numpy(zero_copy_only=False)]]
    for name, values in scores.items():
        there = np.flatnonzero(~np.isnan(values))
        pair = [pa.array([name] * len(there), pa.string()), pa.array(values[there])]
        parts.append(pa.StructArray.from_arrays(pair, fields=list(entries.type)))
        owners.append(there)
    return batch.set_column(place, field, _lists(parts, owners, batch.num_rows))


def _lists(
    parts: Sequence[pa.Array], owners: Iterable[npt.NDArray[np.int64]], count: int
) -> pa.ListArray:
    """Entries as lists of the rows that own them, in the order of the parts."""
    of = np.concatenate([*owners]).astype(np.int64)
    order = np.argsort(of, kind="stable")
    ends = np.concatenate([[0], np.cumsum(np.bincount(of, minlength=count))])
    entries = pa.concat_arrays(parts).take(pa.array(order))
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), entries)
