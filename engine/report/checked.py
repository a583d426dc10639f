"""What a check of somebody's data set came to, counted over every row that was read."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backfeed.engine.methods._intervals import wilson
from backfeed.engine.report import _columns
from backfeed.engine.report._words import joined

FOLDERS = ("corpus", "rejected", "unfinished")
VERDICTS = {
    "passed": "no check failed, and it was run, or looked at as far as was asked",
    "unverified": "no check failed, but the strongest could not be made",
    "failed": "rejected: a check failed, it was there before, or it could not be read",
    "unfinished": "something outside failed: run again",
}
CONFIDENCE = 0.95
MOST_PLACES, MOST_SAID = 5, 300
_COLUMNS = ["id", "language", "level", "place", "checks", "rejected"]
_CHAIN = ("extract", "parse", "analyze", "run", "test")
MOST_WHY, MOST_KEPT = 200, 10_000
_ABOUT_US = {"extract", "parse", "run", "test", "execute", "prove", "record_tests"}


def is_remark(check: str, rule: str, level: str) -> bool:
    """Does a finding say something about the row, and not about how it was looked at?

    >>> is_remark("extract", "found", "note"), is_remark("inspect", "quality/refusal", "note")
    (False, True)
    """
    return level != "note" or rule == "no-code" or check not in _ABOUT_US


@dataclass(slots=True)
class Remarks:
    """What one rule has found: in how many rows, how often, in which languages, and where first."""

    check: str
    level: str
    rows: int = 0
    findings: int = 0
    rejected: int = 0
    languages: Counter[str] = field(default_factory=Counter)
    places: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Checked:
    """Counts of rows: by verdict, level (of those accepted), stage and reason, language, rule.

    `languages` has for each language the verdicts, and `why` the reasons, as `stage: reason`.
    `doubts` has, for each check that could not be made, why not.
    """

    rows: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    levels: Counter[str] = field(default_factory=Counter)
    reasons: dict[str, Counter[str]] = field(default_factory=dict)
    languages: dict[str, Counter[str]] = field(default_factory=dict)
    why: dict[str, Counter[str]] = field(default_factory=dict)
    doubts: dict[str, Counter[str]] = field(default_factory=dict)
    remarks: dict[str, Remarks] = field(default_factory=dict)

    def plain(self, drawn: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """As it stands in summary.json; with `drawn` (`of` and `seed`) with intervals of shares."""
        told: dict[str, Any] = {
            "rows": self.rows, "verdicts": dict(self.verdicts), "levels": dict(self.levels),
            "reasons": {stage: dict(sorted(why.items())) for stage, why in self.reasons.items()},
            "unverified": {
                check: dict(why.most_common(MOST_WHY)) for check, why in sorted(self.doubts.items())
            },
            "languages": {
                name: {"rows": found.total(), **found, "reasons": dict(self.why.get(name, {}))}
                for name, found in sorted(self.languages.items())
            },
            "remarks": {
                rule: {
                    "check": one.check, "level": one.level, "rows": one.rows,
                    "findings": one.findings, "rejected": one.rejected,
                    "languages": dict(one.languages), "places": one.places,
                }
                for rule, one in sorted(self.remarks.items())
            },
        }  # fmt: skip
        if drawn is not None:
            told["sample"] = {**drawn, "rows": self.rows, **self._shares(drawn)}
        return told

    def _shares(self, drawn: Mapping[str, Any]) -> dict[str, Any]:
        """The shares, each with its interval; no intervals if all rows were drawn."""
        whole = self.rows >= drawn["of"]
        reasons = joined(self.reasons)
        parts = {"verdicts": self.verdicts, "levels": self.levels, "reasons": reasons}

        def share(count: int) -> dict[str, float]:
            part = count / self.rows if self.rows else 0.0
            low, high = (part, part) if whole else wilson(count, self.rows, CONFIDENCE)
            return {"share": round(part, 6), "low": round(low, 6), "high": round(high, 6)}

        shares = {
            name: {key: share(count) for key, count in counts.items()}
            for name, counts in parts.items()
        }
        return {"confidence": CONFIDENCE, "complete": whole, "shares": shares}


def count(directory: Path) -> Checked:
    """Count the rows of a directory. Raises `StoreFault` for a file that cannot be read."""
    found = Checked()
    for folder in FOLDERS:
        for row in _rows(directory / folder):
            _add(found, row, folder)
    return found


def _rows(folder: Path) -> Iterator[dict[str, Any]]:
    for batch in _columns.batches(folder, _COLUMNS):
        yield from batch.to_pylist()


def _add(found: Checked, row: Mapping[str, Any], folder: str) -> None:
    verdict, language = verdict_of(folder, row), row["language"]
    found.rows += 1
    found.verdicts[verdict] += 1
    found.languages.setdefault(language, Counter())[verdict] += 1
    if folder == "corpus":
        found.levels[row["level"]] += 1
        if verdict == "unverified":
            check, why = doubt_of(row)
            kept = found.doubts.setdefault(check, Counter())
            kept[why if why in kept or len(kept) < MOST_KEPT else "other"] += 1
    elif gone := row["rejected"]:
        found.reasons.setdefault(gone["stage"], Counter())[gone["reason"]] += 1
        why = f"{gone['stage']}: {gone['reason']}"
        found.why.setdefault(language, Counter())[why] += 1
    _remark(found, row, is_gone=folder == "rejected")


def verdict_of(folder: str, row: Mapping[str, Any]) -> str:
    """The verdict on a row, by where it lies, its level, and the strongest check that was tried."""
    if folder == "corpus":
        last = _strongest(row)
        in_doubt = row["level"] == "none" or (last and last["verdict"] == "unverified")
        return "unverified" if in_doubt else "passed"
    return "failed" if folder == "rejected" else "unfinished"


def doubt_of(row: Mapping[str, Any]) -> tuple[str, str]:
    """The check that could not be made of an unverified row, and why not."""
    of = [check for check in row["checks"] if check["verdict"] == "unverified"]
    told = [check for check in of if check["name"] in _CHAIN and check["findings"]]
    last = max(told, key=lambda check: _CHAIN.index(check["name"]), default=None)
    if last is None:
        return "", "no check was made"
    return last["name"], last["findings"][0]["message"][:MOST_SAID]


def _strongest(row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The strongest of the checks that a row had, of those that lead to a level."""
    of = {check["name"]: check for check in row["checks"]}
    return next((of[name] for name in reversed(_CHAIN) if name in of), None)


def _remark(found: Checked, row: Mapping[str, Any], *, is_gone: bool) -> None:
    times: dict[str, int] = {}
    said: dict[str, str] = {}
    for check in row["checks"]:
        for finding in check["findings"]:
            rule, level = finding["rule"], finding["level"]
            if is_remark(check["name"], rule, level):
                found.remarks.setdefault(rule, Remarks(check["name"], level))
                times[rule] = times.get(rule, 0) + 1
                said.setdefault(rule, finding["message"][:MOST_SAID])
    for rule, many in times.items():
        one = found.remarks[rule]
        one.rows += 1
        one.findings += many
        one.rejected += is_gone
        one.languages[row["language"]] += 1
        if len(one.places) < MOST_PLACES:
            one.places.append({"id": row["id"], **row["place"], "message": said[rule]})
