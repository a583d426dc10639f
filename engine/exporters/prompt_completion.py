"""Prompt and completion as plain texts: one question, one answer."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from backfeed.engine.exporters._turns import one_turn, texts
from backfeed.engine.records import Rejection, Sample


class _PromptCompletion:
    suffix = ".jsonl"
    schema = pa.schema(texts("prompt", "completion"))

    def shape(self, sample: Sample) -> Mapping[str, Any] | Rejection:
        """The only turn; what the system says, if anything, stands before the question."""
        found = one_turn(sample)
        if isinstance(found, Rejection):
            return found
        return dict(zip(self.schema.names, found, strict=True))


PLUGIN = _PromptCompletion()
