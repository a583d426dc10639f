"""The data set that was checked, as it came: every row with its verdict, and the accepted rows."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from backfeed.engine.commands._drawn import Draw
from backfeed.engine.commands._row_files import Outputs
from backfeed.engine.commands._verdicts import Found, Verdicts, verdicts, worst
from backfeed.engine.errors import InputError
from backfeed.engine.identity import Ids
from backfeed.engine.inputs import Given
from backfeed.engine.readers._open import RowFile
from backfeed.engine.readers._text import Numbered
from backfeed.engine.records import Sample
from backfeed.engine.report import checked

Judged = tuple[RowFile, Numbered, Found]


def leave_checked(directory: Path, given: Given, draw: Draw | None) -> dict[str, Any]:
    """Leave the data set with its verdicts; what summary.json says of it."""
    drawn = {"of": draw.total(), "seed": draw.seed} if draw else None
    told = checked.count(directory).plain(drawn)
    return {**told, "files": write_checked(directory, given, draw)}


def write_checked(directory: Path, given: Given, draw: Draw | None) -> list[str]:
    """Write both beside the corpus. Returns the names of the files.

    The input is read again: ids come out as they did when it was read first, and by them each row
    finds its verdict. Rows that were not drawn, or that a stop has kept from being read, are left
    out. Raises `InputError` if a file is not what it was.
    """
    with verdicts(directory) as found, Outputs(directory, given.tables) as made:
        for table, row, told in _judged(given.tables, found, draw):
            made.add(table, row, told)
        _refuse_changed(found, given)
        return made.close()


def _refuse_changed(found: Verdicts, given: Given) -> None:
    if lost := found.count - found.asked:
        names = ", ".join(str(table.path) for table in given.tables)
        raise InputError(
            f"{lost:,} of {found.count:,} rows are no longer found in {names}: it changed while"
            " it was read; run the same command with --update"
        )


def _judged(tables: Sequence[RowFile], found: Verdicts, draw: Draw | None) -> Iterator[Judged]:
    """Each row that was read, in order, with its verdict."""
    ids, drawn = Ids(), draw.places() if draw else None
    place = -1

    def told(sample: Sample) -> Found | None:
        nonlocal place
        place += 1
        return found.of(ids.name(sample).id) if drawn is None or place in drawn else None

    for table in tables:
        for row, samples in _rows(table):
            if known := [one for one in map(told, samples) if one is not None]:
                yield table, row, worst(known)


def _rows(table: RowFile) -> Iterator[tuple[Numbered, list[Sample]]]:
    """Each row with the samples that were made of it."""
    last: Numbered | None = None
    samples: list[Sample] = []
    for row, sample in table.pairs():
        if last is not None and row is not last:
            yield last, samples
            samples = []
        last = row
        samples.append(sample)
    if last is not None:
        yield last, samples
