"""What exporters share: conversations taken apart, types of columns, refusals."""

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from backfeed.engine.records import Message, Rejection, Sample

STAGE = "export"


@dataclass(frozen=True, slots=True)
class Turns:
    """A conversation: what stands first for the system, then questions with their answers."""

    system: str
    pairs: tuple[tuple[str, str], ...]


def texts(*names: str) -> list[tuple[str, Any]]:
    """Columns (or keys) of text."""
    return [(name, pa.string()) for name in names]


def no(reason: str, detail: str = "") -> Rejection:
    """The format cannot hold the sample."""
    return Rejection(STAGE, reason, detail[:2000])


def turns(sample: Sample) -> Turns | Rejection:
    """The conversation as questions and answers, or why it is none."""
    messages = sample.messages
    head = messages[:1] if messages and messages[0].role == "system" else ()
    rest = messages[len(head) :]
    roles = [message.role for message in rest]
    if not rest:
        return no("no-messages", "there is no conversation")
    if roles != ["user", "assistant"] * (len(rest) // 2):
        return no("roles", f"user and assistant must alternate; here are {', '.join(roles[:9])}")
    return Turns(head[0].content if head else "", _pairs(rest))


def one_turn(sample: Sample) -> tuple[str, str] | Rejection:
    """The only question, what the system says before it, and its answer."""
    found = turns(sample)
    if isinstance(found, Rejection):
        return found
    if len(found.pairs) > 1:
        return no("several-turns", f"{len(found.pairs)} questions; this format holds one")
    [(question, answer)] = found.pairs
    return (f"{found.system}\n\n{question}" if found.system else question), answer


def _pairs(messages: tuple[Message, ...]) -> tuple[tuple[str, str], ...]:
    pairs = zip(messages[::2], messages[1::2], strict=True)
    return tuple((asked.content, said.content) for asked, said in pairs)
