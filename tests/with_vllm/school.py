"""A teacher over HTTP, whose replies to a whole run are planted; and a pupil who learns them."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import tiny
from stub_model import Reply

SEEDS = """
def double_all(numbers):
    found = []
    for number in numbers:
        found.append(2 * number)
    return found


def clamp(value, low, high):
    if value < low:
        return low
    if value > high:
        return high
    return value


def largest(numbers):
    best = numbers[0]
    for number in numbers[1:]:
        if number > best:
            best = number
    return best


def read_limit(settings):
    limit = settings.get("limit")
    if limit is None:
        limit = settings["defaults"]["limit"]
    return limit


def squares(count):
    found = []
    for number in range(count):
        found.append(number * number)
    return found
"""
"""What the run starts from."""


@dataclass(frozen=True)
class Plan:
    """What the teacher says of one seed: problem, answer, and what its tests assert."""

    signature: str
    problem: str
    answer: str
    tests: tuple[str, ...] = ()


PLANS = {
    "double_all": Plan(
        "double_all(numbers)",
        "Return a list with each number doubled. Example: `double_all([1, 2]) -> [2, 4]`.",
        "Each is doubled.\n```python\ndef double_all(numbers):\n"
        "    return [2 * n for n in numbers]\n```",
        ("assert double_all([1, 2]) == [2, 4]", "assert double_all([-3]) == [-6]"),
    ),
    "clamp": Plan(
        "clamp(value, low, high)",
        "Bring a value into bounds. Example: `clamp(9, 1, 5) -> 5`.",
        "The middle of three.\n```python\ndef clamp(value, low, high):\n"
        '    """Say "no" to what lies outside."""\n'
        "    return sorted([low, value, high])[1]\n```",
        ("assert clamp(9, 1, 5) == 5", "assert clamp(0, 2, 6) == 2"),
    ),
    "largest": Plan(
        "largest(numbers)",
        "Find the largest number. Example: `largest([1, 7, 3]) -> 7`.",
        "One look at each.\n```python\ndef largest(numbers):\n    return min(numbers)\n```",
        ("assert largest([1, 7, 3]) == 7",),
    ),
    "squares": Plan(
        "squares(count)",
        "List the first squares. Example: `squares(3) -> [0, 1, 4]`.",
        "The answer is easy, and left to the reader.",
    ),
}
"""`read_limit` is missing: of that the teacher says that it is no exercise."""
REFUSED = {"suitable": False, "reason": "needs-context: nobody knows these settings."}
HELD = {"is_it_prime": "composite", "smallest_divisor": 7}
ASKED = re.compile(r"Entry point: `(\w+)`")


@dataclass
class Teacher:
    """Answers as planned, and writes down each lesson: what was asked, and what it said."""

    lessons: dict[str, tiny.Lesson] = field(default_factory=dict)

    def __call__(self, body: Mapping[str, Any], _number: int) -> Reply:
        form = body.get("response_format", {}).get("json_schema", {})
        text = self._said(body["messages"], form)
        if "Entry point" in json.dumps(body["messages"]):
            self.lessons[json.dumps(body["messages"])] = tiny.Lesson(body["messages"], text)
        return Reply(text)

    def _said(self, messages: list[dict[str, str]], form: Mapping[str, Any]) -> str:
        found = [ASKED.search(one["content"]) for one in messages if one["role"] == "user"]
        name = next((one[1] for one in found if one), "")
        fields = form.get("schema", {}).get("properties", {})
        if not form:
            return PLANS[name].answer
        if "suitable" in fields:
            return tiny.compact(_whole(fields, self._problem(name)))
        if "cases" in fields:
            cases = [{"purpose": "", "setup": "", "code": code} for code in PLANS[name].tests]
            return tiny.compact({"cases": cases})
        return tiny.compact(HELD)

    def _problem(self, name: str) -> dict[str, Any]:
        if name not in PLANS:
            return REFUSED
        plan = PLANS[name]
        signed = f"{plan.problem}\n\n```python\ndef {plan.signature}:\n```"
        return {"suitable": True, "behaviour": plan.problem[:20], "problem": signed}


def _whole(fields: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """All fields of a form, in its order; those of which nothing is told are empty."""
    empty = {"array": [], "string": "", "boolean": False}
    return {name: told.get(name, empty[rule["type"]]) for name, rule in fields.items()}
