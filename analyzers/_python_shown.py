"""Tests of Python code that come from the code itself, and the examples that a problem shows."""

import re
from collections.abc import Mapping, Sequence

from backfeed.analyzers._described import Example, telling

Pairs = Sequence[tuple[str, str]]


def test_of(pairs: Pairs) -> tuple[str, str]:
    """The kind and the text of a test that checks calls."""
    return "script", "".join(f"assert {call} == {value}\n" for call, value in pairs)


def test_of_examples(shown: Sequence[Example], seen: Mapping[str, str]) -> tuple[str, str]:
    """The kind and the text of a test that checks an author's examples, as they are written."""
    del seen
    return "doctest", "\n".join(example.source + example.want for example in shown)


def shown(tests: Sequence[tuple[str, str]], most: int = 2) -> str:
    """Examples to stand in a problem: the author's first ones, else calls that show the most.

    Tests are pairs of a kind and a text.
    """
    for kind, code in tests:
        if kind == "doctest":
            return "\n".join(_first_examples(code, most))
    for _, code in tests:
        pairs = re.findall(r"^assert (.*) == (.*)$", code, re.MULTILINE)
        if pairs:
            some = telling(pairs, most, nothing="None") or [(f"{pairs[0][0]} is None", "True")]
            return "\n".join(f">>> {call}\n{value}" for call, value in some)
    return ""


def _first_examples(text: str, most: int) -> list[str]:
    """The lines up to and with the `most`-th result, but no more than twelve after the first."""
    taken: list[str] = []
    shown = 0
    lines = text.strip("\n").splitlines()
    for index, line in enumerate(lines):
        starts = line.startswith(">>>")
        after_result = index > 0 and not lines[index - 1].startswith((">>>", "..."))
        if starts and after_result:
            shown += 1
            if shown >= most or len(taken) > 12:
                break
        taken.append(line)
    while taken and not taken[-1].strip():
        taken.pop()
    return taken
