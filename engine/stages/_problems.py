"""The reply types of the prompts that write problems, and what makes a problem answerable."""

import re
from dataclasses import dataclass

from backfeed.engine.records import Message, Sample, Test

FENCE = "```"


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


def answered(sample: Sample, problem: str) -> Sample:
    """The sample with the problem as its instruction and its code as the answer."""
    answer = f"{FENCE}{sample.language}\n{sample.code.rstrip()}\n{FENCE}"
    return sample.but(messages=(Message("user", problem.strip()), Message("assistant", answer)))


def shown_example(tests: tuple[Test, ...]) -> str:
    """One example to stand in the problem: the first of the author's, else a recorded call."""
    for test in tests:
        if test.kind == "doctest":
            first = re.split(r"\n(?=\n|>>> )", test.code.strip() + "\n")
            return "\n".join(_until_shown(first)).strip()
    for test in tests:
        match = re.match(r"assert (.*) == (.*)\n", test.code)
        if match:
            return f">>> {match[1]}\n{match[2]}"
    return ""


def _until_shown(parts: list[str]) -> list[str]:
    """Statements up to and with the first that shows something."""
    taken: list[str] = []
    for part in parts:
        taken.append(part.strip("\n"))
        lines = part.strip("\n").splitlines()
        if any(not line.startswith((">>>", "...")) for line in lines):
            break
    return taken


def unanswerable(problem: str, sample: Sample) -> str:
    """Why a problem could not be answered without the code; empty if it could.

    Entry point, signature and one example must stand in it, and it must not point at code that the
    reader does not have.
    """
    name = sample.entry_point
    if not re.search(rf"\b{re.escape(name)}\b", problem):
        return f"it does not name {name}"
    if not re.search(rf"\b(def|class)\s+{re.escape(name)}\b|\b{re.escape(name)}\(", problem):
        return "it has no signature"
    if not re.search(r">>>|\bexample|\bassert\b|->|=>", problem, re.IGNORECASE):
        return "it has no example"
    if match := re.search(
        r"\b(the (code|snippet|function) (above|below|shown|given)|(this|given|provided) snippet)\b",
        problem, re.IGNORECASE,
    ):  # fmt: skip
        return f"it points at code that is not there: {match[0]!r}"
    return ""
