"""Chat messages, as OpenAI, TRL and most trainers take them."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from backfeed.engine.exporters._turns import no, texts
from backfeed.engine.records import Rejection, Sample


class _Messages:
    suffix = ".jsonl"
    schema = pa.schema([("messages", pa.list_(pa.struct(texts("role", "content"))))])

    def shape(self, sample: Sample) -> Mapping[str, Any] | Rejection:
        """The messages as they are; there must be an answer."""
        if not any(message.role == "assistant" for message in sample.messages):
            return no("no-answer", "no message is the assistant's")
        return {"messages": [{"role": m.role, "content": m.content} for m in sample.messages]}


PLUGIN = _Messages()
