"""The public face for plug-ins: what a stage, model, analyzer, exporter, reader or source needs.

    from backfeed.plugin import Asks, Prompt, Sample
    from backfeed.plugin import minhash                # a module of `backfeed.engine.methods`

What stands in `__all__` is kept from version to version; what else there is in Backfeed is not.
The pure methods are loaded when they are asked for. For tests of a stage there are `rejoined`,
which drives one without an engine, and `backfeed.engine.conformance.same_requests`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from backfeed.engine.contracts import (
    Analyzer,
    DeepPass,
    EachStage,
    Exporter,
    Gather,
    Model,
    Pin,
    Pinned,
    Reader,
    ReadRules,
    Sandbox,
    Service,
    Source,
    Table,
    WholeStage,
)
from backfeed.engine.errors import (
    AskFailed,
    BackfeedError,
    ConfigError,
    InputError,
    InvalidReply,
    Outage,
    Refused,
    ServiceRefusal,
    Throttled,
)
from backfeed.engine.prompts import by_model
from backfeed.engine.records import (
    Check,
    Evidence,
    File,
    Finding,
    Keywords,
    Labels,
    Lineage,
    Message,
    NamedScore,
    Origin,
    Place,
    Rejection,
    Sample,
    Test,
)
from backfeed.engine.requests import (
    Analysis,
    Asks,
    Build,
    CodeCheck,
    Compute,
    Embed,
    Job,
    Limits,
    Outcome,
    Part,
    Prompt,
    Read,
    Request,
    Result,
    Score,
    Train,
    Trained,
    Who,
    ask_valid,
    over,
    rejoined,
    together,
)

if TYPE_CHECKING:
    from backfeed.engine.methods import (
        agreement,
        benchmarks,
        code_blocks,
        compare,
        contamination,
        diversity,
        dsir,
        feedback_log,
        fingerprints,
        forecast,
        graph_feedback,
        graph_ledger,
        graph_merge,
        graph_walks,
        keyword_graph,
        lacks,
        licences,
        minhash,
        notes,
        outlines,
        personal_data,
        phrases,
        problem_facts,
        prose_language,
        quality,
        rouge,
        seed_rules,
        splits,
        synonyms,
        text_parts,
    )

METHODS = (
    "agreement", "benchmarks", "code_blocks", "compare", "contamination", "diversity",
    "dsir", "feedback_log", "fingerprints", "forecast", "graph_feedback", "graph_ledger",
    "graph_merge", "graph_walks", "keyword_graph", "lacks", "licences", "minhash", "notes",
    "outlines", "personal_data", "phrases", "problem_facts", "prose_language", "quality",
    "rouge", "seed_rules", "splits", "synonyms", "text_parts",
)  # fmt: skip

__all__ = [
    "Analysis", "Analyzer", "AskFailed", "Asks", "BackfeedError", "Build", "Check", "CodeCheck",
    "Compute", "ConfigError", "DeepPass", "EachStage", "Embed", "Evidence", "Exporter", "File",
    "Finding", "Gather", "InputError", "InvalidReply", "Job", "Keywords", "Labels", "Limits",
    "Lineage", "Message", "Model", "NamedScore", "Origin", "Outage", "Outcome", "Part", "Pin",
    "Pinned", "Place", "Prompt", "Read", "ReadRules", "Reader", "Refused", "Rejection", "Request",
    "Result", "Sample", "Sandbox", "Score", "Service", "ServiceRefusal", "Source", "Table", "Test",
    "Throttled", "Train", "Trained", "Who", "WholeStage", "agreement", "ask_valid", "benchmarks",
    "by_model", "code_blocks", "compare", "contamination", "diversity", "dsir", "feedback_log",
    "fingerprints", "forecast", "graph_feedback", "graph_ledger", "graph_merge", "graph_walks",
    "keyword_graph", "lacks", "licences", "minhash", "notes", "outlines", "over", "personal_data",
    "phrases", "problem_facts", "prose_language", "quality", "rejoined", "rouge", "seed_rules",
    "splits", "synonyms", "text_parts", "together",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in METHODS:
        return import_module(f"backfeed.engine.methods.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
