"""Keywords of a Python definition: each is supported by its syntax, its name or its text."""

from keyword import iskeyword

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from backfeed.analyzers._python_keywords import keywords


def found(code, name="f"):
    return keywords(code, name, "")


def knowledge(body, head="def f(a, b):"):
    return found(f"{head}\n    {body}\n")["knowledge"]


KNOWN = [
    ("yield a", "generator"),
    ("yield from a", "generator"),
    ("return [x for x in a]", "comprehension"),
    ("return {x: x for x in a}", "dictionary comprehension"),
    ("return {1: a}", "dictionary"),
    ("return {a, b}", "set"),
    ("return lambda: a", "lambda function"),
    ("try: a()\n    except ValueError: pass", "exception handling"),
    ("raise ValueError(a)", "input validation"),
    ("while a: a -= 1", "while loop"),
    ("for x in a: b(x)", "iteration"),
    ("return a[1:]", "slicing"),
    ("with a: b()", "context manager"),
    ("return f'{a}'", "string formatting"),
    ("return b(*a)", "argument unpacking"),
    ("def g():\n        nonlocal a\n        a = 1\n    return g", "closure"),
    ("return a ^ b", "bit manipulation"),
    ("return a % b", "modular arithmetic"),
    ("return f(a, b)", "recursion"),
    ("return sorted(a)", "sorting"),
    ("a.sort()", "sorting"),
    ("return ' '.join(a)", "string joining"),
]


@pytest.mark.parametrize(("body", "phrase"), KNOWN)
def test_knowledge_that_the_code_rests_on(body, phrase):
    assert phrase in knowledge(body)


@pytest.mark.parametrize("phrase", sorted({phrase for _, phrase in KNOWN}))
def test_knowledge_that_it_does_not_rest_on(phrase):
    assert phrase not in knowledge("return a + b")


def test_modules_that_are_imported_come_first():
    code = "import os.path\nfrom math import pi\n\ndef f(a):\n    return [pi for _ in a]\n"
    assert found(code)["knowledge"] == ["os.path module", "math module", "comprehension"]


def test_what_stands_in_other_functions_is_not_its_own():
    code = "def g(a):\n    return sorted(a)\n\n\ndef f(a):\n    return g(a)\n"
    assert "sorting" not in found(code)["knowledge"]


def test_a_class_in_it_is_a_design_and_it_is_none_itself():
    assert found("class f:\n    x = 1\n")["knowledge"] == []
    assert found("class f:\n    class g: pass\n")["knowledge"] == ["class design"]


def test_no_more_than_six_and_each_once():
    body = "return sorted(zip(sum(max(set(map(next, iter(sorted(a))))))))"
    assert knowledge(body) == [
        "sorting", "parallel iteration", "summation", "maximum and minimum", "set", "mapping",
    ]  # fmt: skip


INSTRUCTIONS = [
    ("def f(a): return a", ["implement a function"]),
    ("async def f(a): return a", ["implement a function"]),
    ("def f(a):\n    yield a", ["write a generator"]),
    ("def f(a, b=1): return a", ["implement a function", "support optional arguments"]),
    ("def f(*, b=1): return b", ["implement a function", "support optional arguments"]),
    ("def f(a):\n    raise ValueError", ["implement a function", "reject bad input"]),
    ("class f:\n    def g(self): yield 1", ["implement a class"]),
    ("f = lambda a: a", ["implement a function"]),
    ("f = 1", []),
    ("f: int = 1", []),
    ("import f", []),
]


@pytest.mark.parametrize(("code", "phrases"), INSTRUCTIONS)
def test_what_the_solver_is_asked_to_do(code, phrases):
    assert found(code)["instruction"] == phrases


TASKS = [
    ("def merge_sorted_lists(): pass", "merge_sorted_lists", ["merge sorted lists"]),
    ("def parseHTTPHeader(): pass", "parseHTTPHeader", ["parse http header"]),
    ("class LruCache: pass", "LruCache", ["lru cache"]),
    ("def to_RGB24(): pass", "to_RGB24", ["to rgb 24"]),
    ("def f():\n    '''Merge two lists. Fast.'''", "f", ["f", "merge two lists"]),
    ("def f():\n    '''Merge lists of the same size.'''", "f", ["f", "merge lists"]),
    ("def f():\n    '''Merge.'''", "f", ["f"]),
    ("def merge_lists():\n    '''Merge lists.'''", "merge_lists", ["merge lists"]),
    ("def _(): pass", "_", []),
]


@pytest.mark.parametrize(("code", "name", "phrases"), TASKS)
def test_what_is_to_be_built(code, name, phrases):
    assert found(code, name)["task"] == phrases


@pytest.mark.parametrize("code", ["def f(:", "", "def g(): pass", "x = (" * 300])
def test_nothing_is_said_of_what_is_not_there(code):
    assert found(code) == {"task": [], "instruction": [], "knowledge": []}


@given(st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,20}", fullmatch=True).filter(str.isidentifier))
def test_a_name_is_split_and_nothing_of_it_is_lost(name):
    assume(not iskeyword(name))
    [*task] = found(f"def {name}(): pass\n", name)["task"]
    assert "".join(task).replace(" ", "") == name.replace("_", "").lower()
