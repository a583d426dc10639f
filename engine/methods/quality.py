"""What is amiss with an instruction and its answer, as texts: no model, nothing is run.

Each rule is a phrase that only such texts have, or a count. All are meant to give few false alarms:
what is found is worth a look, and what is not found may still be poor.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from backfeed.engine.methods._quality_words import (
    ASKS_CODE,
    ASKS_GAP,
    ASKS_WORDS,
    GAP,
    LIKE_CODE,
    REFUSAL,
    SELF,
    TO_DO,
)
from backfeed.engine.methods.code_blocks import blocks
from backfeed.engine.methods.text_parts import Marks, parts

RULES = {
    "empty-instruction": "nothing is asked",
    "empty-answer": "nothing is answered",
    "short-instruction": "too short to be a task",
    "short-answer": "too short for what is asked",
    "refusal": "the answer declines",
    "self-identification": "the answer speaks of itself as a model",
    "copy": "the answer says the instruction again",
    "placeholder": "the answer leaves a gap to be filled in",
    "truncated": "the answer ends in the middle",
    "repetition": "the answer says one thing over and over",
    "prose-only": "code is asked for, and there is none",
}


@dataclass(frozen=True)
class Turn:
    """A question and its answer.

    `code` is what was taken out of the answer ("" if nothing was), `marks` those of its language.
    `first` is the turn that begins a conversation; "Thanks!" is fine later on.
    """

    question: str
    answer: str
    code: str = ""
    marks: Marks | None = None
    first: bool = True

    @cached_property
    def prose(self) -> str:
        """The answer without blocks of code and quoted strings."""
        return _QUOTED.sub(_blank, prose_of(self.answer))


@dataclass(frozen=True, slots=True)
class Flaw:
    """A rule that is broken, why, and the line of the answer; 0 is all of it, or the question."""

    rule: str
    why: str
    line: int = 0


def flaws(turn: Turn) -> Iterator[Flaw]:
    """What is amiss with one turn.

    >>> [f.rule for f in flaws(Turn("Sort a list in Python.", "I'm sorry, but I cannot do that."))]
    ['refusal']
    """
    if not turn.question.strip():
        yield Flaw("empty-instruction", RULES["empty-instruction"])
    elif turn.first and _is_short(turn.question):
        yield Flaw("short-instruction", RULES["short-instruction"])
    if not turn.answer.strip():
        if not turn.code.strip():
            yield Flaw("empty-answer", RULES["empty-answer"])
        return
    for name, rule in _RULES.items():
        if found := rule(turn):
            why, line = found
            yield Flaw(name, f"{RULES[name]}: {why}", line)


_FENCED = re.compile(
    r"^[ \t]*(`{3,}|~{3,})[^`\n]*$.*?(?:^[ \t]*\1[`~]*[ \t]*$|\Z)", re.MULTILINE | re.DOTALL
)
_QUOTED = re.compile(r"\"[^\"\n]{0,300}\"|(?<![\w])'[^'\n]{0,300}'(?!\w)|`[^`\n]{0,300}`")


def prose_of(text: str) -> str:
    """A text without its fenced blocks; lines keep their numbers.

    >>> prose_of("So:\\n```py\\nx = 1\\n```\\nDone.")
    'So:\\n\\n\\n\\nDone.'
    """
    return _FENCED.sub(lambda match: "\n" * match[0].count("\n"), text.replace("\r\n", "\n"))


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


Found = tuple[str, int] | None
_WORD = re.compile(r"[^\W_]+")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


def _is_short(question: str) -> bool:
    """One or two words that name nothing to be done."""
    few = len(_WORD.findall(question)) < 3 and len(question.strip()) < 15
    return few and not _UNSPACED.search(question) and not re.search(r"\d", question)


def _short(turn: Turn) -> Found:
    few = len(_WORD.findall(turn.answer)) < 3 and len(turn.answer.strip()) < 15
    if not few or turn.code or not ASKS_CODE.search(turn.question):
        return None
    if LIKE_CODE.search(turn.answer) or ASKS_WORDS.search(turn.question):
        return None
    return f"{len(turn.answer.strip())} characters", 0


_HEAD = 300


def _refusal(turn: Turn) -> Found:
    return _said(REFUSAL, turn.prose, _HEAD)


def _self(turn: Turn) -> Found:
    return _said(SELF, turn.prose, None)


def _said(pattern: re.Pattern[str], prose: str, most: int | None) -> Found:
    """The first words in a text that a pattern finds, and their line."""
    match = pattern.search(prose[:most] if most else prose)
    if match is None:
        return None
    return f'"{" ".join(match[0].split())[:60]}"', prose.count("\n", 0, match.start()) + 1


_SHINGLE = 5
_MOST = 200_000


def _copied(turn: Turn) -> Found:
    """Nearly all of the answer stands in the question, and it is nearly all of the question."""
    asked = _WORD.findall(turn.question[:_MOST].casefold())
    said = _WORD.findall(turn.answer[:_MOST].casefold())
    if len(said) < _SHINGLE + 1 or len(asked) < _SHINGLE + 1:
        return None
    if turn.code and said != asked:
        return None  # code that was to be mended is much the same afterwards
    if said[: len(asked)] == asked and len(said) <= 1.5 * len(asked):
        return "it begins with all of it", 0
    known = {tuple(asked[n : n + _SHINGLE]) for n in range(len(asked) - _SHINGLE + 1)}
    runs = [tuple(said[n : n + _SHINGLE]) for n in range(len(said) - _SHINGLE + 1)]
    share = sum(run in known for run in runs) / len(runs)
    whole = len(said) >= 0.8 * len(asked)
    return (f"{share:.0%} of it", 0) if whole and share >= 0.9 else None


def _placeholder(turn: Turn) -> Found:
    # Those who ask for a gap are given one.
    if GAP.search(turn.question) or ASKS_GAP.search(turn.question):
        return None
    return _said(GAP, turn.answer, None) or _said(TO_DO, turn.answer, None)


_LONG = 400
_LAST_LINE = 60
# A full stop is often forgotten: what goes on ends with a word that needs another.
_ENDS_OPEN = re.compile(
    r"[,;(–-]$|\b(?:an?|the|of|to|and|or|for|with|in|on|by|at|from|into|than|as|that|which|because"
    r"|but|if|when|while|is|are|was|its|their|your|this|these)$",
    re.IGNORECASE,
)
_ITEM = re.compile(
    r"\s*(?:[-*+•|>#]|\d+[.)]|[A-Za-z][.)])\s|.*(?:https?://\S+|\w+@\w+\S+)$|.*\|\s*$"
)


def _truncated(turn: Turn) -> Found:
    found = blocks(turn.answer)
    lines = turn.answer.rstrip().split("\n")
    if found and not found[-1].closed and "```" in turn.answer and not _ends_code(turn.answer):
        return "a block of code is not closed", len(lines)
    if turn.marks and turn.code and not found and _open_brackets(turn.code, turn.marks):
        return "a bracket is not closed", len(lines)
    last = lines[-1].strip()
    if found or turn.code or len(turn.answer) < _LONG or len(last) < _LAST_LINE:
        return None
    if (
        _ENDS_OPEN.search(last)
        and not _ITEM.match(lines[-1])
        and re.search(r"[.!?。] ", turn.answer)
    ):
        return f'it ends with "{last[-30:]}"', len(lines)
    return None


def _ends_code(answer: str) -> bool:
    """Is the last fence one that only closes, for the code began without one?"""
    before, _, after = answer.rpartition("```")
    return not after.strip() and "```" not in before


def _open_brackets(code: str, marks: Marks) -> bool:
    """Are more brackets of a kind opened than closed, and is the last line no end?"""
    text = "".join(part.text for part in parts(code, marks) if part.kind == "code")
    if code.rstrip().endswith(("}", ";")):
        return False  # wrong quotes hide brackets more often than an answer ends right here
    return any(text.count(a) > text.count(b) for a, b in ("()", "[]", "{}"))


_TIMES = 5
_MOST_WORDS = 30


def _repeated(turn: Turn) -> Found:
    """Does the answer end with the same words five times, or say a sentence five times in a row?"""
    words = turn.prose.split()
    for period in range(1, min(_MOST_WORDS, len(words) // _TIMES) + 1):
        tail = words[-period * _TIMES :]
        wordy = sum(bool(_WORD.search(word)) for word in tail[:period])
        if tail == tail[:period] * _TIMES and wordy and (period >= 3 or len(words) >= 20):
            return f'"{" ".join(tail[:period])[:40]}"', 0
    lines = [line.strip() for line in turn.prose.split("\n") if line.strip()]
    for n in range(len(lines) - _TIMES + 1):
        same = lines[n : n + _TIMES]
        if len(_WORD.findall(same[0])) >= 3 and same == same[:1] * _TIMES and not turn.code:
            return f'"{same[0][:40]}"', 0
    return None


def _no_code(turn: Turn) -> Found:
    if turn.code or "```" in turn.answer or not ASKS_CODE.search(turn.question):
        return None
    if ASKS_WORDS.search(turn.question) or LIKE_CODE.search(turn.answer) or "`" in turn.answer:
        return None
    return f"{len(_WORD.findall(turn.answer))} words", 0


_RULES: dict[str, Callable[[Turn], Found]] = {
    "short-answer": _short, "refusal": _refusal, "self-identification": _self, "copy": _copied,
    "placeholder": _placeholder, "truncated": _truncated, "repetition": _repeated,
    "prose-only": _no_code,
}  # fmt: skip
