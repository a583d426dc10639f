"""Words for a verdict: what a clause found, where a row stands, what a rule means."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from backfeed.engine.gate.judge import Broken
from backfeed.engine.gate.verdict import Outcome, Verdict

_RULES = {
    "syntax": "The answer's code is not accepted by the parser of its language.",
    "stub": "The answer is a placeholder: it does nothing of what was asked.",
    "duplicate": "The row says what an earlier row says, word for word.",
    "near-duplicate": "The row says nearly what an earlier row says.",
    "same-structure": "The answer's code is that of an earlier row but for names and values.",
    "similar": "The row means what an earlier row means, as an embedder judges it.",
    "contaminated": "The row repeats a task of a benchmark.",
    "no-answer": "The row has no answer.",
    "missing-column": "A column that the policy requires is absent or empty.",
    "no-licence": "The row names no licence; the policy lists those that are allowed.",
    "other-licence": "The row's licence is none of those that the policy allows.",
    "wrong-answer": "The answer ran, and did not give what its tests expect.",
}
HELP = "backfeed gate -o DIR keeps the evidence, backfeed show DIR ROW shows it"


@dataclass(frozen=True, slots=True)
class Places:
    """Where rows stand, for who reads a report: paths from `root`, columns where they are known."""

    root: Path
    columns: Mapping[Broken, int] = field(default_factory=dict)

    def path(self, file: str) -> str:
        """The path of a data file from the root, with forward slashes; whole if it lies outside."""
        named = Path(file)
        for place in (named.parent.resolve() / named.name, named.resolve()):
            if place.is_relative_to(self.root):
                return place.relative_to(self.root).as_posix()
        return named.resolve().as_posix()

    def uri(self, file: str) -> str:
        """The same as a reference of a URI."""
        path = self.path(file)
        return f"file://{quote(path)}" if path.startswith("/") else quote(path)

    def column(self, one: Broken) -> int:
        """The column in the row's line; 0 if it is not known."""
        return self.columns.get(one, 0)


def plain_line(text: str, most: int = 400) -> str:
    """A text from data on one line, without signs that a terminal or a CI service would obey.

    >>> plain_line("a\\n::error::b\\x1b[2J")
    'a ::error::b [2J'
    """
    flat = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return flat if len(flat) <= most else flat[: most - 1] + "…"


def meaning(rule: str, message: str = "") -> str:
    """What a rule is about, in a sentence; of one that is a tool's, with what that says first."""
    if rule.startswith("below-"):
        return (
            f"The evidence for the answer does not reach the level {rule.removeprefix('below-')}."
        )
    if rule in _RULES or not message:
        return _RULES.get(rule, f"The policy is broken by {plain_line(rule, 100)}.")
    return f"{plain_line(rule, 100)}, for example: {plain_line(message, 200)}"


def number(outcome: Outcome, value: float) -> str:
    """A bound, or what is compared with it: a share in percent, else the number of rows."""
    if isinstance(outcome.tally.clause.bound, float):
        return f"{100 * value:.4g} %"
    return f"{value:,.0f}"


def bound(outcome: Outcome) -> str:
    """The bound, with its sense."""
    clause = outcome.tally.clause
    return f"{'at least' if clause.least else 'at most'} {number(outcome, clause.bound)}"


def found(outcome: Outcome) -> str:
    """The number, and of how many rows it is."""
    tally = outcome.tally
    told = tally.of - tally.blamed if tally.clause.least else tally.blamed
    rows = f"{told:,} of {tally.of:,}"
    if not isinstance(tally.clause.bound, float):
        return rows
    return f"{number(outcome, tally.found)} ({rows})"


def headline(verdict: Verdict) -> str:
    """The verdict in one line."""
    of = "row" if verdict.rows == 1 else "rows"
    if verdict.since:
        of += f" new or changed since {verdict.since}"
    if verdict.passed and verdict.since and not verdict.rows:
        return f"passed: no row is new or changed since {verdict.since}"
    if verdict.passed:
        return f"passed: {verdict.rows:,} {of} under {verdict.policy}"
    clauses = sum(one.state == "broken" for one in verdict.outcomes)
    names = "a clause" if clauses == 1 else f"{clauses} clauses"
    rows = verdict.broken_rows
    verb = "breaks" if rows == 1 else "break"
    if not rows:
        return (
            f"FAILED: {names} of {verdict.policy} broken, by no single one of {verdict.rows:,} {of}"
        )
    return f"FAILED: {rows:,} of {verdict.rows:,} {of} {verb} {names} of {verdict.policy}"


def clause_line(outcome: Outcome) -> str:
    """A broken clause in one sentence: the number, the bound, what was before."""
    clause = outcome.tally.clause
    text = f"{clause.name}: {clause.told}: {found(outcome)}, {bound(outcome)} wanted"
    if outcome.before is not None:
        text += f", {number(outcome, outcome.before)} before"
    return plain_line(text)
