"""Parquet, a few rows at a time."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from backfeed.engine.readers._arrow import few_rows, reading_arrow, rows_of
from backfeed.engine.readers._text import Numbered, Reads, one_header


class _Parquet(Reads):
    suffixes = (".parquet", ".pq")

    def numbered(self, path: Path) -> Iterator[Numbered]:
        """The rows in file order."""
        with reading_arrow(path, "a Parquet file"), pq.ParquetFile(path, pre_buffer=False) as file:
            one_header(file.schema_arrow.names, str(path))
            yield from enumerate(_rows(file), start=1)


def _rows(file: pq.ParquetFile) -> Iterator[dict[str, Any]]:
    for group in range(file.num_row_groups):
        told = file.metadata.row_group(group)
        few = few_rows(told.total_byte_size, told.num_rows)
        for batch in file.iter_batches(few, row_groups=[group]):
            yield from rows_of(batch)


PLUGIN = _Parquet()
