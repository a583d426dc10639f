"""Parquet of whole rows: tests, checks, origin and lineage included."""

from backfeed.engine.exporters._whole import Whole

PLUGIN = Whole(".parquet")
