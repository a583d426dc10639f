"""The sealed part of an answer book: sorted Parquet files, looked up by binary search."""

from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from backfeed.engine.files import write_via

ROWS_PER_GROUP = 256
GROUPS_IN_MEMORY = 64
SCHEMA = pa.schema([("key", pa.binary(20)), ("service", pa.string()), ("answer", pa.binary())])


class Sealed:
    """All `sealed-*.parquet` of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.parts: list[_Part] = []
        self.reload()

    def paths(self) -> list[Path]:
        """The files, oldest first."""
        return sorted(self.folder.glob("sealed-*.parquet"))

    def reload(self) -> None:
        """Look at the folder again."""
        known = {part.path: part for part in self.parts}
        self.parts = [known.get(path) or _Part(path) for path in self.paths()]

    def add(self, table: pa.Table) -> None:
        """Write one more file, whole or not at all."""
        path = self.folder / f"sealed-{len(self.paths()):05d}.parquet"
        write_via(path, lambda to: pq.write_table(table, to, row_group_size=ROWS_PER_GROUP))
        self.reload()

    def get_many(self, keys: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
        """The stored values of the keys that are here."""
        for part in self.parts:
            yield from part.get_many(keys)

    def counts(self) -> Counter[str]:
        """How many answers there are of each service."""
        total: Counter[str] = Counter()
        for part in self.parts:
            column = pq.read_table(part.path, columns=["service"])["service"]
            for entry in column.value_counts().to_pylist():
                total[entry["values"]] += entry["counts"]
        return total

    def entries(self) -> Iterator[tuple[Path, list[tuple[bytes, str, bytes]]]]:
        """Each file with all that is in it."""
        for path in self.paths():
            rows = pq.read_table(path).to_pylist()
            yield path, [(row["key"], row["service"], row["answer"]) for row in rows]

    def each(self, service: str) -> Iterator[tuple[bytes, bytes]]:
        """All keys and values of one service."""
        for part in self.parts:
            for row in pq.read_table(part.path, filters=[("service", "=", service)]).to_pylist():
                yield row["key"], row["answer"]


class _Part:
    """One file: its keys in memory (20 bytes each), its values read by row group and kept a while."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = pq.ParquetFile(path)
        keys = self.file.read(columns=["key"])["key"].to_pylist()
        self.keys = np.array(keys, dtype="S20")
        self.groups: OrderedDict[int, list[bytes]] = OrderedDict()

    def get_many(self, keys: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
        wanted = list(keys)
        places = np.searchsorted(self.keys, np.array(wanted, dtype="S20"))
        for key, place in zip(wanted, places.tolist(), strict=True):
            if place < len(self.keys) and self.keys[place] == key.rstrip(b"\0"):
                yield key, self._group(place // ROWS_PER_GROUP)[place % ROWS_PER_GROUP]

    def _group(self, number: int) -> list[bytes]:
        if number not in self.groups:
            column = self.file.read_row_group(number, columns=["answer"])["answer"]
            self.groups[number] = column.to_pylist()
            if len(self.groups) > GROUPS_IN_MEMORY:
                self.groups.popitem(last=False)
        self.groups.move_to_end(number)
        return self.groups[number]
