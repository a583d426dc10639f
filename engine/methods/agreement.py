"""Which of several answers and tests agree, and which tests say nothing (CodeT, Chen et al. 2022).

A row of a table is what one answer came to in all cases, one sign each: passed, failed, flaky, not
compiled, or nothing was said.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

PASSED, FAILED, FLAKY, UNBUILT, SILENT = "+", "-", "~", "c", "?"


@dataclass(frozen=True, slots=True)
class Agreement:
    """The group of answers that agree with most: `chosen` is its first, `passed` what it passes.

    `usable` are the cases that count, `score` answers in the group times cases passed. `dropped`
    names those that do not count: `broken` (nobody could be tested by it), `stub` (an answer that
    does nothing passes it), `reference` (code that is known to be right fails it), `doubted`.
    Answers and cases are numbered from 0.
    """

    chosen: int = 0
    group: tuple[int, ...] = ()
    passed: tuple[int, ...] = ()
    usable: tuple[int, ...] = ()
    score: int = 0
    dropped: dict[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def unmet(self) -> tuple[int, ...]:
        """The cases that count, and that the group does not pass."""
        return tuple(case for case in self.usable if case not in self.passed)


def agreement(
    rows: Sequence[str], *, stub: str = "", reference: str = "", doubted: Iterable[int] = ()
) -> Agreement:
    """Group answers by the cases that they pass; the group of the highest score is taken.

    Of equal scores the one that passes more cases counts, then the one whose first answer came
    first. `stub` and `reference` are rows of their own, empty if there are none; they do not vote.

    >>> agreement(["++-", "++-", "+-+"], stub="---").group
    (0, 1)
    """
    cases = range(len(rows[0]) if rows else 0)
    dropped: dict[str, tuple[int, ...]] = {
        "broken": tuple(case for case in cases if _is_broken([*rows, *filter(None, [stub])], case)),
        "stub": tuple(case for case in cases if stub and stub[case] == PASSED),
        "reference": tuple(case for case in cases if reference and reference[case] != PASSED),
        "doubted": tuple(sorted(doubted)),
    }
    out = {case for those in dropped.values() for case in those}
    usable = tuple(case for case in cases if case not in out)
    groups: dict[tuple[int, ...], list[int]] = {}
    for number, row in enumerate(rows):
        passed = tuple(case for case in usable if row[case] == PASSED)
        groups.setdefault(passed, []).append(number)
    if not groups:
        return Agreement(usable=usable, dropped=dropped)
    best = max(groups, key=lambda own: (len(groups[own]) * len(own), len(own), -groups[own][0]))
    group = tuple(groups[best])
    return Agreement(group[0], group, best, usable, len(group) * len(best), dropped)


def settles(
    found: Agreement, *, votes: int, least: int = 2, share: float = 0.5, alone: float = 1.0
) -> bool:
    """Is that enough? `votes` answers of the group were written independently.

    The group has to pass `least` cases, and of those that count the share `share`; what a single
    answer fails may as well be its own fault, so that it has to pass the share `alone`. The paper
    of the method takes the best group as it is; the bars are ours.
    """
    bar = share if votes > 1 else alone
    return len(found.passed) >= max(least, bar * len(found.usable))


def _is_broken(rows: Sequence[str], case: int) -> bool:
    """Could nobody be tested by it, though some could by others?"""
    said = {row[case] for row in rows}
    if said == {SILENT}:
        return True
    known = any(sign not in (SILENT, UNBUILT) for row in rows for sign in row)
    return known and said <= {SILENT, UNBUILT}
