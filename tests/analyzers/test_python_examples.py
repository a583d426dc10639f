"""Examples of a docstring that can run with the code alone; what they need goes with them."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backfeed.analyzers._described import Example
from backfeed.analyzers._python_examples import examples

BODY = "    return [x * 2 for x in a]\n"


def code_of(doc, before=""):
    lines = "\n    ".join(doc.split("\n"))
    return f"{before}def f(a):\n    '''Double.\n\n    {lines}\n    '''\n{BODY}"


def of(doc, before=""):
    """The examples in a docstring, as pairs."""
    return [(one.source, one.want) for one in examples(code_of(doc, before), "f")]


ONE = (">>> f([1])\n", "[2]\n")

KEPT = [
    (">>> f([1])\n[2]", [ONE]),
    ("Words.\n\n>>> f([1])\n[2]\n\nMore words.", [ONE]),
    (">>> f([1])\n[2]\n>>> f([2])\n[4]", [ONE, (">>> f([2])\n", "[4]\n")]),
    (">>> x = [1]\n>>> f(x)\n[2]", [(">>> x = [1]\n>>> f(x)\n", "[2]\n")]),
    (">>> x = [1]\n>>> f(x)\n[2]\n>>> f([2])\n[4]",
     [(">>> x = [1]\n>>> f(x)\n", "[2]\n"), (">>> f([2])\n", "[4]\n")]),
    (">>> for x in f([1]):\n...     print(x)\n2",
     [(">>> for x in f([1]):\n...     print(x)\n", "2\n")]),
    (">>> import math\n>>> f([math.inf])\n[inf]",
     [(">>> import math\n>>> f([math.inf])\n", "[inf]\n")]),
    (">>> from toys import f\n>>> f([1])\n[2]", [ONE]),
    (">>> x = f([1])\n>>> x\n[2]", [(">>> x = f([1])\n>>> x\n", "[2]\n")]),
]  # fmt: skip


@pytest.mark.parametrize(("doc", "expected"), KEPT)
def test_examples_with_all_that_leads_to_them(doc, expected):
    assert of(doc) == expected


LEFT_OUT = [
    "No example.",
    ">>> f([unknown])\n[2]",
    ">>> import toys\n>>> toys.f([1])\n[2]",
    ">>> f([1]  # doctest: +SKIP\n[2]",
    ">>> f([1])  # doctest: +SKIP\n[2]",
    ">>> f([input()])\n[2]",
    ">>> f([open('x').read()])\n[2]",
    ">>> f(\n[2]",
    ">>> return f([1])\n[2]",
    ">>> len([1])\n1",
    ">>> f([1])",
    ">>> f([print])\n<function f at 0x7f>",
    ">>> f([object()])\n[<toys.A object at 0x7f12ab>]",
    ">>> f(range(99))\n[0, 2, ...]",
    ">>> f(1)\nTraceback (most recent call last):\n    ...\nTypeError: no",
    ">>> f(['a'])\n[u'aa']",
]


@pytest.mark.parametrize("doc", LEFT_OUT)
def test_what_cannot_run_alone_or_shows_something_else_each_time(doc):
    assert of(doc) == []


def test_a_string_that_ends_in_u_is_no_old_python():
    assert of(">>> f(['lieu'])\n['lieulieu']") == [(">>> f(['lieu'])\n", "['lieulieu']\n")]


@pytest.mark.parametrize("sign", ["\f", "\x1b", "\x1c", "\x85", "\xa0", "\u2028", "\u200b"])
def test_what_cannot_be_seen_is_written_out_and_ends_no_line(sign):
    written = sign.encode("unicode_escape").decode()
    assert of(f">>> f(['{sign}'])\n['']") == [(f">>> f(['{written}'])\n", "['']\n")]


def test_what_cannot_be_written_out_stays():
    assert of(">>> f([r'\x1b'])\n['']") == [(">>> f([r'\x1b'])\n", "['']\n")]


CHAINS = [
    # What is not known any more is not used.
    (">>> x = unknown()\n>>> f(x)\n[2]\n>>> f([1])\n[2]", [ONE]),
    (">>> x = [1]\n>>> x = unknown\n>>> f(x)\n[2]", []),
    (">>> x = unknown\n>>> x = f(x)\n>>> f(x)\n[2]", []),
    (">>> x += [1]\n>>> f(x)\n[2]", []),
    (">>> for x in x: x()\n>>> f(x)\n[2]", []),
    (">>> with x as x: pass\n>>> f(x)\n[2]", []),
    (">>> x = [1]; x = f(x)\n>>> f(x)\n[4]", [(">>> x = [1]; x = f(x)\n>>> f(x)\n", "[4]\n")]),
    (">>> x = [1]\n>>> unknown(x)\n>>> f(x)\n[2]", []),
    (">>> x = [1]\n>>> from random import shuffle\n>>> shuffle(x)\n>>> f(x)\n[2]", []),
    # Outputs on the way are not looked at, but what they come from is done.
    (">>> x = [1]\n>>> x.pop()\n1\n>>> f(x)\n[]",
     [(">>> x = [1]\n>>> _ = x.pop()\n>>> f(x)\n", "[]\n")]),
    (">>> x = [1]\n>>> x\n[1]\n>>> f(x)\n[2]", [(">>> x = [1]\n>>> f(x)\n", "[2]\n")]),
    (">>> f(1)\nTraceback (most recent call last):\nTypeError: no\n>>> f([1])\n[2]", [ONE]),
    (">>> f([object()])\n<A object>\n>>> f([1])\n[2]",
     [(">>> _ = f([object()])\n>>> f([1])\n", "[2]\n")]),
]  # fmt: skip


@pytest.mark.parametrize(("doc", "expected"), CHAINS)
def test_examples_that_hang_on_others(doc, expected):
    assert of(doc) == expected


def test_names_of_the_file_are_known():
    before = "LIMIT = 2\n\n\ndef g(x):\n    return x\n\n\n"
    assert of(">>> f([g(LIMIT)])\n[4]", before) == [(">>> f([g(LIMIT)])\n", "[4]\n")]
    assert of(">>> f([g(LIMIT)])\n[4]") == []


def test_a_class_has_examples_too():
    code = "class f:\n    '''It is.\n\n    >>> f()\n    1\n    '''\n"
    assert examples(code, "f") == [Example(">>> f()\n", "1\n")]


@pytest.mark.parametrize(
    "code", ["", "def f(:", "f = 1", "def g():\n    '''\n    >>> g()\n    1'''"]
)
def test_no_definition_no_examples(code):
    assert examples(code, "f") == []


@pytest.mark.parametrize("doc", [">>>f([1])\n[2]", ">>> f([1])\n  ...bad\n [2]"])
def test_examples_that_doctest_cannot_read_are_none(doc):
    with pytest.raises(ValueError, match="line"):
        doctest.DocTestParser().get_examples(doc)
    assert of(doc) == []


STEPS = st.sampled_from((
    ">>> x = [1, 2]", ">>> x.append(3)", ">>> y = unknown", ">>> x", "[1, 2]", ">>> f(x)", "[2, 4]",
    ">>> f([3])", "[6]", ">>> x = f(x)", ">>> len(x)", "2", ">>> import math", ">>> x.pop()",
    ">>> y = x", ">>> f(y)", "", "words",
))  # fmt: skip


@given(st.lists(STEPS, max_size=10))
def test_whatever_is_kept_runs_without_an_unknown_name(steps):
    """They may show something else than they say, but nothing in them is undefined."""
    code = code_of("\n".join(steps))
    names: dict = {}
    exec(code, names)
    for example in examples(code, "f"):
        parsed = doctest.DocTestParser().get_examples(example.source + example.want)
        for statement in parsed:
            try:
                exec(compile(statement.source, "example", "exec"), names)
            except IndexError:  # a list that is empty by now
                break
        assert "f(" in example.source
