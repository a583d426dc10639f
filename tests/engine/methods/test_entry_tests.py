"""Which functions take what a benchmark's tests give, and how much those tests tell."""

import pytest

from backfeed.engine.methods._entry_tests import Takes, fits, functions, given, program, quiet
from backfeed.engine.methods.benchmarks import Task


def task(tests, code="def f(items, size, other): pass", entry="f"):
    return Task("T/1", "file", code=code, language="python", entry_point=entry, tests=tests)


WORTH = [
    ("assert f(1) == 2\nassert f(2) == 3\nassert f(2) == 3", 2.0),
    ("assert f(1) == True\nassert f(2) == False\nassert f(3) is True", 1.5),
    ("assert f(1)\nassert not f(2)", 1.0),
    ("assert f(1) == True\nassert f(2) == True", 0.0),  # a stub could say so
    ("assert abs(f(1) - 2.5) < 1e-6\nassert abs(f(2) - 3.5) < 1e-6", 2.0),
    ("def check(candidate):\n  assert candidate(1) == [1]\n  assert candidate(2) == [2]\n", 2.0),
    ("f(1)", 0.0),
]


@pytest.mark.parametrize(("tests", "expected"), WORTH)
def test_asserts_are_worth_what_they_tell(tests, expected):
    assert given(task(tests)).worth == expected


@pytest.mark.parametrize("tests", ["", "assert (", "assert g(1) == 1", "assert f(*x) == 1",
                                   "assert f(a=1) == 1"])  # fmt: skip
def test_what_is_given_may_not_be_known(tests):
    assert given(task(tests)) is None


def test_counts_kinds_and_signature():
    found = given(task("assert f([1], 'a', x) == 1\nassert f((2,), 3) == 4"))
    assert (found.counts, found.kinds) == ((2, 3), ("list", "", ""))
    assert found.signature == "f(items, size, other)"
    assert given(task("assert f(1) == 1", "def f(n): pass")).signature == ""  # anybody's


FITS = [
    ("def g(a): pass", True),
    ("def g(a, b=1): pass", True),
    ("def g(*more): pass", True),
    ("def g(a: list[int]): pass", True),
    ("def g(a: typing.Sequence): pass", True),
    ("class S:\n  def g(self, a): pass", True),
    ("class S:\n  @staticmethod\n  def g(a): pass", True),
    ("def g(): pass", False),
    ("def g(a, b): pass", False),
    ("def g(a, *, b): pass", False),
    ("def g(a: str): pass", False),
    ("class S:\n  def g(self): pass", False),
]


@pytest.mark.parametrize(("code", "expected"), FITS)
def test_a_function_fits_by_what_it_takes(code, expected):
    [one] = functions(code)
    assert fits(one, given(task("assert f([1]) == 1\nassert f([2]) == 2"))) == expected


@pytest.mark.parametrize(
    "code", ["", "x = 1", "def f(", "class S:\n  def __init__(self, x): pass\n  def g(self): pass"]
)
def test_there_may_be_no_function(code):
    assert functions(code) == []


def test_a_program_binds_the_row_s_function():
    code = "class S:\n    def g(self, x):\n        return x + 1\n"
    [one] = functions(code)
    assert one == Takes("S().g", 1, 1, ("",), ("x",))
    space = {}
    exec(code + program(task("assert f(1) == 2"), one.name), space)
    assert space["f"](2) == 3


def test_what_is_done_at_the_top_is_left_out():
    code = "import os\nX = [1]\nY = int(input())\nfor i in X:\n  print(i)\ndef f(x): return x\nf(1)"
    assert quiet(code) == "import os\nX = [1]\n\ndef f(x):\n    return x\n"
    assert quiet("def f(") == ""
