"""Words for a verdict: what a clause found, where a row stands, what a rule means."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from backfeed.engine.gate.judge import Broken
from backfeed.engine.gate.verdict import Outcome, Verdict
from backfeed.engine.records import VERDICT_OF, Place

_RULES = {
    "syntax": "The answer's code is not accepted by the parser of its language.",
    "stub": "The answer is a placeholder: it does nothing of what was asked.",
    "duplicate": "The row says what an earlier row says, word for word.",
    "near-duplicate": "The row says nearly what an earlier row says.",
    "same-structure": "The answer's code is that of an earlier row but for names and values.",
    "similar": "The row means what an earlier row means, as an embedder judges it.",
    "contaminated": "The row repeats a task of a benchmark.",
    "no-answer": "The row has no answer.",
    "no-licence": "The row names no licence; the policy lists those that are allowed.",
    "other-licence": "The row's licence is none of those that the policy allows.",
    "not-json": "The line is no JSON.",
    "not-an-object": "The line is JSON, but no object with columns.",
    "WA": "The answer ran, and did not give what its tests expect.",
    "RE": "The answer ended with an error when it was run.",
    "SIG": "The answer was killed by a signal when it was run.",
    "TLE": "The answer used up the CPU time that a program has.",
    "IDLE": "The answer waited until the time that a program has was over.",
    "MLE": "The answer used up the memory that a program has.",
    "OLE": "The answer wrote more than a program may.",
    "CE": "The answer does not compile.",
    "CE_LIMIT": "The answer's compilation hit a limit.",
    "FORGED": "The program ended well, but there is no record that its tests ran.",
    "flaky": "Two runs of the answer did not agree.",
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


def called(name: str, place: Place) -> str:
    """What tells a row besides its line: its id, or its number in a file with other lines.

    >>> called("a", Place("rows.csv", 9)), called("rows.csv:5", Place("rows.csv", 9))
    ('row a', 'row 5')
    >>> called("rows.jsonl:9", Place("rows.jsonl", 9))
    ''
    """
    file, _, number = name.rpartition(":")  # as readers call a row that has no id
    if file != Path(place.file).name or not number.isdecimal():
        return f"row {plain_line(name, 100)}"
    return "" if number == str(place.line) else f"row {number}"


def line_of(one: Broken, most: int = 400) -> str:
    """What is wrong with a row, on one line, with the row's name where the line does not tell."""
    rule = one.blame.rule
    word = _RULES[rule].rstrip(".") if rule in VERDICT_OF and rule in _RULES else ""
    said = (called(one.name, one.place), word, one.blame.message)
    return plain_line(": ".join(part for part in said if part), most)


def plain_line(text: str, most: int = 400) -> str:
    """A text from data on one line, without signs that a terminal or a CI service would obey.

    >>> plain_line("a\\n::error::b\\x1b[2J")
    'a ::error::b [2J'
    """
    flat = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return flat if len(flat) <= most else flat[: most - 1] + "…"


def meaning(rule: str, message: str = "") -> str:
    """What a rule is about, in a sentence; of one that is a tool's, with what that says first."""
    name = plain_line(rule, 100)
    kind, _, what = name.partition("/" if rule.startswith("missing-column/") else "-")
    if kind == "below":
        return f"The evidence for the answer does not reach the level {what}."
    if kind == "missing-column":
        return f"The policy requires the column {what}: the row has none, or it is empty."
    if rule in _RULES or not message:
        return _RULES.get(rule, f"The policy is broken by {name}.")
    return f"{name}, for example: {plain_line(message, 200)}"


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
    if not tally.of:
        return "unknown (of no row)"
    least = "≥ " if tally.clause.confidence else ""
    return f"{least}{number(outcome, tally.found)} ({rows})"


def doubt(outcome: Outcome) -> str:
    """What a reason may have been meant for that no row left for, and that we do not know."""
    kind, _, name = outcome.name.partition(".")
    if kind != "reject" or outcome.tally.blamed or name in _RULES:
        return ""
    near = difflib.get_close_matches(name, _RULES, n=1, cutoff=0.8)
    return f"{outcome.name}: no row leaves as that; did you mean {near[0]!r}?" if near else ""


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
