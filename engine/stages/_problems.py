"""The reply types of the prompts that write problems, and what makes a problem answerable."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from backfeed.engine import languages
from backfeed.engine.methods.notes import with_notes
from backfeed.engine.methods.problem_facts import blocks, fenced, names
from backfeed.engine.prompts import by_model
from backfeed.engine.records import EXTRACTIVE, Message, Sample
from backfeed.engine.requests import Asks, Prompt
from backfeed.engine.stages._alone import missing, too_many

FENCE = "```"
_MOST_WORDS = 5
_ABSENT = re.compile(
    r"\b(the (code|snippet|function) (above|below|shown|given)|(this|given|provided) snippet)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Analysed:
    """What each reply begins with, in fixed fields, as the paper's prompt asks for it."""

    suitable: bool
    reason: str = ""
    behaviour: str = ""
    scenarios: tuple[str, ...] = ()
    points: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem(Analysed):
    """The reply to `reverse/...` and `backfeed/...`: a problem, or why there is none."""

    problem: str = ""


@dataclass(frozen=True, slots=True)
class Shown(Analysed):
    """The reply where the problem shows code, `given`: `reverse/complete`, `refactor`, `sql`."""

    given: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Faulty(Analysed):
    """The reply to `reverse/debug`: code with a planted fault, and what the fault is."""

    given: str = ""
    fault: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Translated(Analysed):
    """The reply to `reverse/translate`: what the code is called in the other language."""

    entry_point: str = ""
    signature: str = ""
    problem: str = ""


REPLIES: Mapping[str, type] = {
    "generate": Problem, "complete": Shown, "understand": Problem, "knowledge": Problem,
    "debug": Faulty, "refactor": Shown, "test": Problem, "translate": Translated, "sql": Shown,
}  # fmt: skip
"""The types of problems that are written from a snippet, and the form of each reply."""


@dataclass(frozen=True, slots=True)
class Phrases:
    """The reply to `keywords/extract`: short noun phrases of three kinds."""

    task: tuple[str, ...] = ()
    instruction: tuple[str, ...] = ()
    knowledge: tuple[str, ...] = ()


def pose(sample: Sample, prompt: Prompt, stage: str) -> Asks[Sample]:
    """Ask for a problem whose answer is the sample's code, and check that it stands alone.

    `suitable: no` is an answer: it rejects the sample, and so does a problem that cannot be
    answered without the code. Of what a model wrote (not the extractive backend, which takes its
    words from the code) the names have to be told, too, and its analysis is kept as a note.
    """
    reply: Any = yield from prompt
    if not reply.suitable:
        return sample.no(stage, short(reply.reason), reply.reason)
    if why := unanswerable(reply.problem, sample):
        return sample.no(stage, "unanswerable", why)
    written: Sample = yield from by_model(sample, prompt)
    if written.lineage.model == EXTRACTIVE:
        return answered(written, reply.problem)
    if why := dependent(reply.problem, written):
        return written.no(stage, "unanswerable", why)
    return answered(with_notes(written, analysis=analysis(reply)), reply.problem)


def analysis(reply: Any) -> dict[str, Any]:
    """What a model found in the code before it asked, as a note."""
    return {
        "behaviour": reply.behaviour, "scenarios": list(reply.scenarios),
        "points": list(reply.points),
    }  # fmt: skip


def short(reason: str) -> str:
    """The short name that stands before the colon; a model that writes a sentence gave none."""
    name, colon, _ = reason.partition(":")
    words = re.findall(r"[a-z0-9]+", name.lower())
    named = 0 < len(words) <= _MOST_WORDS and (colon or len(name.split()) == 1)
    return "-".join(words)[:40] if named else "unsuitable"


def answered(sample: Sample, problem: str) -> Sample:
    """The sample with the problem as its instruction and its code as the answer."""
    answer = f"{FENCE}{sample.language}\n{sample.code.rstrip()}\n{FENCE}"
    return sample.but(messages=(Message("user", problem.strip()), Message("assistant", answer)))


def shown_example(sample: Sample) -> str:
    """Examples to stand in the problem, as the language shows them: the author's, else calls."""
    if not languages.can(sample.language, "shown"):
        return ""
    tests = [(test.kind, test.code) for test in sample.tests]
    text: str = languages.call(sample.language, "shown", tests)
    return text


def recorded_example(sample: Sample) -> str:
    """A call that was seen, where the author gave no example."""
    return "" if any(test.oracle == "doc" for test in sample.tests) else shown_example(sample)


def unanswerable(problem: str, sample: Sample) -> str:
    """Why a problem could not be answered without the code; empty if it could.

    Entry point, signature and one example must stand in it, and it must not point at code that the
    reader does not have.
    """
    name = sample.entry_point
    named = rf"(?<!\w){re.escape(name)}(?!\w)"
    if not re.search(named, problem):
        return f"it does not name {name}"
    if not re.search(rf"\b(def|class|sub|function)\s+{named}|{named}\(", problem):
        return "it has no signature"
    if not re.search(r">>>|\bexample|\bassert\b|->|=>|\)\s*(//|#|--)", problem, re.IGNORECASE):
        return "it has no example"
    if match := _ABSENT.search(problem):
        return f"it points at code that is not there: {match[0]!r}"
    return ""


SHOWING = frozenset({"complete", "understand", "debug", "refactor", "test", "translate"})
"""The types whose problems show code."""
_EXAMPLED = frozenset({"", "generate", "compose"})
NAMELESS = frozenset({"understand", "knowledge", "sql"})
_GENERAL = frozenset({"knowledge", "sql"})
"""The types whose names are those of the language at large, or of rows."""
_SYMPTOM = re.compile(
    r"\b(?:instead|but|should|wrong(?:ly)?|expect(?:ed|s)?|fail(?:s|ed)?|crash(?:es)?|incorrect\w*"
    r"|faults?|bugs?|complain\w*|hangs|loops? forever|never ends)\b",
    re.IGNORECASE,
)


def dependent(problem: str, sample: Sample, given: str = "") -> str:
    """Why a problem of the sample's type does not stand alone; empty if it does.

    What `unanswerable` asks of problems for code, and besides: nothing that is spoken of is absent,
    a type that shows code has a block of it, and few names in code marks are left untold.
    """
    kind = sample.question_type
    exact = kind in _EXAMPLED and sample.entry_point
    if exact and (why := unanswerable(problem, sample)):
        return why
    if why := missing(problem, shown=kind in SHOWING):
        return why
    own = problem.replace(given.strip(), "") if given.strip() else problem
    if kind not in NAMELESS and sample.entry_point and (why := _unnamed(own, problem, sample)):
        return why
    if kind == "debug" and not _SYMPTOM.search(own):
        return "it tells no symptom"
    tables = r"\bcreate\s+(?:temp\w*\s+)?table\b|^[ \t]*\|.*\|"
    if kind == "sql" and not re.search(tables, problem, re.IGNORECASE | re.MULTILINE):
        return "it shows no tables"
    if kind in _GENERAL:
        return ""
    return too_many(problem, sample.language, sample.entry_point)


def _unnamed(own: str, problem: str, sample: Sample) -> str:
    """Is the entry point not named where it has to be? A translation has it in words of its own."""
    text = own if sample.question_type == "translate" else problem
    name = sample.entry_point
    return "" if names(text, name) else f"it does not name {name}"


def apart(tried: Sample, sample: Sample, stage: str, *, turn: int = 0) -> Sample:
    """A text that was tried as a row of its own, made from the row that goes on without it."""
    lineage = replace(tried.lineage, stage=stage, parents=(sample.id,))
    return tried.but(id=sample.child(stage, turn).id, lineage=lineage)


def with_given(problem: str, given: str, language: str) -> str:
    """The problem with the code that it shows: put below it as a block if it is not in it.

    White space does not count in the comparison.
    """
    bare = " ".join(given.split())
    if not bare or any(bare in " ".join(block.split()) for block in blocks(problem)):
        return problem.strip()
    block = fenced(given.strip("\n"), language)
    return f"{problem.strip()}\n\n{block}"
