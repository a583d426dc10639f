"""The calls that a comment shows with what they give, in any language."""

import re
from collections.abc import Iterator

from backfeed.analyzers._tree_calls import split_call

_ARROWS = re.compile(
    r"^\s*;?\s*(?://|#|--)?\s*"
    r"(?:=>|->|\u2192|===?|=|returns|returned|gives|evaluates to|//|#|--+>?)"
    r"\s*(?:=>|returns)?\s*(.+?)\s*[;.]?\s*$"
)
_NEXT = re.compile(r"^\s*(?:=>|->|//\s*=>|#\s*=>)\s*(.+?)\s*;?\s*$")
_VALUE = re.compile(r"^[-+\w\s\"'.,\[\]{}()&!:]*$")
_SHOWS = re.compile(r"(?:#|//|--)\s*=?>")
_PROSE = re.compile(r"[a-z]{2,} [a-z]{2,}")


def pairs(text: str, name: str) -> Iterator[tuple[str, str]]:
    """The calls, each with the value that the text gives it."""
    begin = re.compile(rf"(?<![\w.])(?:\w+(?:::|\.))?{re.escape(name)}\(")
    lines = text.split("\n")
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        for match in begin.finditer(line):
            call, want = _given(line[: match.start()], line[match.start() :], after)
            if call and want and _is_value(_unquoted(want)):
                yield call, want


def _given(before: str, text: str, after: str) -> tuple[str, str]:
    """The call that a text begins with, and what it is said to give, there or on the next line."""
    call, rest = split_call(text)
    if chain := re.match(r"(?:\.\w+\(\))+", rest):
        call, rest = call + chain[0], rest[chain.end() :]
    if re.search(r"assert_eq!\(\s*$", before) and rest.startswith(","):
        return call, _balanced(rest[1:].rpartition(")")[0].strip())
    arrow = _ARROWS.match(rest) or (None if rest.strip(" ;") else _NEXT.match(after))
    return call, _balanced(arrow[1]) if arrow else ""


def _is_value(text: str) -> bool:
    return bool(_VALUE.match(text)) and not _PROSE.search(text)


def blocks(text: str) -> list[tuple[str, bool]]:
    """The lines of a comment; those of an indented block that shows what is given are true."""
    lines, run = [], []
    for line in [*text.split("\n"), "."]:
        if re.match(r" {2,}\S", line):
            run.append(line)
            continue
        shows = any(_SHOWS.search(one) for one in run)
        lines += [(one, shows) for one in run] + [(line, False)]
        run = []
    return lines[:-1]


def _unquoted(text: str) -> str:
    return re.sub(r"\"[^\"]*\"|'[^']*'", "", text)


def _balanced(text: str) -> str:
    """A value, if its brackets match."""
    text = text.strip().rstrip(";").strip()
    pairs = (("(", ")"), ("[", "]"), ("{", "}"))
    inside = _unquoted(text)
    return text if all(inside.count(one) == inside.count(other) for one, other in pairs) else ""
