"""The lines of a data file: what a row that cannot be read is known by, and where code stands."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from backfeed.engine.errors import InputError
from backfeed.engine.gate.judge import Broken, Marked
from backfeed.engine.gate.says import mark_of
from backfeed.engine.identity import digest
from backfeed.engine.readers._text import Unreadable, all_lines, opened
from backfeed.engine.records import Place, Sample

LONG = 1024 * 1024
_BY_LINE = (".jsonl", ".ndjson")


def by_line(file: str) -> bool:
    """Does each row stand on a line of its own?"""
    return any(suffix in _BY_LINE for suffix in Path(file).suffixes)


def each_line(places: Iterable[Place]) -> Iterator[tuple[Place, bytes]]:
    """The lines at these places, as they stand there; each file is read once.

    Left out are places in files that have no line for each row, or cannot be read any more.
    """
    wanted: defaultdict[str, set[int]] = defaultdict(set)
    for place in places:
        if by_line(place.file):
            wanted[place.file].add(place.line)
    for file, numbers in wanted.items():
        try:
            yield from _lines(file, numbers)
        except InputError:
            continue


def _lines(file: str, numbers: set[int]) -> Iterator[tuple[Place, bytes]]:
    last = max(numbers)
    with opened(Path(file)) as text:
        for number, line in all_lines(text):
            if number in numbers and not isinstance(line, Unreadable):
                yield Place(file, number), line
            if number >= last:
                return


def unread(sample: Sample) -> bool:
    """Could the row not be used, so that nothing is known of it but where it stood?"""
    return sample.rejected is not None and sample.rejected.stage == "read"


def marked(samples: Iterable[Sample], marks: Mapping[Place, str]) -> Iterator[Marked]:
    """Rows with their marks; `marks` has those of lines that could not be read as rows."""
    for sample in samples:
        if unread(sample) and not sample.messages and not sample.files:
            yield marks.get(sample.place) or _unknown(sample), sample
        else:
            yield mark_of(sample), sample


def line_marks(samples: Iterable[Sample]) -> dict[Place, str]:
    """The marks of lines that could not be read as rows."""
    places = [sample.place for sample in samples if unread(sample)]
    return {place: digest(line.strip().hex(), size=8) for place, line in each_line(places)}


def _unknown(sample: Sample) -> str:
    why = sample.rejected
    return f"unread-{why.reason}" if why is not None else ""


def columns(broken: Iterable[Broken]) -> dict[Broken, int]:
    """In which column of its line in the data file the blame of a row stands, where that is found.

    Columns count characters from 1. What is not JSON Lines has none.
    """
    asked: defaultdict[Place, list[Broken]] = defaultdict(list)
    for one in broken:
        asked[one.place].append(one)
    found: dict[Broken, int] = {}
    for place, line in each_line(asked):
        text = line.decode("utf-8", "replace") if len(line) <= LONG else ""
        for one in asked[place]:
            if text and (column := column_of(one, text)):
                found[one] = column
    return found


def column_of(one: Broken, text: str) -> int:
    """The column in the text of a row's line; 0 if it is not known.

    >>> from backfeed.engine.gate.clauses import Blame
    >>> one = Broken("", Blame("syntax", "", 2, 5), "", "", Place(), "a = 1\\nb = (\\n")
    >>> column_of(one, '{"response": "a = 1\\\\nb = (\\\\n"}')
    26
    """
    if not one.blame.line:
        return _not_json(text)
    rows = one.code.splitlines()
    if one.blame.line > len(rows):
        return 0
    row = rows[one.blame.line - 1]
    for ascii_only in (True, False):
        whole = _escaped(one.code.strip("\n"), ascii_only=ascii_only)
        line, before = (_escaped(part, ascii_only=ascii_only) for part in _cut(one, row))
        start = text.find(whole)
        if start >= 0:
            lines = _escaped(
                "\n".join(["", *rows[: one.blame.line - 1], ""])[1:], ascii_only=ascii_only
            )
            return start + len(lines) + len(before) + 1
        if line.strip() and text.count(line) == 1:
            return text.index(line) + len(before) + 1
    return 0


def _cut(one: Broken, row: str) -> tuple[str, str]:
    """A line of the code, and what stands in it before the place that is blamed."""
    return row, row[: max(one.blame.column - 1, 0)]


def _escaped(text: str, *, ascii_only: bool) -> str:
    return json.dumps(text, ensure_ascii=ascii_only)[1:-1]


def _not_json(text: str) -> int:
    """Where a line stops to be JSON; 0 if all of it is."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return error.pos + 1
    except RecursionError:
        return 0
    return 0
