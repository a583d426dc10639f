"""The whole row, for the formats that hold it."""

from collections.abc import Mapping
from typing import Any

from backfeed.engine.records import Sample
from backfeed.engine.store import ROW_SCHEMA, to_row


class Whole:
    """Every column of the record; evidence stays in the run's directory."""

    schema = ROW_SCHEMA

    def __init__(self, suffix: str) -> None:
        self.suffix = suffix

    def shape(self, sample: Sample) -> Mapping[str, Any]:
        """The row as it is."""
        row = to_row(sample)
        del row["evidence"]
        return row
