"""Rows of somebody's data set as samples; a row that cannot be used is a rejected sample."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from backfeed.engine.errors import InputError
from backfeed.engine.grammar import dialect_named, language_named
from backfeed.engine.readers import _values as values
from backfeed.engine.readers._cells import Cells
from backfeed.engine.readers._many import MANY
from backfeed.engine.readers._shapes import SEEN, TYPED, Shape, detect
from backfeed.engine.readers._text import Numbered, Unreadable
from backfeed.engine.readers._values import Unusable
from backfeed.engine.records import Place, Sample

Row = Mapping[str, Any]
UNKNOWN = "unknown-columns"

# Of our own record, what a new verdict does not replace.
_KEPT = (
    "kind", "language", "dialect", "question_type", "messages", "entry_point", "files", "support",
    "tests", "keywords", "labels", "origin", "lineage", "split", "extra",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reading:
    """How one file is read.

    `name` is what its rows are called by that have no id, `file` its path as the caller gave it;
    `columns` maps what a row says to the column that says it, `shape` is the only one that is
    taken; `tell` hears once what the columns were taken for. A file `among` others may be one whose
    rows are of no use: they are rejected.
    """

    name: str
    file: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    tell: Callable[[str], None] = lambda _line: None
    shape: str = ""
    among: bool = False


def numbered(reader: Any, path: Path) -> Iterable[Numbered]:
    """A file's rows with the lines on which they begin; of a reader without lines, the numbers."""
    if hasattr(reader, "numbered"):
        return reader.numbered(path)  # type: ignore[no-any-return]
    return enumerate(reader.read(path), start=1)


def samples(rows: Iterable[Numbered], how: Reading) -> Iterator[Sample]:
    """The samples of a file's rows, each with its place: one of a row, but for trees and the like.

    Raises `InputError` at the end if no row has columns that we know, or none can be read at all.
    """
    shapes = _Shapes(how)
    count, fault = 0, None
    for line, row in rows:
        count += 1
        mark = Mark(f"{how.name}:{count}", Place(how.file, line))
        try:
            shape = shapes.of(row)
        except Unusable as why:
            fault = fault or why
            yield _refused(mark, why)
        else:
            yield from _samples_of(row, shape, mark)
    if fault and not shapes.known and not how.among:
        told = "" if fault.reason == UNKNOWN else f"none of its {count:,} rows can be read; "
        raise InputError(f"{how.name}: {told}{fault.detail}")


class Mark(NamedTuple):
    """What a row is called if it has no id, and where it stands."""

    name: str
    place: Place = Place()


class _Shapes:
    """The shapes of one file's rows: one for each set of columns that was met."""

    def __init__(self, how: Reading) -> None:
        self.how = how
        self.known: dict[tuple[Any, ...], Shape] = {}
        self.seen = SEEN.union(how.columns.values())

    def of(self, row: Row) -> Shape:
        """The shape of a row. Raises `Unusable` if it has none."""
        if isinstance(row, Unreadable):
            raise Unusable(row.reason, row.detail)
        seen = self.seen
        key = tuple(
            [
                name if name not in TYPED else (name, type(value))
                for name, value in row.items()
                if value is not None and name in seen
            ]
        )
        shape = self.known.get(key)
        if shape is None:
            try:
                shape = detect(row, self.how.columns, self.how.shape)
            except InputError as error:
                raise Unusable(UNKNOWN, str(error)) from None
            if not self.known:
                self.how.tell(f"{self.how.name}: {shape.told(row)}")
            self.known[key] = shape
        return shape


def _samples_of(row: Row, shape: Shape, mark: Mark) -> Iterator[Sample]:
    """One row as samples, rejected if they cannot be used."""
    mark = Mark(_id(row, shape) or mark.name, mark.place)
    try:
        values.refuse_large(row)
        if shape.known.many:
            yield from _many(row, shape, mark)
            return
        sample = _own(row, mark) if shape.name == "backfeed" else _foreign(row, shape, mark)
    except Unusable as why:
        sample = _refused(mark, why)
    yield sample


def _many(row: Row, shape: Shape, mark: Mark) -> Iterator[Sample]:
    """The samples of a row that holds several: they are numbered if they are more than one."""
    found = list(MANY[shape.known.many](row, shape.columns))
    if not found:
        raise Unusable("no-answer", "it holds no answer")
    own = shape.columns.get("id", "")
    for number, inner in enumerate(found, 1):
        plain = {key: value for key, value in inner.items() if key != own}
        name = f"{mark.name}/{number}" if len(found) > 1 else mark.name
        try:
            yield _foreign(plain, detect(plain, {}), Mark(name, mark.place))
        except Unusable as why:
            yield _refused(Mark(name, mark.place), why)


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
    cells = Cells(row, shape)
    files = values.files_of(*cells.pair("files"))
    messages = cells.messages()
    if not files and not any(m.role == "assistant" and m.content.strip() for m in messages):
        asked = Sample(source_id=mark.name, place=mark.place, messages=messages)
        return asked.no("read", "no-answer", "the answer is empty")
    language = cells.language()
    return Sample(
        source_id=mark.name, place=mark.place,
        language=language_named(language) if language else shape.known.language,
        dialect=dialect_named(cells.text("dialect") or language),
        question_type=values.name_of(cells.value("question_type")), messages=messages,
        entry_point=cells.entry_point(), files=files,
        support=values.files_of(*cells.pair("support")), tests=cells.tests(messages),
        extra=_extra(row, cells.understood()),
    )  # fmt: skip


def _extra(row: Row, used: Set[str]) -> str:
    """The columns that are nothing to us, as JSON; empty if there are none."""
    rest = {key: value for key, value in row.items() if key not in used}
    return json.dumps(rest, sort_keys=True, ensure_ascii=False, default=str) if rest else ""


__all__ = ("Reading", "numbered", "samples")
