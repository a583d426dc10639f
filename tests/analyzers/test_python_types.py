"""What ty says of Python is listened to where nothing that calls the code can change it."""

import pytest

from backfeed.analyzers.python import PLUGIN
from backfeed.engine.requests import CodeCheck, rejoined

pytestmark = pytest.mark.bwrap

WRONG = [
    ("missing-argument", "def f(a, b):\n    return f(a)\n"),
    ("unknown-argument", "def f(a):\n    return f(a, b=1)\n\n\nf(a=1)\n"),
    ("missing-attribute", "import math\n\nx = math.square(2)\n"),
    ("missing-attribute", "def f():\n    found = []\n    found.push(1)\n"),
    ("not-subscriptable", "def f(xs):\n    best = list(xs).sort()\n    return best[0]\n"),
    ("not-iterable", "def f(xs):\n    for i in len(xs):\n        print(i)\n"),
    ("unsupported-operator", "def f(xs):\n    return 'n = ' + len(xs)\n"),
    ("invalid-assignment", "p = (0, 0)\np[0] = 1\n"),
    ("invalid-argument-type", "import hashlib\n\nx = hashlib.md5('a')\n"),
    ("missing-attribute", "x = [1]\nx.push(2)  # ty: ignore\nx.push(3)  # type: ignore\n"),
]
RIGHT = [
    "import re\n\n\ndef f(s):\n    found = re.match('a', s)\n    return found[0]\n",
    "def f(d: dict[str, int], k):\n    return d.get(k) + 1\n",
    "def f(xs: list[int] = None) -> int:\n    return xs[0] / 2\n",
    "class Node:\n    def __init__(self):\n        self.next = None\n\n\ndef f(n: Node):\n"
    "    return n.next.next, n.next[0], n.next + 1\n",
    "p = (0, 0)\ntry:\n    p[0] = 1\nexcept TypeError as error:\n    print(error)\n",
    "import pytest\n\n\ndef test():\n    with pytest.raises(AttributeError):\n        [].push(1)\n",
    "def f(a, b):\n    return a + b\n\n\npairs = [1]\nf(*pairs, 2)\nf(**{'a': 1, 'b': 2})\n",
    "from numpy import *\n\nx = array([1]).whatever\n",
    "import os\n\nx = os.startfile, os.getuid()\n",
    "def f(x=None):\n    if x is None:\n        x = []\n    x.append(1)\n    return x\n",
    "import yaml\n\nx = yaml.nothing_of_the_kind(1)\n",
]


def found(answer, *codes):
    return rejoined(PLUGIN.check([CodeCheck("python", code) for code in codes]), answer)


@pytest.mark.parametrize(("rule", "code"), WRONG)
def test_what_no_caller_can_change_is_an_error(answer, rule, code):
    [one] = found(answer, code)
    assert (one["word"], one["tool"]) == ("invalid", "ty")
    assert rule in [finding["rule"] for finding in one["findings"]]


def test_what_may_be_right_is_not_flagged(answer):
    assert [one["word"] for one in found(answer, *RIGHT)] == ["ok"] * len(RIGHT)


def test_lines_and_neighbours_stay(answer):
    codes = [RIGHT[0], WRONG[3][1], RIGHT[1], WRONG[4][1]]
    told = found(answer, *codes)
    assert [one["word"] for one in told] == ["ok", "invalid", "ok", "invalid"]
    assert [one["findings"][0]["line"] for one in told if one["findings"]] == [3, 3]
