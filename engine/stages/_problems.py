"""The reply types of the prompts that write problems, and what makes a problem answerable."""

import re
from dataclasses import dataclass

from backfeed.engine import languages
from backfeed.engine.prompts import by_model
from backfeed.engine.records import Message, Sample
from backfeed.engine.requests import Asks, Prompt

FENCE = "```"
_MOST_WORDS = 5
_ABSENT = re.compile(
    r"\b(the (code|snippet|function) (above|below|shown|given)|(this|given|provided) snippet)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Problem:
    """The reply to `reverse/...` and `backfeed/...`: a problem, or why there is none.

    The analysis comes first, in fixed fields, as the paper's prompt asks for it.
    """

    suitable: bool
    reason: str = ""
    behaviour: str = ""
    scenarios: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Phrases:
    """The reply to `keywords/extract`: short noun phrases of three kinds."""

    task: tuple[str, ...] = ()
    instruction: tuple[str, ...] = ()
    knowledge: tuple[str, ...] = ()


def pose(sample: Sample, prompt: Prompt, stage: str) -> Asks[Sample]:
    """Ask for a problem whose answer is the sample's code, and check that it stands alone.

    `suitable: no` is an answer: it rejects the sample, and so does a problem that cannot be
    answered without the code.
    """
    reply: Problem = yield from prompt
    if not reply.suitable:
        return sample.no(stage, short(reply.reason), reply.reason)
    if why := unanswerable(reply.problem, sample):
        return sample.no(stage, "unanswerable", why)
    written: Sample = yield from by_model(sample, prompt)
    return answered(written, reply.problem)


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
