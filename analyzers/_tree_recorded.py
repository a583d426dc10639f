"""Tests of what calls were seen to give, by the templates of a language's table."""

import re
from collections.abc import Sequence
from typing import Any

from backfeed.analyzers import _record
from backfeed.analyzers._described import telling
from backfeed.analyzers._tree_calls import split_call
from backfeed.analyzers._tree_units import cut_of
from backfeed.engine.requests import Job, Outcome

Plain = dict[str, Any]
MARK = "backfeed-record "
# A number whose last digits depend on the order in which it was reckoned.
_REAL = re.compile(r"-?(?=[\d.]*[1-9])\d+\.\d+(?:[eE][-+]?\d+)?[fF]?")


def program(language: str, calls: Sequence[str]) -> str:
    """A test that writes down what each call gives: a line with the mark, its number, its value."""
    cut = cut_of(language)
    lines = (
        cut.call.replace("@n", str(number)).replace("@c", call) for number, call in enumerate(calls)
    )
    return _record.guest(cut.record).replace("@CALLS@", "\n".join(lines))


def values(job: Job, outcome: Outcome) -> list[Plain]:
    """What each call came to, in order: `repr`, or `skip` where it has no value to be written."""
    del job
    found: dict[int, str] = {}
    for line in outcome.stdout.split("\n"):
        _, mark, said = line.partition(MARK)
        number, space, value = said.partition(" ")
        if mark and space and number.isdigit():
            found[int(number)] = value
    if not found or outcome.truncated:
        return []
    return [
        {"repr": found[n], "wrap": ""} if found.get(n) else {"skip": "no value"}
        for n in range(max(found) + 1)
    ]


def test(language: str, pairs: Sequence[tuple[str, str]]) -> str:
    """A test of a function: a check for each call and what it gives."""
    cut = cut_of(language)
    lines = (
        (cut.near if cut.near and _REAL.fullmatch(value) else cut.check)
        .replace("@c", call).replace("@v", value)
        for call, value in pairs
    )  # fmt: skip
    return cut.before + "\n".join(lines) + cut.after


def pairs(language: str, code: str) -> list[tuple[str, str]]:
    """The calls in such a test, with what they give."""
    cut = cut_of(language)
    templates = [one for one in (cut.check, cut.near) if one]
    return [pair for one in templates for pair in _pairs(language, code, one)]


def _pairs(language: str, code: str, template: str) -> list[tuple[str, str]]:
    begin, _, rest = template.partition("@c")
    between, _, end = rest.partition("@v")
    found = []
    for piece in re.split(rf"(?m)^(?={re.escape(begin)})", code)[1:]:
        call, after = split_call(piece[len(begin) :])
        if not cut_of(language).calling.endswith(")"):
            call, mark, after = piece[len(begin) :].partition(between)
            after = mark + after
        if call and after.startswith(between):
            value = after[len(between) :]
            found.append((call, value.partition(end)[0] if end else value.strip()))
    return found


def shown(language: str, tests: Sequence[str], most: int = 2) -> str:
    """The calls of the first test that has any, as a problem shows them with what they give."""
    template = cut_of(language).shown
    for code in tests:
        found = telling(pairs(language, code), most)
        if found:
            return "\n".join(template.replace("@c", c).replace("@v", v) for c, v in found)
    return ""
