"""A verdict as SARIF 2.1.0, which code hosts show beside the lines of the data file.

The form: OASIS, Static Analysis Results Interchange Format 2.1.0, errata 01.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from backfeed.engine.gate.judge import Broken
from backfeed.engine.gate.told import HELP, Places, clause_line, line_of, meaning, plain_line
from backfeed.engine.gate.verdict import Outcome, Verdict
from backfeed.engine.identity import digest

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
Plain = dict[str, Any]

MOST = 25_000
"""So many results of a run are taken by GitHub; a file with more is refused there as a whole."""


@dataclass(slots=True)
class _Log:
    """What all results refer to: the rules by name, where rows stand, the rows met so far."""

    places: Places
    rules: list[str]
    seen: Counter[str] = field(default_factory=Counter)

    def of_row(self, one: Broken) -> Plain:
        """What breaks the policy in one row."""
        self.seen[one.key] += 1
        region = {"startLine": max(one.place.line, 1)}
        if column := self.places.column(one):
            region["startColumn"] = column
        name = plain_line(one.name, 100)
        return {
            **self._named(one.blame.rule, line_of(one, 1000)),
            "locations": [self._location(one.place.file, region)],
            "partialFingerprints": {"backfeedRow/v1": f"{one.key}:{self.seen[one.key]}"},
            "properties": {"clause": one.clause, "row": name},
        }

    def of_clause(self, outcome: Outcome, file: str) -> Plain:
        """A clause that no row is to blame for."""
        return {
            **self._named(outcome.name, clause_line(outcome)),
            "locations": [self._location(file, {"startLine": 1})],
            "partialFingerprints": {"backfeedRow/v1": digest(outcome.name, size=8)},
            "properties": {"clause": outcome.name},
        }

    def _named(self, rule: str, text: str) -> Plain:
        index = self.rules.index(rule)
        return {"ruleId": rule, "ruleIndex": index, "level": "error", "message": {"text": text}}

    def _location(self, file: str, region: Plain) -> Plain:
        uri = self.places.uri(file)
        base = {} if uri.startswith("file:") else {"uriBaseId": "%SRCROOT%"}
        return {"physicalLocation": {"artifactLocation": {"uri": uri, **base}, "region": region}}


def sarif(verdict: Verdict, places: Places, files: Sequence[str]) -> Plain:
    """The log. `files` are those that were read; what no row breaks stands at the first.

    Of more results than are taken, each clause has its share.
    """
    whole = verdict.whole
    broken = verdict.first(MOST - len(whole))
    messages = {one.blame.rule: one.blame.message for one in reversed(broken)}
    meanings = {rule: meaning(rule, message) for rule, message in messages.items()}
    meanings |= {one.name: f"The policy bounds the {one.tally.clause.told}." for one in whole}
    log = _Log(places, sorted(meanings))
    first = next(iter(files), "")
    results = [*(log.of_clause(one, first) for one in whole), *map(log.of_row, broken)]
    rules = [_rule(name, meanings[name]) for name in log.rules]
    run = {
        "tool": {"driver": {"name": "backfeed", "version": version("backfeed"), "rules": rules}},
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "the repository's root"}}},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(verdict, len(whole) + len(verdict.broken))],
        "results": results,
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _invocation(verdict: Verdict, results: int) -> Plain:
    told: Plain = {"executionSuccessful": True, "exitCode": 0 if verdict.passed else 1}
    if results > MOST:
        text = f"{results - MOST:,} more results are left out: {MOST:,} are taken by code hosts"
        told["toolExecutionNotifications"] = [{"level": "warning", "message": {"text": text}}]
    return told


def _rule(name: str, text: str) -> Plain:
    return {
        "id": name, "shortDescription": {"text": text}, "fullDescription": {"text": text},
        "defaultConfiguration": {"level": "error"}, "help": {"text": f"{text} ({HELP})"},
    }  # fmt: skip
