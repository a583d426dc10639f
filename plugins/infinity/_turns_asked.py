"""Conversations as models are shown them."""

from collections.abc import Sequence

from backfeed.plugin import Message, Prompt


def shown(messages: Sequence[Message]) -> list[dict[str, str]]:
    """The turns, plain."""
    return [{"role": one.role, "content": one.content} for one in messages]


def reply_to(messages: Sequence[Message], role: str) -> "Prompt":
    """The prompt for what the assistant says next."""
    return Prompt("chat/answer", role=role, turns=shown(messages))
