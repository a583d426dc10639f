"""Which columns hold what: the shapes of instruction data, told by their column names."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backfeed.engine.config import nearest
from backfeed.engine.errors import CallerError, InputError

# What a row may say of a sample, and the columns that say it, the best first.
ALIASES: dict[str, tuple[str, ...]] = {
    "id": ("id", "task_id", "question_id"),
    "language": ("language", "lang", "programming_language"),
    "dialect": ("dialect",),
    "question_type": ("question_type",),
    "entry_point": ("entry_point",),
    "system": ("system", "system_prompt"),
    "instruction": ("instruction", "prompt", "problem", "question", "query"),
    "input": ("input",),
    "response": ("response", "output", "completion", "solution", "answer"),
    "messages": ("messages", "conversations", "data"),
    "files": ("files",),
    "support": ("support",),
    "tests": ("tests",),
}
_OWN_RECORD = {"messages", "checks", "level", "origin", "lineage"}
_PAIRS = {
    ("instruction", "output"): "alpaca",
    ("prompt", "completion"): "prompt-completion",
    ("problem", "solution"): "problem-solution",
}
_CORE = ("instruction", "input", "response", "messages", "files")


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape's name, and the column of each thing that it has."""

    name: str
    columns: Mapping[str, str]

    def told(self) -> str:
        """The shape on one line."""
        if not self.columns:
            return "read as rows that a run of ours wrote"
        pairs = (
            key if key == column else f"{key}={column}" for key, column in self.columns.items()
        )
        return f"read as {self.name}: {', '.join(pairs)}"


def parse_columns(text: str) -> dict[str, str]:
    """What `--columns name=column,...` says. Raises `CallerError` for a name rows do not have."""
    found: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, eq, column = (piece.strip() for piece in part.partition("="))
        if not eq or not column:
            raise CallerError(f"--columns {part!r}: write name=column, e.g. instruction=question")
        if name not in ALIASES:
            raise CallerError(
                f"--columns {part!r}: rows have no {name!r}; {nearest(name, ALIASES)}"
            )
        found[name] = column
    return found


def detect(row: Mapping[str, Any], given: Mapping[str, str]) -> Shape:
    """The shape of a row. Raises `InputError` that lists the columns if it is none that we know."""
    for name, column in given.items():
        if column not in row:
            raise InputError(f"there is no column {column!r} for {name!r}; {nearest(column, row)}")
    if row.keys() >= _OWN_RECORD and not given:
        return Shape("backfeed", {})
    found = {**{name: column for name in ALIASES if (column := _first(name, row))}, **given}
    name = _name(found, row, given)
    if not name:
        listed = ", ".join(row) or "none"
        raise InputError(
            f"the columns are {listed}: none that are known for a problem and its answer;"
            " name them: --columns instruction=COLUMN,response=COLUMN"
        )
    return Shape(name, {key: column for key, column in found.items() if _belongs(key, name, given)})


def _first(name: str, row: Mapping[str, Any]) -> str:
    return next(
        (column for column in ALIASES[name] if column in row and _usable(name, row[column])), ""
    )


def _usable(name: str, value: Any) -> bool:
    """`data` and the like are messages only if they look so."""
    return name != "messages" or (
        isinstance(value, list) and all(isinstance(v, dict) for v in value)
    )


def _name(found: Mapping[str, str], row: Mapping[str, Any], given: Mapping[str, str]) -> str:
    if "messages" in found and not {"instruction", "response"} <= found.keys():
        return "messages"
    if "messages" in given:
        return "messages"
    if "files" in found:
        return "files"
    if {"instruction", "response"} <= found.keys():
        pair = (found["instruction"], found["response"])
        return _PAIRS.get(pair, "instruction-response")
    if {"input", "response"} <= found.keys() and "input" in row:
        return "input-response"
    return ""


def _belongs(key: str, name: str, given: Mapping[str, str]) -> bool:
    """Other columns stay with the row as `extra`."""
    if key in given or key not in _CORE:
        return True
    wanted = {"messages": ("messages",), "files": ("instruction", "input", "response", "files")}
    return key in wanted.get(name, ("instruction", "input", "response"))
