"""What tells the domain of a task: words of the question, and forms of question and answer.

Each cue is worth some points for one domain, once, however often it is met. Knowledge has an answer
that facts or the given text make right or wrong; chat is what is left to who answers: talk, advice,
opinions, plans, and texts that are written or written anew.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from backfeed.plugin import code_blocks, quality
from backfeed.plugins.infinity._domains import DOMAINS

QUESTION_CHARS = 1200
ANSWER_CHARS = 4000


@dataclass(frozen=True, slots=True)
class Cue:
    """A pattern, the attribute of a task that it is looked for in, and what it is worth."""

    domain: str
    points: float
    name: str
    place: str
    pattern: re.Pattern[str]


@cache
def cues() -> tuple[Cue, ...]:
    """All cues of words, in the order of their file."""
    text = files(__package__).joinpath("_cues.toml").read_text(encoding="utf-8")
    return tuple(_made(told) for told in tomllib.loads(text)["cue"])


def _made(told: Mapping[str, Any]) -> Cue:
    flags = re.IGNORECASE | (re.MULTILINE if told.get("lines") else 0)
    flags |= re.DOTALL if told.get("far") else 0
    pattern = re.compile("|".join(told["any"]), flags)
    return Cue(told["domain"], float(told["points"]), told["name"], told["place"], pattern)


@dataclass(frozen=True, slots=True)
class Task:
    """A question and its answer, as far as they are looked at."""

    question: str
    answer: str
    of_code: bool = False

    @property
    def lead(self) -> str:
        """The first sentences."""
        return self.question[:200]

    @property
    def opening(self) -> str:
        """The first words."""
        return self.question[:100]


@dataclass(frozen=True, slots=True)
class Routed:
    """A domain, its points and those of the next, and the cues that spoke for it."""

    domain: str
    points: float
    next_points: float
    cues: tuple[str, ...]


def route(task: Task) -> Routed:
    """The domain with the most points; chat if none has any.

    >>> route(Task("Who wrote Faust?", "Goethe.")).domain
    'knowledge'
    """
    points = dict.fromkeys(DOMAINS, 0.0) | {"chat": _ANYTHING}
    told: dict[str, list[str]] = {name: [] for name in DOMAINS}
    for name, (domain, worth) in _FORMS.items():
        if _FOUND[name](task):
            points[domain] += worth
            told[domain].append(name)
    for cue in cues():
        if cue.pattern.search(getattr(task, cue.place)):
            points[cue.domain] += cue.points
            told[cue.domain].append(cue.name)
    best, second = sorted(DOMAINS, key=lambda name: -points[name])[:2]
    return Routed(best, points[best], points[second], tuple(dict.fromkeys(told[best])))


_ANYTHING = 1.0


def _fenced(text: str) -> bool:
    return any(code_blocks.is_code(block) for block in code_blocks.blocks(text))


def _looks_coded(text: str) -> bool:
    """Is there a block without a tag, of whose lines a third have signs of code?"""
    for block in code_blocks.blocks(text):
        lines = [line for line in block.code.splitlines() if line.strip()]
        coded = sum(bool(_CODED.search(line)) for line in lines)
        if not block.called and lines and coded >= len(lines) / 3:
            return True
    return False


_CODED = re.compile(
    r"[{};]\s*$|\w\(|\w\s?[=:]{1,2}\s?\S|^\s*(?:#|//|--)|->|=>|^\s*(?:end|local|def)\b"
)


def _numbers(task: Task) -> bool:
    return len(re.findall(r"(?<![\w.])\d[\d,.]*", quality.prose_of(task.question))) >= _MANY


_MANY = 3
_NUMBER = re.compile(r"\s*(?:[a-z] ?= ?)?\$?-?\d[\d.,e/]*\s*[a-zA-Z%°]{0,10}\.?\s*\Z")
_FORMS = {
    "tests, files or a language": ("code", 10.0),
    "a block of code": ("code", 5.0),
    "a block of code is given": ("code", 6.0),
    "a block that looks like code": ("code", 4.0),
    "numbers": ("math", 0.5),
    "an answer that is a number": ("math", 1.0),
}
_FOUND: dict[str, Callable[[Task], bool]] = {
    "tests, files or a language": lambda task: task.of_code,
    "a block of code": lambda task: _fenced(task.answer),
    "a block that looks like code": lambda task: _looks_coded(f"{task.question}\n{task.answer}"),
    "a block of code is given": lambda task: _fenced(task.question),
    "numbers": _numbers,
    "an answer that is a number": lambda task: bool(_NUMBER.match(task.answer)),
}


@cache
def names() -> tuple[str, ...]:
    """The names of all cues."""
    return tuple(dict.fromkeys([*_FORMS, *(cue.name for cue in cues())]))
