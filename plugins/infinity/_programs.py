"""Programs of word problems, run in the sandbox for several sets of numbers at once."""

import ast
import json
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from backfeed.plugin import Evidence, File, Job, Limits, Outcome, code_blocks
from backfeed.plugins.infinity._masking import (
    Masked,
    Values,
    drawn,
    guessed,
    named,
    ranges_of,
    same,
)

MOST_VALUE = 1e12

_HARNESS = """\
import json, math, os, sys


def told(solve, numbers):
    try:
        first, second = solve(**numbers), solve(**numbers)
    except BaseException as error:
        return {"error": f"{type(error).__name__}: {error}"[:300]}
    if isinstance(first, bool) or not hasattr(first, "__float__"):
        return {"error": f"solve returned {type(first).__name__}, not a number"}
    first, second = float(first), float(second)
    if first != second or not math.isfinite(first):
        return {"error": f"solve returned {first}, and then {second}"}
    return {"value": first}


sets = json.load(open("numbers.json", encoding="utf-8"))
try:
    from program import solve
except BaseException as error:
    found = [{"error": f"{type(error).__name__}: {error}"[:300]} for _ in sets]
else:
    found = [told(solve, numbers) for numbers in sets]
with os.fdopen(3, "w") as report:
    json.dump(found, report)
"""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a program gave for each set of numbers: a value, or why there is none."""

    values: tuple[float | None, ...]
    errors: tuple[str, ...]
    evidence: Evidence


def code_of(reply: str) -> str:
    """The program of a reply: its only block of Python; empty if there is none, or several."""
    found = [block.code for block in code_blocks.blocks(reply) if block.language == "python"]
    return found[0] if len(found) == 1 and "def solve(" in found[0] else ""


def shown(code: str) -> str:
    """A program as an answer shows it: without its ranges."""
    lines = code.rstrip().splitlines()
    for node in reversed(ast.parse(code).body):
        if isinstance(node, ast.Assign) and named(node) == "RANGES":
            del lines[node.lineno - 1 : node.end_lineno]
    return "\n".join(lines).strip()


def job(code: str, sets: Sequence[Values], cpu_s: float) -> Job:
    """Run a program for sets of numbers."""
    files = (
        File("program.py", code), File("numbers.json", json.dumps(list(sets))),
        File("main.py", _HARNESS),
    )  # fmt: skip
    limits = Limits(cpu_s=cpu_s, wall_s=3 * cpu_s + 2)
    return Job(files=files, command=("python", "main.py"), limits=limits, report=True)


def ran(outcome: Outcome, count: int) -> Ran:
    """What came of it; a program that did not end has no value for any set."""
    data = {
        "verdict": outcome.verdict, "exit_code": outcome.exit_code, "report": outcome.report[:2000],
        "stderr": outcome.stderr[-1000:], "environment": outcome.environment,
    }  # fmt: skip
    evidence = Evidence("program", data)
    try:
        told = json.loads(outcome.report) if outcome.verdict == "AC" else None
        values = tuple(_number(one.get("value")) for one in told or ())
        errors = tuple(str(one.get("error", "")) for one in told or ())
    except (ValueError, AttributeError, TypeError):
        values, errors = (), ()
    if len(values) != count:
        said = outcome.stderr.strip().splitlines()[-1:] or [outcome.detail]
        why = f"it ended as {outcome.verdict}: {said[0]}"
        return Ran((None,) * count, (why,) * count, evidence)
    return Ran(values, errors, evidence)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


@dataclass(frozen=True, slots=True)
class Variant:
    """Other numbers of a problem, and what the program gives for them."""

    values: Values
    result: float


def sets_of(problem: Masked, code: str, *, tries: int, rng: random.Random) -> list[Values]:
    """The problem's own numbers, and others, each set once."""
    found: list[Values] = [problem.values]
    told = ranges_of(code)
    bounds = guessed(problem.numbers) if told is None else told
    for _ in range(tries):
        other = drawn(problem.numbers, bounds, rng)
        if other is not None and other not in found:
            found.append(other)
    return found


def fault(known: float, sets: Sequence[Values], found: Ran) -> str:
    """What is wrong with a program; empty if nothing is.

    It gives the known answer for the problem's own numbers, and not that one whatever they are.
    """
    first = found.values[0]
    if first is None:
        return found.errors[0] or "it gave no number"
    if not same(first, known):
        return f"for the problem's own numbers it gives {first:g}, which is not the answer"
    others = [value for value in found.values[1:] if value is not None]
    if len(sets) > 1 and not others:
        return f"for other numbers it gives none: {found.errors[1]}"
    if len(others) > 1 and all(value == first for value in others):
        return f"it gives {first:g} whatever the numbers are"
    return ""


def variants(known: float, sets: Sequence[Values], found: Ran) -> list[Variant]:
    """The sets whose results are of the known answer's sort: whole, positive, not too large."""
    first = found.values[0] or known
    made = []
    for values, result in zip(sets[1:], found.values[1:], strict=True):
        if result is None or abs(result) > MOST_VALUE or (result > 0) != (first > 0):
            continue
        if float(first).is_integer() and not result.is_integer():
            continue
        made.append(Variant(values, result))
    return made
