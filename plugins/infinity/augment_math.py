"""Word problems with other numbers, whose answers a program gives that was run."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from backfeed.plugin import (
    Asks,
    Check,
    ConfigError,
    Finding,
    Message,
    Outcome,
    Prompt,
    Sample,
    by_model,
)
from backfeed.plugins.infinity._domains import domain_of
from backfeed.plugins.infinity._masking import MOST_NUMBERS, Masked, Values, mask, result_of
from backfeed.plugins.infinity._programs import (
    Ran,
    Variant,
    code_of,
    fault,
    job,
    ran,
    sets_of,
    shown,
    variants,
)

MADE = "variants"
WRITE, REPAIR = "programs/write", "programs/repair"


@dataclass(frozen=True, slots=True)
class _Problem:
    """A row's problem with its numbers masked, and its known answer."""

    masked: Masked
    known: float


@dataclass(frozen=True, slots=True)
class _Solved:
    """A program that holds, the numbers that it was run for, and what it gave; or a complaint."""

    prompt: Prompt
    code: str
    sets: Sequence[Values]
    found: Ran | None
    complaint: str


@dataclass(frozen=True, slots=True)
class AugmentMath:
    """Mask the numbers of a word problem, and solve it by a program for others (InfinityMATH).

    A model writes `solve(n1, n2, ...)` for the masked problem; it is run in the sandbox, twice for
    each set of numbers. One that does not give the row's own answer, or gives it whatever the
    numbers are, is wrong: it is shown to the model up to `repairs` times, and then refused. Of
    `tries` sets drawn in the ranges that the program names, in the order of size of the first
    numbers, the first `variants` with an answer of the same sort (whole, positive) are new rows;
    with `original`, so is the program for the numbers of the row. The row itself goes on. What is
    no word problem with a number for an answer is left as it is.

    in:  "Tom has 3 apples and buys 4 more. How many has he?" -> "3 + 4 = 7"
    out: the same; "Tom has 5 apples and buys 6 more. ..." -> a program, and 11; two more
    """

    variants: int = 3
    original: bool = True
    repairs: int = 2
    tries: int = 24
    cpu_s: float = 2.0
    role: str = "strong"
    version = 1
    asks = ("model", "sandbox")
    prompts = (WRITE, REPAIR)

    def __post_init__(self) -> None:
        """Refuse numbers that make nothing."""
        if self.variants < 1 or self.tries < self.variants or self.repairs < 0 or self.cpu_s <= 0:
            raise ConfigError(
                f"augment_math: variants = {self.variants} is 1 or more, tries = {self.tries} as"
                f" many or more, repairs = {self.repairs} 0 or more, cpu_s = {self.cpu_s} above 0"
            )

    def each(self, sample: Sample) -> Asks[list[Sample]]:
        """Ask for a program, run it, and ask for better ones."""
        if domain_of(sample) != "math":
            return [sample]
        problem, why = _problem(sample)
        if problem is None:
            return [_told(sample, "no-word-problem", why)]
        solved = yield from self._solved(sample, problem)
        if solved.complaint or solved.found is None:
            return [_told(sample, "wrong-program", solved.complaint)]
        found = variants(problem.known, solved.sets, solved.found)[: self.variants]
        own = Variant(solved.sets[0], solved.found.values[0] or 0.0)
        rows = [own, *found] if self.original else found
        made = [
            _child(sample, number, one, problem=problem, solved=solved)
            for number, one in enumerate(rows, 1)
        ]
        written = yield from self._written(made, solved.prompt)
        return [_told(sample, MADE, str(len(found))), *written]

    def _solved(self, sample: Sample, problem: _Problem) -> Asks[_Solved]:
        """The first program that holds, or the last one and what is wrong with it."""
        masked = problem.masked
        numbers = ", ".join(f"{one.name} = {one.text}" for one in masked.numbers)
        fields: dict[str, Any] = {"template": masked.template, "numbers": numbers}
        prompt = Prompt(WRITE, role=self.role, **fields)
        for attempt in range(self.repairs + 1):
            reply = yield from prompt
            code, rng = code_of(reply), sample.rng(f"augment_math/{attempt}")
            sets = sets_of(masked, code, tries=self.tries, rng=rng)
            found: Ran | None = None
            complaint = "there is no block of Python that defines solve"
            if code:
                outcome: Outcome = yield from job(code, sets, self.cpu_s)
                found = ran(outcome, len(sets))
                complaint = fault(problem.known, sets, found)
            if not complaint or attempt == self.repairs:
                break
            prompt = Prompt(
                REPAIR, role=self.role, code=code or reply[:4000], complaint=complaint, **fields
            )
        return _Solved(prompt, code, sets, found, complaint)

    def _written(self, made: Sequence[Sample], prompt: Prompt) -> Asks[list[Sample]]:
        """The rows, saying what wrote their program."""
        rows: list[Sample] = []
        for row in made:
            told: Sample = yield from by_model(row, prompt)
            rows.append(told)
        return rows


def _problem(sample: Sample) -> tuple[_Problem | None, str]:
    """The problem of a row, or why it has none."""
    if [m.role for m in sample.messages if m.role != "system"] != ["user", "assistant"]:
        return None, "it is no question with one answer"
    masked, known = mask(sample.instruction), result_of(sample.response)
    if not 1 <= len(masked.numbers) <= MOST_NUMBERS:
        return None, f"it has {len(masked.numbers)} numbers"
    return (None, "its answer is no number") if known is None else (_Problem(masked, known), "")


def _told(sample: Sample, rule: str, message: str) -> Sample:
    finding = Finding(rule, "note", message[:500])
    verdict: Literal["passed", "unverified"] = "passed" if rule == MADE else "unverified"
    return sample.checked(Check("augment_math", verdict, findings=(finding,)))


def _child(
    sample: Sample, number: int, one: Variant, *, problem: _Problem, solved: _Solved
) -> Sample:
    """A new row: the problem with these numbers, the program, its call and what that gave."""
    call = ", ".join(f"{name}={value}" for name, value in one.values.items())
    result = f"{one.result:.10g}"
    answer = (
        f"```python\n{shown(solved.code)}\n\n\nprint(solve({call}))\n```\n\n"
        f"It gives {result}. The answer is {result}."
    )
    head = tuple(message for message in sample.messages if message.role == "system")
    asked = Message("user", problem.masked.filled(one.values))
    row = sample.child(
        "augment_math", number, messages=(*head, asked, Message("assistant", answer)), scores=()
    )
    told = Check("run", "passed", findings=(Finding("executed", "note", result),))
    evidence = (solved.found.evidence,) if solved.found else ()
    return row.checked(told, *evidence, level="ran")


PLUGIN = AugmentMath
