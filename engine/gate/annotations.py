"""A verdict as GitHub's workflow commands, which mark lines in a change."""

from backfeed.engine.gate.told import Places, clause_line, headline, line_of, plain_line
from backfeed.engine.gate.verdict import Verdict

SHOWN = 10
"""So many annotations of a level GitHub shows for a step."""


def annotations(verdict: Verdict, places: Places) -> list[str]:
    """The commands, one a line; what would not be shown is counted in the last of them."""
    said = [_command({"title": one.name}, clause_line(one)) for one in verdict.whole]
    for one in verdict.first(SHOWN + 1):
        where = {"file": places.path(one.place.file), "line": str(max(one.place.line, 1))}
        if column := places.column(one):
            where["col"] = str(column)
        where["title"] = f"backfeed: {plain_line(one.blame.rule, 100)}"
        said.append(_command(where, line_of(one)))
    count = len(verdict.whole) + len(verdict.broken)
    if count > SHOWN:
        rest = f"and {count - SHOWN + 1:,} more; {plain_line(headline(verdict))}"
        said[SHOWN - 1 :] = [_command({"title": "backfeed gate"}, rest)]
    return said


def mistake(text: str) -> str:
    """The command that says why nothing was judged."""
    return _command({"title": "backfeed gate"}, f"nothing was judged: {plain_line(text, 2000)}")


def _command(properties: dict[str, str], text: str) -> str:
    told = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::error {told}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
