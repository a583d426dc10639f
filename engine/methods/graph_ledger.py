"""The ledger of used keyword sets: in it for good, so that no set is drawn twice."""

import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from backfeed.engine.errors import InputError


@dataclass(frozen=True, slots=True)
class UsedSet:
    """A set that was drawn: the id of its row, the round (from 0), the language, the nodes."""

    id: str
    round: int
    language: str
    names: tuple[str, ...]


_SCHEMA = pa.schema(
    [
        pa.field("id", pa.string()),
        pa.field("round", pa.int32()),
        pa.field("language", pa.string()),
        pa.field("names", pa.list_(pa.string())),
    ]
)


def mark_of(names: Iterable[str]) -> bytes:
    """What tells one set from another, in 16 bytes; the order of names does not count."""
    text = "\0".join(sorted(names)).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=16).digest()


def to_bytes(sets: Sequence[UsedSet]) -> bytes:
    """The ledger as Parquet, in the order in which the sets were drawn."""
    columns = [[getattr(one, name) for one in sets] for name in ("id", "round", "language")]
    arrays = [*columns, [list(one.names) for one in sets]]
    table = pa.table(
        [pa.array(values, kind.type) for values, kind in zip(arrays, _SCHEMA, strict=True)],
        schema=_SCHEMA,
    )
    out = io.BytesIO()
    pq.write_table(table, out, compression="zstd")
    return out.getvalue()


def load(path: Path | None) -> list[UsedSet]:
    """The sets of a ledger, in order; none without one. Raises `InputError` if it is none."""
    if path is None:
        return []
    try:
        table = pq.read_table(path, use_threads=False).select(_SCHEMA.names).cast(_SCHEMA)
    except (OSError, pa.ArrowException, KeyError) as error:
        raise InputError(
            f"{path} is no ledger of used sets: {error}; give the one that a run wrote"
        ) from error
    columns = (table.column(name).to_pylist() for name in _SCHEMA.names)
    return [
        UsedSet(id_, number, language, tuple(names))
        for id_, number, language, names in zip(*columns, strict=True)
    ]


def fresh(sets: Sequence[UsedSet], judged: int) -> Sequence[UsedSet]:
    """The sets that a graph has not counted: it says how many of the first it has.

    A graph that has counted more than there are comes from elsewhere: then none was counted.
    """
    return sets[judged if judged <= len(sets) else 0 :]
