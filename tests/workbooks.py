"""Writes the least that is a workbook: text and numbers in cells, one part for each sheet."""

import zipfile
from xml.sax.saxutils import escape

OOXML = "http://schemas.openxmlformats.org"
KIND = f"{OOXML}/officeDocument/2006/relationships"
MAIN = f"{OOXML}/spreadsheetml/2006/main"
LINKS = f'<Relationships xmlns="{OOXML}/package/2006/relationships">{{}}</Relationships>'
LINK = f'<Relationship Id="r{{}}" Type="{KIND}/{{}}" Target="{{}}"/>'
BOOK = f'<workbook xmlns="{MAIN}" xmlns:r="{KIND}"><sheets>{{}}</sheets></workbook>'
SHEET = f'<worksheet xmlns="{MAIN}"><sheetData>{{}}</sheetData></worksheet>'


def workbook(path, *sheets):
    """Sheets are lists of lines, lines are lists of cells; None is an empty cell."""
    names = [str(n) for n in range(1, len(sheets) + 1)]
    with zipfile.ZipFile(path, "w") as file:
        book = LINK.format(1, "officeDocument", "xl/workbook.xml")
        file.writestr("_rels/.rels", LINKS.format(book))
        told = (f'<sheet name="s{n}" sheetId="{n}" r:id="r{n}"/>' for n in names)
        file.writestr("xl/workbook.xml", BOOK.format("".join(told)))
        links = (LINK.format(n, "worksheet", f"{n}.xml") for n in names)
        file.writestr("xl/_rels/workbook.xml.rels", LINKS.format("".join(links)))
        for name, lines in zip(names, sheets, strict=True):
            file.writestr(f"xl/{name}.xml", SHEET.format("".join(map(row, lines, range(1, 10**6)))))


def row(line, number):
    cells = (cell(value, f"{'ABCDEF'[n]}{number}") for n, value in enumerate(line))
    return f'<row r="{number}">{"".join(cells)}</row>'


def cell(value, place):
    if value is None:
        return ""
    if isinstance(value, str):
        text = f'<t xml:space="preserve">{escape(value)}</t>'
        return f'<c r="{place}" t="inlineStr"><is>{text}</is></c>'
    return f'<c r="{place}"><v>{value}</v></c>'
