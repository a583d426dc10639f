"""Which parameters a docstring speaks of."""

import ast

import pytest

from backfeed.analyzers._python_spoken import spoken_only, unexplained, unspoken

TOLD = [
    ("a, mode=1", "Do it.", ("mode",)),
    ("a, mode=1", "Do it as `mode` says.", ()),
    ("a, mode=1", "Do it; the modes differ.", ("mode",)),
    ("a, mode=1", ">>> f(1, mode=2)\n3", ()),
    ("a, mode=1", ">>> f(1, 2)\n3", ()),
    ("a, mode=1, deep=2", ">>> f(1, 2)\n3", ("deep",)),
    ("a, mode=1", ">>> g(1, 2)\n3", ("mode",)),
    ("a, mode=1", ">>> f(1, 2\n", ("mode",)),
    ("a, mode=1", "", ()),
    ("a, *, mode=1", "Do it.", ("mode",)),
    ("a, *, mode", "Do it.", ()),
    ("a=1, /, b=2", "Do it to a.", ("b",)),
    ("a, *rest, **more", "Do it.", ()),
]


def function(takes, doc):
    [node] = ast.parse(f"def f({takes}):\n    {doc!r}\n").body
    return node


@pytest.mark.parametrize(("takes", "doc", "expected"), TOLD)
def test_what_is_not_spoken_of(takes, doc, expected):
    assert unspoken(function(takes, doc)) == expected


LEFT = [
    ("a, mode=1", "Do it.", "a"),
    ("a, mode=1, n=2", "Do it n times.", "a, n=2"),
    ("a=0, /, mode=1, *, n=2, deep=3", "Do it n times to a.", "a=0, /, *, n=2"),
    ("a, *rest, mode=1, **more", "Do it.", "a, *rest, **more"),
    ("a, mode=1, *rest", "Do it.", "a, mode=1, *rest"),
    ("a: int, mode: str='x'", "Do it.", "a: int"),
    ("a, n=2", "Do it n times.", "a, n=2"),
]


@pytest.mark.parametrize(("takes", "doc", "expected"), LEFT)
def test_parameters_that_are_spoken_of(takes, doc, expected):
    assert ast.unparse(spoken_only(function(takes, doc))) == expected


NAMED = [
    ("a, one=1, two=2", "Do it. >>> f(1)", ("one", "two")),
    ("a, one=1, two=2", "Do it with two.\n\n>>> f(1, one=3)\n4\n\nSo it is.", ("one",)),
    ("a, one=1, *, two=2", "Do it.\n\n>>> f(1)\n4\nstill one\n\nAnd two.", ("one",)),
    ("a, one=1", "", ("one",)),
]


@pytest.mark.parametrize(("takes", "doc", "expected"), NAMED)
def test_what_is_not_named_in_words(takes, doc, expected):
    assert unexplained(function(takes, doc)) == expected
