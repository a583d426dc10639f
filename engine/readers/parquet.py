"""Parquet, a few rows at a time."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from backfeed.engine.errors import InputError
from backfeed.engine.readers._text import Numbered, Reads, reading

ROWS = 64


class _Parquet(Reads):
    suffixes = (".parquet", ".pq")

    def numbered(self, path: Path) -> Iterator[Numbered]:
        """The rows in file order."""
        with reading(path), path.open("rb"):
            pass  # what is wrong with the path is told as for any file
        try:
            with pq.ParquetFile(path, pre_buffer=False) as file:
                batches = file.iter_batches(ROWS)
                rows = (row for batch in batches for row in batch.to_pylist())
                yield from enumerate(rows, start=1)
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            first = str(error).partition("\n")[0]
            raise InputError(
                f"{path} is not a Parquet file that can be read: {first}; fetch it again"
            ) from error


PLUGIN = _Parquet()
