"""Syntax of a later Python is not held against an answer; what is wrong beside it is."""

import sys

import pytest

from backfeed.analyzers import _python_later
from backfeed.analyzers._python_code import parse
from backfeed.analyzers.python import PLUGIN
from backfeed.engine.requests import rejoined

LATER = [
    ((3, 12), "def first[T](xs: list[T]) -> T:\n    return xs[0]\n"),
    ((3, 12), "class Box[T: (int, str)](list[T]):\n    pass\n"),
    ((3, 12), "class Pair[K, V]:\n    pass\n"),
    ((3, 12), "type Rows[T] = list[dict[str, T]]\n"),
    ((3, 14), "try:\n    pass\nexcept ValueError, os.Error:\n    pass\n"),
]
WRONG = [
    "def f[T](x:\n    return x\n",
    "class A[T]\n    pass\n",
    "try:\n    pass\nexcept ValueError, e:\n    pass\n",
    "print 'a'\n",
    "type = 1 2\n",
]


@pytest.mark.parametrize(("since", "code"), LATER)
def test_later_syntax_is_unknown_to_a_python_before_it(since, code):
    assert parse(code)["word"] == ("ok" if sys.version_info >= since else "unknown")
    compile(_python_later.older(code), "answer.py", "exec")


@pytest.mark.parametrize("code", WRONG)
def test_what_no_python_takes_is_invalid(code):
    assert parse(code)["word"] == "invalid"


@pytest.mark.parametrize("code", ["x = 1\n", "type(x)\n", "def f(x): return x[0]\n", "[" * 400_000])
def test_other_code_has_nothing_to_be_rewritten(code):
    assert _python_later.older(code) == ""


@pytest.mark.bwrap
def test_an_answer_for_a_later_python_is_not_verified(answer):
    spec = {"code": LATER[0][1], "tests": [{"kind": "script", "setup": "", "code": "first([1])"}]}
    job = PLUGIN.test_job(spec)
    [told] = PLUGIN.results(job, rejoined(iter(job), answer))
    expected = None if sys.version_info >= (3, 12) else "ModuleNotFoundError"
    assert (told["error"] or {}).get("type") == expected
