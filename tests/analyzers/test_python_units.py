"""Units of a file: what is cut, with what it needs, and why others cannot be used."""

import pytest

from backfeed.analyzers._python_code import parse
from backfeed.analyzers._python_names import free_in
from backfeed.analyzers._python_units import units

STAR = "from math import *\nfrom os import *\n"
LONG = "def g(x):\n" + "    x += 1\n" * 90
BODY = "    a = x + 1\n    b = a * 2\n    c = b - x\n    return c\n"
DEEP = BODY.replace("    ", "        ")
UNIT = f"def f(x):\n{BODY}"


def only(text, name="f"):
    (found,) = [unit for unit in units(text) if unit.name == name]
    return found


def calling(expression):
    """A unit of five lines that leans on an expression."""
    return f"def f(x):\n    a = {expression}\n    b = a * 2\n    c = b - x\n    return c\n"


def test_a_unit_as_it_stands():
    found = only(f"'''A file.'''\n\n{UNIT}")
    assert (found.kind, found.code, found.reason) == ("function", UNIT, "")
    assert (found.first_line, found.last_line, found.size) == (3, 7, 5)


REFUSED = {
    "does not parse": ("def f(:\n", "", "unparsable"),
    "a lone return": ("return 1\n", "", "unparsable"),
    "too short": ("def f(x):\n    return x\n", "f", "too-short"),
    "too long": ("def f(x):\n" + "    x += 1\n" * 20, "f", "too-long"),
    "a method": (f"class A:\n    def f(self, x):\n{DEEP}", "f", "method"),
    "one of several": (f"import functools\n\n@functools.singledispatch\n{UNIT}", "f", "registry"),
    "a helper of several": (
        "from functools import singledispatch\n\n@singledispatch\n"
        f"def g(x):\n    return x\n\n{calling('g(x)')}",
        "f",
        "registry",
    ),
    "a name from nowhere": (calling("g(x)"), "f", "free-name"),
    "from the project": (f"from . import g\n\n{calling('g(x)')}", "f", "project-import"),
    "from a package": (f"import numpy as np\n\n{calling('np.a(x)')}", "f", "package-import"),
    "through a helper": (
        f"import numpy\n\ndef g(x):\n    return numpy.a(x)\n\n{calling('g(x)')}",
        "f",
        "package-import",
    ),
    "inside the unit": (f"def f(x):\n    from .other import g\n{BODY}", "f", "project-import"),
    "a star import": (STAR + calling("sqrt(x)"), "f", "free-name"),
    "helpers without end": (f"{LONG}\n\n{calling('g(x)')}", "f", "too-much-carried"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_cannot_be_used(name):
    text, unit, reason = REFUSED[name]
    found = only(text, unit)
    assert (found.reason, found.code) == (reason, "")


CARRIED = {
    "an import": ("import math\nimport os\n", "math.pi", ["import math"], ["import os"]),
    "one name of several": ("from math import pi, tau\n", "pi", ["from math import pi\n"], ["tau"]),
    "under another name": ("import math as m\n", "m.pi", ["import math as m"], []),
    "two parts of a package": (
        "import os.path\nimport os.x as y\n",
        "os.path.a",
        ["import os.path"],
        ["y"],
    ),
    "a constant": ("N = 3\nM = 4\n", "N", ["N = 3"], ["M"]),
    "a helper": ("def g(x):\n    return x\n", "g(x)", ["def g(x):"], []),
    "a helper's helper": (
        "N = 1\n\ndef h(x):\n    return N\n\ndef g(x):\n    return h(x)\n",
        "g(x)",
        ["N = 1", "def h", "def g"],
        [],
    ),
    "a class": ("class A:\n    n = 1\n", "A.n", ["class A"], []),
    "what fills a table": (
        "T = []\nU = []\nT.append(1)\nU.append(2)\n",
        "T[0]",
        ["T.append(1)"],
        ["U"],
    ),
    "a loop that fills it": (
        "T = {}\nfor i in range(3):\n    T[i] = i\n",
        "T[0]",
        ["for i in range"],
        [],
    ),
    "a value that grows": ("n = 1\nn += 2\nn = n * 2\n", "n", ["n = 1", "n += 2", "n = n * 2"], []),
    "the last of two values": ("n = 1\nn = 2\n", "n", ["n = 2"], ["n = 1"]),
    "a choice": (
        "try:\n    import a\nexcept ImportError:\n    pass\nif 1:\n    n = 1\nelse:\n    n = 2\n",
        "n",
        ["if 1:", "else:"],
        ["import a"],
    ),
    "the future": ("from __future__ import annotations\n", "x", ["from __future__"], []),
    "a helper with a parameter of its own name": (
        "def h(x):\n    return x\n\ndef g(x, h=h):\n    return h(x)\n",
        "g(x)",
        ["def h", "def g"],
        [],
    ),
    "no main block": (
        "T = []\nif __name__ == '__main__':\n    T.append(1)\n",
        "T",
        ["T = []"],
        ["__main__"],
    ),
}


@pytest.mark.parametrize("name", CARRIED)
def test_carries_what_it_needs(name):
    before, expression, there, absent = CARRIED[name]
    code = only(f"{before}\n\n{calling(expression)}").code
    assert all(text in code for text in there)
    assert not any(text in code for text in absent)


@pytest.mark.parametrize("name", CARRIED)
def test_what_is_carried_is_whole(name):
    """It parses, and no name in it is free."""
    before, expression, _there, _absent = CARRIED[name]
    code = only(f"{before}\n\n{calling(expression)}").code
    assert parse(code)["word"] == "ok"
    assert free_in(code) == set()


def test_what_stands_after_the_unit_is_carried_too():
    code = only(f"{calling('g(x)')}\n\ndef g(x):\n    return x\n").code
    assert code.index("def f") < code.index("def g")


def test_decorators_belong_to_the_unit():
    found = only(f"import functools\n\n\n@functools.cache\n{UNIT}")
    assert found.code == f"import functools\n\n\n@functools.cache\n{UNIT}"
    assert found.first_line == 4


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (UNIT, "function"),
        (f"async {UNIT}", "function"),
        ("class f:\n    a = 1\n    b = 2\n    c = 3\n    d = 4\n", "class"),
        ("@d\nclass f:\n    a = 1\n    b = 2\n    c = 3\n    d = 4\n", "class"),
    ],
)
def test_kinds(text, kind):
    assert only(text).kind == kind


def test_functions_in_functions_are_not_units():
    inner = UNIT.replace("def f", "def inner").replace("\n", "\n    ").rstrip(" ")
    found = units(f"def f(x):\n    {inner}    return inner(x)\n")
    assert [unit.name for unit in found] == ["f"]


def test_the_order_is_that_of_the_text():
    found = units(
        f"class A:\n    def m(self):\n        return 1\n\n{UNIT}\n{UNIT.replace('f(', 'g(')}"
    )
    assert [unit.name for unit in found] == ["A", "m", "f", "g"]


def test_docstring_comments_and_blanks_do_not_count():
    text = f'def f(x):\n    """Say.\n\n    More.\n    """\n    # a remark\n\n{BODY}'
    assert only(text).size == 5


@pytest.mark.parametrize(("bounds", "reason"), [
    ((5, 20, 80), ""), ((6, 20, 80), "too-short"), ((1, 4, 80), "too-long"), ((5, 5, 0), ""),
])  # fmt: skip
def test_bounds(bounds, reason):
    (found,) = units(UNIT, bounds)
    assert found.reason == reason


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_ends_of_lines_do_not_matter(end):
    found = only(f"N = 1\n\n\n{calling('N')}".replace("\n", end))
    assert found.code == f"N = 1\n\n\n{calling('N')}"
    assert (found.first_line, found.last_line) == (4, 8)


@pytest.mark.parametrize("sign", ["\x0c", "\x0b", "\x1c", "\u2028", "\x85"])
def test_other_signs_end_no_line(sign):
    """Python counts lines by newlines alone, whatever `splitlines` thinks."""
    found = only(f"A = '''{sign}'''\n# {sign}\n\n\n{UNIT}")
    assert (found.code, found.first_line) == (UNIT, 5)


def test_a_file_without_definitions_has_no_units():
    assert units("x = 1\n") == []
    assert units("") == []


@pytest.mark.parametrize(
    ("code", "free"),
    [
        ("def f(x):\n    return y\n", {"y"}),
        ("def f(x, y=z):\n    return y\n", {"z"}),
        ("def f(g=g):\n    return g\n", {"g"}),
        ("def f():\n    def g():\n        n = 1\n    return n\n", {"n"}),
        ("class A:\n    def g(self):\n        return g\n", {"g"}),
        ("class A(B):\n    pass\n", {"B"}),
        ("@d\ndef f(): pass\n", {"d"}),
        ("x = [y for y in z]\n", {"z"}),
        ("def f():\n    global n\n    n = 1\n\ndef g():\n    return n\n", set()),
        ("def f(self):\n    return super().f() + __name__\n", set()),
        ("def f(super):\n    return super\n", set()),
        ("import a.b\na.b.c\n", set()),
        ("for i in range(3):\n    print(i)\n", set()),
        ("try:\n    x = 1\nexcept E as e:\n    print(e)\n", {"E"}),
        ("match x:\n    case [a, *b]:\n        print(a, b)\n", {"x"}),
        ("lambda a, *b, **c: a + b + c + d\n", {"d"}),
        ("def f(x: T) -> U: pass\n", {"T", "U"}),
    ],
)
def test_free_names(code, free):
    assert free_in(code) == free
