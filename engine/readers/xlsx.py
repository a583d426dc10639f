"""Workbooks: the first line of each sheet names its columns, all sheets are read in order."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError

from backfeed.engine.errors import InputError
from backfeed.engine.readers._text import Numbered, Reads, Unreadable, one_header, reading


class _Xlsx(Reads):
    suffixes = (".xlsx", ".xlsm")

    def numbered(self, path: Path) -> Iterator[Numbered]:
        """One row per line below a header; an empty cell is nothing, an empty line no row."""
        with reading(path), path.open("rb") as file:
            try:
                book = CalamineWorkbook.from_filelike(file)
                sheets = (book.get_sheet_by_name(name) for name in book.sheet_names)
                rows = (row for sheet in sheets for row in _rows(sheet, path))
                yield from enumerate(rows, start=1)
            except PasswordError as error:
                raise InputError(f"{path} is locked by a password: save it without one") from error
            except CalamineError as error:
                raise InputError(
                    f"{path} is not a workbook that can be read: {error}; save it as CSV"
                ) from error


def _rows(sheet: CalamineSheet, path: Path) -> Iterator[dict[str, Any]]:
    lines = ([_plain(cell) for cell in line] for line in sheet.iter_rows())
    filled = (line for line in lines if any(cell is not None for cell in line))
    header = _header(next(filled, []), f"{path}, sheet {sheet.name!r}")
    for line in filled:
        beyond = [cell for cell in line[len(header) :] if cell is not None]
        if beyond:
            what = f"a row of sheet {sheet.name!r} has cells beyond the header's {len(header)}"
            yield Unreadable("ragged", what)
        else:
            yield {name: cell for name, cell in zip(header, line, strict=False) if name}


def _header(cells: Sequence[Any], where: str) -> list[str]:
    names = ["" if cell is None else str(cell).strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    return one_header(names, where)


def _plain(cell: Any) -> Any:
    """A number without a fraction is whole, as ids are; an empty text is nothing."""
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    return None if cell == "" else cell


PLUGIN = _Xlsx()
