"""A verdict as Markdown, for the summary of a CI job."""

from backfeed.engine.gate.told import Places, bound, found, headline, line_of, plain_line
from backfeed.engine.gate.verdict import Verdict
from backfeed.engine.report._words import code

ROWS = 50
_SIGNS = {"kept": "✅ kept", "broken": "❌ broken", "as before": "⚠️ as before"}


def markdown(verdict: Verdict, places: Places) -> str:
    """A heading, a table of the clauses, and the first rows that break them."""
    sign = "✅" if verdict.passed else "❌"
    lines = [f"### {sign} backfeed gate: {code(verdict.dataset)}", "", _text(headline(verdict)), ""]
    if verdict.against:
        lines += [f"Compared with {code(verdict.against)}.", ""]
    lines += ["| clause | found | bound | verdict |", "|---|---|---|---|"]
    for one in verdict.outcomes:
        name = f"{code(one.name)}: {_text(one.tally.clause.told)}"
        lines.append(f"| {name} | {found(one)} | {bound(one)} | {_SIGNS[one.state]} |")
    return "\n".join([*lines, "", *_rows(verdict, places)])


def not_judged(dataset: str, text: str) -> str:
    """The summary of a job in which nothing was judged."""
    told = _text(plain_line(text, 2000))
    return f"### ⚠️ backfeed gate: {code(dataset)} was not judged\n\n{told}\n"


def _rows(verdict: Verdict, places: Places) -> list[str]:
    broken = verdict.broken
    if not broken:
        return []
    lines = ["| row | rule | why |", "|---|---|---|"]
    for one in verdict.first(ROWS):
        place = f"{places.path(one.place.file)}:{one.place.line}"
        why = _text(line_of(one, 200))
        lines.append(f"| {code(place)} | {code(one.blame.rule)} | {why} |")
    if len(broken) > ROWS:
        lines += [
            "",
            f"and {len(broken) - ROWS:,} more: `--sarif FILE` or `--json` has all of them",
        ]
    return [*lines, ""]


def _text(text: str) -> str:
    """A text that Markdown shows as it is, also in a table."""
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>|#~$!" else sign for sign in text)
