"""Outputs that are the same, and outputs that are not, in each sense."""

import pytest

from backfeed.engine.methods.compare import KINDS, same_output

SAME = [
    ("exact", "a b\n", "a b"),
    ("exact", "a\n\nb\n", "a\n\nb\n\n"),
    ("exact", "", "\n"),
    ("token", "1  2\n3\n", "1 2 3"),
    ("token", "  a\tb ", "a b"),
    ("token", "", " \n"),
    ("float", "0.1 yes", "0.10000001 yes"),
    ("float", "1e3", "1000.0"),
    ("float", "0", "-0.0"),
    ("float", "1e-12", "0"),
    ("float", "inf", "Infinity"),
    ("unordered", "b 2\na 1\n", "a  1\n\nb 2"),
    ("unordered", "x\nx\ny", "y\nx\nx"),
]
OTHER = [
    ("exact", "a  b", "a b"),
    ("exact", " a", "a"),
    ("exact", "a \n", "a\n"),
    ("token", "1 2", "12"),
    ("token", "1.0", "1"),
    ("token", "Yes", "yes"),
    ("token", "1 2 3", "1 2"),
    ("float", "0.1", "0.1001"),
    ("float", "1 2", "1"),
    ("float", "one", "1"),
    ("float", "nan", "1"),
    ("unordered", "x\ny", "x\nx\ny"),
    ("unordered", "1 a", "a 1"),
]


@pytest.mark.parametrize(("how", "wrote", "expected"), SAME)
def test_same(how, wrote, expected):
    assert same_output(wrote, expected, how)
    assert same_output(expected, wrote, how)


@pytest.mark.parametrize(("how", "wrote", "expected"), OTHER)
def test_not_the_same(how, wrote, expected):
    assert not same_output(wrote, expected, how)
    assert not same_output(expected, wrote, how)


def test_not_a_number_is_itself():
    assert same_output("nan", "nan", "float")


@pytest.mark.parametrize("how", KINDS)
def test_every_kind_is_reflexive(how):
    assert same_output("1 a\n2 b\n", "1 a\n2 b\n", how)


def test_tokens_are_the_default():
    assert same_output("1  2\n", "1 2")
