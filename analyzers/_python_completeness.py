"""Is a loose piece of Python code complete and independent?

What is cut off often still parses: a text that ends after any whole statement does. So the end is
looked at. A function whose last statements leave nothing behind, that stops after a guard while it
gives a value elsewhere, or that makes a function and never uses it, lost what came next.
"""

import ast
from collections.abc import Iterator, Sequence

from backfeed.analyzers._python_code import Definition, Function, body_of, compiles, tree_of
from backfeed.analyzers._python_flow import (
    inside,
    is_nothing,
    keeps_in_vain,
    leaves_nothing,
    unbound,
)
from backfeed.analyzers._python_names import free_in


def completeness(code: str) -> list[str]:
    """Why a loose piece of code is not complete and independent; empty if it is.

    >>> completeness("def f(x):\\n    return x + 1\\n")
    []
    >>> completeness("    return x + 1\\n")
    ['unparsable']
    >>> completeness("def f(x):\\n    y = x + 1\\n")
    ['dead-end f']
    """
    tree = tree_of(code) if compiles(code) else None
    if tree is None:
        return ["unparsable"]
    definitions = [node for node in ast.walk(tree) if isinstance(node, Definition)]
    problems = [] if any(isinstance(node, Definition) for node in tree.body) else ["no-definition"]
    problems += [f"free-name {name}" for name in sorted(free_in(code))]
    problems += ["dangling-comment"] if _ends_in_comment(code) else []
    last = max((node.end_lineno or 0 for node in definitions), default=0)
    for node in definitions:
        if isinstance(node, Function):
            problems += [f"unbound-name {name}" for name in unbound(node)]
            if node in tree.body or node.end_lineno == last:
                problems += [f"{problem} {node.name}" for problem in _problems(node)]
    return problems


def _ends_in_comment(code: str) -> bool:
    """Does the text end with a remark on code that does not come?"""
    last = code.rstrip().rpartition("\n")[2]
    return last.startswith((" ", "\t")) and last.lstrip().startswith("#")


def _problems(function: Function) -> Iterator[str]:
    body = body_of(function)
    if not body:
        yield "empty-body"
        return
    if any(isinstance(node, ast.Return) for node in body[:-1]):
        yield "unreachable"
    if leaves_nothing(function, body) or keeps_in_vain(function, body[-1]):
        yield "dead-end"
    elif _is_open_end(function, body):
        yield "open-end"
    elif _has_idle_function(body):
        yield "idle-function"


def _is_open_end(function: Function, body: Sequence[ast.stmt]) -> bool:
    """Does it stop after a guard or a search, and give a value elsewhere?"""
    nodes = inside(function)
    values = [n.value for n in nodes if isinstance(n, ast.Return) and not is_nothing(n.value)]
    if not values or any(isinstance(node, ast.Yield | ast.YieldFrom) for node in nodes):
        return False
    last = body[-1]
    if isinstance(last, ast.If):
        return not last.orelse and isinstance(last.body[-1], ast.Return | ast.Raise)
    found = all(isinstance(v, ast.Constant) and isinstance(v.value, bool) for v in values)
    return found and isinstance(last, ast.For | ast.While)


def _has_idle_function(body: Sequence[ast.stmt]) -> bool:
    """Does it end with a function that it never uses?"""
    last = body[-1]
    if not isinstance(last, Definition) or last.decorator_list:
        return False
    read = (node for part in body[:-1] for node in ast.walk(part) if isinstance(node, ast.Name))
    return all(node.id != last.name for node in read)
