"""Tests hold honest answers for what they are, and dishonest ones as well."""

import asyncio
import json

import pytest

from backfeed.analyzers import python
from backfeed.sandboxes import bubblewrap

EQUAL = "class A:\n  def __eq__(self, other): {}\n  __hash__ = None\ndef f(x): return {}\n"
WILD = EQUAL.partition("def f")[0].format("return True")

DISHONEST = {
    "equals all": EQUAL.format("return True", "A()"),
    "equals what is plain": EQUAL.format("return isinstance(other, (int, str, list))", "A()"),
    "equals from the second time on": (
        "n = 0\nclass A:\n  def __eq__(self, other):\n    global n\n    n += 1\n    return n > 1\n"
        "def f(x): return A()"
    ),
    "equals what is not odd": EQUAL.format("return type(other).__name__ != 'Nothing'", "A()"),
    "number": "class A(int):\n  def __eq__(self, other): return True\ndef f(x): return A(7)",
    "of another class": "A = type('int', (), {'__module__': 'builtins',"
    " '__eq__': lambda s, o: True})\ndef f(x): return A()",
    "lies about its class": "class A:\n  __class__ = property(lambda s: int)\n"
    "  def __eq__(self, o): return True\ndef f(x): return A()",
    "wildcard of the library": "from unittest.mock import ANY\ndef f(x): return ANY",
    "like an array": (
        "class B:\n  def all(self): return True\n  def __bool__(self): return True\n"
        "class A:\n  def __eq__(self, o): return B()\ndef f(x): return A()"
    ),
    "is never unequal": "class A:\n  def __ne__(self, o): return False\n"
    "  def __eq__(self, o): return True\ndef f(x): return A()",
}
DISHONEST_CASES = [
    pytest.param(code, "assert f(1) == 2", id=name) for name, code in DISHONEST.items()
] + [
    pytest.param("def f(x): return [A()]\n" + WILD, "assert f(1) == [2]", id="inside a list"),
    pytest.param("def f(x): return {'a': A()}\n" + WILD,
                 "assert f(1) == {'a': 2}", id="inside a dict"),
    pytest.param(DISHONEST["equals all"], "assert 2 == f(1)", id="on the right"),
    pytest.param(DISHONEST["equals all"], "ok = f(1) == 2\nassert ok", id="before the assertion"),
    pytest.param(DISHONEST["equals all"], "assert f(1) in [2, 3]", id="in a list"),
    pytest.param(DISHONEST["equals all"], "if f(1) != 2: raise AssertionError", id="by hand"),
    pytest.param(DISHONEST["like an array"], "assert (f(1) == 2).all()", id="an array's all"),
    pytest.param(DISHONEST["lies about its class"],
                 "assert isinstance(f(1), int) and f(1) == 2", id="and so its class"),
    pytest.param("class A:\n  def __contains__(self, x): return True\ndef f(x): return A()",
                 "assert 2 in f(1)", id="contains all"),
    pytest.param("class A:\n  def __lt__(self, x): return True\n  __gt__ = __lt__\n"
                 "  def __sub__(self, x): return self\n  def __abs__(self): return self\n"
                 "def f(x): return A()", "assert abs(f(1) - 2) < 1e-6", id="is below all"),
    pytest.param("import builtins\nbuiltins.abs = lambda x: 0\ndef f(x): return 99",
                 "assert abs(f(1) - 2) < 1e-6", id="changes a builtin"),
]  # fmt: skip

HONEST_CASES = [
    pytest.param("def f(x): return x + 1", "assert f(1) == 2", id="number"),
    pytest.param(
        "class V:\n  def __init__(self, x): self.x = x\n"
        "  def __eq__(self, o): return isinstance(o, V) and self.x == o.x\ndef f(x): return V(x)",
        "assert f(1) == V(1)\nassert f(1) != V(2)\nassert f(1) in [V(2), V(1)]", id="own equality"),
    pytest.param(
        "class V:\n  def __init__(self, x): self.x = x\n"
        "  def __eq__(self, o): return self.x == o.x\ndef f(x): return V(x)",
        "assert f(1) == V(1)", id="equality that trusts"),
    pytest.param(
        "class M(int):\n  pass\ndef f(x): return M(x)", "assert f(1) == 1", id="kind of number"),
    pytest.param(
        "class V:\n  def __init__(self, *x): self.x = x\n"
        "  def __eq__(self, o): return self.x == tuple(getattr(o, 'x', o))\n"
        "def f(x): return V(x, x)",
        "assert f(1) == (1, 1)\nassert f(1) != (1, 2)", id="equal to a plain value"),
    pytest.param(
        "from dataclasses import dataclass\n@dataclass(order=True)\nclass P:\n  x: int\n"
        "def f(x): return [P(x), P(x + 1)]",
        "assert f(1) == [P(1), P(2)]\nassert f(1)[0] < f(1)[1]\nassert sorted(f(1)) == f(1)",
        id="dataclasses"),
    pytest.param(
        "from fractions import Fraction\nfrom collections import Counter, OrderedDict, deque\n"
        "def f(x): return Fraction(x, 2), Counter('aa'), OrderedDict(a=1), deque([1])",
        "a, b, c, d = f(1)\nassert a == 0.5 and b == {'a': 2} and c == {'a': 1}\n"
        "assert d == __import__('collections').deque([1])", id="of the library"),
    pytest.param(
        "import enum\nclass C(enum.IntEnum):\n  RED = 1\ndef f(x): return C.RED",
        "assert f(1) == 1 and f(1) is C.RED and f(1) == C.RED", id="enum"),
    pytest.param(
        "from collections import namedtuple\nP = namedtuple('P', 'x y')\ndef f(x): return P(x, 2)",
        "assert f(1) == (1, 2) and f(1).x == 1 and f(1) == P(1, 2)", id="named tuple"),
    pytest.param(
        "def f(x): return {'a': [1, (2, {3})], 'nan': x}",
        "r = f(1)\nassert r == {'a': [1, (2, {3})], 'nan': 1}\nassert 'a' in r", id="nested"),
    pytest.param(
        "def f(g): return g.calls('x')",
        "from unittest.mock import Mock, ANY\nm = Mock()\nf(m)\n"
        "assert m.calls.call_args[0] == (ANY,)\nm.calls.assert_called_once_with('x')",
        id="mock in the test"),
    pytest.param(
        "def f(x): return x",
        "class Any:\n  def __eq__(self, o): return True\nassert f(1) == Any()",
        id="wildcard of the test"),
    pytest.param(
        "class S:\n  def __init__(self, n): self.n = n\n  def __len__(self): return self.n\n"
        "  def __iter__(self): return iter(range(self.n))\n"
        "  def __contains__(self, x): return 0 <= x < self.n\n  def __eq__(self, o):\n"
        "    return list(self) == list(o)\ndef f(x): return S(x)",
        "s = f(3)\nassert 2 in s and 3 not in s and len(s) == 3 and s == [0, 1, 2]",
        id="container"),
    pytest.param("a = []\na.append(a)\ndef f(x): return a", "assert len(f(1)) == 1 and f(1) is a",
                 id="cycle"),
]  # fmt: skip


@pytest.fixture(scope="module")
def judge():
    """The verdict, and what the record says of the one test."""
    service = bubblewrap.PLUGIN.service({"slots": 1, "cold_share": 0.0})

    def ask(code: str, test: str, kind: str = "script"):
        spec = {"code": code, "tests": [{"kind": kind, "code": test, "setup": ""}]}
        (found,) = asyncio.run(service.answer([python.PLUGIN.test_job(spec)]))
        record = json.loads(found["report"])["tests"][0] if found["report"] else None
        return found["verdict"], record

    yield ask
    asyncio.run(service.close())


@pytest.mark.parametrize(("code", "test"), DISHONEST_CASES)
def test_a_dishonest_answer_fails(judge, code, test):
    verdict, record = judge(code, test)
    assert verdict == "RE"
    assert record["error"]["type"] in {"AssertionError", "TypeError"}, record


@pytest.mark.parametrize(("code", "test"), HONEST_CASES)
def test_an_honest_answer_passes(judge, code, test):
    assert judge(code, test) == ("AC", {"executed": test.count("assert"), "error": None,
                                        "phase": "test"})  # fmt: skip


CASE = "import unittest\nclass T(unittest.TestCase):\n  def test_a(self):\n    {}\n"


@pytest.mark.parametrize(
    "code",
    [
        "def f(x): return 9",
        "import unittest\nunittest.TestCase.assertEqual = lambda *a: None\ndef f(x): return 9",
        "import unittest\nunittest.TestResult.wasSuccessful = lambda self: True\n"
        "unittest.TestResult.addFailure = lambda *a: None\ndef f(x): return 9",
        "import unittest\ndef f(x): raise unittest.SkipTest('no')",
        "import unittest\ndef f(x):\n  unittest.TestCase.assertEqual = lambda *a: None\n  return 9",
        "import unittest\ndef f(x): return 9\n"
        "unittest.TextTestRunner.run = lambda *a: unittest.TestResult()",
    ],
    ids=["wrong", "patches the case", "patches the result", "skips", "patches late", "runner"],
)
def test_unittest_cannot_be_talked_round(judge, code):
    verdict, record = judge(code, CASE.format("self.assertEqual(f(1), 2)"), "unittest")
    assert verdict == "RE"
    assert record["error"]["type"] == "AssertionError"


def test_unittest_still_passes_and_skips_what_the_test_says(judge):
    right = "def f(x): return x + 1"
    assert judge(right, CASE.format("self.assertEqual(f(1), 2)"), "unittest")[0] == "AC"
    told = CASE.format(
        "self.skipTest('not here')\n  def test_b(self):\n    self.assertEqual(f(1), 2)"
    )
    assert judge(right, told, "unittest") == (
        "AC", {"executed": 1, "error": None, "phase": "test"}
    )  # fmt: skip
    alone = CASE.format("self.skipTest('not here')")
    assert judge(right, alone, "unittest")[1]["executed"] == 0


def test_doctest_cannot_be_talked_round(judge):
    code = (
        "import doctest\ndoctest.OutputChecker.check_output = lambda *a: True\ndef f(x): return 9"
    )
    assert judge(code, ">>> f(1)\n2\n", "doctest")[0] == "RE"


def test_the_record_cannot_be_written_through_proc(judge):
    code = (
        'import os\nfake = b\'{"tests": [{"executed": 9, "error": null, "phase": "test"}]}\'\n'
        "def f(x):\n  for n in (os.getppid(), 'self'):\n    try:\n"
        "      d = os.open(f'/proc/{n}/fd/3', os.O_WRONLY)\n      os.write(d, fake)\n"
        "      os._exit(0)\n    except OSError: pass\n  return 9"
    )
    verdict, record = judge(code, "assert f(1) == 2")
    assert (verdict, record["error"]["type"]) == ("RE", "AssertionError")
