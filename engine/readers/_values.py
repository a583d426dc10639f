"""Values of cells: texts, files and messages in the ways that data sets write them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from backfeed.engine.config import nearest
from backfeed.engine.readers._text import CELL_BYTES
from backfeed.engine.records import File, Message

DEPTH = 200
_SAID = ("content", "text", "value")
_ROLES = {
    "user": "user", "human": "user", "prompter": "user",
    "assistant": "assistant", "gpt": "assistant", "chatgpt": "assistant", "bot": "assistant",
    "model": "assistant", "ai": "assistant",
    "function_call": "assistant", "tool_call": "assistant", "tool_calls": "assistant",
    "system": "system", "developer": "system",
    "tool": "tool", "function": "tool", "observation": "tool", "tool_response": "tool",
}  # fmt: skip


class Unusable(Exception):
    """Why a row cannot be used: a short reason, and the detail."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


def refuse_large(row: Mapping[str, Any]) -> None:
    """Raise `Unusable` if a cell is too large to be carried through a run, or nested too deep."""
    for column, value in row.items():
        if (size := _size(value, column)) > CELL_BYTES:
            detail = f"column {column!r} has {size:,} bytes, a cell may have {CELL_BYTES:,}"
            raise Unusable("cell-too-large", detail)


def _size(value: Any, column: str) -> int:
    size, depth, level = 0, 0, [value]
    while level:
        inner: list[Any] = []
        for one in level:
            if isinstance(one, str):
                size += len(one.encode()) if len(one) > CELL_BYTES // 4 else len(one)
            elif isinstance(one, bytes):
                size += len(one)
            elif isinstance(one, dict):
                inner += one.values()
            elif isinstance(one, list | tuple):
                inner += one
        level, depth = inner, depth + 1
        if depth > DEPTH:
            raise Unusable("nested-too-deep", f"column {column!r} has more than {DEPTH} levels")
    return size


def text_of(value: Any, column: str) -> str:
    """A text; nothing at all is the empty text."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    raise Unusable("not-text", f"column {column!r} holds {kind_of(value)}, not text")


def name_of(value: Any) -> str:
    """An id, which may be a number."""
    return "" if value is None else str(value)


def files_of(value: Any, column: str) -> tuple[File, ...]:
    """Files as {path: text}, as [{path, text}], or either as a JSON text."""
    value = parsed(value)
    if not value:
        return ()
    if isinstance(value, Mapping):
        pairs = list(value.items())
    elif isinstance(value, Sequence) and all(isinstance(v, Mapping) and "path" in v for v in value):
        pairs = [(v["path"], v.get("text")) for v in value]
    elif isinstance(value, Sequence) and all(isinstance(v, tuple) and len(v) == 2 for v in value):
        pairs = list(value)  # an Arrow map
    else:
        raise Unusable("bad-files", f"column {column!r} is not {{path: text}}")
    return tuple(_file(path, text, column) for path, text in pairs if text is not None)


def _file(path: Any, text: Any, column: str) -> File:
    if not isinstance(path, str) or not isinstance(text, str):
        raise Unusable(
            "bad-files", f"column {column!r}: a path or its text is {kind_of(text)}, not text"
        )
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or "\\" in path or "\0" in path:
        raise Unusable(
            "bad-files", f"column {column!r}: {path!r} is not a relative path with forward slashes"
        )
    return File(path, text)


def messages_of(value: Any, column: str) -> tuple[Message, ...]:
    """Turns as {role, content} or {from, value}, or the JSON text of them.

    Content may be a list of parts; a call of tools is told as JSON.
    """
    value = parsed(value)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(turn, Mapping) for turn in value):
        raise Unusable("bad-messages", f"column {column!r} is not a list of turns")
    return tuple(_message(turn, column) for turn in value)


def _message(turn: Mapping[str, Any], column: str) -> Message:
    said = str(turn.get("role") or turn.get("from") or "")
    role = _ROLES.get(said) or _ROLES.get(said.lower())
    if role is None:
        raise Unusable(
            "bad-messages", f"column {column!r}: no role {said!r}; {nearest(said, _ROLES)}"
        )
    content = next((turn[key] for key in _SAID if turn.get(key) is not None), None)
    if isinstance(content, list):
        content = "".join(_part(part, column) for part in content)
    text = text_of(content, column)
    if calls := turn.get("tool_calls"):
        told = calls if isinstance(calls, str) else json.dumps(calls, ensure_ascii=False)
        text = f"{text}\n{told}" if text else told
    return Message(role, text)


def _part(part: Any, column: str) -> str:
    if isinstance(part, str):
        return part
    found = [part[key] for key in _SAID if part.get(key)] if isinstance(part, Mapping) else [None]
    text = found[0] if found else ""
    if not isinstance(text, str) or (not found and part.get("type", "text") != "text"):
        raise Unusable("not-text", f"column {column!r} has a part that is not text")
    return text


def history_of(value: Any, column: str) -> tuple[Message, ...]:
    """Earlier turns as a list of pairs (asked, answered), or the JSON text of them."""
    value = parsed(value) or ()
    if not isinstance(value, list | tuple) or not all(
        isinstance(pair, list | tuple) and len(pair) == 2 for pair in value
    ):
        raise Unusable("bad-history", f"column {column!r} is not a list of pairs")
    turns = [turn for pair in value for turn in zip(("user", "assistant"), pair, strict=True)]
    return tuple(Message(role, text_of(text, column)) for role, text in turns)


def is_turns(value: Any) -> bool:
    """Is a prompt or a completion written as messages?"""
    return isinstance(value, list) and bool(value) and all(isinstance(v, Mapping) for v in value)


def parsed(value: Any) -> Any:
    """A JSON text of a list or object as that; any other value as it is."""
    if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def kind_of(value: Any) -> str:
    """What a value is, in words."""
    names = {"dict": "an object", "list": "a list", "bool": "true or false", "NoneType": "nothing"}
    return names.get(type(value).__name__, f"a {type(value).__name__}")
