"""Rows of somebody's data set as samples; a row that cannot be used is a rejected sample."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from backfeed.engine.errors import InputError
from backfeed.engine.grammar import dialect_named, language_named
from backfeed.engine.readers import _values as values
from backfeed.engine.readers._shapes import Shape, detect
from backfeed.engine.readers._text import Numbered, Unreadable
from backfeed.engine.readers._values import Unusable
from backfeed.engine.records import Message, Place, Sample

Row = Mapping[str, Any]

# Of our own record, what a new verdict does not replace.
_KEPT = (
    "kind", "language", "dialect", "question_type", "messages", "entry_point", "files", "support",
    "tests", "keywords", "labels", "origin", "lineage", "split", "extra",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reading:
    """How one file is read.

    `name` is what its rows are called by that have no id, `file` its path as the caller gave it;
    `columns` maps what a row says to the column that says it; `tell` hears once what the columns
    were taken for.
    """

    name: str
    file: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    tell: Callable[[str], None] = lambda _line: None


def numbered(reader: Any, path: Path) -> Iterable[Numbered]:
    """A file's rows with the lines on which they begin; of a reader without lines, the numbers."""
    if hasattr(reader, "numbered"):
        return reader.numbered(path)  # type: ignore[no-any-return]
    return enumerate(reader.read(path), start=1)


def samples(rows: Iterable[Numbered], how: Reading) -> Iterator[Sample]:
    """The rows of one file, each with its place.

    Raises `InputError` if the first row has no columns that we know, or no row can be read at all.
    """
    shapes = _Shapes(how)
    count, fault = 0, ""
    for line, row in rows:
        count += 1
        mark = Mark(f"{how.name}:{count}", Place(how.file, line))
        try:
            shape = shapes.of(row)
        except Unusable as why:
            fault = fault or why.detail
            yield _refused(mark, why)
        else:
            yield sample_of(row, shape, mark)
    if fault and not shapes.known:
        raise InputError(f"{how.name}: none of its {count:,} rows can be read; {fault}")


class Mark(NamedTuple):
    """What a row is called if it has no id, and where it stands."""

    name: str
    place: Place = Place()


class _Shapes:
    """The shapes of one file's rows: one for each set of columns that was met."""

    def __init__(self, how: Reading) -> None:
        self.how = how
        self.known: dict[tuple[str, ...], Shape] = {}

    def of(self, row: Row) -> Shape:
        """The shape of a row. Raises `Unusable`; `InputError` if it is the first and has none."""
        if isinstance(row, Unreadable):
            raise Unusable(row.reason, row.detail)
        columns = tuple(row)
        if columns not in self.known:
            try:
                shape = detect(row, self.how.columns)
            except InputError as error:
                if not self.known:
                    raise InputError(f"{self.how.name}: {error}") from None
                raise Unusable("unknown-columns", str(error)) from None
            if not self.known:
                self.how.tell(f"{self.how.name}: {shape.told()}")
            self.known[columns] = shape
        return self.known[columns]


def sample_of(row: Row, shape: Shape, mark: Mark) -> Sample:
    """One row as a sample, rejected if it cannot be used."""
    mark = Mark(_id(row, shape) or mark.name, mark.place)
    try:
        values.refuse_large(row)
        return _own(row, mark) if shape.name == "backfeed" else _foreign(row, shape, mark)
    except Unusable as why:
        return _refused(mark, why)


def _refused(mark: Mark, why: Unusable) -> Sample:
    return Sample(source_id=mark.name, place=mark.place).no("read", why.reason, why.detail)


def _id(row: Row, shape: Shape) -> str:
    return values.name_of(row.get(shape.columns.get("id", "id")))


def _own(row: Row, mark: Mark) -> Sample:
    """A row that a run of ours wrote: all but its verdicts."""
    kept = {key: row[key] for key in _KEPT if row.get(key) is not None}
    try:
        return msgspec.convert(kept, Sample).but(source_id=mark.name, place=mark.place)
    except msgspec.ValidationError as error:
        raise Unusable("not-our-record", str(error)) from None


def _foreign(row: Row, shape: Shape, mark: Mark) -> Sample:
    def text(name: str) -> str:
        column = shape.columns.get(name, "")
        return values.text_of(row.get(column), column) if column else ""

    def cell(name: str) -> tuple[Any, str]:
        column = shape.columns.get(name, "")
        return row.get(column) if column else None, column

    files = values.files_of(*cell("files"))
    messages = (
        values.messages_of(*cell("messages")) if "messages" in shape.columns else _turns(text)
    )
    if system := text("system"):
        messages = (Message("system", system), *messages)
    if not files and not any(m.role == "assistant" and m.content.strip() for m in messages):
        raise Unusable("no-answer", "the answer is empty")
    language = text("language")
    return Sample(
        source_id=mark.name, place=mark.place,
        language=language_named(language) if language else "",
        dialect=dialect_named(text("dialect") or language),
        question_type=text("question_type"), messages=messages, entry_point=text("entry_point"),
        files=files, support=values.files_of(*cell("support")),
        tests=values.tests_of(*cell("tests")), extra=_extra(row, shape),
    )  # fmt: skip


def _turns(text: Callable[[str], str]) -> tuple[Message, ...]:
    instruction, given, response = text("instruction"), text("input"), text("response")
    asked = "\n\n".join(part for part in (instruction, given) if part.strip())
    turns = (Message("user", asked), Message("assistant", response))
    return tuple(turn for turn in turns if turn.content)


def _extra(row: Row, shape: Shape) -> str:
    """The columns that are nothing to us, as JSON; empty if there are none."""
    used = set(shape.columns.values())
    rest = {key: value for key, value in row.items() if key not in used}
    return json.dumps(rest, sort_keys=True, ensure_ascii=False, default=str) if rest else ""


__all__ = ("Reading", "numbered", "samples")
