"""Alpaca: instruction, input, output; with the earlier turns as history."""

from collections.abc import Mapping
from typing import Any, ClassVar

import pyarrow as pa

from backfeed.engine.exporters._turns import texts, turns
from backfeed.engine.records import Rejection, Sample


class _Alpaca:
    suffix = ".jsonl"
    schema = pa.schema([
        *texts("instruction", "input", "output", "system"),
        ("history", pa.list_(pa.list_(pa.string()))),
    ])  # fmt: skip
    llama_factory: ClassVar[Mapping[str, Any]] = {
        "formatting": "alpaca",
        "columns": {
            "prompt": "instruction", "query": "input", "response": "output",
            "system": "system", "history": "history",
        },
    }  # fmt: skip

    def shape(self, sample: Sample) -> Mapping[str, Any] | Rejection:
        """The last turn; `history` has the pairs before it, `input` is empty."""
        found = turns(sample)
        if isinstance(found, Rejection):
            return found
        *before, (question, answer) = found.pairs
        return {
            "instruction": question, "input": "", "output": answer, "system": found.system,
            "history": [list(pair) for pair in before],
        }  # fmt: skip


PLUGIN = _Alpaca()
