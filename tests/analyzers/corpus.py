"""Functions of many shapes, read as text by the tests of units: each is whole as it stands."""

import asyncio
import functools
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

LIMIT = 100
ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
SQUARES: list[int] = []
for number in range(12):
    SQUARES.append(number * number)


def clamp(value, low=0, high=LIMIT):
    """The nearest number in a range."""
    if low > high:
        raise ValueError(f"{low} > {high}")
    if value < low:
        return low
    return min(value, high)


def roman(text: str) -> int:
    """The number that Roman digits stand for."""
    total, before = 0, 0
    for sign in reversed(text.upper()):
        value = ROMAN[sign]
        total += value if value >= before else -value
        before = max(before, value)
    return total


def is_square(value):
    """Is this a small square number?"""
    low, high = 0, len(SQUARES)
    while low < high:
        middle = (low + high) // 2
        if SQUARES[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low < len(SQUARES) and SQUARES[low] == value


def find(needle, haystack):
    """The index of the first equal item, or None."""
    for index, item in enumerate(haystack):  # noqa: B007 - used after the loop
        if item == needle:
            break
    else:
        return None
    return index


def words(text: str) -> Counter[str]:
    """How often each word stands in a text."""
    found = re.findall(r"[a-z']+", text.lower())
    counted: Counter[str] = Counter()
    for word in found:
        counted[word] += 1
    return counted


def groups(items: Iterable[str], key: Callable[[str], str]) -> dict[str, list[str]]:
    """Items by what a function says of them."""
    found = defaultdict(list)
    for item in items:
        found[key(item)].append(item)
    ordered = sorted(found)
    return {name: found[name] for name in ordered}


def pairs(items: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Neighbours."""
    iterator = iter(items)
    with suppress(StopIteration):
        before = next(iterator)
        for item in iterator:
            yield before, item
            before = item


def flattened(value):
    """The leaves of nested lists."""
    if not isinstance(value, list):
        yield value
        return
    for item in value:
        yield from flattened(item)


def fill(target: list[int], value: int, start: int = 0) -> None:
    """Set all items from a place on."""
    if start < 0:
        start += len(target)
    for index in range(start, len(target)):
        target[index] = value


def forget(table: dict[str, int], least: int) -> None:
    """Take what is too small out of a table."""
    small = [name for name, value in table.items() if value < least]
    for name in small:
        del table[name]
    table.setdefault("other", 0)


def retry(times: int):
    """A decorator that calls again after an error."""

    def decorate(function):
        @functools.wraps(function)
        def wrapped(*args, **keywords):
            for _ in range(times - 1):
                with suppress(ValueError):
                    return function(*args, **keywords)
            return function(*args, **keywords)

        return wrapped

    return decorate


@functools.cache
def ways(steps: int, most: int = 2) -> int:
    """In how many ways stairs can be climbed."""
    if steps < 0:
        return 0
    if steps == 0:
        return 1
    return sum(ways(steps - step, most) for step in range(1, most + 1))


@contextmanager
def replaced(table, name, value):
    """Another value for a while."""
    before = table[name]
    table[name] = value
    try:
        yield table
    finally:
        table[name] = before


async def gathered(tasks):
    """The results of tasks, and None for those that failed."""
    results = []
    for task in tasks:
        try:
            results.append(await task)
        except ValueError:
            results.append(None)
    await asyncio.sleep(0)
    return results


def parsed(line: str) -> tuple[str, int]:
    """A name and a number."""
    match line.split():
        case [name, number]:
            return name, int(number)
        case [name]:
            return name, 0
        case _:
            raise ValueError(line)


def lines_of(path: Path, comment: str = "#") -> list[str]:
    """Lines that say something."""
    found = []
    with path.open(encoding="utf-8") as file:
        for line in file:
            bare = line.partition(comment)[0].strip()
            if bare:
                found.append(bare)
    return found


def checked(value):
    """The value, if it is a positive number."""
    if not isinstance(value, int | float):
        raise TypeError(f"a number, not {value!r}")
    if value <= 0:
        raise ValueError("positive")
    return value


def require(flag: bool, message: str, *, kind: type[Exception] = ValueError) -> None:
    """Raise unless something holds."""
    if flag:
        return
    text = message.strip() or "no reason"
    raise kind(text)


def transposed(rows):
    """Columns of a table whose rows may be short."""
    width = max(map(len, rows), default=0)
    padded = [list(row) + [None] * (width - len(row)) for row in rows]
    return [
        [row[column] for row in padded]
        for column in range(width)
    ]  # fmt: skip


def counter(start: int = 0):
    """A function that counts its calls."""
    count = start

    def tick() -> int:
        nonlocal count
        count += 1
        return count

    return tick


def divided(text: str, most: int) -> list[str]:
    """A text in lines that are not too long."""
    found, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > most:
            found.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [*found, line] if line else found
