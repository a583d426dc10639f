"""Which answer and which tests agree, when they are run? What fails is repaired, or rejected."""

from dataclasses import dataclass, replace
from typing import Any

from backfeed.engine import languages
from backfeed.engine.errors import ConfigError
from backfeed.engine.methods.agreement import PASSED, SILENT, settles
from backfeed.engine.methods.notes import noted, with_notes
from backfeed.engine.prompts import by_model
from backfeed.engine.records import Check, Finding, Message, Sample, Test
from backfeed.engine.requests import Asks, Limits, together
from backfeed.engine.stages._agreement import Board, board, candidates, run_each, signs, stub_of
from backfeed.engine.stages._answers import TEXT_TYPES
from backfeed.engine.stages._repair import Mended, repair
from backfeed.engine.stages._runs import Ran

KEPT = 3
"""How many pieces of evidence a row without agreement keeps."""


@dataclass(frozen=True, slots=True)
class Agree:
    """Run every candidate in every case, and keep the answer and the tests that agree.

    Candidates that pass the same cases are a group; the one with the highest number of candidates
    times cases is taken (CodeT, Chen et al. 2022). A case does not count that nobody could be
    tested by, that an emptied answer passes, or that the code of a refactoring problem fails (one
    that was not made harder since). The group has to pass `least_cases`, and the share `share` of
    those that count, or `alone` if it is a single answer: what that one fails may be its own fault.
    Otherwise there are `repairs` rounds: the answer is shown up to `shown` cases that it fails, and
    mends itself or, with `doubt`, says which test is wrong, of which the role `judge` has the last
    word. What does not agree then is rejected. Tests that no model wrote always count. With fewer
    than `least_cases` cases that count there is nothing to agree on: unverified. The answer to a
    problem of debugging has to pass what the faulty code fails.

    in:  candidates [right, wrong], tests [3 right ones, 1 wrong one]
    out: the right answer and the tests that it passes; notes agreement {passed: ["+++-", "+---"]}
    """

    repairs: int = 1
    doubt: bool = True
    least_cases: int = 2
    share: float = 0.5
    alone: float = 1.0
    shown: int = 5
    cpu_s: float = 5.0
    role: str = "strong"
    judge: str = "judge"
    version = 2
    asks = ("compute", "model", "sandbox")
    prompts = ("repair/answer", "repair/doubt")

    def __post_init__(self) -> None:
        for name in ("share", "alone"):
            if not 0 < getattr(self, name) <= 1:
                raise ConfigError(f"agree.{name} = {getattr(self, name)}: it is a share, above 0")
        if self.repairs < 0 or self.least_cases < 1 or self.shown < 1:
            raise ConfigError("agree: repairs is 0 or more, least_cases and shown are 1 or more")

    def each(self, sample: Sample) -> Asks[list[Sample]]:
        """Ask for all runs side by side, then for repairs."""
        if sample.question_type in TEXT_TYPES or sample.files:
            return [sample]
        if not sample.tests or not sample.code or not languages.can(sample.language, "run_job"):
            return [_unverified(sample, "there is nothing to run")]
        limits = replace(Limits(), cpu_s=self.cpu_s, wall_s=3 * self.cpu_s + 2)
        if sample.question_type == "test":
            return [(yield from _of_tests(sample, limits))]
        drafts, fault = yield from candidates(sample, sample.code)
        if not drafts:
            return [sample.no("agree", "syntax", fault)]
        given = str(noted(sample).get("given", ""))
        still = sample.question_type == "refactor" and not noted(sample).get("directions")
        reference = given if still else ""
        first: Board = yield from board(sample, drafts, limits, given=reference)
        sample, found = yield from self._repaired(sample, first, limits)
        ended = self._ended(with_notes(sample, agreement=found.told()), found)
        if sample.question_type == "debug" and ended.rejected is None:
            return [(yield from _with_fault_shown(ended, given, limits))]
        return [ended]

    def _repaired(self, sample: Sample, found: Board, limits: Limits) -> Asks[tuple[Sample, Board]]:
        """The board after as many rounds as are needed; the sample tells of them."""
        rounds: list[dict[str, Any]] = []
        for _ in range(self.repairs):
            if self._settled(found) or len(found.found.usable) < self.least_cases:
                break
            mended: Mended = yield from repair(
                sample, found, limits, roles=(self.role, self.judge), shown=self.shown,
                doubt=self.doubt,
            )  # fmt: skip
            found, rounds = mended.board, [*rounds, mended.told]
            for prompt in mended.prompts:
                sample = yield from by_model(sample, prompt)
        return (with_notes(sample, repairs=rounds) if rounds else sample), found

    def _settled(self, found: Board) -> bool:
        own = {n for n, test in enumerate(found.tests) if test.oracle != "model"}
        return not own & {*found.found.unmet} and settles(
            found.found, votes=found.votes, least=self.least_cases, share=self.share,
            alone=self.alone,
        )  # fmt: skip

    def _ended(self, sample: Sample, found: Board) -> Sample:
        """The chosen answer with its tests; unverified, or rejected with the board."""
        got = found.found
        if len(got.usable) < self.least_cases:
            why = f"{len(got.usable)} of {len(found.tests)} cases count, {self.least_cases} have to"
            return _unverified(_with(sample, found, got.usable), why)
        told = (
            f"{len(got.group)} of {len(found.drafts)} answers pass {len(got.passed)} of "
            f"{len(got.usable)} cases that count (of {len(found.tests)}); score {got.score}"
        )
        if self._settled(found):
            finding = Finding("agreement", "note", told)
            return _with(sample, found, got.passed).checked(
                Check("agree", "passed", findings=(finding,))
            )
        return _disagreeing(sample, found, told)


def _disagreeing(sample: Sample, found: Board, told: str) -> Sample:
    """Rejected, with what each answer came to and what the best one failed."""
    unmet = found.found.unmet
    rans = [found.rans[found.found.chosen][case] for case in unmet]
    seen = {id(one): one for ran in rans for one in ran.evidence}  # one program may tell of many
    evidence = list(seen.values())[:KEPT]
    finding = Finding("no-agreement", "error", told)
    said = [
        f"case {case + 1}: {ran.word} {ran.detail[:200]}".strip()
        for case, ran in zip(unmet, rans, strict=True)
    ]
    failed = sample.checked(Check("agree", "failed", findings=(finding,)), *evidence)
    detail = f"{told}; rows {' '.join(found.rows)}; {'; '.join(said)}"
    return failed.no("agree", "no-agreement", detail)


def _with(sample: Sample, found: Board, cases: tuple[int, ...]) -> Sample:
    """The chosen answer with these cases, and all tests that no model wrote."""
    kept = [n for n, test in enumerate(found.tests) if n in cases or test.oracle != "model"]
    kept = kept or list(range(len(found.tests)))
    purposes = noted(sample).get("cases")
    if isinstance(purposes, list) and len(purposes) == len(found.tests):
        sample = with_notes(sample, cases=[purposes[n] for n in kept])
    answered = _saying(sample, found.chosen.text).but(code=found.chosen.code)
    return answered.but(tests=tuple(found.tests[n] for n in kept))


def _saying(sample: Sample, text: str) -> Sample:
    """The sample with another text as its answer."""
    if not text or text == sample.response:
        return sample
    before = [message for message in sample.messages if message.role != "assistant"]
    return sample.but(messages=(*before, Message("assistant", text)))


def _with_fault_shown(sample: Sample, given: str, limits: Limits) -> Asks[Sample]:
    """A debugging problem whose faulty code passes all that the answer passes shows no fault."""
    rans: list[Ran] = yield from run_each(sample, given, limits)
    if set(signs(rans)) - {PASSED, SILENT}:
        return sample
    return sample.no("agree", "fault-not-shown", f"the faulty code comes to {signs(rans)}")


def _of_tests(sample: Sample, limits: Limits) -> Asks[Sample]:
    """An answer that is a test: one that the given code passes, and an emptied copy does not."""
    drafts, fault = yield from candidates(sample, sample.tests[0].code)
    if not drafts:
        return sample.no("agree", "syntax", fault)
    tests = tuple(Test("script", "model", code=draft.code) for draft in drafts)
    emptied = yield from stub_of(sample, sample.code)
    rows = yield from together(
        run_each(sample.but(tests=tests), code, limits) for code in (sample.code, emptied) if code
    )
    own, stub = signs(rows[0]), signs(rows[1]) if emptied else ""
    told = {"candidates": len(drafts), "cases": len(tests), "passed": [own], "stub": stub}
    passing = [n for n, sign in enumerate(own) if sign == PASSED]
    proving = [n for n in passing if not stub or stub[n] != PASSED]
    noting = with_notes(sample, agreement=told | {"chosen": [*proving, *passing, -1][0]})
    if not passing and set(own) == {SILENT}:
        return _unverified(noting, rows[0][0].detail)
    if not passing:
        return noting.no("agree", "tests-fail", f"{own}: {rows[0][0].word} {rows[0][0].detail}")
    at = [*proving, *passing][0]
    chosen = _saying(noting, drafts[at].text).but(tests=(tests[at],))
    if not proving:
        return _unverified(chosen, "code that does nothing passes the tests")
    finding = Finding("agreement", "note", f"{len(proving)} of {len(drafts)} tell right from empty")
    return chosen.checked(Check("agree", "passed", findings=(finding,)))


def _unverified(sample: Sample, why: str) -> Sample:
    finding = Finding("no-agreement", "note", why)
    return sample.checked(Check("agree", "unverified", findings=(finding,)))


PLUGIN = Agree
