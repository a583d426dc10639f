"""The three kinds of rows that a step leaves: out, rejected, unfinished."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from backfeed.engine.errors import PluginFault
from backfeed.engine.identity import Ids
from backfeed.engine.records import Rejection, Sample
from backfeed.engine.store import Shards


class StepWriter:
    """Writes the rows of one step, and counts the reasons of rejections.

    `first` is the size of the first shard that goes out, where the next ones are to grow.
    """

    def __init__(self, place: Path, first: int = 0) -> None:
        self.out = Shards(place / "out", first=first)
        self.rejected = Shards(place / "rejected")
        self.unfinished = Shards(place / "unfinished")
        self.reasons: Counter[str] = Counter()

    def add(self, sample: Sample) -> None:
        """A sample, alive or rejected."""
        if sample.rejected is None:
            self.out.add(sample)
        else:
            self.rejected.add(sample)
            self.reasons[sample.rejected.reason] += 1

    def add_all(self, rows: Iterable[Any], born: int | None = None) -> None:
        """Samples or Arrow batches. With a seed `born`, samples are new and get their ids here."""
        ids = Ids()
        for row in rows:
            if isinstance(row, pa.RecordBatch | pa.Table):
                self._add_batch(row)
            elif not isinstance(row, Sample):
                raise PluginFault(f"rows are samples or Arrow batches, not {type(row).__name__}")
            elif born is None or row.rejected is not None:
                self.add(row)
            else:
                self.add(ids.name(row, lineage=replace(row.lineage, seed=born)))

    def _add_batch(self, batch: pa.RecordBatch | pa.Table) -> None:
        gone = batch.column("rejected").is_valid()
        self.out.add_batch(batch.filter(pc.invert(gone)))
        rejected = batch.filter(gone)
        self.rejected.add_batch(rejected)
        reasons = pc.struct_field(rejected.column("rejected"), "reason")
        for entry in pc.value_counts(reasons).to_pylist():
            self.reasons[entry["values"]] += entry["counts"]

    def defer(self, sample: Sample, why: str) -> None:
        """A sample that the world did not let us finish."""
        self.unfinished.add(sample.but(rejected=Rejection("engine", "unfinished", why[:2000])))

    def close(self) -> None:
        """Write what is buffered."""
        for shards in (self.out, self.rejected, self.unfinished):
            shards.flush()
