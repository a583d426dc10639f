"""Mutants: each operator makes a change, the choice depends on the code alone."""

import ast
import subprocess
import sys

import pytest

from backfeed.analyzers._python_mutants import mutants
from backfeed.engine.languages import ALIKE

# An expression or statement of a function, and changes of it that must be among its mutants.
OPERATORS = {
    "return a + b": ["return a - b", "return None", "return not a + b"],
    "return a - b": ["return a + b"],
    "return a * b": ["return a + b"],
    "return a / b": ["return a * b"],
    "return a // b": ["return a * b"],
    "return a % b": ["return a * b"],
    "return a < b": ["return a <= b"],
    "return a <= b": ["return a < b"],
    "return a > b": ["return a >= b"],
    "return a >= b": ["return a > b"],
    "return a == b": ["return a != b"],
    "return a != b": ["return a == b"],
    "return a < b < c": ["return a <= b < c", "return a < b <= c"],
    "return a and b": ["return a or b"],
    "return a or b": ["return a and b"],
    "return a is b": ["return a is not b"],
    "return a is not b": ["return a is b"],
    "return a in b": ["return a not in b"],
    "return a not in b": ["return a in b"],
    "return a & b": ["return a | b"],
    "return a | b": ["return a & b"],
    "return a << b": ["return a >> b"],
    "return a >> b": ["return a << b"],
    "return not a": ["return not (not a)"],
    "return 1": ["return 2"],
    "return 1.5": ["return 2.5"],
    "return True": ["return False"],
    "return 'a'": ["return ''"],
    "return a if b else c": ["return a if not b else c"],
    "return g(a, b)": ["return g(b, a)", "return g(None, b)", "return g(a, None)", "return g(a)"],
    "return g(a, k=b)": ["return g(a)", "return g(None, k=b)"],
    "return g(*a)": ["return None"],
    "return a[1:2]": ["return a[:]", "return a[2:2]", "return a[1:3]"],
    "return [x for x in a]": ["return [x for x in a if False]"],
    "a = b": ["a = None"],
    "a += b": ["a -= b"],
    "g(a)": ["None"],
    "yield a": ["yield None", "None"],
    "yield from a": ["None"],
}
BLOCKS = {
    "if a:\n        return b": ["if not a:\n        return b"],
    "for x in a:\n        g(x)": [
        "for x in a:\n        g(x)\n        break",
        "for x in a:\n        continue\n        g(x)",
    ],
}


def texts(*asked):
    return [text for _, text in mutants(*asked)]


def made(body, name="f"):
    return texts(f"def f(a, b, c):\n    {body}\n", name, 100)


def changed(body):
    return ast.unparse(ast.parse(f"def f(a, b, c):\n    {body}\n")) + "\n"


@pytest.mark.parametrize("body", [*OPERATORS, *BLOCKS])
def test_an_operator_makes_its_changes(body):
    expected = {**OPERATORS, **BLOCKS}[body]
    assert {changed(other) for other in expected} <= set(made(body))


@pytest.mark.parametrize("body", [*OPERATORS, *BLOCKS])
def test_every_mutant_parses_and_is_different(body):
    found = made(body)
    assert len(found) == len(set(found))
    assert changed(body) not in found
    assert all(ast.parse(text) for text in found)


UNTOUCHED = {
    "no body": ("def f():\n    pass\n", "f"),
    "a docstring": ("def f():\n    'Return 1 + 1.'\n", "f"),
    "an annotation": ("def f(a: 'x' = None) -> list[1]:\n    pass\n", "f"),
    "a default": ("def f(a=1):\n    pass\n", "f"),
    "the test of a while loop": ("def f(a):\n    while a < 1:\n        pass\n", "f"),
    "the step of a while loop": ("def f(a):\n    while a:\n        a += 1\n", "f"),
    "other functions": ("def g():\n    return 1\n\ndef f():\n    pass\n", "f"),
    "the module": ("X = 1 + 1\nprint(X)\n", "X"),
    "what does not parse": ("def f(:\n", "f"),
}


@pytest.mark.parametrize("name", UNTOUCHED)
def test_left_alone(name):
    assert mutants(*UNTOUCHED[name]) == []


def test_the_body_of_a_while_loop_is_changed():
    code = "def f(a):\n    while a:\n        g(a - 1)\n        a -= 1\n"
    found = texts(code, "f", 100)
    assert any("g(a + 1)" in text for text in found)
    assert all("while a:" in text and "a -= 1" in text for text in found)


def test_methods_of_a_class_are_changed():
    code = "class A:\n    'One.'\n    def f(self):\n        return 1\n"
    assert any("return 2" in text for text in texts(code, "A"))


def test_without_a_name_all_functions_are_changed():
    found = texts("def f():\n    return 1\n\ndef g():\n    return 'a'\n", "", 100)
    assert any("return 2" in text for text in found)
    assert any("return ''" in text for text in found)


LONG = (
    "def f(a):\n" + "".join(f"    a = a + {n} * g(a, {n})\n" for n in range(30)) + "    return a\n"
)


@pytest.mark.parametrize("most", [1, 7, 20])
def test_no_more_than_asked_for(most):
    assert len(mutants(LONG, "f", most)) == most


def test_they_are_spread_over_the_code():
    """Not the first twenty: a quarter of the function must not go unseen."""
    original = LONG.splitlines()
    lines = set()
    for text in texts(LONG, "f", 20):
        lines |= {n for n, line in enumerate(text.splitlines()) if line != original[n]}
    assert all(any(low <= line < low + 8 for line in lines) for low in (1, 9, 17, 25))


@pytest.mark.parametrize("seed", ["0", "1"])
def test_they_depend_on_the_code_alone(seed):
    program = (
        "import sys; from backfeed.analyzers._python_mutants import mutants;"
        "sys.stdout.write(repr(mutants(sys.stdin.read(), 'f')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], input=LONG, capture_output=True, text=True,
        env={"PYTHONHASHSEED": seed}, check=True,
    )  # fmt: skip
    assert done.stdout == repr(mutants(LONG, "f"))


BY = [
    ("return a + b", "return a - b", "operator"),
    ("return a < b", "return a <= b", "operator"),
    ("return a[1]", "return a[2]", "number"),
    ("return True", "return False", "truth"),
    ("return 'x'", "return ''", "string"),
    ("return not a", "return not not a", "condition"),
    ("return a", "return None", "returned"),
    ("yield a", "yield None", "returned"),
    ("g(a, b)", "g(b, a)", "argument"),
    ("g()", "None", "statement"),
]


@pytest.mark.parametrize(("body", "other", "operator"), BY)
def test_each_says_what_was_changed(body, other, operator):
    found = mutants(changed(body), "f", 100)
    assert (operator, changed(other)) in found


def test_what_compiles_to_the_same_looks_equivalent_and_is_one_more():
    code = changed("return a\n    return b + 1")
    found = mutants(code, "f", 100)
    assert {name for name, text in found if "return a\n" in text} == {ALIKE}
    assert {name for name, text in found if "return a\n" not in text} == {"returned"}
    assert [name for name, _ in mutants(code, "f", 1) if name != ALIKE] == ["returned"]
