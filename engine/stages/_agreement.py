"""Asking pattern: every answer is run in every case; what it came to stands on a board."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from backfeed.engine import languages
from backfeed.engine.errors import Refused
from backfeed.engine.methods.agreement import (
    FAILED,
    FLAKY,
    PASSED,
    SILENT,
    UNBUILT,
    Agreement,
    agreement,
)
from backfeed.engine.methods.notes import noted
from backfeed.engine.records import VERDICT_OF, Sample, Test
from backfeed.engine.requests import Asks, Compute, Limits, together
from backfeed.engine.stages._answers import Draft, Question, read_answer
from backfeed.engine.stages._runs import Ran, of_error, run_tests
from backfeed.engine.stages._suites import stripped

SIGNS = {"AC": PASSED, "NONE": SILENT, "FLAKY": FLAKY, "CE": UNBUILT}


@dataclass(frozen=True, slots=True)
class Board:
    """Answers and tests, and what each answer came to in each test: `rans` has a row for each.

    `stub` and `reference` are rows of signs, empty if there are none; `doubted` are cases that were
    judged to be wrong, `seen` answers that were written in sight of the tests.
    """

    drafts: tuple[Draft, ...]
    tests: tuple[Test, ...]
    rans: tuple[tuple[Ran, ...], ...]
    stub: str = ""
    reference: str = ""
    doubted: tuple[int, ...] = ()
    seen: tuple[int, ...] = ()
    found: Agreement = field(init=False)

    def __post_init__(self) -> None:
        got = agreement(
            self.rows, stub=self.stub, reference=self.reference, doubted=self.doubted
        )  # fmt: skip
        object.__setattr__(self, "found", got)

    @property
    def rows(self) -> list[str]:
        """The signs of each answer."""
        return [signs(row) for row in self.rans]

    @property
    def votes(self) -> int:
        """How many answers of the group did not see the tests."""
        return len(set(self.found.group) - set(self.seen))

    @property
    def chosen(self) -> Draft:
        """The answer that is taken."""
        return self.drafts[self.found.chosen]

    def mended(self, draft: Draft, rans: Sequence[Ran]) -> "Board":
        """A board with another answer in the place of the chosen one."""
        at = self.found.chosen
        drafts = (*self.drafts[:at], draft, *self.drafts[at + 1 :])
        rows = (*self.rans[:at], tuple(rans), *self.rans[at + 1 :])
        return replace(self, drafts=drafts, rans=rows, seen=(*self.seen, at))

    def without(self, cases: Iterable[int]) -> "Board":
        """A board on which these cases do not count."""
        return replace(self, doubted=(*self.doubted, *cases))

    def told(self) -> dict[str, Any]:
        """The board as a note: signs in compact rows, and why cases do not count."""
        found = self.found
        dropped = {why: list(cases) for why, cases in found.dropped.items() if cases}
        return {
            "candidates": len(self.drafts), "cases": len(self.tests), "passed": self.rows,
            "stub": self.stub, "reference": self.reference, "chosen": found.chosen,
            "group": list(found.group), "score": found.score, "dropped": dropped,
            "unmet": list(found.unmet),
        }  # fmt: skip


def signs(rans: Iterable[Ran]) -> str:
    """What runs came to, one sign each."""
    return "".join(SIGNS.get(ran.word, FAILED) for ran in rans)


def candidates(sample: Sample, code: str) -> Asks[tuple[list[Draft], str]]:
    """The answers of a sample that parse, each once, or why there are none.

    It is `code` if none is noted. Two of the same text count as one: where a model's temperature
    is 0 they are one draw.
    """
    texts = noted(sample).get("candidates") or []
    question = Question.of(sample)
    read: list[Draft] = yield from together(
        Compute(read_answer, (text, question)) for text in texts if isinstance(text, str)
    )
    drafts = [draft for draft in read if draft.code and not draft.reason]
    drafts = drafts or [Draft(sample.response, code)]
    once = {stripped(draft.code): draft for draft in reversed(drafts)}
    apart = [once[mark] for mark in dict.fromkeys(stripped(draft.code) for draft in drafts)]
    told: list[str] = yield from together(_fault(sample.language, draft.code) for draft in apart)
    whole = [draft for draft, fault in zip(apart, told, strict=True) if not fault]
    return whole, "; ".join(filter(None, told)) or "it has no answer"


def _fault(language: str, code: str) -> Asks[str]:
    """Why code does not parse; empty if it does, or nobody can tell."""
    if not languages.can(language, "parse"):
        return ""
    got = yield from Compute(languages.call, (language, "parse", code))
    return f"line {got['line']}: {got['message']}" if VERDICT_OF[got["word"]] == "failed" else ""


def board(
    sample: Sample, drafts: Sequence[Draft], limits: Limits, *, given: str = ""
) -> Asks[Board]:
    """Run all answers, an emptied one, and `given` (code known to be right) in all tests."""
    emptied = yield from stub_of(sample, drafts[0].code)
    codes = [*(draft.code for draft in drafts), *filter(None, [emptied, given])]
    rows: list[list[Ran]] = yield from together(run_each(sample, code, limits) for code in codes)
    rest = iter(map(signs, rows[len(drafts) :]))
    stub, reference = next(rest) if emptied else "", next(rest) if given else ""
    return Board(
        tuple(drafts), sample.tests, tuple(map(tuple, rows[: len(drafts)])), stub, reference
    )


def run_each(sample: Sample, code: str, limits: Limits) -> Asks[list[Ran]]:
    """What code comes to in each test of the sample.

    All go into one program where the language joins tests; if that is cut short, and elsewhere,
    each is run by itself.
    """
    if languages.load(sample.language).joins and len(sample.tests) > 1:
        whole: Ran = yield from _alone(sample, code, limits)
        if (rans := _apart(whole, len(sample.tests))) is not None:
            return rans
    rans = yield from together(
        _alone(sample.but(tests=(test,)), code, limits) for test in sample.tests
    )
    return rans


def _apart(whole: Ran, count: int) -> list[Ran] | None:
    """What a program of all tests came to in each; None if it does not tell of each."""
    wrong = any(result["error"] for result in whole.results)
    if len(whole.results) != count or (whole.word in ("AC", "NONE")) == wrong:
        return None
    return [replace(_of_one(result), evidence=whole.evidence) for result in whole.results]


def _of_one(result: dict[str, Any]) -> Ran:
    executed = int(result["executed"])
    if result["error"]:
        return of_error(result, executed, (result,))
    why = "" if executed else "no assertion ran"
    return Ran("AC" if executed else "NONE", executed, why, results=(result,))


def _alone(sample: Sample, code: str, limits: Limits) -> Asks[Ran]:
    try:
        ran: Ran = yield from run_tests(sample, code, limits, check="agree")
    except Refused as refused:
        return Ran("NONE", detail=str(refused))
    return ran


def stub_of(sample: Sample, code: str) -> Asks[str]:
    """The code doing nothing; empty if there is none such."""
    if not languages.can(sample.language, "stub"):
        return ""
    call = (sample.language, "stub", code, sample.entry_point)
    emptied: str = yield from Compute(languages.call, call)
    return emptied
