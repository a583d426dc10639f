"""Does an answer fit its problem: what is flagged, and the near misses that are not."""

import pytest

from backfeed.analyzers._python_fit import entry_point_of, fit

GOOD = "def f(x):\n    return x\n"
FLAGGED = {
    "does nothing": ("def f(x):\n    pass\n", "stub", 1),
    "an ellipsis": ("def f(x):\n    ...\n", "stub", 1),
    "a docstring alone": ("def f(x):\n    'Return it.'\n", "stub", 1),
    "not implemented": ("def f(x):\n    raise NotImplementedError\n", "stub", 1),
    "not implemented, async": ("async def f(x):\n    raise NotImplementedError()\n", "stub", 1),
    "the helper works, f does not": ("def g():\n    return 1\n\ndef f(x):\n    pass\n", "stub", 4),
    "another name": ("def g(x):\n    return x\n", "missing-name", 0),
    "inside another function": ("def g():\n    def f(x):\n        return x\n", "missing-name", 0),
    "as a method": ("class A:\n    def f(self, x):\n        return x\n", "missing-name", 0),
    "the rest is left out": (f"{GOOD}# rest of the code remains the same\n", "cut-code", 3),
    "it goes on elsewhere": (
        "def f(x):\n    # ... existing code ...\n    return x\n",
        "cut-code",
        2,
    ),
    "remaining code": ("def f(x):\n    return x  # remaining code here\n", "cut-code", 2),
    "promises a number": ("def f(x) -> int:\n    print(x)\n", "no-return", 1),
    "promises a list": ("def f(x) -> 'list[int]':\n    x.append(1)\n", "no-return", 1),
    "promises an iterator": ("def f(x) -> Iterator[int]:\n    print(x)\n", "no-return", 1),
}
NOT_FLAGGED = {
    "a function": GOOD,
    "an assignment": "f = lambda x: x\n",
    "an import": "from math import floor as f\n",
    "a class": "class f:\n    pass\n",
    "in a condition": "if True:\n    def f(x):\n        return x\n",
    "in a try": "try:\n    f = g\nexcept NameError:\n    def f(x):\n        return x\n",
    "an unused stub beside it": f"class A:\n    def g(self):\n        pass\n\n{GOOD}",
    "overloads": "@overload\ndef f(x: int) -> int: ...\ndef f(x):\n    return x\n",
    "says so in a string": "def f(x):\n    return '# rest of the code'\n",
    "a comment about the rest": "def f(x):\n    return x  # the rest of the list stays\n",
    "returns nothing, and says so": "def f(x) -> None:\n    print(x)\n",
    "says so in quotes": "def f(x) -> 'None':\n    print(x)\n",
    "never returns": "def f(x) -> typing.NoReturn:\n    g(x)\n",
    "raises": "def f(x) -> int:\n    raise ValueError(x)\n",
    "yields": "def f(x) -> Iterator[int]:\n    yield x\n",
    "yields from": "def f(x) -> Iterator[int]:\n    yield from x\n",
    "does not parse": "def f(:\n",
    "a comment that does not end": "def f(x):\n    return x\n\n#",
}


def rules(code, name="f"):
    return [
        (found["rule"], found["line"]) for found in fit(code, "", name) if found["level"] == "error"
    ]


@pytest.mark.parametrize("name", FLAGGED)
def test_flagged(name):
    code, rule, line = FLAGGED[name]
    assert (rule, line) in rules(code)


@pytest.mark.parametrize("name", NOT_FLAGGED)
def test_not_flagged(name):
    assert rules(NOT_FLAGGED[name]) == []


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("def f(x):\n    return x\n    x += 1\n", [3]),
        ("def f(x):\n    if x:\n        raise ValueError\n        x = 1\n    return x\n", [4]),
        ("def f(x):\n    for i in x:\n        continue\n        i += 1\n", [4]),
        ("def f(x):\n    if x:\n        return x\n    return 1\n", []),
    ],
)
def test_unreachable_code_is_a_remark(code, lines):
    found = [f for f in fit(code, "", "f") if f["rule"] == "unreachable"]
    assert [f["line"] for f in found] == lines
    assert {f["level"] for f in found} <= {"note"}


def test_without_a_name_all_functions_must_be_stubs():
    assert rules("def f():\n    pass\ndef g():\n    pass\n", "") == [("stub", 1)]
    assert rules("def f():\n    pass\ndef g():\n    return 1\n", "") == []
    assert rules("x = 1\n", "") == []


BOTH = "def helper(x):\n    return x\n\ndef solve(x):\n    return helper(x)\n"


@pytest.mark.parametrize(
    ("instruction", "code", "name"),
    [
        ("Write `def solve(x):` which ...", BOTH, "solve"),
        ("from typing import List\n\n\ndef solve(x: List[int]) -> int:\n", BOTH, "solve"),
        ("def helper(x):\n    ...\n\ndef solve(x):\n", BOTH, "solve"),  # the last one is asked for
        ("def solve(x):\n    ...\n\ndef other(x):\n", BOTH, "solve"),  # the other is not there
        ("Write a function solve.", BOTH, "solve"),
        ("Write something that solves it.", BOTH, ""),
        ("Write a function.", "def only(x):\n    return x\n", "only"),
        ("Write a class Stack.", "class Node: pass\nclass Stack: pass\n", "Stack"),
        ("Set LIMIT to 3 and write f.", "LIMIT = 3\ndef f(): pass\n", "f"),
        ("Write f.", "x = 1\n", ""),
        ("Write f.", "def f(:\n", ""),
        ("", "", ""),
    ],
)
def test_the_name_that_is_asked_for(instruction, code, name):
    assert entry_point_of(instruction, code) == name
