"""Keywords of a Python function from its syntax, its name and its first sentence."""

import ast
import re
from collections.abc import Iterator
from typing import Any

from backfeed.analyzers._python_code import definitions, tree_of

_CONSTRUCTS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    ((ast.Yield, ast.YieldFrom), "generator"),
    ((ast.ListComp, ast.GeneratorExp), "comprehension"),
    (ast.DictComp, "dictionary comprehension"),
    ((ast.Dict,), "dictionary"),
    ((ast.Set, ast.SetComp), "set"),
    (ast.Lambda, "lambda function"),
    (ast.Try, "exception handling"),
    (ast.Raise, "input validation"),
    (ast.While, "while loop"),
    (ast.For, "iteration"),
    (ast.Slice, "slicing"),
    (ast.With, "context manager"),
    (ast.JoinedStr, "string formatting"),
    (ast.Starred, "argument unpacking"),
    (ast.ClassDef, "class design"),
    (ast.Nonlocal, "closure"),
    ((ast.BitAnd, ast.BitOr, ast.BitXor, ast.LShift, ast.RShift), "bit manipulation"),
    (ast.Mod, "modular arithmetic"),
)
_CALLS = {
    "sorted": "sorting", "sort": "sorting", "zip": "parallel iteration", "enumerate": "indexing",
    "isinstance": "type checking", "reversed": "reversal", "max": "maximum and minimum",
    "min": "maximum and minimum", "sum": "summation", "join": "string joining",
    "split": "string splitting", "set": "set", "dict": "dictionary", "defaultdict": "grouping",
    "groupby": "grouping", "deque": "queue", "heappush": "heap", "bisect": "binary search",
    "iter": "iterator protocol", "next": "iterator protocol", "map": "mapping",
    "filter": "filtering", "islice": "iterator slicing", "chain": "iterator chaining",
    "reduce": "reduction",
    "replace": "string replacement", "sub": "regular expression", "compile": "regular expression",
}  # fmt: skip
_DULL = frozenset(
    {"the", "a", "an", "of", "to", "and", "or", "in", "for", "with", "from", "is", "by"}
)


def keywords(code: str, name: str, problem: str) -> dict[str, Any]:
    """Task, instruction and knowledge phrases, each supported by the code, the name or the text."""
    tree = tree_of(code)
    node = None if tree is None else definitions(tree).get(name)
    if tree is None or node is None:
        return {"task": [], "instruction": [], "knowledge": []}
    return {
        "task": _tasks(node, name)[:2],
        "instruction": _instructions(node)[:3],
        "knowledge": _knowledge(tree, node, name)[:6],
    }


def _tasks(node: ast.stmt, name: str) -> list[str]:
    words = [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name) if word]
    found = [" ".join(words)] if words else []
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        doc = (ast.get_docstring(node) or "").partition(".")[0]
        spoken = [w.lower() for w in re.findall(r"[A-Za-z]{2,}", doc)][:4]
        while spoken and spoken[-1] in _DULL:
            spoken.pop()
        if len(spoken) >= 2:
            found.append(" ".join(spoken))
    return list(dict.fromkeys(found))


def _instructions(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.ClassDef):
        return ["implement a class"]
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        value = getattr(node, "value", None)
        return ["implement a function"] if isinstance(value, ast.Lambda) else []
    inner = list(ast.walk(node))
    lazy = any(isinstance(child, ast.Yield | ast.YieldFrom) for child in inner)
    found = ["write a generator" if lazy else "implement a function"]
    if node.args.defaults or node.args.kw_defaults:
        found.append("support optional arguments")
    if any(isinstance(child, ast.Raise) for child in inner):
        found.append("reject bad input")
    return found


def _imported(tree: ast.Module) -> Iterator[str]:
    for part in tree.body:
        if isinstance(part, ast.ImportFrom) and part.module:
            yield part.module
        elif isinstance(part, ast.Import):
            yield from (alias.name for alias in part.names)


def _knowledge(tree: ast.Module, node: ast.stmt, name: str) -> list[str]:
    found: dict[str, None] = dict.fromkeys(f"{module} module" for module in _imported(tree))
    inner = list(ast.walk(node))
    for child in inner:
        if isinstance(child, ast.Call):
            called = getattr(child.func, "attr", getattr(child.func, "id", ""))
            if called == name:
                found.setdefault("recursion")
            if called in _CALLS:
                found.setdefault(_CALLS[called])
    for kinds, phrase in _CONSTRUCTS:
        if any(isinstance(child, kinds) and child is not node for child in inner):
            found.setdefault(phrase)
    return list(found)
