"""Prompt, response and type of question, the columns of Infinite-Instruct."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from backfeed.engine.exporters._turns import one_turn, texts
from backfeed.engine.records import Rejection, Sample


class _PromptResponseType:
    suffix = ".jsonl"
    schema = pa.schema(texts("prompt", "response", "type"))

    def shape(self, sample: Sample) -> Mapping[str, Any] | Rejection:
        """The only turn, and the kind of question."""
        found = one_turn(sample)
        if isinstance(found, Rejection):
            return found
        return dict(zip(self.schema.names, (*found, sample.question_type), strict=True))


PLUGIN = _PromptResponseType()
