"""Python text as a tree: parses or not, what it defines, its stub, its imports."""

import ast

import pytest

from backfeed.analyzers._python_code import (
    definitions,
    imports,
    is_stub,
    missing_imports,
    parse,
    stub,
    tree_of,
)

OK = {
    "nothing": "",
    "a comment": "# nothing",
    "a function": "def f(x):\n    return x\n",
    "a match": "match x:\n    case [1, *_]:\n        pass\n",
    "an exception group": "try:\n    pass\nexcept* ValueError:\n    pass\n",
    "a walrus": "if (n := 1):\n    pass\n",
    "an async comprehension": "async def f(a):\n    return [x async for x in a]\n",
    "a bad escape, which only warns": "x = '\\d'\n",
    "an undefined name": "return_ = y\n",
    "carriage returns": "x = 1\ry = 2\r",
    "a form feed": "x = 1\n\x0c\ny = 2\n",
}
INVALID = {
    "a cut line": ("def f(:\n    pass\n", 1),
    "no body": ("def f(x):\n", 1),
    "wrong indentation": ("def f(x):\n    y = 1\n  return y\n", 3),
    "tabs and spaces": ("if x:\n\ty = 1\n        z = 2\n", 3),
    "an open bracket": ("x = (1,\n\n", 1),
    "an open string": ("x = 'a\n", 1),
    "a statement of Python 2": ("print 'a'\n", 1),
    "return outside a function": ("x = 1\nreturn x\n", 2),
    "await outside a coroutine": ("def f():\n    await g()\n", 2),
    "yield outside a function": ("yield 1\n", 1),
    "break outside a loop": ("break\n", 1),
    "one argument twice": ("def f(a, a):\n    pass\n", 1),
    "an assignment to a literal": ("1 = x\n", 1),
    "a late future import": ("x = 1\nfrom __future__ import annotations\n", 2),
    "a NUL": ("x = 1\0\n", 0),
    "half of a surrogate pair": ("x = '\ud800'\n", 0),
    "prose": ("Here is the code you asked for.\n", 1),
    "a fence": ("```python\nx = 1\n```\n", 1),
}


@pytest.mark.parametrize("name", OK)
def test_parses(name):
    assert parse(OK[name]) == {"word": "ok"}


@pytest.mark.parametrize("name", INVALID)
def test_does_not_parse(name):
    code, line = INVALID[name]
    found = parse(code)
    assert (found["word"], found["line"]) == ("invalid", line)
    assert found["message"]


def test_what_the_parser_gives_up_on_is_unknown():
    found = parse("x = " + "-" * 100_000 + "1")
    assert found["word"] == "unknown"
    assert found["message"] in ("RecursionError", "MemoryError")


@pytest.mark.filterwarnings("error")
def test_parsing_warns_of_nothing():
    assert parse("x = '\\d' is 1\n")["word"] == "ok"
    assert tree_of("assert (x, 1)\n") is not None


@pytest.mark.parametrize(
    "code",
    [
        "x = (",
        "x = " + "+".join(["1"] * 500),
        "x" + ".a" * 500,
        "x = " + "-" * 100_000 + "1",
        f"x = 0x{'f' * 5000}",
        "x = '\ud800'",
    ],
)
def test_no_tree_that_could_not_be_written(code):
    """What is deeper than anybody writes, or holds a number too long to print."""
    assert tree_of(code) is None


def test_what_people_write_has_a_tree():
    branches = "".join(f"    elif x == {n}:\n        return {n}\n" for n in range(40))
    tree = tree_of(
        f"def f(x):\n    if x < 0:\n        return x\n{branches}    return 0x{'f' * 256}"
    )
    assert tree is not None
    assert ast.unparse(tree)


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("def f(): pass\nclass A: pass\nasync def g(): pass\n", {"f", "A", "g"}),
        ("x = y = 1\n(a, [b, *c]) = z\nn: int = 1\nm: int\n", {"x", "y", "a", "b", "c", "n", "m"}),
        ("import a.b, c as d\nfrom e import f as g, h\n", {"a", "d", "g", "h"}),
        ("if x:\n    def f(): pass\nelse:\n    def g(): pass\n", {"f", "g"}),
        (
            "try:\n    import a\nexcept ImportError:\n    a = None\nfinally:\n    b = 1\n",
            {"a", "b"},
        ),
        ("for i in x:\n    j = i\n", {"i", "j"}),
        ("with a as b:\n    def f(): pass\n", {"b", "f"}),
        ("def f():\n    x = 1\n    def g(): pass\n", {"f"}),
        ("x.y = 1\nz[0] = 1\ndel w\n", set()),
    ],
)
def test_definitions(code, names):
    assert set(definitions(ast.parse(code))) == names


def test_the_last_definition_wins():
    found = definitions(ast.parse("def f(): pass\nf = 1\ndef f(x): return x\n"))
    assert found["f"].lineno == 3


STUBS = ["pass", "...", "'''Say.'''", "'''Say.'''\n    pass", "raise NotImplementedError",
         "raise NotImplementedError('later')", "'''Say.'''\n    ..."]  # fmt: skip
NO_STUBS = ["return None", "return 1", "raise ValueError", "x = 1", "print()", "yield", "raise",
            "pass\n    return 1", "raise abc.NotImplementedError"]  # fmt: skip


@pytest.mark.parametrize("body", STUBS)
def test_is_a_stub(body):
    assert is_stub(ast.parse(f"def f(x):\n    {body}\n").body[0])


@pytest.mark.parametrize("body", NO_STUBS)
def test_is_no_stub(body):
    assert not is_stub(ast.parse(f"def f(x):\n    {body}\n").body[0])


@pytest.mark.parametrize(
    ("code", "entry_point", "expected"),
    [
        ("def f(x):\n    return x\n", "f", "def f(x):\n    pass\n"),
        ("async def f(x):\n    return x\n", "f", "async def f(x):\n    pass\n"),
        ("@d\ndef f(x=1, *a, **k):\n    return x\n", "f", "@d\ndef f(x=1, *a, **k):\n    pass\n"),
        (
            "def g(x):\n    return x\n\ndef f(x):\n    return g(x)\n",
            "f",
            "def g(x):\n    return x\n\ndef f(x):\n    pass\n",
        ),
        (
            "def g(x):\n    return x\n\ndef f(x):\n    return g(x)\n",
            "unknown",
            "def g(x):\n    pass\n\ndef f(x):\n    pass\n",
        ),
        (
            "class A:\n    n = 1\n\n    def f(self):\n        return 1\n",
            "A",
            "class A:\n    n = 1\n\n    def f(self):\n        pass\n",
        ),
        ("if x:\n\n    def f():\n        return 1\n", "f", "if x:\n\n    def f():\n        pass\n"),
        ("x = 1\n", "x", ""),
        ("x = 1\n", "", ""),
        ("class A:\n    n = 1\n", "A", ""),
        ("def f(:\n", "f", ""),
    ],
)
def test_stub(code, entry_point, expected):
    assert stub(code, entry_point) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import os\nx = 1\nfrom a import b\n", "import os\nfrom a import b\n"),
        ("def f():\n    import os\n", ""),
        ("from typing import List\n\n\ndef f(x: List[int]):\n", "from typing import List\n"),
        ("import math\nWrite a function.\nfrom x import\n", "import math\n"),
        ("Imports are from abroad.\n", ""),
    ],
)
def test_imports(text, expected):
    assert imports(text) == expected


@pytest.mark.parametrize(
    ("code", "given", "expected"),
    [
        ("def f(x: List[int]): pass\n", "from typing import List\n", "from typing import List\n"),
        ("def f(x): return math.pi\n", "import math\nimport os\n", "import math\n"),
        ("import math\nmath.pi\n", "import math\n", ""),
        ("List = list\nx: List\n", "from typing import List\n", ""),
        ("def f(x): pass\n", "from typing import List\n", ""),
        ("x = 1\n", "from typing import *\n", "from typing import *\n"),
        ("def f(:\n", "import math\n", ""),
        ("np.array\n", "import numpy as np\n", "import numpy as np\n"),
    ],
)
def test_imports_that_only_the_problem_gives(code, given, expected):
    assert missing_imports(code, given) == expected
