"""CSV with a header line; comma, semicolon or tab, whichever the header has most of."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from backfeed.engine.errors import InputError
from backfeed.engine.readers._text import LINE_BYTES, Unreadable, all_lines, not_utf8, opened


class _Csv:
    suffixes = (".csv", ".tsv", ".csv.gz", ".tsv.gz")

    def read(self, path: Path) -> Iterator[dict[str, Any]]:
        """One row per record; a record with more or fewer cells than the header is `Unreadable`."""
        with opened(path) as file:
            yield from _rows(_text(file, path), path)


def _rows(text: Iterator[str], path: Path) -> Iterator[dict[str, Any]]:
    head = next(text, "")
    csv.field_size_limit(LINE_BYTES)
    delimiter = max(",;\t", key=head.count)
    try:
        header = next(csv.reader([head], delimiter=delimiter), [])
        records = csv.reader(text, delimiter=delimiter, strict=True)
        for cells in records:
            if not cells:
                continue
            if len(cells) != len(header):
                where = f"the record that ends on line {records.line_num + 1}"
                detail = f"{where} has {len(cells)} cells, the header has {len(header)}"
                yield Unreadable("ragged", detail)
                continue
            yield dict(zip(header, cells, strict=True))
    except csv.Error as error:
        raise InputError(
            f"{path}, near line {records.line_num + 1}: {error}; is it CSV?"
        ) from error


def _text(file: IO[bytes], path: Path) -> Iterator[str]:
    for number, line in all_lines(file):
        if isinstance(line, Unreadable):
            raise InputError(f"{path}: {line.detail}")
        if complaint := not_utf8(line, f"{path}, line {number}"):
            raise InputError(complaint)
        yield line.decode()


PLUGIN = _Csv()
