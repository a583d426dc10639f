"""Rows that say the same: the first one stays."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from backfeed.engine.methods import minhash
from backfeed.engine.requests import Result

COLUMNS = ("messages", "code")
MOST_COMPARED = 100

Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int64]
Texts = Iterator[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Deduplicate:
    """Reject what has been said before, with the id of the row that said it first.

    Two rows are equal if their questions are, but for case and white space, and their answers (the
    code; the last message where there is none), but for empty lines and white space at line ends.
    With `near`, rows are duplicates also if that share of their five-token shingles is the same.

    in:  "Add 1." -> f(x); "add  1." -> f(x); "Add 2." -> g(x)
    out: the first and the third; the second is rejected as `duplicate` of the first
    """

    near: float | None = None
    version = 1
    incremental = True

    def __post_init__(self) -> None:
        """Refuse what would find too little."""
        if self.near is not None and not 0.7 <= self.near <= 1:
            raise ValueError(f"near = {self.near}: give a share from 0.7 to 1, such as 0.8")

    def whole(self, table: Any) -> Result:
        """Two passes over Arrow batches, three with `near`; some 60 bytes of memory per row.

        Rows of earlier waves are looked through again, and those of this one judged.
        """
        rows = _Both(table)
        first = _first_equal(rows)
        equal = first != np.arange(len(first))
        near = np.zeros(len(first), bool)
        if self.near is not None:
            first = _Near(self.near, rows, equal).first_alike(first)
            near = ~equal & (first != np.arange(len(first)))
        new = len(table.before)
        counts = {
            "duplicates": float(equal[new:].sum()),
            "near_duplicates": float(near[new:].sum()),
        }
        return Result(_marked(table, first, near), metrics=counts)


class _Both:
    """The rows of earlier waves and those of this one, as one table."""

    def __init__(self, table: Any) -> None:
        self._tables = (table.before, table)

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        for table in self._tables:
            yield from table.batches(columns)


def _first_equal(table: Any) -> Numbers:
    """For each row, the number of the first that is equal to it."""
    hashes = bytearray()
    for batch in table.batches(COLUMNS):
        for question, answer in _texts(batch):
            text = f"{_plain(question)}\0{_lines(answer)}"
            hashes += xxhash.xxh3_128_digest(text.encode())
    rows = np.frombuffer(hashes, "S16")
    _, first, which = np.unique(rows, return_index=True, return_inverse=True)
    found: Numbers = first[which]
    return found


def _texts(batch: pa.RecordBatch) -> Texts:
    """The first message of the user, and the code or the last message of the assistant."""
    messages, count = batch["messages"], batch.num_rows
    rows = pc.list_parent_indices(messages).to_numpy()
    roles = pc.struct_field(messages.flatten(), "role")
    contents = pc.struct_field(messages.flatten(), "content").to_pylist()
    asked, said = ([""] * count for _ in range(2))
    for index in pc.indices_nonzero(pc.equal(roles, "user")).to_pylist()[::-1]:
        asked[rows[index]] = contents[index]
    for index in pc.indices_nonzero(pc.equal(roles, "assistant")).to_pylist():
        said[rows[index]] = contents[index]
    codes = batch["code"].to_pylist()
    return zip(asked, (code or text for code, text in zip(codes, said, strict=True)), strict=True)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _lines(text: str) -> str:
    return "\n".join(line for raw in text.splitlines() if (line := raw.rstrip()))


@dataclass(slots=True)
class _Near:
    """Finds, row by row, the first of the rows that stay which a row is nearly equal to."""

    least: float
    table: Any
    gone: Flags
    _kept: dict[int, minhash.Hashes] = field(default_factory=dict)
    _places: dict[tuple[int, int], list[int]] = field(default_factory=dict)

    def first_alike(self, first: Numbers) -> Numbers:
        """`first`, with the numbers of near duplicates added."""
        keys = self._keys()
        candidate = minhash.shared_keys(keys) & ~self.gone
        found = first.copy()
        for number, text in enumerate(self._rows()):
            if candidate[number]:
                found[number] = self._place(number, minhash.shingles(text), keys[number])
        return found[found]  # an equal of a near duplicate is what that is

    def _keys(self) -> minhash.Keys:
        keys = np.empty((len(self.gone), minhash.BANDS), np.uint64)
        for number, text in enumerate(self._rows()):
            hashes = minhash.shingles(text) if not self.gone[number] else np.empty(0, np.uint32)
            keys[number] = minhash.band_keys(minhash.signature(hashes))
            if not len(hashes):  # nothing is like it
                keys[number] = np.arange(minhash.BANDS, dtype=np.uint64) + np.uint64(number << 8)
        return keys

    def _rows(self) -> Iterator[str]:
        for batch in self.table.batches(COLUMNS):
            for question, answer in _texts(batch):
                yield f"{question}\n{answer}"

    def _place(self, number: int, hashes: minhash.Hashes, keys: minhash.Keys) -> int:
        """The first row that this one is like; itself if there is none, and then it is kept."""
        bands = list(enumerate(keys.tolist()))
        alike = {other for band in bands for other in self._places.get(band, ())}
        for other in sorted(alike)[:MOST_COMPARED]:
            if minhash.jaccard(hashes, self._kept[other]) >= self.least:
                return other
        self._kept[number] = hashes
        for band in bands:
            self._places.setdefault(band, []).append(number)
        return number


def _marked(table: Any, first: Numbers, near: Flags) -> Iterator[pa.RecordBatch]:
    """The rows of this wave again, in order, those rejected that are not the first."""
    ids = _ids(_Both(table))
    start = len(table.before)
    for batch in table.batches():
        rows = slice(start, start + batch.num_rows)
        start += batch.num_rows
        stays = first[rows] == np.arange(rows.start, rows.stop)
        reasons = np.where(near[rows], "near-duplicate", "duplicate")
        place = batch.schema.get_field_index("rejected")
        kind = batch.schema.field(place).type
        parts = [
            pa.array(["deduplicate"] * batch.num_rows), pa.array(reasons), ids.take(first[rows]),
        ]  # fmt: skip
        rejected = pa.StructArray.from_arrays(parts, fields=list(kind), mask=pa.array(stays))
        yield batch.set_column(place, batch.schema.field(place), rejected)


def _ids(table: Any) -> pa.Array:
    chunks = [batch["id"] for batch in table.batches(["id"])]
    return pa.chunked_array(chunks, pa.string()).combine_chunks()


PLUGIN = Deduplicate
