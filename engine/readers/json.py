"""JSON: an array of objects, or (as many name it) one object per line."""

from collections.abc import Iterator
from pathlib import Path

from backfeed.engine.errors import InputError
from backfeed.engine.readers._json import rows_by_line, rows_of_array
from backfeed.engine.readers._text import Numbered, Reads, opened, packed


class _Json(Reads):
    suffixes = packed(".json")

    def numbered(self, path: Path) -> Iterator[Numbered]:
        """The first sign tells an array from lines."""
        with opened(path) as file:
            head = file.peek().lstrip()
            if head.partition(b"\n")[0].strip() == b"{":
                raise InputError(
                    f"{path} is one object over many lines; a file of rows is [{{...}}, ...], or"
                    " one object per line: write its list of rows alone, e.g. jq '.data'"
                )
            is_array = head[:1] != b"{"
            yield from rows_of_array(file, path) if is_array else rows_by_line(file)


PLUGIN = _Json()
