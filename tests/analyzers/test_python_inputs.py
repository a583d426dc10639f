"""Calls to record: those that are shown, changes of them, and guesses from the signature."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backfeed.analyzers._python_inputs import inputs

TWO = "def f(a, b):\n    return a, b\n"


def of(code=TWO, *shown, most=40):
    return inputs(code, "f", (shown, most))


def arguments(calls):
    """The arguments of calls, as values."""
    found = []
    for text in calls:
        call = ast.parse(text, mode="eval").body
        found.append([ast.literal_eval(argument) for argument in call.args])
    return found


def test_calls_that_are_shown_come_first():
    shown = (">>> f(7, 'é')\n", ">>> x = [f(8, [9])]\n>>> f(len(x), 1)\n")
    assert of(TWO, *shown)[:2] == ["f(7, 'é')", "f(8, [9])"]


SHOWN = [
    (">>> f(1, 2)\n", True),
    (">>> f('\x85', '\f')\n", True),
    (">>> f(range(3), len([1]))\n", True),
    (">>> f(lambda x: x + 1, [2])\n", True),
    (">>> g(f(1, b=[2]))\n", True),
    (">>> for x in f(\n...         1, 2):\n...     pass\n", True),
    (">>> f(x, 2)\n", False),
    (">>> f(lambda x: y, 2)\n", False),
    (">>> f(print(1), 2)\n", False),
    (">>> f(os.getcwd(), 2)\n", False),
    (">>> g.f(1, 2)\n", False),
    (">>> f(1,\n", False),
]


@pytest.mark.parametrize(("source", "taken"), SHOWN)
def test_only_calls_that_stand_alone_are_taken(source, taken):
    """The rest is guessed alike."""
    guessed = of()
    assert (of(TWO, source)[0] != guessed[0]) == taken


def test_calls_in_the_docstrings_prose_are_taken():
    code = "def f(a):\n    '''As in f('a,b'), not x.f(1), or f(name).'''\n"
    calls = of(code)
    assert calls[0] == "f('a,b')"
    assert "f(name)" not in calls
    assert calls[1] != "f(1)"


CHANGES = [
    ("5", ["6", "4", "0", "11"]),
    ("0", ["1", "0"]),
    ("True", ["False"]),
    ("1.5", ["2.0", "-1.5", "0.0"]),
    ("'abc'", ["''", "'cba'", "'abca'", "'ab'"]),
    ("[1, 2]", ["[]", "[1]", "[2, 1]", "[1, 2, 1, 2]"]),
    ("(1, 2)", ["()", "(1,)", "(2, 1)", "(1, 2, 1, 2)"]),
    ("{'a': 1, 'b': 2}", ["{}", "{'a': 1}", "{'b': 2, 'a': 1}"]),
]


@pytest.mark.parametrize(("value", "others"), CHANGES)
def test_each_argument_is_changed_a_little(value, others):
    calls = of(TWO, f">>> f({value}, None)\n", most=200)
    assert {f"f({other}, None)" for other in others} <= set(calls)
    named = of(TWO, f">>> f(None, b={value})\n", most=200)
    assert {f"f(None, b={other})" for other in others} <= set(named)


def test_what_is_no_literal_is_not_changed():
    assert "f(lambda x: x, 4)" in of(TWO, ">>> f(lambda x: x, 3)\n", most=200)


TYPES = [
    ("a: int", int), ("a: float", float), ("a: str", str), ("a: bool", bool), ("a: bytes", bytes),
    ("a: list[int]", list), ("a: Sequence[str]", list), ("a: Iterable", list), ("a: dict", dict),
    ("a: Mapping[str, int]", dict), ("a: tuple[int, ...]", tuple), ("a: set", set), ("n", int),
    ("items", list), ("items2", list), ("text", str), ("file_name", str), ("max_count", int),
    ("mapping", dict), ("*numbers", list), ("*args: str", str),
]  # fmt: skip


@pytest.mark.parametrize(("parameter", "kind"), TYPES)
def test_values_are_of_the_type_that_a_parameter_tells(parameter, kind):
    found = arguments(of(f"def f({parameter}):\n    return 1\n"))
    assert found
    assert {type(value) for [value] in found} == {kind}


def test_lists_of_strings_hold_strings():
    for [value] in arguments(of("def f(a: list[str]):\n    return a\n")):
        assert all(isinstance(item, str) for item in value)


def test_functions_are_guessed_as_functions():
    assert {call.partition("lambda")[1] for call in of("def f(key):\n    return key\n")} == {
        "lambda"
    }


def test_optional_parameters_are_left_out_and_given():
    calls = of("def f(a: int, b=1, c='x'):\n    return a\n")
    named = {part.partition("=")[0] for call in calls for part in call[:-1].split(", ")[1:]}
    assert named == {"b", "c"}
    assert any("," not in call for call in calls)


def test_what_has_to_be_given_by_name_is():
    calls = of("def f(a, *, count, word='x'):\n    return a\n")
    assert calls
    assert all("count=" in call for call in calls)
    assert any("word=" in call for call in calls)


def test_what_can_be_given_by_position_only_is():
    for call in of("def f(a, b=1, /, c=2):\n    return a\n"):
        assert "a=" not in call
        assert "b=" not in call


def test_strings_hold_what_the_body_looks_for():
    calls = of("def f(text):\n    '''A; b.'''\n    return text.split('->')\n")
    assert any("->" in call for call in calls)
    assert not any(";" in call for call in calls)


NONE = [
    "", "def f(:", "f = 1", "class f: pass", "def g(): pass", "async def f(a): pass",
    "import random\ndef f(a): return a", "from os import path\ndef f(a): return a",
    "import os.path\ndef f(a): return a", "def f(a):\n    import time\n    return a",
    "def f(a): return id(a)",
]  # fmt: skip


@pytest.mark.parametrize("code", NONE)
def test_no_calls_of_what_is_different_each_time_or_no_function(code):
    assert of(code, ">>> f(1)\n") == []


def test_a_parameter_called_id_is_not_chance():
    assert of("def f(a):\n    a.id = 1\n    id = a\n    return a\n") != []


def test_a_function_without_parameters_is_called_only_as_shown():
    code = "def f():\n    return 1\n"
    assert (of(code), of(code, ">>> f()\n")) == ([], ["f()"])


PLAIN, OPTIONAL = ("a", "b: int", "text", "items", "d: dict"), ("n=1", "s='x'", "k=None")


@st.composite
def parameters(draw):
    """A list of parameters with some that can be given by position only, or by name only."""
    before = draw(st.lists(st.sampled_from(PLAIN), unique=True, max_size=3))
    later = draw(st.lists(st.sampled_from(OPTIONAL), unique=True, max_size=2))
    both = [*before, *later]
    if draw(st.booleans()) and both:
        both.insert(draw(st.integers(1, len(both))), "/")
    if draw(st.booleans()):
        both += ["*", "key", "word=2"]
    return ", ".join(both)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


@given(parameters(), st.lists(VALUES, max_size=2), st.integers(0, 50))
def test_calls_are_different_few_and_always_the_same(takes, values, most):
    code = f"def f({takes}):\n    return 1\n"
    shown = f">>> f({', '.join(map(repr, values))})\n"
    calls = of(code, shown, most=most)
    assert calls == of(code, shown, most=most)
    assert len(set(calls)) == len(calls) <= most
    for text in calls:
        call = ast.parse(text, mode="eval").body
        assert isinstance(call, ast.Call)
        assert call.func.id == "f"


@given(parameters())
def test_guesses_fit_the_signature(takes):
    names: dict = {}
    exec(f"def f({takes}):\n    return 1\n", names)
    for call in of(f"def f({takes}):\n    return 1\n"):
        assert eval(call, names) == 1
