"""Asking pattern: is the sandbox's tool chain too old for a text? Then it is not at fault."""

import re
from collections.abc import Iterator, Sequence

from packaging.version import Version

from backfeed.engine.errors import Refused
from backfeed.engine.grammar import Newer, grammars
from backfeed.engine.requests import Asks, Job, Outcome

_VERSION = re.compile(r"\d+(?:\.\d+)+|(?<=v)\d+")

BROKE = ("CE", "RE")
"""How programs end that did not come to their end: an old tool chain may be why."""


def too_old(language: str, texts: Sequence[str]) -> Asks[str]:
    """The tool chain's version and the one that a text needs, if it has an earlier one.

    "rustc 1.63.0 < 1.85": what needs it is known by the expressions in `grammars/*.toml`.
    """
    for rule, least in _needed(language, texts):
        try:
            outcome: Outcome = yield from Job(command=rule.program)
        except Refused:
            continue
        found = _VERSION.search(outcome.stdout or outcome.stderr)
        if found is not None and Version(found[0]) < Version(least):
            return f"{rule.program[0]} {found[0]} < {least}"
    return ""


def _needed(language: str, texts: Sequence[str]) -> Iterator[tuple[Newer, str]]:
    """The rules that a text meets, with the least version."""
    known = grammars().get(language)
    for rule in known.newer if known else ():
        for text in texts:
            match = re.search(rule.pattern, text, re.MULTILINE)
            if match is not None:
                yield rule, rule.least or match[1]
                break
