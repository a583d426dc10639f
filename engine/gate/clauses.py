"""The clauses of a policy: what each blames a row for, and when it is broken."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial

from backfeed.engine.gate.policy import CONTAMINATED, REPEATED, Bound, PassRate, Policy
from backfeed.engine.gate.says import licences_of, says
from backfeed.engine.methods import licences
from backfeed.engine.methods._intervals import wilson
from backfeed.engine.methods.licence_names import of_name
from backfeed.engine.records import LEVELS, Finding, Sample

_OF_TEXTS = ("inspect",)
"""Checks whose findings count lines in any text of a row, not in its code."""


@dataclass(frozen=True, slots=True)
class Blame:
    """What one clause holds against one row. Line and column are those of the code; 0: unknown."""

    rule: str
    message: str
    line: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition of a policy, judged row by row.

    `blame` says what a row is blamed for, nothing if it is as it should be; `counts` says if the
    row is one of those that the clause is about. With `least` the bound is the fewest rows that
    are not blamed, else the most that are. `confidence` is that of a Wilson interval, whose lower
    end is then compared; 0: the share itself.
    """

    name: str
    told: str
    bound: Bound
    blame: Callable[[Sample], tuple[Blame, ...]]
    counts: Callable[[Sample], bool] = lambda _sample: True
    least: bool = False
    confidence: float = 0.0

    @property
    def strict(self) -> bool:
        """Is every blamed row one too many, or counted by itself? Shares are compared as such."""
        return not isinstance(self.bound, float) or self.bound == (1.0 if self.least else 0.0)

    def found(self, blamed: int, of: int) -> float:
        """The number that is compared with the bound."""
        told = of - blamed if self.least else blamed
        if self.confidence:
            return wilson(told, of, self.confidence)[0]
        return told / of if isinstance(self.bound, float) and of else told

    def kept(self, blamed: int, of: int) -> bool:
        """Does it hold? Of no row at all every share does, but a pass rate of nothing does not."""
        if not of and isinstance(self.bound, float) and not self.confidence:
            return True
        found = self.found(blamed, of)
        return found >= self.bound if self.least else found <= self.bound


def clauses(policy: Policy) -> list[Clause]:
    """The clauses of a policy, in the order in which they are told."""
    return [*_always(policy), *_asked(policy)]


def _always(policy: Policy) -> Iterator[Clause]:
    yield Clause("unreadable", "rows that cannot be used", policy.unreadable, _unreadable)
    known = (*policy.reject, *REPEATED, *CONTAMINATED)
    rated = (policy.pass_rate.of,) if policy.pass_rate else ()
    yield Clause(
        "failed", "rows that fail a check", policy.failed, partial(_failed, known=known, but=rated)
    )


def _asked(policy: Policy) -> Iterator[Clause]:
    for level, bound in policy.level.items():
        blame = partial(_below, level=level)
        yield Clause(f"level.{level}", f"rows at {level} or above", bound, blame, least=True)
    for reason, bound in policy.reject.items():
        yield Clause(
            f"reject.{reason}", f"rows rejected as {reason}", bound,
            partial(_left, reasons=(reason,)),
        )  # fmt: skip
    for rule, bound in policy.rules.items():
        yield Clause(f"rules.{rule}", f"rows with {rule}", bound, partial(_has, rules=(rule,)))
    if policy.forbidden:
        told = f"rows with {', '.join(policy.forbidden)}"
        yield Clause("forbidden", told, 0, partial(_has, rules=policy.forbidden))
    if policy.pass_rate is not None:
        yield _rate(policy.pass_rate)
    for name, reasons, told in (
        ("duplicates", REPEATED, "rows that repeat another"),
        ("contamination", CONTAMINATED, "rows that hold a task of a benchmark"),
    ):
        bound = getattr(policy, name)
        if bound is not None:
            yield Clause(name, told, bound, partial(_left, reasons=reasons))
    yield from _said(policy)


def _said(policy: Policy) -> Iterator[Clause]:
    for column in policy.required_columns:
        yield Clause(
            f"required_columns.{column}", f"rows without {column}", 0,
            partial(_lacks, column=column), counts=_readable,
        )  # fmt: skip
    if policy.licences:
        told = f"rows under another licence than {', '.join(policy.licences)}"
        yield Clause(
            "licences", told, 0, partial(_unlicensed, allowed=policy.licences), counts=_readable
        )  # fmt: skip


def _rate(rate: PassRate) -> Clause:
    word = "tests pass" if rate.of == "test" else "answer runs"
    told = f"rows whose {word}"
    if rate.confidence:
        told += f" (≥: with {100 * rate.confidence:g} % confidence)"
    return Clause(
        "pass_rate", told, float(rate.minimum), partial(_not_passed, of=rate.of),
        counts=partial(_judged, of=rate.of), least=True, confidence=rate.confidence,
    )  # fmt: skip


def _readable(sample: Sample) -> bool:
    return sample.rejected is None or sample.rejected.stage != "read"


def _unreadable(sample: Sample) -> tuple[Blame, ...]:
    return () if _readable(sample) else _gone(sample)


def _failed(sample: Sample, known: Iterable[str], but: Iterable[str]) -> tuple[Blame, ...]:
    gone = sample.rejected
    if gone is None or not _readable(sample) or _matches(gone.reason, known):
        return ()
    if any(check.verdict == "failed" and check.name in but for check in sample.checks):
        return ()
    return _gone(sample)


def _gone(sample: Sample) -> tuple[Blame, ...]:
    """That it left, and where in the code for what."""
    gone = sample.rejected
    if gone is None:
        return ()
    at = next(
        (f for f in _errors(sample) if gone.reason in (f.rule, "syntax")), Finding("", "note", "")
    )
    message = f"{gone.stage}: {gone.detail or gone.reason}"
    return (Blame(gone.reason, message, at.line, at.column),)


def _errors(sample: Sample) -> Iterator[Finding]:
    for check in sample.checks:
        if check.verdict == "failed" and check.name not in _OF_TEXTS:
            yield from check.findings


def _left(sample: Sample, reasons: Iterable[str]) -> tuple[Blame, ...]:
    gone = sample.rejected
    return _gone(sample) if gone is not None and _matches(gone.reason, reasons) else ()


def _matches(name: str, globs: Iterable[str]) -> bool:
    return any(fnmatchcase(name, glob) for glob in globs)


def _has(sample: Sample, rules: Iterable[str]) -> tuple[Blame, ...]:
    """The first finding of each rule that is meant."""
    found: dict[str, Blame] = {}
    for check in sample.checks:
        for one in check.findings:
            if _matches(one.rule, rules) and one.rule not in found:
                found[one.rule] = Blame(
                    one.rule, f"{check.name}: {one.message}", *_place(check.name, one)
                )
    return tuple(found.values())


def _place(check: str, finding: Finding) -> tuple[int, int]:
    """Line and column in the code, of a finding that stands there."""
    return (0, 0) if check in _OF_TEXTS else (finding.line, finding.column)


def _below(sample: Sample, level: str) -> tuple[Blame, ...]:
    if sample.rejected is not None:
        return _gone(sample)
    names: Sequence[str] = LEVELS
    if names.index(sample.level) >= names.index(level):
        return ()
    why = next((_why(check.findings) for check in sample.checks if check.verdict != "passed"), "")
    message = f"its level is {sample.level}, not {level}" + (f": {why}" if why else "")
    return (Blame(f"below-{level}", message),)


def _why(findings: Iterable[Finding]) -> str:
    return "; ".join(one.message for one in findings if one.message)


def _judged(sample: Sample, of: str) -> bool:
    """Is it known of the row whether it runs, or passes its tests?"""
    return bool(_verdicts(sample, of))


def _verdicts(sample: Sample, of: str) -> set[str]:
    found = (check.verdict for check in sample.checks if check.name == of)
    return {verdict for verdict in found if verdict != "unverified"}


def _not_passed(sample: Sample, of: str) -> tuple[Blame, ...]:
    return _gone(sample) if "failed" in _verdicts(sample, of) else ()


def _lacks(sample: Sample, column: str) -> tuple[Blame, ...]:
    if says(sample, column):
        return ()
    return (Blame(f"missing-column/{column}", f"the row says nothing under {column!r}"),)


def _unlicensed(sample: Sample, allowed: tuple[str, ...]) -> tuple[Blame, ...]:
    named = licences_of(sample)
    if not named:
        return (Blame("no-licence", "the row names no licence"),)
    others = [one for one in named if not licences.is_among(of_name(one), allowed)]
    return (Blame("other-licence", f"its licence is {', '.join(others)}"),) if others else ()
