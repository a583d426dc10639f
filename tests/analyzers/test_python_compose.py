"""Two functions as one: what recorded tests show of each, and the code of both."""

import ast
import asyncio
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stages.dialogue import computed

from backfeed.analyzers._python_compose import Seen, compose, composed_name, seen, shape
from backfeed.engine.records import Sample
from backfeed.engine.requests import Limits, rejoined
from backfeed.engine.services import open_sandbox
from backfeed.engine.stages._runs import run_tests
from backfeed.engine.stages.record_tests import RecordTests

ONE = "def one(x):\n    return [x, x]\n"
TWO = "def two(items, n=1):\n    return items * n\n"


def composed(one=ONE, two=TWO, *others, names=("one", "two"), wrap=""):
    return compose((one, names[0], wrap), (two, names[1]), others)


def result(code, call):
    """What a call comes to in code."""
    names: dict = {}
    exec(code, names)
    return eval(call, names)


SHAPES = [
    ("1", "int"), ("-1", "int"), ("True", "bool"), ("1.5", "float"), ("'a'", "str"),
    ("b''", "bytes"), ("None", "none"), ("[]", "list[]"), ("()", "list[]"), ("[1, 2]", "list[int]"),
    ("(1, 2)", "list[int]"), ("{1}", "list[int]"), ("[1, 'a']", "list[mixed]"),
    ("[[1], [2]]", "list[list[int]]"), ("[[1], []]", "list[mixed]"), ("{'a': 1}", "dict"),
    ("range(3)", "list[int]"), ("iter([1])", "list"), ("f(1)", ""), ("x", ""), ("lambda: 1", ""),
    ("1 + 1", ""), ("a.b()", ""),
]  # fmt: skip


@pytest.mark.parametrize(("source", "expected"), SHAPES)
def test_shapes_of_literals(source, expected):
    assert shape(ast.parse(source, mode="eval").body) == expected


SHOWN = [
    ("assert f(1) == 2", Seen(("int",), "int")),
    ("assert f(1) == 2\nassert f('a') == 3", Seen(("int", "str"), "int")),
    ("assert f(1, 'b', [2]) == 2", Seen(("int",), "int", ("'b'", "[2]"))),
    ("assert f(1) == 2\nassert f(1, 3) == 2", Seen(("int",), "int", ("3",))),
    ("assert list(f([1])) == [2]", Seen(("list[int]",), "list[int]", wrap="list")),
    ("assert len(f(1), 2) == 3", Seen()),
    ("assert f([]) == []\nassert f([1]) == [2]", Seen(("list[int]",), "list[int]")),
    ("assert f([]) == []", Seen()),
    ("assert f(1) == 2\nassert f(2) == 'a'", Seen(("int",), "")),
    ("assert f(1) == 2\nassert f(2) == None", Seen(("int",), "")),
    ("assert f(x) == 2", Seen((), "int")),
    ("assert f() == 2", Seen((), "int")),
    ("assert g(1) == 2", Seen()),
    ("assert x.f(1) == 2", Seen()),
    ("assert f(1)", Seen()),
    ("x = f(1)", Seen()),
    ("assert f(", Seen()),
    ("", Seen()),
]


@pytest.mark.parametrize(("test", "expected"), SHOWN)
def test_what_a_test_shows_of_a_function(test, expected):
    assert replace(seen(test, "f"), calls=()) == expected


def test_the_calls_of_a_test_are_told_once_each():
    test = (
        "assert f(1, n=2) == 2\nassert list(f('a')) == 3\nassert f(1, n=2) == 2\nassert g(1) == 1"
    )
    assert seen(test, "f").calls == ("1, n=2", "'a'")


def test_the_result_of_one_is_fed_into_the_other():
    code = composed()
    assert result(code, "two_of_one(3)") == [3, 3]
    assert composed_name("one", "two") == "two_of_one"


def test_further_arguments_are_fixed_and_told():
    code = composed(ONE, TWO, "3")
    assert result(code, "two_of_one(1)") == [1] * 6
    assert re.search(r"\bn\b\W+(is\W+)?3\b", result(code, "two_of_one.__doc__"))


def test_parameters_that_nobody_speaks_of_are_left_out():
    one = (
        'def one(x, mode=0, *, n=2, deep=None):\n    """Repeat x, n times."""\n    return [x] * n\n'
    )
    code = composed(one, TWO)
    assert "def two_of_one(x, *, n=2):" in code
    assert result(code, "two_of_one(5, n=3)") == [5, 5, 5]


def test_those_behind_one_that_is_left_out_go_by_name():
    one = 'def one(x, mode=0, n=2):\n    """Repeat x, n times."""\n    return [x, mode] * n\n'
    code = composed(one, TWO)
    assert "def two_of_one(x, n=2):" in code
    assert result(code, "two_of_one(5, 1)") == [5, 0]


def test_what_it_says_of_itself_may_hold_anything():
    for value in (r"'\\d+\n'", "'a\"'", "('''\n''')"):
        code = composed(ONE, "def two(items, sep):\n    return sep\n", value)
        assert result(code, "two_of_one(1)") == eval(value)


def test_the_word_for_the_result_is_no_name_that_is_there():
    code = composed(ONE, "def two(items, value=1):\n    return items * value\n", "3")
    assert "Return `two(result, value=3)`, where `result` is `one(x)`." in code


def test_what_an_iterator_gives_is_fed_on_and_not_what_it_is():
    lazy = "def one(x):\n    yield x\n    yield x\n"
    kind = "def two(items):\n    return type(items).__name__\n"
    code = composed(lazy, kind, wrap="list")
    assert result(code, "two_of_one(1)") == "list"
    assert "where `value` is `list(one(x))`." in code


def test_a_private_name_loses_its_underscores():
    assert composed_name("_one", "__two_") == "two_of_one"
    code = composed(ONE.replace("one", "_one"), TWO, names=("_one", "two"))
    assert result(code, "two_of_one(3)") == [3, 3]


ARGUMENTS = [
    ("a, b=2", "two_of_one(1)", [1, 2]),
    ("a, b=2", "two_of_one(1, b=3)", [1, 3]),
    ("a, /, b", "two_of_one(1, 2)", [1, 2]),
    ("*b", "two_of_one(1, 2)", [1, 2]),
    ("a, *, b", "two_of_one(1, b=2)", [1, 2]),
    ("**b", "two_of_one(a=1)", ["a"]),
    ("a: int, *b: int, c: int = 0, **d: int", "two_of_one(1, 2, c=3, e=4)", [1, 2, 3, 4]),
]
RESULTS = {
    "*b": "[*b]", "**b": "[*b]", "a: int, *b: int, c: int = 0, **d: int": "[a, *b, c, *d.values()]",
}  # fmt: skip


@pytest.mark.parametrize(("takes", "call", "expected"), ARGUMENTS)
def test_the_arguments_of_the_first_are_passed_on_as_they_came(takes, call, expected):
    code = composed(f"def one({takes}):\n    return {RESULTS.get(takes, '[a, b]')}\n")
    assert result(code, call) == expected


def test_both_may_bring_the_same_helper_and_imports():
    helper = "def helper(x):\n    return math.ceil(x)\n\n\n"
    one = f"import math\n\n\n{helper}def one(x):\n    return helper(x)\n"
    two = f"import math\nimport os\n\n\n{helper}def two(x):\n    return helper(x) + 1\n"
    code = composed(one, two)
    assert result(code, "two_of_one(1.5)") == 3
    assert (code.count("import math"), code.count("def helper")) == (1, 1)


def test_a_future_import_comes_first():
    one = "import os\n\n\ndef one(x):\n    return x\n"
    two = "from __future__ import annotations\n\n\ndef two(x: No) -> No:\n    return x\n"
    code = composed(one, two)
    assert code.startswith("from __future__ import annotations\n")
    assert result(code, "two_of_one(1)") == 1


def test_comments_and_decorators_stay():
    one = "import functools\n\n\n@functools.cache\ndef one(x):\n    # twice\n    return x * 2\n"
    code = composed(one, "def two(x):\n    return x\n")
    assert "# twice" in code
    assert "@functools.cache\ndef one" in code
    assert result(code, "two_of_one(2)") == 4


@pytest.mark.parametrize("sign", ["\f", "\v", "\x1c", "\x85", "\u2028"])
def test_signs_that_end_lines_elsewhere_end_none_in_python(sign):
    one = f"MARK = 'a{sign}b'\n\n\n{ONE}"
    code = composed(one, f"{'' if sign != chr(12) else sign}{TWO}")
    assert result(code, "two_of_one(MARK)") == [f"a{sign}b"] * 2


def test_lines_may_end_as_elsewhere():
    code = composed(ONE.replace("\n", "\r\n"), TWO.replace("\n", "\r"))
    assert result(code, "two_of_one(1)") == [1, 1]


UNFIT = [
    (ONE, TWO.replace("two", "other")),
    (ONE, "two = 1\n"),
    (ONE, "class two: pass\n"),
    ("async def one(x):\n    return x\n", TWO),
    ("def one(:", TWO),
    (ONE, "def two(:"),
    (f"K = 1\n\n\n{ONE}", f"K = 2\n\n\n{TWO}"),
    (f"def two(x): return 1\n\n\n{ONE}", TWO),
    ("def one(two): return two\n", TWO),
    ("def one(x, *, one=1): return x\n", TWO),
    ("def one(x, *two): return x\n", TWO),
]


@pytest.mark.parametrize(("one", "two"), UNFIT)
def test_what_cannot_stand_in_one_file_is_not_composed(one, two):
    assert composed(one, two) == ""


@pytest.mark.parametrize("two", ["def two(x, *more): return x", "def two(x, *, n=1): return x"])
def test_an_argument_without_a_name_cannot_be_told(two):
    assert composed(ONE, two, "3") == ""
    assert composed(ONE, two) != ""


def test_it_composes_again():
    first = composed()
    code = compose((first, "two_of_one", ""), ("def three(x):\n    return len(x)\n", "three"), ())
    assert result(code, "three_of_two_of_one(7)") == 2


LITERALS = st.recursive(
    st.integers() | st.booleans() | st.text(max_size=4) | st.none() | st.binary(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)


@given(LITERALS, LITERALS)
def test_a_function_takes_and_gives_the_shapes_of_its_test(taken, given_back):
    found = seen(f"assert f({taken!r}) == {given_back!r}\n", "f")
    shapes = [shape(ast.parse(repr(value), mode="eval").body) for value in (taken, given_back)]
    dull = ("list[]", "none")
    assert found.takes == tuple(one for one in shapes[:1] if one != "list[]")
    assert found.gives == ("" if shapes[1] in dull else shapes[1])
    assert "" not in shapes


CHUNKS = '''def chunks(items, size=2):
    """Lists of so many items; the last one may be shorter.

    >>> chunks([1, 2, 3])
    [[1, 2], [3]]
    >>> chunks([1], 0)
    Traceback (most recent call last):
    ValueError: range() arg 3 must not be zero
    >>> chunks([5, 6, 7], 3)
    [[5, 6, 7]]
    """
    return [items[start : start + size] for start in range(0, len(items), size)]
'''
LENGTHS = "def lengths(lists: list):\n    return [len(one) for one in lists]\n"


@pytest.fixture
def sandbox():
    made = open_sandbox("bubblewrap", {}, jobs=1)
    yield made
    asyncio.run(made.close())


@pytest.mark.bwrap
def test_recorded_in_the_sandbox_composed_and_recorded_again(sandbox):
    """What examples, inputs and tests say of two functions holds of the one made of both."""

    def answer(request):
        return computed(request, sandbox)

    def recorded(code, name):
        sample = Sample(language="python", code=code, entry_point=name)
        [found] = rejoined(RecordTests().each(sample), answer)
        assert found.rejected is None
        assert rejoined(run_tests(found, code, Limits(), check="test"), answer).word == "AC"
        return found.tests

    shown, calls = recorded(CHUNKS, "chunks")
    assert "ValueError" not in shown.code
    first, last = (
        seen(calls.code, "chunks"),
        seen(recorded(LENGTHS, "lengths")[-1].code, "lengths"),
    )
    assert "list[int]" in first.takes
    assert last.gives == "list[int]"
    code = compose((CHUNKS, "chunks", first.wrap), (LENGTHS, "lengths"), last.others)
    both = recorded(code, "lengths_of_chunks")
    assert all(test.oracle == "recorded" for test in both)
    assert result(code, "lengths_of_chunks([1, 2, 3])") == [2, 1]
