"""The sealed part of an answer book: sorted Parquet files, looked up by binary search.

Keys are held in memory, 20 bytes each. Values are held too while all files together are small;
those of larger books are read by row group, and the latest groups are kept.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from backfeed.engine.files import write_via

ROWS_PER_GROUP = 64
GROUPS_IN_MEMORY = 256
BYTES_IN_MEMORY = 256 * 1024 * 1024
SCHEMA = pa.schema([("key", pa.binary(20)), ("service", pa.string()), ("answer", pa.binary())])


class Sealed:
    """All `sealed-*.parquet` of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.parts: list[_Part] = []
        self._room = BYTES_IN_MEMORY
        self.reload()

    def paths(self) -> list[Path]:
        """The files, oldest first."""
        return sorted(self.folder.glob("sealed-*.parquet"))

    def reload(self) -> None:
        """Look at the folder again."""
        self.close()
        self._room = BYTES_IN_MEMORY
        for path in self.paths():
            self.take(path)

    def write(self, batches: Iterable[pa.RecordBatch]) -> Path:
        """Write one more file from batches in key order, whole or not at all."""
        numbers = [int(path.stem.removeprefix("sealed-")) for path in self.paths()]
        path = self.folder / f"sealed-{max(numbers, default=-1) + 1:05d}.parquet"
        write_via(path, lambda to: _write(to, batches))
        return path

    def take(self, path: Path) -> None:
        """From now on, look into this file, too."""
        self._room -= path.stat().st_size
        self.parts.append(_Part(path, in_memory=self._room >= 0))

    def get_many(self, keys: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
        """The stored values of the keys that are here."""
        for part in self.parts:
            yield from part.get_many(keys)

    def forget(self, keys: Sequence[bytes]) -> int:
        """Rewrite the files that hold any of the keys without them; returns how many went."""
        gone, unwanted = 0, pa.array(keys, SCHEMA.field("key").type)
        for part in self.parts:
            if count := sum(1 for _ in part.places(keys)):
                write_via(part.path, part.writer_without(unwanted))
                gone += count
        self.reload()
        return gone

    def counts(self) -> Counter[str]:
        """How many answers there are of each service."""
        total: Counter[str] = Counter()
        for part in self.parts:
            for batch in part.batches(["service"]):
                for entry in pc.value_counts(batch["service"]).to_pylist():
                    total[entry["values"]] += entry["counts"]
        return total

    def each(self, service: str) -> Iterator[tuple[bytes, bytes]]:
        """All keys and values of one service, in key order within each file."""
        for part in self.parts:
            for batch in part.batches():
                found = batch.filter(pc.equal(batch["service"], service))
                yield from zip(found["key"].to_pylist(), found["answer"].to_pylist(), strict=True)

    def close(self) -> None:
        """Let go of the files."""
        for part in self.parts:
            part.file.close()
        self.parts = []


class _Part:
    """One file."""

    def __init__(self, path: Path, *, in_memory: bool) -> None:
        self.path, self.in_memory = path, in_memory
        self.file = pq.ParquetFile(path)
        self.keys = np.concatenate([np.empty(0, "S20"), *map(_keys, self.batches(["key"]))])
        self.column: Any = None
        self.groups: OrderedDict[int, Any] = OrderedDict()

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        yield from self.file.iter_batches(10_000, columns=columns, use_threads=False)

    def writer_without(self, unwanted: pa.Array) -> Callable[[Path], None]:
        """What writes this file anew, without some keys."""
        rest = (
            batch.filter(pc.invert(pc.is_in(batch["key"], unwanted))) for batch in self.batches()
        )
        return lambda to: _write(to, rest)

    def places(self, keys: Sequence[bytes]) -> Iterator[tuple[bytes, int]]:
        """Where the keys that are here stand; numpy leaves out zero bytes at the end of a key."""
        places = np.searchsorted(self.keys, np.array(keys, dtype="S20"))
        for key, place in zip(keys, places.tolist(), strict=True):
            if place < len(self.keys) and self.keys[place] == key.rstrip(b"\0"):
                yield key, place

    def get_many(self, keys: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
        for key, place in self.places(keys):
            yield key, self._value(place)

    def _value(self, place: int) -> bytes:
        if not self.in_memory:
            number, place = divmod(place, ROWS_PER_GROUP)
            return bytes(self._group(number)[place].as_py())
        if self.column is None:
            self.column = self.file.read(["answer"], use_threads=False)["answer"].combine_chunks()
        return bytes(self.column[place].as_py())

    def _group(self, number: int) -> Any:
        if number not in self.groups:
            table = self.file.read_row_group(number, ["answer"], use_threads=False)
            self.groups[number] = table["answer"].combine_chunks()
            if len(self.groups) > GROUPS_IN_MEMORY:
                self.groups.popitem(last=False)
        self.groups.move_to_end(number)
        return self.groups[number]


def _write(path: Path, batches: Iterable[pa.RecordBatch]) -> None:
    """Full row groups, whatever the batches: a row's group is its place divided by the size."""
    with pq.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
        rest = pa.Table.from_batches([], schema=SCHEMA)
        for batch in batches:
            rest = pa.concat_tables([rest, pa.Table.from_batches([batch], schema=SCHEMA)])
            whole = rest.num_rows - rest.num_rows % ROWS_PER_GROUP
            if whole:
                writer.write_table(rest.slice(0, whole).combine_chunks(), ROWS_PER_GROUP)
                rest = rest.slice(whole)
        writer.write_table(rest, ROWS_PER_GROUP)


def _keys(batch: pa.RecordBatch) -> Any:
    column = batch["key"]
    whole = np.frombuffer(column.buffers()[1], "S20")
    return whole[column.offset : column.offset + len(column)]
