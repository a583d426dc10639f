"""Numbers of a word problem as names, and other numbers in their places (after InfinityMATH)."""

import ast
import math
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MOST_NUMBERS = 12
_NUMBER = re.compile(
    r"(?<![\w.:/{-])(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?![\w:]|\.\d|/\d|-\w|,\d{3})"
)
_YEAR = re.compile(r"(?:\b(?:in|since|until|by|of|year)\s+)(?:1[5-9]|20)\d\d\Z", re.IGNORECASE)
_PERCENT = re.compile(r"\s?(?:%|percent\b)")
_MARKED = (
    re.compile(r"####\s*([^\n]+)"),
    re.compile(r"\\boxed\{([^{}]+)\}"),
    re.compile(r"answer(?: is|:)\s*([^\n]+)", re.IGNORECASE),
)
_VALUE = re.compile(r"-?\d[\d,]*(?:\.\d+)?(?:\s*/\s*\d+)?")

Values = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a problem: its name, how it is written, its value; is it a percent?"""

    name: str
    text: str
    value: float
    percent: bool = False

    @property
    def digits(self) -> int:
        """How many digits stand behind the point."""
        return len(self.text.partition(".")[2])

    def written(self, value: float) -> str:
        """Another number as this one is written."""
        comma = "," if "," in self.text else ""
        return f"{value:{comma}.{self.digits}f}"


@dataclass(frozen=True, slots=True)
class Masked:
    """A problem with names for its numbers: `{n1} apples`; and the numbers, in order."""

    template: str
    numbers: tuple[Number, ...]

    def filled(self, values: Values) -> str:
        """The problem with these numbers; those that are not given stay."""
        text = self.template
        for one in self.numbers:
            text = text.replace(f"{{{one.name}}}", one.written(values.get(one.name, one.value)))
        return text

    @property
    def values(self) -> dict[str, float]:
        """Its own numbers; whole ones as int."""
        return {one.name: _plain(one.value, one.digits) for one in self.numbers}


def mask(problem: str) -> Masked:
    """Name the numbers of a problem; years, times and fractions stay.

    >>> mask("Tom has 3 apples, 2.5 kg of pears and a car of 1999.").template
    'Tom has {n1} apples, {n2} kg of pears and a car of 1999.'
    """
    parts: list[str] = []
    numbers: list[Number] = []
    end = 0
    for match in _NUMBER.finditer(problem):
        if _YEAR.search(problem[: match.end()]):
            continue
        name = f"n{len(numbers) + 1}"
        percent = bool(_PERCENT.match(problem, match.end()))
        numbers.append(Number(name, match[0], float(match[0].replace(",", "")), percent))
        parts += [problem[end : match.start()], f"{{{name}}}"]
        end = match.end()
    return Masked("".join([*parts, problem[end:]]), tuple(numbers))


def result_of(answer: str) -> float | None:
    """The number that an answer comes to: a marked one, else the last; None without one.

    >>> result_of("3 + 4 = 7, so she has 7 apples."), result_of("#### 1,200")
    (7.0, 1200.0)
    """
    for pattern in _MARKED:
        if found := pattern.findall(answer):
            values = _VALUE.findall(found[-1])
            return _value(values[0]) if values else None
    values = _VALUE.findall(answer)
    return _value(values[-1]) if values else None


def _value(text: str) -> float | None:
    above, _, below = text.replace(",", "").partition("/")
    if not below:
        return float(above)
    return float(above) / float(below) if float(below) else None


def same(value: float, known: float) -> bool:
    """Is a value the known one, or rounded to it?"""
    digits = len(f"{known:.10f}".rstrip("0").partition(".")[2])
    near = math.isclose(value, known, rel_tol=1e-6, abs_tol=1e-9)
    return near or (0 < digits <= 4 and abs(value - known) <= 0.51 * 10**-digits)


def ranges_of(code: str) -> dict[str, tuple[float, float]] | None:
    """What a program's RANGES say; None if it has none, or none that can be read."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    for node in tree.body:
        if isinstance(node, ast.Assign) and named(node) == "RANGES":
            try:
                found = ast.literal_eval(node.value)
            except (ValueError, TypeError):
                return None
            return _pairs(found)
    return None


def named(node: ast.Assign) -> str:
    """The name that is given a value; empty if it is no plain one."""
    [*_, target] = node.targets
    return target.id if isinstance(target, ast.Name) else ""


def _pairs(found: object) -> dict[str, tuple[float, float]] | None:
    if not isinstance(found, dict):
        return None
    pairs = {}
    for name, pair in found.items():
        numbers = isinstance(pair, tuple | list) and len(pair) == 2
        if not numbers or not all(type(one) in (int, float) and abs(one) < 1e12 for one in pair):
            return None
        if pair[0] <= pair[1]:
            pairs[str(name)] = (float(pair[0]), float(pair[1]))
    return pairs


def guessed(numbers: Sequence[Number]) -> dict[str, tuple[float, float]]:
    """Ranges from the numbers themselves: from a half to twice as much; percents up to 100."""
    found = {}
    for one in numbers:
        most = max(2 * one.value, one.value + 3)
        most = min(most, 100.0) if one.percent and one.value <= 100 else most
        least = one.value / 2 if one.digits else float(math.ceil(one.value / 2))
        found[one.name] = (max(least, 1.0 if one.value >= 1 and not one.digits else least), most)
    return found


def drawn(
    numbers: Sequence[Number], ranges: Mapping[str, tuple[float, float]], rng: random.Random
) -> dict[str, float] | None:
    """Other numbers that stand to each other as the first ones do; None if none were found.

    Equal ones stay equal, what is less stays less.
    """
    first = {one.value: one for one in reversed(numbers)}
    for _ in range(200):
        by_value = {value: _draw(one, ranges.get(one.name), rng) for value, one in first.items()}
        values = {one.name: by_value[one.value] for one in numbers}
        if _in_order(numbers, values) and any(values[n.name] != n.value for n in numbers):
            return values
    return None


def _draw(one: Number, bounds: tuple[float, float] | None, rng: random.Random) -> float:
    if bounds is None:
        return _plain(one.value, one.digits)
    step = 10**-one.digits
    if not one.digits and one.value >= 20 and one.value % 10 == 0:
        step = 10
    elif not one.digits and one.value >= 10 and one.value % 5 == 0:
        step = 5
    least, most = math.ceil(bounds[0] / step), math.floor(bounds[1] / step)
    if least > most:
        return _plain(one.value, one.digits)
    return _plain(rng.randint(least, most) * step, one.digits)


def _plain(value: float, digits: int) -> float:
    return round(value, digits) if digits else round(value)


def _in_order(numbers: Sequence[Number], values: Values) -> bool:
    """Is what was less still less, and what was equal still equal?"""
    return all(
        _sign(one.value - other.value) == _sign(values[one.name] - values[other.name])
        for place, one in enumerate(numbers)
        for other in numbers[place + 1 :]
    )


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)
