"""JSON Lines: one object per line."""

from collections.abc import Iterator
from pathlib import Path

from backfeed.engine.readers._json import rows_by_line
from backfeed.engine.readers._text import Numbered, Reads, opened, packed


class _JsonLines(Reads):
    suffixes = packed(".jsonl", ".ndjson")

    def numbered(self, path: Path) -> Iterator[Numbered]:
        """One row per line."""
        with opened(path) as file:
            yield from rows_by_line(file)


PLUGIN = _JsonLines()
