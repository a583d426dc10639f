"""The part of the page that tells of a check: by verdict, by language, by rule."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from backfeed.engine.records import LEVELS
from backfeed.engine.report._words import LEVELS as MEANINGS
from backfeed.engine.report._words import gathered, joined, ranked, share
from backfeed.engine.report.checked import VERDICTS
from backfeed.engine.report.facts import Facts

MOST_LANGUAGES, MOST_RULES, MOST_REASONS, MOST_DOUBTS = 30, 60, 40, 20
MOST_LACKING = 6
LOOKS = {"passed": "good", "unverified": "rest", "failed": "gone", "unfinished": "open"}


@dataclass(frozen=True, slots=True)
class Part:
    """A share of all rows: `between` is its interval, empty if every row was looked at."""

    name: str
    count: int
    share: str
    between: str
    part: float
    look: str
    title: str


def values(facts: Facts) -> dict[str, Any] | None:
    """What the page says of a check; None for a run that was none."""
    told = facts.summary.get("checked")
    if not told:
        return None
    rows, drawn = told["rows"], told.get("sample")
    levels: dict[str, int] = {name: told["levels"].get(name, 0) for name in reversed(LEVELS)}
    reasons, doubts = joined(told["reasons"]), list(_doubts(told["unverified"]))
    verdicts = {name: told["verdicts"].get(name, 0) for name in VERDICTS}
    remarks = sorted(told["remarks"].items(), key=lambda item: (-item[1]["rows"], item[0]))
    languages = sorted(told["languages"].items(), key=lambda item: (-item[1]["rows"], item[0]))
    return {
        "rows": rows, "drawn": drawn, "files": told.get("files", []),
        "verdicts": list(_parts(told, "verdicts", verdicts)),
        "levels": list(_parts(told, "levels", levels)),
        "shares": {one.name: one for one in _parts(told, "reasons", reasons)},
        "doubts": doubts[:MOST_DOUBTS],
        "languages": [_language(*item) for item in languages[:MOST_LANGUAGES]],
        "more_languages": max(len(languages) - MOST_LANGUAGES, 0),
        "widest": max((found["rows"] for _, found in languages), default=1),
        "remarks": [{"rule": rule, **found} for rule, found in remarks[:MOST_RULES]],
        "more_remarks": max(len(remarks) - MOST_RULES, 0), "most_reasons": MOST_REASONS,
        "largest": max((found["rows"] for _, found in remarks), default=1),
        "anchors": _anchors(facts),
    }  # fmt: skip


def _parts(told: Mapping[str, Any], kind: str, counts: Mapping[str, int]) -> Iterator[Part]:
    rows, drawn = max(told["rows"], 1), told.get("sample")
    for name, count in counts.items():
        if not count:
            continue
        found = drawn["shares"][kind].get(name) if drawn and not drawn["complete"] else None
        ends = (f"{100 * found[end]:.1f}" for end in ("low", "high")) if found else ()
        between = f"{' to '.join(ends)} %" if found else ""
        look = LOOKS.get(name, name if kind == "levels" else "gone")
        title = VERDICTS.get(name, MEANINGS.get(name, ""))
        yield Part(name, count, share(count, rows), between, count / rows, look, title)


def _language(name: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """One language: its verdicts in order, and the reasons most frequent."""
    parts = [(LOOKS[verdict], verdict, found.get(verdict, 0)) for verdict in VERDICTS]
    return {
        "name": name or "no language", "rows": found["rows"], "parts": parts,
        "failed": found.get("failed", 0), "unverified": found.get("unverified", 0),
        "reasons": ranked(found["reasons"])[:4],
    }  # fmt: skip


def _doubts(told: Mapping[str, Any]) -> Iterator[tuple[str, int, str]]:
    """Why rows are unverified, how many, and what is most often lacking."""
    found = gathered(told)
    for why, count in ranked({why: of.total() for why, of in found.items()}):
        most = [(rest, n) for rest, n in ranked(found[why]) if rest][:MOST_LACKING]
        yield why, count, " · ".join(f"{rest} {n:,}" if n > 1 else rest for rest, n in most)


def _anchors(facts: Facts) -> dict[str, str]:
    """Rows that stand on the page, by id, with the place where they do."""
    shown = {sample.id: f"row-{sample.id}" for sample in facts.samples}
    why = sorted(facts.left["rejected"], key=lambda one: (-one.count, one.stage, one.reason))
    for one in why[:MOST_REASONS]:
        shown |= {sample.id: f"rejected-{sample.id}" for sample in one.examples}
    return shown
