"""Asking pattern: an answer is shown what it failed, and mends itself or doubts the test."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from backfeed.engine.errors import AskFailed
from backfeed.engine.methods.agreement import PASSED
from backfeed.engine.records import Sample, Test
from backfeed.engine.requests import Asks, Compute, Limits, Prompt, together
from backfeed.engine.stages._agreement import Board, run_each, signs
from backfeed.engine.stages._answers import Draft, Question, read_answer

LONGEST = 1_500
_DOUBT = re.compile(r"^[ \t*-]*DOUBT[ \t]+(\d+)[ \t]*:[ \t]*(.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Doubt:
    """The reply to `repair/doubt`: what has to come out, and whether the test is wrong."""

    expected: str = ""
    wrong: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Mended:
    """A board after a round, what a row tells of the round, and the prompts that had a part."""

    board: Board
    told: dict[str, Any]
    prompts: tuple[Prompt, ...] = ()


def repair(
    sample: Sample, board: Board, limits: Limits, *, roles: tuple[str, str], shown: int, doubt: bool
) -> Asks[Mended]:
    """One round: the chosen answer is shown up to `shown` cases that it fails.

    Another answer takes its place if it passes all that it passed and more. A case that it doubts
    does not count any more if the judge, who sees the problem and the case alone, finds it wrong;
    tests that no model wrote are not doubted. `roles` are those that mend and judge.
    """
    unmet = board.found.unmet[:shown]
    before = board.rows[board.found.chosen]
    told: dict[str, Any] = {"cases": list(unmet), "before": before, "after": before}
    prompt = _prompt(sample, board, unmet, role=roles[0])
    try:
        answer = yield prompt
    except AskFailed as failed:
        return Mended(board, told | {"failed": str(failed)[:200]})
    text, cut = str(answer["text"]), answer.get("finish") == "length"
    used: list[Prompt] = []
    doubts = {int(n) - 1: why for n, why in _DOUBT.findall(text)} if doubt else {}
    open_to_doubt = [n for n in unmet if n in doubts and sample.tests[n].oracle == "model"]
    if open_to_doubt and not cut:
        asked = [_doubt(sample, sample.tests[n], roles[1]) for n in open_to_doubt]
        verdicts: list[bool] = yield from together(map(_is_wrong, asked))
        wrong = [n for n, is_wrong in zip(open_to_doubt, verdicts, strict=True) if is_wrong]
        board, used = board.without(wrong), asked[:1] if wrong else []
        told["doubted"], told["dropped"] = open_to_doubt, wrong
    call = (_DOUBT.sub("", text).strip() + "\n", Question.of(sample), cut)
    draft: Draft = yield from Compute(read_answer, call)
    if draft.reason:
        only_doubts = "doubted" in told and draft.reason in ("empty", "no-block")
        return Mended(board, told if only_doubts else told | {"failed": draft.reason}, tuple(used))
    rans = yield from run_each(sample, draft.code, limits)
    told["after"] = signs(rans)
    told["kept"] = _is_better(told["after"], before, board)
    if told["kept"]:
        board, used = board.mended(draft, rans), [prompt, *used]
    return Mended(board, told, tuple(used))


def _is_better(after: str, before: str, board: Board) -> bool:
    """Does it pass all that was passed, and more?"""
    mine = {n for n in board.found.usable if after[n] == PASSED}
    theirs = {n for n in board.found.usable if before[n] == PASSED}
    return mine > theirs


def _prompt(sample: Sample, board: Board, unmet: Sequence[int], *, role: str) -> Prompt:
    failures = [
        {"number": n + 1, "code": _shown(sample.tests[n]), "said": _said(board, n)} for n in unmet
    ]
    return Prompt(
        "repair/answer", role=role, language=sample.language, tag=sample.language,
        entry_point=sample.entry_point, problem=sample.instruction, code=board.chosen.code,
        failures=failures,
    )  # fmt: skip


def _said(board: Board, case: int) -> str:
    """What came out: the word of the run, and what was expected or raised."""
    ran = board.rans[board.found.chosen][case]
    where = f" (line {ran.line} of the test)" if ran.line else ""
    return f"{ran.word} {ran.detail}"[:LONGEST].strip() + where


def _shown(test: Test) -> str:
    """A test as it is shown to a model; long ones are cut."""
    if test.kind == "stdio":
        text = f"reads:\n{test.stdin}\nhas to write ({test.compare}):\n{test.stdout}"
    else:
        text = f"{test.setup}\n{test.code}" if test.setup else test.code
    return text if len(text) <= LONGEST else text[:LONGEST] + "\n[cut]"


def _doubt(sample: Sample, test: Test, role: str) -> Prompt:
    return Prompt(
        "repair/doubt", reply=Doubt, role=role, language=sample.language,
        entry_point=sample.entry_point, problem=sample.instruction, code=_shown(test),
    )  # fmt: skip


def _is_wrong(prompt: Prompt) -> Asks[bool]:
    """What the judge says; a test stands if it says nothing."""
    try:
        told: Doubt = yield from prompt
    except AskFailed:
        return False
    return told.wrong
