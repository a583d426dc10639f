"""Asking pattern: an answer in the form asked for. Read as such, it has one block, or a reason."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from backfeed.engine import languages
from backfeed.engine.errors import Refused
from backfeed.engine.methods.code_blocks import Block, blocks, is_code, reads_as
from backfeed.engine.records import Sample
from backfeed.engine.requests import Asks, Compute, Prompt

TEXT_TYPES = ("understand", "knowledge")
"""Question types whose answer is prose: code in it is an illustration."""

LONGEST = 40_000
MENDABLE = {
    "truncated": "it ends in the middle: answer shorter, with all of the code in one closed block",
    "empty": "it holds no answer",
    "no-block": "it has no fenced block with the code",
    "several-blocks": "it has several blocks of code: give the whole solution in exactly one",
    "wrong-language": "its block is in another language than the one asked for",
}
"""Reasons that a second reply may do away with, and what the model is told."""

_LEAST_LINES = 3
_REFUSES = re.compile(
    r"\s*(?:(?:I['’]m|I am) (?:very |really )?sorry\b|Sorry, (?:but )?I\b|Unfortunately, I\b"
    r"|I (?:can['’]?t|cannot|can not|won['’]t|will not|am unable to|am not able to)\b"
    r"|As an? (?:AI|language model)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Question:
    """What an answer is read by: the problem, its language, and the name that it asks for."""

    language: str
    entry_point: str = ""
    problem: str = ""
    prose: bool = False

    @classmethod
    def of(cls, sample: Sample) -> "Question":
        """The question that a sample puts."""
        prose = sample.question_type in TEXT_TYPES
        return cls(sample.language, sample.entry_point, sample.instruction, prose)

    @property
    def name(self) -> str:
        """The name by itself, without the class or module that it stands in."""
        return self.entry_point.replace("::", ".").rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Draft:
    """A reply, read. `reason` says in one word why it is no answer, and is empty if it is one.

    `code` is that of its block, with imports that the problem's own code gives; of prose, empty
    where no block is worth a check. `notes` are remarks, e.g. on the tag of the block.
    """

    text: str
    code: str = ""
    reason: str = ""
    detail: str = ""
    notes: tuple[str, ...] = ()


def ask_answer(prompt: Prompt, question: Question, attempts: int) -> Asks[Draft]:
    """One answer; a reply of another form is named in the next attempt, as in `ask_valid`.

    A reply that the service declines, or cuts at the limit of tokens each time, is a draft with
    that reason: the other draws go on.
    """
    asked = prompt
    for attempt in range(1, attempts + 1):
        try:
            answer = yield asked
        except Refused as refused:
            return Draft("", reason="refused", detail=f"{refused.reason}: {refused.detail}")
        text, cut = str(answer["text"]), answer.get("finish") == "length"
        draft: Draft = yield from Compute(read_answer, (text, question, cut))
        if draft.reason not in MENDABLE:
            return draft
        asked = prompt.but(attempt=attempt, complaint=MENDABLE[draft.reason], said=text)
    return draft


def read_answer(text: str, question: Question, cut: bool = False) -> Draft:  # noqa: FBT001, FBT002
    """A reply as an answer; `cut` says that the model stopped at its limit of tokens.

    >>> read_answer("So:\\n```python\\nx = 1\\n", Question("python")).reason
    'truncated'
    """
    found = blocks(text)
    if cut or not all(block.closed for block in found):
        why = "the limit of tokens" if cut else "a fence that nothing closes"
        return Draft(text, reason="truncated", detail=f"{why}, after {len(text)} characters")
    if not text.strip():
        return Draft(text, reason="empty")
    if len(text) > LONGEST:
        return Draft(text, reason="too-long", detail=f"{len(text)} characters")
    if not any(map(is_code, found)) and _REFUSES.match(text):
        return Draft(text, reason="refused", detail=text.strip()[:200])
    return _of_prose(text, found, question) if question.prose else _of_code(text, found, question)


def _of_prose(text: str, found: Sequence[Block], question: Question) -> Draft:
    mine, asked = _squeezed(text), _squeezed(question.problem)
    if mine in asked or (asked and len(mine) < 1.2 * len(asked) and asked in mine):
        return Draft(text, reason="copied", detail="it gives back the problem")
    worth = [block.code for block in found if _is_worth_a_check(block, question)]
    code = "\n".join(worth)
    return Draft(text, code if reads_as(code, question.language) else "")


def _is_worth_a_check(block: Block, question: Question) -> bool:
    """Is it a piece that stands by itself, and not a quotation of the problem's code?"""
    lines = [line for line in block.code.splitlines() if line.strip()]
    own = _squeezed(block.code) not in _squeezed(question.problem)
    tagged = block.language == question.language
    return own and tagged and len(lines) >= _LEAST_LINES and reads_as(block.code, block.language)


def _of_code(text: str, found: Sequence[Block], question: Question) -> Draft:
    mine, note = _in_language(found, question.language)
    if not mine:
        others = sorted({block.language for block in found if is_code(block)})
        reason = "wrong-language" if others else "no-block"
        return Draft(text, reason=reason, detail=f"blocks in {', '.join(others)}" if others else "")
    codes = list(dict.fromkeys(block.code for block in mine if block.code.strip()))
    if not codes:
        return Draft(text, reason="empty", detail="its block is empty")
    notes = [note] if note else []
    if len(codes) > 1:
        told = f"{len(codes)} blocks"
        codes = [code for code in codes if defines(code, question)]
        if len(codes) != 1:
            return Draft(text, reason="several-blocks", detail=told)
        notes.append(f"{told}, one with {question.entry_point}")
    if _squeezed(codes[0]) in _squeezed(question.problem):
        return Draft(text, codes[0], "copied", "its code stands in the problem")
    carried = _carried(codes[0], question)
    if carried:
        notes.append(f"carried imports: {carried.strip()}")
    return Draft(text, carried + codes[0], notes=tuple(notes))


def _in_language(found: Sequence[Block], language: str) -> tuple[list[Block], str]:
    """The blocks in a language, and a note if they do not say so: by tag, else as they parse."""
    if mine := [block for block in found if block.language == language]:
        return mine, ""
    if bare := [b for b in found if not b.language and reads_as(b.code, language)]:
        return bare, "untagged"
    other = [b for b in found if is_code(b) and reads_as(b.code, language)]
    return other, f"tagged {other[0].language}" if other else ""


def defines(code: str, question: Question) -> bool:
    """Does the code define the name that the problem asks for?"""
    name = question.name
    if not name or not languages.can(question.language, "entry_point"):
        return False
    return bool(languages.call(question.language, "entry_point", f"`{name}`", code) == name)


def _carried(code: str, question: Question) -> str:
    if not languages.can(question.language, "missing_imports"):
        return ""
    given: str = languages.call(question.language, "missing_imports", code, question.problem)
    return given


def _squeezed(text: str) -> str:
    return "".join(text.split())
