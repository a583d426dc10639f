"""Rows that hold several samples: seed tasks with instances, trees of replies."""

from collections.abc import Iterator, Mapping
from typing import Any

from backfeed.engine.readers._values import Unusable, kind_of, parsed

Row = Mapping[str, Any]


def instances(row: Row, columns: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Self-Instruct's seed tasks: one row for each instance, an input and an output."""
    column = columns["instances"]
    found = parsed(row[column])
    if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
        raise Unusable("bad-instances", f"column {column!r} holds {kind_of(found)}, not instances")
    rest = {key: value for key, value in row.items() if key != column}
    for one in found:
        yield {**rest, "input": one.get("input"), "output": one.get("output")}


def paths(row: Row, columns: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Open Assistant's trees: one row for each way from the prompt to a last answer.

    What was deleted is left out with all that replies to it, questions that nobody answered are
    left out, too. Ways share their first turns.
    """
    column = columns["tree"]
    root = row[column]
    if not isinstance(root, Mapping) or "replies" not in root:
        raise Unusable(
            "bad-tree", f"column {column!r} holds {kind_of(root)}, not a tree of replies"
        )
    rest = {key: value for key, value in row.items() if key != column}
    answered = [way for way in map(_to_last_answer, _ways(root)) if way]
    inner = {id(message) for way in answered for message in way[:-1]}
    ends = {id(way[-1]): way for way in answered if id(way[-1]) not in inner}
    for way in ends.values():
        turns = [{"role": message.get("role"), "content": message.get("text")} for message in way]
        ids = [message.get("message_id") for message in way]
        yield {**rest, "messages": turns, **({"message_ids": ids} if any(ids) else {})}


def _ways(root: Row) -> Iterator[list[Row]]:
    """All ways from the root to a leaf, the first replies first."""
    left: list[list[Row]] = [[root]]
    while left:
        way = left.pop()
        replies = [
            reply
            for reply in way[-1].get("replies") or ()
            if isinstance(reply, Mapping) and not reply.get("deleted")
        ]
        if not replies:
            yield way
        left += [[*way, reply] for reply in reversed(replies)]


def _to_last_answer(way: list[Row]) -> list[Row]:
    while way and way[-1].get("role") != "assistant":
        way = way[:-1]
    return way


MANY = {"instances": instances, "paths": paths}
