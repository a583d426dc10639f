"""SQL as text: its tokens written plainly, its statements, the dialect that somebody asks for."""

import re
import sqlite3
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

DIALECTS = (
    "sqlite", "mysql", "postgres", "hive", "oracle", "tsql", "bigquery", "snowflake", "duckdb",
    "spark",
)  # fmt: skip
# How a dialect is named; what is a word of everyday, too, counts only where it must be meant.
_PLACED = (
    r"(?:(?<=\bin )|(?<=\bfor )|(?<=\busing )|(?<=\bwith )){0}\b"
    r"|{0}(?=\s+(?:sql|quer|database|db\b))"
)
_SPOKEN = {
    "sqlite": r"sqlite3?", "mysql": r"mysql", "postgres": r"postgre(?:s|sql)?|psql|plpgsql",
    "hive": rf"hiveql|hql|apache\s+hive|{_PLACED.format('hive')}",
    "oracle": rf"pl/?sql|{_PLACED.format('oracle')}",
    "tsql": r"t-?sql|transact-sql|sql\s*server|mssql", "bigquery": r"bigquery",
    "snowflake": _PLACED.format("snowflake"), "duckdb": r"duckdb", "spark": r"spark\s*sql|pyspark",
}  # fmt: skip
_NAMED = re.compile(
    "|".join(rf"(?P<{name}>\b(?:{words})(?!\w))" for name, words in _SPOKEN.items()), re.IGNORECASE
)
_HEAD = re.compile(
    r"\s*--[ \t]*(?:(?:sql[ \t]+)?dialect[ \t]*:?[ \t]*)?(?P<name>[a-z][a-z -]*?)"
    r"[ \t]*[\d.+]*[ \t]*(?:sql|syntax|dialect|query)?[ \t]*(?:\n|$)",
    re.IGNORECASE,
)
_MARK = re.compile(r"^/\* dialect: (\w{1,20}) \*/ ", re.MULTILINE)
_TOKEN = re.compile(
    r"""
    (?P<comment>--[^\n]*|/\*(?:.*?\*/|.*))
    |(?P<line>(?:(?<=\n)|\A)[ \t]*\#(?![>#-])[^\n]*)
    |(?P<hash>(?<=\s)\#(?=\s)[^\n]*)
    |(?P<dollar>\$(?P<tag>[A-Za-z_]*)\$.*?\$(?P=tag)\$)
    |(?P<string>(?:\b[NEBXneb])?'(?:[^'\\]|''|\\(?!')|\\'(?!\s*(?:[,);]|$)))*+'(?!'))
    |(?P<double>"(?:[^"]|"")*+")
    |(?P<back>`[^`]*+`)
    |(?P<number>\d+(?:\.\d+)?|\.\d+)
    |(?P<word>[^\W\d]\w*)
    |(?P<sign>::|:=|==|<=>|<>|!=|<=|>=|\|\||->>|->|@>|<@|@@|!~\*?|~\*|\S)
    """,
    re.VERBOSE | re.DOTALL,
)
_INSTEAD = {
    "line": "##",
    "hash": "#~",
    "dollar": "$$",
    "string": "''",
    "double": '""',
    "back": "``",
}
_COMMAND_LINE = re.compile(
    r"^[ \t]*(?:(?P<go>GO)|/|\\\w.*|\.[a-z]\w+(?:[ \t].*)?)[ \t]*;?[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Plain:
    """Code as its tokens, one blank between them; the line of each."""

    text: str
    starts: tuple[int, ...]
    lines: tuple[int, ...]

    def line(self, offset: int) -> int:
        """The line of the code that stands at this offset of the text."""
        at = bisect_right(self.starts, offset) - 1
        return self.lines[at] if self.lines else 0


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement as it stands in the code, with the line that it begins in."""

    text: str
    line: int


@lru_cache(maxsize=16)
def plain(code: str) -> Plain:
    """The code in the form that rules are written for.

    >>> plain("select a, 'x; y' -- one\\nFROM `t`").text
    "SELECT A , '' FROM ``"
    """
    words: list[str] = []
    starts, lines, at, line, end = [], [], 0, 1, 0
    for match in _TOKEN.finditer(code):
        line += code.count("\n", end, match.start())
        end = match.start()
        kind = match.lastgroup if match.lastgroup != "tag" else "dollar"
        if kind == "comment":
            continue
        word = _INSTEAD.get(str(kind)) or match[0].upper()
        words.append(word)
        starts.append(at)
        lines.append(line)
        at += len(word) + 1
    return Plain(" ".join(words), tuple(starts), tuple(lines))


def statements(code: str) -> list[Statement]:
    """The statements, cut where SQLite's shell would cut them: a trigger is one."""
    found, begin = [], 0
    for match in re.finditer(";", code):
        piece = code[begin : match.end()]
        if sqlite3.complete_statement(piece.replace("\0", " ")):
            found.append((piece, begin))
            begin = match.end()
    found.append((code[begin:], begin))
    return list(_with_lines(code, found))


def _with_lines(code: str, found: list[tuple[str, int]]) -> Iterator[Statement]:
    for piece, begin in found:
        if plain(piece).text not in ("", ";"):
            blank = len(piece) - len(piece.lstrip())
            yield Statement(piece.strip(), code.count("\n", 0, begin + blank) + 1)


def comments(code: str) -> list[Statement]:
    """The comments, each with its line."""
    return [
        Statement(match[0], code.count("\n", 0, match.start()) + 1)
        for match in _TOKEN.finditer(code)
        if match.lastgroup in ("comment", "hash", "line")
    ]


def without_commands(code: str) -> str:
    """The code without what is said to a client, as `GO` and `\\c`; lines stay."""
    return _COMMAND_LINE.sub(lambda match: ";" if match["go"] else "", code)


def dialect_in(text: str) -> str:
    """The one dialect that a text names; empty if it names none, or several.

    >>> dialect_in("Write a PostgreSQL query"), dialect_in("from MySQL to Oracle"), dialect_in("x")
    ('postgres', '', '')
    """
    names = dialects_in(text)
    return names.pop() if len(names) == 1 else ""


def dialects_in(text: str) -> set[str]:
    """The dialects that a text names."""
    return {str(match.lastgroup) for match in _NAMED.finditer(text)}


def marked(code: str, dialect: str) -> str:
    """The code with a comment that says its dialect, before what stands on its first line."""
    return f"/* dialect: {dialect} */ {code}"


def dialect_at_head(code: str) -> str:
    """The dialect that code is `marked` with, or says on its first line that it is written in."""
    if told := _MARK.search(code):
        return told[1] if told[1] in DIALECTS else ""
    match = _HEAD.match(code)
    if match is None:
        return ""
    named = _NAMED.fullmatch(match["name"])
    word = str(named.lastgroup) if named else match["name"].lower()
    return word if word in DIALECTS else ""
