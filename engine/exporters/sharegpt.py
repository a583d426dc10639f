"""ShareGPT: conversations of human and gpt, as LLaMA-Factory and axolotl take them."""

from collections.abc import Mapping
from typing import Any, ClassVar

import pyarrow as pa

from backfeed.engine.exporters._turns import texts, turns
from backfeed.engine.records import Rejection, Sample


class _ShareGPT:
    suffix = ".jsonl"
    schema = pa.schema([
        ("conversations", pa.list_(pa.struct(texts("from", "value")))), *texts("system", "tools"),
    ])  # fmt: skip
    llama_factory: ClassVar[Mapping[str, Any]] = {
        "formatting": "sharegpt",
        "columns": {"messages": "conversations", "system": "system", "tools": "tools"},
        "tags": {
            "role_tag": "from", "content_tag": "value", "user_tag": "human", "assistant_tag": "gpt",
        },
    }  # fmt: skip

    def shape(self, sample: Sample) -> Mapping[str, Any] | Rejection:
        """Questions are human, answers gpt; what the system says stands beside them."""
        found = turns(sample)
        if isinstance(found, Rejection):
            return found
        said = [
            {"from": who, "value": text}
            for pair in found.pairs
            for who, text in zip(("human", "gpt"), pair, strict=True)
        ]
        return {"conversations": said, "system": found.system, "tools": ""}


PLUGIN = _ShareGPT()
