"""The feedback file: what a training step showed of its batch, for stages that choose by it.

One row for each step, as Parquet. Any trainer can write it (docs/training.md); stages read nothing
else of a training. SeDi-Instruct takes its seeds by the gradient norm of batches.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from backfeed.engine.errors import InputError

SCHEMA = pa.schema(
    [
        ("run", pa.string()),
        ("step", pa.int64()),
        ("batch_id", pa.string()),
        ("sample_ids", pa.list_(pa.string())),
        ("sample_losses", pa.list_(pa.float64())),
        ("sample_tokens", pa.list_(pa.int64())),
        ("loss", pa.float64()),
        ("tokens", pa.int64()),
        ("grad_norm", pa.float64()),
        ("learning_rate", pa.float64()),
    ]
)
NEEDED = ("step", "sample_ids", "loss", "grad_norm")
"""What another trainer must write; the rest may be absent, or null."""
PER_GROUP = 256


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a training, as it was before the weights changed.

    `step` counts from 1. `loss` is the mean in nats over all tokens learnt in the step,
    `sample_losses` the means over those of each sample and `sample_tokens` their numbers (both
    empty if unknown). `tokens` counts all that were shown, problems too (0: unknown). `grad_norm`
    is the L2 norm of the whole gradient before it is clipped.
    """

    step: int
    sample_ids: tuple[str, ...]
    loss: float
    grad_norm: float
    run: str = ""
    batch_id: str = ""
    sample_losses: tuple[float, ...] = ()
    sample_tokens: tuple[int, ...] = ()
    tokens: int = 0
    learning_rate: float = 0.0


def write(path: Path, steps: Iterable[Step]) -> int:
    """Write the steps in their order; how many there were. Equal steps give equal bytes."""
    count = 0
    with pq.ParquetWriter(path, SCHEMA, compression="zstd") as file:
        for some in _grouped(steps):
            columns = [[getattr(one, name) for one in some] for name in SCHEMA.names]
            arrays = [pa.array(c, f.type) for c, f in zip(columns, SCHEMA, strict=True)]
            file.write_table(pa.table(arrays, schema=SCHEMA))
            count += len(some)
    return count


def _grouped(steps: Iterable[Step]) -> Iterator[list[Step]]:
    some: list[Step] = []
    for step in steps:
        some.append(step)
        if len(some) == PER_GROUP:
            yield some
            some = []
    if some:
        yield some


def load(path: Path) -> list[Step]:
    """The steps of a feedback file, in order.

    Raises:
        InputError: it is no feedback file; the message names the column or the row (from 1).
    """
    try:
        table = pq.read_table(path, use_threads=False)
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path} cannot be read as a feedback file: {error}") from error
    if lacks := [name for name in NEEDED if name not in table.column_names]:
        raise InputError(f"{path} is no feedback file: it has no column {', '.join(lacks)}")
    known = [name for name in SCHEMA.names if name in table.column_names]
    try:
        table = table.select(known).cast(pa.schema([SCHEMA.field(name) for name in known]))
    except pa.ArrowException as error:
        raise InputError(f"{path} is no feedback file: {error}") from error
    steps = [_step(path, n, row) for n, row in enumerate(table.to_pylist(), 1)]
    for number, (one, following) in enumerate(pairwise(steps), 2):
        if one.run == following.run and following.step <= one.step:
            raise InputError(
                f"{path}, row {number}: step {following.step} after step {one.step}: steps of a"
                " run ascend"
            )
    return steps


def _step(path: Path, number: int, row: dict[str, Any]) -> Step:
    """A row as a step; what is null there is unknown."""
    if empty := [name for name in NEEDED if row[name] is None]:
        raise InputError(f"{path}, row {number}: {', '.join(empty)} must not be null")
    ids = row["sample_ids"]
    found = {name: value for name, value in row.items() if value is not None}
    for name in ("sample_losses", "sample_tokens"):
        found[name] = tuple(found.get(name, ()))
        if found[name] and len(found[name]) != len(ids):
            raise InputError(
                f"{path}, row {number}: {len(found[name])} {name} for {len(ids)} sample_ids"
            )
    if not ids or None in ids:
        raise InputError(f"{path}, row {number}: sample_ids must name the samples of the batch")
    if not (math.isfinite(found["loss"]) and math.isfinite(found["grad_norm"])):
        raise InputError(f"{path}, row {number}: loss and grad_norm must be finite numbers")
    return Step(**{**found, "sample_ids": tuple(ids)})
