"""JSON Lines: one object per line."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from backfeed.engine.readers._json import rows_by_line
from backfeed.engine.readers._text import opened


class _JsonLines:
    suffixes = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")

    def read(self, path: Path) -> Iterator[dict[str, Any]]:
        """One row per line."""
        with opened(path) as file:
            yield from rows_by_line(file)


PLUGIN = _JsonLines()
