"""Values of cells: texts, files, messages and tests in the ways that data sets write them."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

import msgspec

from backfeed.engine.config import nearest
from backfeed.engine.methods.compare import CHECKER
from backfeed.engine.methods.compare import KINDS as COMPARED
from backfeed.engine.readers._text import CELL_BYTES
from backfeed.engine.records import File, Message, Test

KINDS = ("script", "stdio", "framework", "doctest")
_TEST_KEYS = {item.name for item in dataclasses.fields(Test)}
_ROLES = {
    "user": "user", "human": "user", "prompter": "user",
    "assistant": "assistant", "gpt": "assistant", "bot": "assistant", "model": "assistant",
    "function_call": "assistant", "system": "system", "developer": "system",
    "tool": "tool", "function": "tool", "observation": "tool",
}  # fmt: skip


class Unusable(Exception):
    """Why a row cannot be used: a short reason, and the detail."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


def refuse_large(row: Mapping[str, Any]) -> None:
    """Raise `Unusable` if a cell is too large to be carried through a run."""
    for column, value in row.items():
        if (size := _size(value)) > CELL_BYTES:
            detail = f"column {column!r} has {size:,} bytes, a cell may have {CELL_BYTES:,}"
            raise Unusable("cell-too-large", detail)


def _size(value: Any) -> int:
    if isinstance(value, str):
        return len(value.encode()) if len(value) > CELL_BYTES // 4 else len(value)
    if isinstance(value, bytes):
        return len(value)
    if isinstance(value, Mapping):
        return sum(map(_size, value.values()))
    if isinstance(value, list | tuple):
        return sum(map(_size, value))
    return 0


def text_of(value: Any, column: str) -> str:
    """A text; nothing at all is the empty text."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    raise Unusable("not-text", f"column {column!r} holds {_kind(value)}, not text")


def name_of(value: Any) -> str:
    """An id, which may be a number."""
    return "" if value is None else str(value)


def files_of(value: Any, column: str) -> tuple[File, ...]:
    """Files as {path: text}, as [{path, text}], or either as a JSON text."""
    value = _parsed(value)
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
            "bad-files", f"column {column!r}: a path or its text is {_kind(text)}, not text"
        )
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or "\\" in path or "\0" in path:
        raise Unusable(
            "bad-files", f"column {column!r}: {path!r} is not a relative path with forward slashes"
        )
    return File(path, text)


def messages_of(value: Any, column: str) -> tuple[Message, ...]:
    """Turns as {role, content} or {from, value}; content may be a list of parts."""
    if not isinstance(value, list) or not all(isinstance(turn, Mapping) for turn in value):
        raise Unusable("bad-messages", f"column {column!r} is not a list of turns")
    return tuple(_message(turn, column) for turn in value)


def _message(turn: Mapping[str, Any], column: str) -> Message:
    said = str(turn.get("role") or turn.get("from") or "")
    if said not in _ROLES:
        raise Unusable(
            "bad-messages", f"column {column!r}: no role {said!r}; {nearest(said, _ROLES)}"
        )
    content = turn["content"] if "content" in turn else turn.get("value")
    if isinstance(content, list):
        content = "".join(_part(part, column) for part in content)
    return Message(_ROLES[said], text_of(content, column))


def _part(part: Any, column: str) -> str:
    if isinstance(part, str):
        return part
    text = part.get("text", part.get("value")) if isinstance(part, Mapping) else None
    if not isinstance(text, str):
        raise Unusable("not-text", f"column {column!r} has a part that is not text")
    return text


def tests_of(value: Any, column: str) -> tuple[Test, ...]:
    """Tests as a list of objects or of scripts, as one script, or any of them as a JSON text."""
    value = _parsed(value)
    if not value:
        return ()
    if isinstance(value, str | Mapping):
        value = [value]
    if not isinstance(value, Sequence):
        raise Unusable("bad-tests", f"column {column!r} holds {_kind(value)}, not a list of tests")
    return tuple(_test(item, f"column {column!r}, test {n}") for n, item in enumerate(value, 1))


def _test(item: Any, where: str) -> Test:
    if isinstance(item, str):
        return Test("script", code=item)
    if not isinstance(item, Mapping):
        raise Unusable("bad-tests", f"{where} is {_kind(item)}, not an object")
    plain = {key: value for key, value in item.items() if value is not None}
    for key in plain:
        if key not in _TEST_KEYS:
            raise Unusable("bad-tests", f"{where} has the key {key!r}; {nearest(key, _TEST_KEYS)}")
    plain["files"] = files_of(plain.get("files"), where)
    plain.setdefault("kind", _kind_of_test(plain))
    if plain["kind"] not in KINDS:
        raise Unusable(
            "bad-tests", f"{where}: no kind {plain['kind']!r}; {nearest(str(plain['kind']), KINDS)}"
        )
    how = plain.get("compare", "token")
    if how not in (*COMPARED, CHECKER):
        known = nearest(str(how), (*COMPARED, CHECKER))
        raise Unusable("bad-tests", f"{where}: no compare {how!r}; {known}")
    if how == CHECKER and (plain["kind"] != "stdio" or not plain.get("code")):
        raise Unusable("bad-tests", f"{where}: a checker is the code of a test of kind stdio")
    try:
        return msgspec.convert(plain, Test)
    except msgspec.ValidationError as error:
        raise Unusable("bad-tests", f"{where}: {error}") from None


def _kind_of_test(plain: Mapping[str, Any]) -> str:
    if plain.get("framework"):
        return "framework"
    if plain.get("compare") == CHECKER:
        return "stdio"
    return (
        "stdio" if not plain.get("code") and ("stdin" in plain or "stdout" in plain) else "script"
    )


def _parsed(value: Any) -> Any:
    """A JSON text of a list or object as that; any other value as it is."""
    if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _kind(value: Any) -> str:
    names = {"dict": "an object", "list": "a list", "bool": "true or false", "NoneType": "nothing"}
    return names.get(type(value).__name__, f"a {type(value).__name__}")
