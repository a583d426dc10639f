"""Arrow: the IPC file and the stream, as `datasets` keeps them on disk."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from backfeed.engine.readers._arrow import reading_arrow, rows_of
from backfeed.engine.readers._text import Numbered, Reads, one_header

_FILE = b"ARROW1"


class _Arrow(Reads):
    suffixes = (".arrow", ".ipc", ".feather")

    def numbered(self, path: Path) -> Iterator[Numbered]:
        """The rows in file order. The first bytes tell a file from a stream."""
        with reading_arrow(path, "an Arrow file"), pa.OSFile(str(path)) as source:
            yield from enumerate(_rows(source, path), start=1)


def _rows(source: Any, path: Path) -> Iterator[dict[str, Any]]:
    for batch in _batches(source):
        one_header(batch.schema.names, str(path))
        yield from rows_of(batch)


def _batches(source: Any) -> Iterator[pa.RecordBatch]:
    is_file = source.read(len(_FILE)) == _FILE
    source.seek(0)
    if not is_file:
        yield from pa.ipc.open_stream(source)
        return
    file = pa.ipc.open_file(source)
    for number in range(file.num_record_batches):
        yield file.get_batch(number)


PLUGIN = _Arrow()
