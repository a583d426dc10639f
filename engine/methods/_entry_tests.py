"""A benchmark's tests on other functions: which ones take what the tests give, and the program.

Tests are those of a Python task: asserts that call its entry point, by its name or as the
`candidate` of HumanEval.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeGuard

from backfeed.engine.methods._python_tree import Function, functions_in, python_tree
from backfeed.engine.methods.benchmarks import Task
from backfeed.engine.methods.contamination import words

SIGNATURE_WORDS = 4
"""A signature of fewer words is anybody's: is_prime(n)."""

_NAMED = {
    "int": "number", "float": "number", "complex": "number", "str": "text", "bytes": "bytes",
    "bool": "truth", "list": "list", "tuple": "list", "sequence": "list", "iterable": "list",
    "set": "set", "frozenset": "set", "dict": "dict", "mapping": "dict",
}  # fmt: skip
_KINDS = {
    bool: "truth", int: "number", float: "number", complex: "number", str: "text", bytes: "bytes",
    list: "list", tuple: "list", set: "set", dict: "dict",
}  # fmt: skip
_ASKING = {"input", "open", "exit", "quit"}
_TOLD = 0.5  # a guess is right every other time


@dataclass(frozen=True, slots=True)
class Given:
    """What tests give an entry point: how many arguments, and the kind of each ("" is unknown).

    `worth` counts the asserts that tell functions apart: distinct calls, half for those that expect
    a truth value; 0 if all expect the same, which a stub could give. `signature` is that of the
    task's own solution, if it says enough to be no chance.
    """

    counts: tuple[int, ...]
    kinds: tuple[str, ...]
    worth: float
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Takes:
    """A function that could be tested: how it is reached, what it takes, and how that is called."""

    name: str
    least: int
    most: int
    kinds: tuple[str, ...]
    parameters: tuple[str, ...] = ()

    @property
    def signature(self) -> str:
        """Its name and those of its parameters."""
        return f"{self.name}({', '.join(self.parameters)})"


def given(task: Task) -> Given | None:
    """What the tests of a task give its entry point; None if that cannot be told."""
    tree = python_tree(task.tests)
    if tree is None or not task.entry_point:
        return None
    names = {task.entry_point, "candidate"}
    calls = [node for node in ast.walk(tree) if _is_call(node, names)]
    if not calls or any(call.keywords or _is_spread(call) for call in calls):
        return None
    counts = tuple(sorted({len(call.args) for call in calls}))
    columns = [[call.args[at] for call in calls if len(call.args) > at] for at in range(counts[-1])]
    own = [one.signature for one in functions(task.code) if one.name == task.entry_point]
    told = [one for one in own if len(words(one)) >= SIGNATURE_WORDS]
    return Given(counts, tuple(map(_common, columns)), _worth(tree, names), "".join(told[-1:]))


def _is_call(node: ast.AST, names: set[str]) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names


def _is_spread(call: ast.Call) -> bool:
    return any(isinstance(argument, ast.Starred) for argument in call.args)


def _common(values: list[ast.expr]) -> str:
    """The kind of values, if all that are literals are of one."""
    kinds = {_kind(value) for value in values} - {""}
    return kinds.pop() if len(kinds) == 1 else ""


def _kind(value: ast.expr) -> str:
    try:
        return _KINDS.get(type(ast.literal_eval(value)), "")
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return ""


def _worth(tree: ast.Module, names: set[str]) -> float:
    told: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert):
            for call in (one for one in ast.walk(node.test) if _is_call(one, names)):
                told[ast.unparse(call)] = _expected(node.test, call)
    if len(set(told.values())) < 2:
        return 0.0
    return sum(_TOLD if value in ("True", "False") else 1.0 for value in told.values())


def _expected(test: ast.expr, call: ast.AST) -> str:
    """What an assert expects of a call, as it is written; a bare call is expected to be true."""
    if test is call:
        return "True"
    if isinstance(test, ast.UnaryOp) and test.operand is call:
        return "False"
    if isinstance(test, ast.Compare) and test.left is call:
        return ast.unparse(test.comparators[-1]).strip("()")
    return ast.unparse(test).replace(ast.unparse(call), "@")


def functions(code: str) -> list[Takes]:
    """The functions of a program that can be called: its own, and methods of its classes.

    >>> [one.name for one in functions("def f(x): pass\\nclass S:\\n  def g(self, y): pass")]
    ['f', 'S().g']
    """
    tree = python_tree(code)
    if tree is None:
        return []
    own = [_takes(function, "", bound=0) for function in functions_in(tree)]
    return [*own, *(one for node in tree.body for one in _methods(node))]


def _methods(node: ast.stmt) -> Iterator[Takes]:
    if not isinstance(node, ast.ClassDef) or node.bases:
        return
    inner = [child for child in node.body if isinstance(child, Function)]
    making = [_takes(one, "", bound=1) for one in inner if one.name == "__init__"]
    if any(one.least for one in making):
        return
    for function in inner:
        if not function.name.startswith("__"):
            free = any(isinstance(one, ast.Name) and one.id == "staticmethod"
                       for one in function.decorator_list)  # fmt: skip
            yield _takes(function, f"{node.name}().", bound=0 if free else 1)


def _takes(function: Function, before: str, *, bound: int) -> Takes:
    taken = function.args
    plain = [*taken.posonlyargs, *taken.args][bound:]
    needed = sum(default is None for default in taken.kw_defaults)
    least = len(plain) - min(len(taken.defaults), len(plain))
    most = 1000 if taken.vararg else len(plain)
    kinds = tuple(_annotated(one.annotation) for one in plain)
    names = tuple(one.arg for one in plain)
    return Takes(before + function.name, least, most if not needed else -1, kinds, names)


def _annotated(annotation: ast.expr | None) -> str:
    """The kind that an annotation names; empty if it names none or several."""
    node = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    name = getattr(node, "attr", None) or getattr(node, "id", "")
    return _NAMED.get(str(name).lower(), "")


def fits(one: Takes, what: Given) -> bool:
    """May the function be called as the tests do?"""
    if not all(one.least <= count <= one.most for count in what.counts):
        return False
    pairs = zip(one.kinds, what.kinds, strict=False)
    return all(mine == theirs or not mine or not theirs for mine, theirs in pairs)


def quiet(code: str) -> str:
    """The code without what it does at its top: what is defined stays, calls and loops go.

    >>> quiet("import re\\nN = 3\\ndef f(x): return x\\nprint(f(int(input())))\\nM = input()")
    'import re\\nN = 3\\n\\ndef f(x):\\n    return x\\n'
    """
    tree = python_tree(code)
    if tree is None:
        return ""
    tree.body = [node for node in tree.body if _defines(node)]
    try:
        return ast.unparse(tree) + "\n"
    except (RecursionError, ValueError):
        return ""


def _defines(node: ast.stmt) -> bool:
    if isinstance(node, ast.Assign | ast.AnnAssign):
        inner = [one.func for one in ast.walk(node) if isinstance(one, ast.Call)]
        return not any(isinstance(name, ast.Name) and name.id in _ASKING for name in inner)
    return isinstance(node, Function | ast.ClassDef | ast.Import | ast.ImportFrom | ast.Try)


def program(task: Task, name: str) -> str:
    """The tests of a task, on a function that is reached so."""
    return f"{task.entry_point} = {name}\n{task.tests}\n"
