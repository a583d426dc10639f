"""CSV with a header line; comma, semicolon or tab, whichever the header has most of."""

import csv
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import IO

from backfeed.engine.errors import InputError
from backfeed.engine.readers._text import (
    LINE_BYTES,
    Numbered,
    Reads,
    Unreadable,
    all_lines,
    not_utf8,
    one_header,
    opened,
    packed,
)


class _Csv(Reads):
    suffixes = packed(".csv", ".tsv")

    def numbered(self, path: Path) -> Iterator[Numbered]:
        """One row per record; a record with more or fewer cells than the header is `Unreadable`."""
        with opened(path) as file:
            yield from _rows(_text(file, path), path)


def _rows(text: Iterator[str], path: Path) -> Iterator[Numbered]:
    head = next(text, "")
    csv.field_size_limit(LINE_BYTES)
    delimiter = max(",;\t", key=head.count)
    try:
        records = csv.reader(chain([head], text), delimiter=delimiter, strict=True)
        header = one_header(next(records, []), str(path))
        line = records.line_num + 1
        for cells in records:
            begins, line = line, records.line_num + 1
            if not cells:
                continue
            if len(cells) != len(header):
                what = f"{len(cells)} cells, the header has {len(header)}"
                yield begins, Unreadable("ragged", f"the record on line {begins} has {what}")
                continue
            yield begins, dict(zip(header, cells, strict=True))
    except csv.Error as error:
        raise InputError(f"{path}, near line {records.line_num}: {error}; is it CSV?") from error


def _text(file: IO[bytes], path: Path) -> Iterator[str]:
    for number, line in all_lines(file):
        if isinstance(line, Unreadable):
            raise InputError(f"{path}: {line.detail}")
        if complaint := not_utf8(line, f"{path}, line {number}"):
            raise InputError(complaint)
        yield line.decode()


PLUGIN = _Csv()
