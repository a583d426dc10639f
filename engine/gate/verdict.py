"""The verdict on a data set: which clauses are broken, and which only as they were before."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import Any, Literal

from backfeed.engine.gate.baseline import Baseline
from backfeed.engine.gate.judge import Broken, Judged, Tally

State = Literal["kept", "broken", "as before"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one clause. `rows` break it, and are none of those that broke it before."""

    tally: Tally
    state: State
    rows: Sequence[Broken] = ()
    before: float | None = None

    @property
    def name(self) -> str:
        """The clause, by its keys in the policy."""
        return self.tally.clause.name


@dataclass(frozen=True, slots=True)
class Verdict:
    """The whole of it. `rows` were judged, under a policy that is told as `policy`."""

    dataset: str
    policy: str
    rows: int
    outcomes: Sequence[Outcome]
    against: str = ""
    since: str = ""

    @property
    def passed(self) -> bool:
        """Does every clause hold, or is at least no worse than it was?"""
        return all(outcome.state != "broken" for outcome in self.outcomes)

    @property
    def broken(self) -> list[Broken]:
        """What breaks the policy, in the order of the data; a rule once for each row."""
        found = [one for outcome in self.outcomes for one in _blamed(outcome)]
        unique = {(one.place, one.name, one.blame.rule): one for one in reversed(found)}
        return sorted(unique.values(), key=lambda one: one.order)

    def first(self, most: int) -> list[Broken]:
        """So many of `broken`, in the same order: of each clause the first, as many of each."""
        of: dict[str, list[Broken]] = {}
        for one in self.broken:
            of.setdefault(one.clause, []).append(one)
        turns = (one for turn in zip_longest(*of.values()) for one in turn if one is not None)
        return sorted(islice(turns, most), key=lambda one: one.order)

    @property
    def broken_rows(self) -> int:
        """How many rows break the policy."""
        return len({(one.place, one.name) for one in self.broken})

    @property
    def whole(self) -> list[Outcome]:
        """Broken clauses that no single row is to blame for."""
        return [one for one in self.outcomes if one.state == "broken" and not one.rows]

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "verdict": "passed" if self.passed else "failed", "dataset": self.dataset,
            "policy": self.policy, "rows": self.rows, "broken_rows": self.broken_rows,
            "baseline": self.against or None, "changed_only": self.since or None,
            "clauses": [_plain(outcome) for outcome in self.outcomes],
            "broken": [
                {"file": one.place.file, "line": one.place.line, "row": one.name,
                 "rule": one.blame.rule, "clause": one.clause, "message": one.blame.message}
                for one in self.broken
            ],
        }  # fmt: skip


def _blamed(outcome: Outcome) -> Iterator[Broken]:
    if outcome.state == "broken":
        yield from outcome.rows


def _plain(outcome: Outcome) -> dict[str, Any]:
    tally, clause = outcome.tally, outcome.tally.clause
    return {
        "clause": clause.name, "state": outcome.state, "bound": clause.bound,
        "is": "at least" if clause.least else "at most", "found": round(tally.found, 6),
        "blamed": tally.blamed, "of": tally.of, "before": outcome.before,
    }  # fmt: skip


def outcomes(judged: Judged, baseline: Baseline | None = None) -> list[Outcome]:
    """What came of each clause; with a baseline, a clause that got no worse is not broken."""
    return [_outcome(tally, baseline) for tally in judged.tallies]


def _outcome(tally: Tally, baseline: Baseline | None) -> Outcome:
    if tally.kept:
        return Outcome(tally, "kept")
    before = baseline.of(tally.clause) if baseline is not None else None
    if before is None:
        return Outcome(tally, "broken", tally.broken)
    new = before.unknown(tally.broken)
    old = tally.clause.found(before.blamed, before.of)
    if new is not None and tally.clause.strict:
        worse = bool(new)
    else:
        found = tally.found
        worse = found < old if tally.clause.least else found > old
    if not worse:
        return Outcome(tally, "as before", before=old)
    return Outcome(tally, "broken", new or tally.broken, before=old)
