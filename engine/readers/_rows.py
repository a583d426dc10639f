"""Rows of somebody's data set as samples; a row that cannot be used is a rejected sample."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from backfeed.engine.errors import InputError
from backfeed.engine.grammar import dialect_named, language_named
from backfeed.engine.readers import _values as values
from backfeed.engine.readers._shapes import Shape, detect
from backfeed.engine.readers._text import Unreadable
from backfeed.engine.readers._values import Unusable
from backfeed.engine.records import Message, Sample

Row = Mapping[str, Any]

# Of our own record, what a new verdict does not replace.
_KEPT = (
    "kind", "language", "dialect", "question_type", "messages", "entry_point", "files", "support",
    "tests", "keywords", "labels", "origin", "lineage", "split", "extra",
)  # fmt: skip


def samples(
    rows: Iterable[Row], name: str, given: Mapping[str, str], *, tell: Callable[[str], None]
) -> Iterator[Sample]:
    """The rows of one file. `tell` hears once what the columns were taken for.

    Raises `InputError` if the first row has no columns that we know, or no row can be read at all.
    """
    shapes = _Shapes(name, given, tell)
    count, fault = 0, ""
    for row in rows:
        count += 1
        place = f"{name}:{count}"
        try:
            shape = shapes.of(row)
        except Unusable as why:
            fault = fault or why.detail
            yield _refused(place, why)
        else:
            yield sample_of(row, shape, place)
    if fault and not shapes.known:
        raise InputError(f"{name}: none of its {count:,} rows can be read; {fault}")


class _Shapes:
    """The shapes of one file's rows: one for each set of columns that was met."""

    def __init__(self, name: str, given: Mapping[str, str], tell: Callable[[str], None]) -> None:
        self.name, self.given, self.tell = name, given, tell
        self.known: dict[tuple[str, ...], Shape] = {}

    def of(self, row: Row) -> Shape:
        """The shape of a row. Raises `Unusable`; `InputError` if it is the first and has none."""
        if isinstance(row, Unreadable):
            raise Unusable(row.reason, row.detail)
        columns = tuple(row)
        if columns not in self.known:
            try:
                shape = detect(row, self.given)
            except InputError as error:
                if not self.known:
                    raise InputError(f"{self.name}: {error}") from None
                raise Unusable("unknown-columns", str(error)) from None
            if not self.known:
                self.tell(f"{self.name}: {shape.told()}")
            self.known[columns] = shape
        return self.known[columns]


def sample_of(row: Row, shape: Shape, place: str) -> Sample:
    """One row as a sample, rejected if it cannot be used. `place` is its id if it has none."""
    try:
        values.refuse_large(row)
        sample = _own(row) if shape.name == "backfeed" else _foreign(row, shape)
    except Unusable as why:
        return _refused(_id(row, shape) or place, why)
    return sample.but(source_id=_id(row, shape) or place)


def _refused(name: str, why: Unusable) -> Sample:
    return Sample(source_id=name).no("read", why.reason, why.detail)


def _id(row: Row, shape: Shape) -> str:
    return values.name_of(row.get(shape.columns.get("id", "id")))


def _own(row: Row) -> Sample:
    """A row that a run of ours wrote: all but its verdicts."""
    kept = {key: row[key] for key in _KEPT if row.get(key) is not None}
    try:
        return msgspec.convert(kept, Sample)
    except msgspec.ValidationError as error:
        raise Unusable("not-our-record", str(error)) from None


def _foreign(row: Row, shape: Shape) -> Sample:
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


__all__ = ("sample_of", "samples")
