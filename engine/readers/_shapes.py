"""Which columns hold what: the shapes of instruction data, told by their column names."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from backfeed.engine.config import nearest
from backfeed.engine.errors import CallerError, InputError
from backfeed.engine.readers._known import KNOWN, Known

# What a row may say of a sample, and the columns that say it, the best first.
ALIASES: dict[str, tuple[str, ...]] = {
    "id": ("id", "task_id", "question_id"),
    "language": ("language", "lang", "programming_language"),
    "dialect": ("dialect",),
    "question_type": ("question_type",),
    "entry_point": ("entry_point",),
    "system": ("system", "system_prompt"),
    "history": ("history",),
    "instruction": ("instruction", "prompt", "problem", "question", "query"),
    "input": ("input",),
    "response": ("response", "output", "completion", "solution", "answer", "chosen"),
    "messages": ("messages", "conversations", "data"),
    "files": ("files",),
    "support": ("support",),
    "tests": ("tests", "unit_tests", "test_list"),
}
_OWN = "backfeed"
_OWN_RECORD = {"messages", "checks", "level", "origin", "lineage"}
_PAIRS = {
    "alpaca": ("instruction", "output"),
    "prompt-completion": ("prompt", "completion"),
    "problem-solution": ("problem", "solution"),
    "query-answer": ("query", "answer"),
}
_LOOSE = ("instruction-response", "input-response", "messages", "files")
_ALSO = {"sharegpt": "messages"}
_CORE = {"instruction", "input", "response", "messages", "files", "history"}
_TURN = {"instruction", "input", "response", "history"}
_MAIN = {"messages": {"messages"}, "files": {*_TURN, "files"}}
_PLAIN = Known("", "")

NAMES = (_OWN, *_PAIRS, *_LOOSE, *_ALSO, *(known.name for known in KNOWN))
"""The shapes that can be asked for by name."""

SEEN = frozenset(
    [column for columns in ALIASES.values() for column in columns]
    + [column for known in KNOWN for one in known.needs.split() for column in one.split("|")]
    + [column for known in KNOWN for one in known.columns.values() for column in one.split("|")]
    + sorted(_OWN_RECORD)
)
"""The columns that tell a shape."""
TYPED = frozenset([*ALIASES["messages"], *ALIASES["history"]])
"""Those of them that tell it by the kind of their value."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape's name, the column of each thing that it has, and how its values are written."""

    name: str
    columns: Mapping[str, str]
    known: Known = _PLAIN

    def told(self, row: Iterable[str] = ()) -> str:
        """The shape on one line, and which columns of the row are kept without being understood."""
        if self.name == _OWN:
            return "read as rows that a run of ours wrote"
        pairs = (
            key if key == column else f"{key}={column}" for key, column in self.columns.items()
        )
        rest = [column for column in row if column not in self.columns.values()]
        more = f" and {len(rest) - 6} more" if len(rest) > 6 else ""
        kept = f"; kept as extra: {', '.join(rest[:6])}{more}" if rest else ""
        return f"read as {self.name}: {', '.join(pairs)}{kept}"


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


def detect(row: Mapping[str, Any], given: Mapping[str, str], wanted: str = "") -> Shape:
    """The shape of a row; columns without a value are looked at only if those that have one say
    nothing. Raises `InputError` that lists the columns if it is no shape that we know.
    """
    for name, column in given.items():
        if column not in row:
            raise InputError(f"there is no column {column!r} for {name!r}; {nearest(column, row)}")
    filled = {column: value for column, value in row.items() if value is not None}
    for part in (filled, row):
        if shape := _shape(part, given, _ALSO.get(wanted, wanted)):
            return shape
    listed = ", ".join(row) or "none"
    if wanted:
        raise InputError(f"the columns are {listed}: not those of {wanted!r}; leave --format out")
    raise InputError(
        f"the columns are {listed}: none that are known for a problem and its answer;"
        " name them: --columns instruction=COLUMN,response=COLUMN"
    )


def _shape(row: Mapping[str, Any], given: Mapping[str, str], wanted: str) -> Shape | None:
    """Our own rows; data sets known by their columns; last what a few columns say.

    Who names the main columns knows better than we do which data set it is.
    """
    if row.keys() >= _OWN_RECORD and (wanted == _OWN or not (given or wanted)):
        return Shape(_OWN, {})
    found = {name: column for name in ALIASES if (column := _first(name, row))}
    for known in KNOWN:
        asked_for = wanted == known.name or not (wanted or given.keys() & _CORE)
        if asked_for and known.fits(row):
            held = {**found, **known.found(row), **given}
            names = [*ALIASES, *(name for name in known.columns if name not in ALIASES)]
            kept = _kept(held, {*known.columns, *given})
            return Shape(known.name, {name: kept[name] for name in names if name in kept}, known)
    if wanted in _PAIRS:
        found |= dict(zip(("instruction", "response"), _PAIRS[wanted], strict=True))
    found |= given
    name = _name(found, given, wanted)
    if not name or not row.keys() >= set(found.values()):
        return None
    kept = _kept(found, {*_MAIN.get(name, _TURN), *given})
    return Shape(name, {key: kept[key] for key in ALIASES if key in kept})


def _kept(found: Mapping[str, str], main: set[str]) -> dict[str, str]:
    """Other main columns stay with the row as `extra`."""
    return {key: column for key, column in found.items() if key in main or key not in _CORE}


def _name(found: Mapping[str, str], given: Mapping[str, str], wanted: str) -> str:
    """The shape that these columns make; empty if none, or not the one that is wanted."""
    if wanted in _MAIN:
        return wanted if wanted in found else ""
    both = {"instruction", "response"} <= found.keys()
    if wanted == _LOOSE[1] or not both:
        name = _LOOSE[1] if {"input", "response"} <= found.keys() else ""
    else:
        pair = (found["instruction"], found["response"])
        name = next((name for name, one in _PAIRS.items() if one == pair), _LOOSE[0])
    if wanted:
        return name if wanted == name else ""
    if "messages" in given or ("messages" in found and not both):
        return "messages"
    return "files" if "files" in found else name


def _first(name: str, row: Mapping[str, Any]) -> str:
    return next(
        (column for column in ALIASES[name] if column in row and _usable(name, row[column])), ""
    )


def _usable(name: str, value: Any) -> bool:
    """`data` and the like are messages only if they look so, `history` only if it is a list."""
    if name == "history":
        return value is None or isinstance(value, list)
    if name != "messages" or value is None:
        return True
    if isinstance(value, str):
        return value.lstrip().startswith("[")
    return isinstance(value, list) and all(v is None or isinstance(v, dict) for v in value)
