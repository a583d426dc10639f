"""Parquet, a few rows at a time."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from backfeed.engine.errors import InputError
from backfeed.engine.readers._text import reading

ROWS = 64


class _Parquet:
    suffixes = (".parquet", ".pq")

    def read(self, path: Path) -> Iterator[dict[str, Any]]:
        """The rows in file order."""
        with reading(path), path.open("rb"):
            pass  # what is wrong with the path is told as for any file
        try:
            with pq.ParquetFile(path, pre_buffer=False) as file:
                for batch in file.iter_batches(ROWS):
                    yield from batch.to_pylist()
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            first = str(error).partition("\n")[0]
            raise InputError(
                f"{path} is not a Parquet file that can be read: {first}; fetch it again"
            ) from error


PLUGIN = _Parquet()
