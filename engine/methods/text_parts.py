"""A source text as code, comments and strings, by the marks of its language.

A scanner, not a parser: it is fast, knows fourteen languages by their marks alone, and survives
text that does not parse. What it takes a regular expression literal for is a guess.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

Kind = Literal["code", "comment", "string"]


@dataclass(frozen=True, slots=True)
class Marks:
    """What opens and closes the comments and strings of a language.

    `strings` end with their line, `long_strings` do not, `raw_strings` know no escape besides;
    `chars` hold one character. With `spaced_comments` a line comment stands after white space.
    """

    line_comments: tuple[str, ...] = ()
    block_comments: tuple[tuple[str, str], ...] = ()
    strings: tuple[str, ...] = ()
    long_strings: tuple[str, ...] = ()
    raw_strings: tuple[str, ...] = ()
    chars: tuple[str, ...] = ()
    spaced_comments: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a text; `start` is its offset."""

    kind: Kind
    text: str
    start: int


def parts(text: str, marks: Marks) -> Iterator[Part]:
    """The text cut into its parts, in order; joined they are the text.

    >>> [p.text for p in parts("x = '#'  # one", Marks(line_comments=("#",), strings=("'",)))]
    ['x = ', "'#'", '  ', '# one']
    """
    end = 0
    for match in _scanner(marks).finditer(text):
        if match.start() > end:
            yield Part("code", text[end : match.start()], end)
        kind: Kind = "comment" if match.lastgroup == "comment" else "string"
        yield Part(kind, match[0], match.start())
        end = match.end()
    if end < len(text):
        yield Part("code", text[end:], end)


def is_statement(part: Part, text: str) -> bool:
    """Does a string stand alone on its lines, as a docstring does?"""
    before = text[text.rfind("\n", 0, part.start) + 1 : part.start]
    if before.strip() not in {"", "r", "u", "R", "b"}:
        return False
    stop = part.start + len(part.text)
    end = text.find("\n", stop)
    after = text[stop : end if end >= 0 else len(text)].lstrip(" \t;")
    return not after or after.startswith(("#", "//", "/*"))


def words(comment: str) -> str:
    """What a comment says, without its marks.

    >>> words("/* One\\n * two\\n */")
    'One\\ntwo\\n'
    """
    bare = _EDGES.sub("", comment)
    return _LEADERS.sub("", bare)


_EDGES = re.compile(r"\*+/\s*\Z|-->\s*\Z|\A\s*(?:/\*+|<!--)[!<]?")
_LEADERS = re.compile(
    r"^[ \t]*(?:(?:\*(?!/)|//+[/!<]?|#+!?|--+(?:\[=*\[)?|;+|%+)[ \t]?|[ \t]+)", re.MULTILINE
)


@cache
def _scanner(marks: Marks) -> re.Pattern[str]:
    comments = [f"{_open(a)}[\\s\\S]*?(?:{re.escape(b)}|\\Z)" for a, b in marks.block_comments]
    space = r"(?:(?<=\s)|\A)" if marks.spaced_comments else ""
    comments += [f"{space}{re.escape(mark)}[^\\n]*" for mark in marks.line_comments]
    strings = [*_each(marks.raw_strings, r"{q}[\s\S]*?(?:{q}|\Z)")]
    strings += _each(marks.long_strings, r"{q}(?:\\[\s\S]|(?!{q})[^\\])*(?:{q}|\Z)")
    strings += _each(marks.strings, r"{q}(?:\\[\s\S]|[^{q}\\\n])*(?:{q}|(?=\n)|\Z)")
    strings += _each(marks.chars, r"{q}(?:\\(?:[^u\n]|u\{{?\w*\}}?)|[^{q}\\\n]){q}")
    found = [f"(?P<comment>{'|'.join(comments)})"] if comments else []
    if strings:
        found.append(f"(?P<string>{'|'.join(strings)})")
    return re.compile("|".join(found) or r"(?!)", re.MULTILINE)


def _each(quotes: Sequence[str], pattern: str) -> list[str]:
    return [pattern.format(q=re.escape(quote)) for quote in quotes]


def _open(mark: str) -> str:
    """A mark that begins with a line break stands at the beginning of a line."""
    return f"^{re.escape(mark[1:])}" if mark.startswith("\n") else re.escape(mark)
