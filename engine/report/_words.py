"""Words for people: numbers, code spans in Markdown, what levels and oracles mean."""

import math
import re
from collections import Counter
from collections.abc import Mapping

LEVELS = {
    "proven": "tested; a test whose expectation is not the answer's own fails on a stub, most"
    " mutants of the answer fail the tests, and a second run elsewhere agrees",
    "tested": "its tests pass, and fail on a stub",
    "ran": "it ran to its end; there are no tests that say more",
    "analyzed": "a compiler or linter finds no error",
    "parsed": "its syntax is right",
    "none": "nothing is known",
}
"""What a level says of an answer, the strongest first."""
ORACLES = {
    "author": "shipped with the answer",
    "doc": "an example of the documentation",
    "model": "written from the problem alone, without sight of the answer",
    "recorded": "what the answer itself gave: it shows that the answer runs and keeps to it, not"
    " that it is right",
}
"""Where a test's expectation comes from."""
_TICKS = re.compile(r"`+")


def number(value: float) -> str:
    """A number as people read it.

    >>> number(1234567), number(0.04321), number(0.01), number(12.5), number(0.0)
    ('1,234,567', '0.043', '0.01', '12.5', '0')
    """
    if value == int(value):
        return f"{int(value):,}"
    digits = max(2 - math.floor(math.log10(abs(value))), 0)
    text = f"{value:,.{min(digits, 3)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def share(part: float, whole: float) -> str:
    """A share in percent.

    >>> share(1, 3), share(0, 0), share(1, 5000)
    ('33.3 %', '0 %', '< 0.1 %')
    """
    if not part or not whole:
        return "0 %"
    percent = 100 * part / whole
    return "< 0.1 %" if percent < 0.1 else f"{percent:.1f} %".replace(".0 %", " %")


def plural(count: int, word: str) -> str:
    """A count with its noun.

    >>> plural(1, "row"), plural(2000, "row")
    ('1 row', '2,000 rows')
    """
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def code(text: str) -> str:
    """A code span that says exactly this text on one line, also in a table of Markdown.

    >>> code("a|b"), code("a`b"), code(" ")
    ('`a\\\\|b`', '`` a`b ``', '`␠`')
    """
    plain = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
    if not plain.strip():
        return f"`{plain.replace(' ', '␠') or '-'}`"
    longest = max(map(len, _TICKS.findall(plain)), default=0)
    fence, gap = "`" * (longest + 1), " " if longest else ""
    return f"{fence}{gap}{plain}{gap}{fence}".replace("|", "\\|")


def joined(counts: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """Counts under two names as counts under one.

    >>> joined({"execute": {"RE": 2}})
    {'execute: RE': 2}
    """
    return {f"{at}: {why}": n for at, found in counts.items() for why, n in found.items()}


def gathered(counts: Mapping[str, Mapping[str, int]]) -> dict[str, Counter[str]]:
    """What checks say, by what stands before the first colon; the rest of each, counted.

    >>> gathered({"run": {"it lacks a package: numpy": 2, "no tool chain": 1}})
    {'run: it lacks a package': Counter({'numpy': 2}), 'run: no tool chain': Counter({'': 1})}
    """
    found: dict[str, Counter[str]] = {}
    for check, told in counts.items():
        for said, count in told.items():
            head, _, rest = said.partition(": ")
            found.setdefault(f"{check}: {head}", Counter())[rest] += count
    return found


def ranked(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Names with counts, the largest first; equal ones by name."""
    return sorted(Counter(counts).items(), key=lambda pair: (-pair[1], pair[0]))
