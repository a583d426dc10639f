"""The four domains of the pool, and where a row says which is its own."""

from backfeed.plugin import Sample

DOMAINS = ("code", "math", "knowledge", "chat")


def domain_of(sample: Sample) -> str:
    """The domain that `route_domains` gave a row; of one that it has not seen, code or chat."""
    if sample.question_type in DOMAINS:
        return sample.question_type
    return "code" if sample.kind == "code" else "chat"
