"""JSON: an array of objects, or (as many name it) one object per line."""

from collections.abc import Iterator
from pathlib import Path

from backfeed.engine.readers._json import rows_by_line, rows_of_array
from backfeed.engine.readers._text import Numbered, Reads, opened


class _Json(Reads):
    suffixes = (".json", ".json.gz")

    def numbered(self, path: Path) -> Iterator[Numbered]:
        """The first sign tells an array from lines."""
        with opened(path) as file:
            start = file.tell()
            is_array = file.read(4096).lstrip()[:1] != b"{"
            file.seek(start)
            yield from rows_of_array(file, path) if is_array else rows_by_line(file)


PLUGIN = _Json()
