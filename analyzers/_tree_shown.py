"""The calls that a comment shows with what they give, in any language."""

import re
from collections.abc import Iterator

from backfeed.analyzers._tree_calls import split_call

_ARROWS = re.compile(
    r"^\s*;?\s*(?://|#|--)?\s*"
    r"(?:=>|->|\u2192|===?|=|returns|returned|gives|evaluates to|//|#|--+>?)"
    r"\s*(?:=>|returns)?\s*(.+?)\s*[;.]?\s*$"
)
_VALUE = re.compile(r"^[-+\w\s\"'.,\[\]{}()&!:]*$")
_SHOWS = re.compile(r"(?:#|//|--)\s*=?>")
_PROSE = re.compile(r"[a-z]{2,} [a-z]{2,}")


def pairs(text: str, name: str) -> Iterator[tuple[str, str]]:
    """The calls, each with the value that the text gives it."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        for match in re.finditer(rf"(?<![\w.])(?:\w+(?:::|\.))?{re.escape(name)}\(", line):
            call, rest = split_call(line[match.start() :])
            chain = re.match(r"(?:\.\w+\(\))+", rest)
            call, rest = (call + chain[0], rest[chain.end() :]) if chain else (call, rest)
            before = line[: match.start()]
            if re.search(r"assert_eq!\(\s*$", before) and rest.startswith(","):
                want = _balanced(rest[1:].rpartition(")")[0].strip())
            else:
                arrow = _ARROWS.match(rest)
                after = (
                    lines[number + 1] if number + 1 < len(lines) and not rest.strip(" ;") else ""
                )
                arrow = arrow or re.match(r"^\s*(?:=>|->|//\s*=>|#\s*=>)\s*(.+?)\s*;?\s*$", after)
                want = _balanced(arrow[1]) if arrow else ""
            if (
                call
                and want
                and _VALUE.match(_unquoted(want))
                and not _PROSE.search(_unquoted(want))
            ):
                yield call, want


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
