"""Which parameters a docstring speaks of: nobody can know what the others do."""

import ast
import doctest
import re
from collections.abc import Iterator

from backfeed.analyzers._python_code import tree_of


def unspoken(node: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[str, ...]:
    """Parameters with defaults that the docstring neither names nor gives in an example.

    None if there is no docstring: whoever describes the function then has the code before them.
    """
    doc = ast.get_docstring(node) or ""
    if not doc:
        return ()
    given = _given_by_place(doc, node.name)
    return tuple(
        name
        for place, name in _with_defaults(node.args)
        if not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", doc) and not 0 <= place < given
    )


def unexplained(node: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[str, ...]:
    """Parameters with defaults that the docstring does not name outside of its examples."""
    doc = ast.get_docstring(node) or ""
    words = set(re.findall(r"\w+", "\n".join(_prose_lines(doc))))
    return tuple(name for _, name in _with_defaults(node.args) if name not in words)


def _prose_lines(doc: str) -> Iterator[str]:
    """The lines that are no example: one ends with a blank line."""
    inside = False
    for line in doc.splitlines():
        inside = line.strip().startswith(">>>") or (inside and bool(line.strip()))
        if not inside:
            yield line


def spoken_only(node: ast.FunctionDef) -> ast.arguments:
    """The parameters of a function without those that it does not speak of."""
    left_out = set(unspoken(node))
    takes = node.args
    if not left_out or (takes.vararg and left_out & {arg.arg for arg in takes.args}):
        return takes  # what comes after them is given by place
    plain = [*takes.posonlyargs, *takes.args]
    defaults: list[ast.expr | None] = [None] * (len(plain) - len(takes.defaults))
    pairs = [
        (arg, default)
        for arg, default in zip(plain, [*defaults, *takes.defaults], strict=True)
        if arg.arg not in left_out
    ]
    named = [
        (arg, default)
        for arg, default in zip(takes.kwonlyargs, takes.kw_defaults, strict=True)
        if arg.arg not in left_out
    ]
    placed = {arg.arg for arg in takes.posonlyargs}
    return ast.arguments(
        posonlyargs=[arg for arg, _ in pairs if arg.arg in placed],
        args=[arg for arg, _ in pairs if arg.arg not in placed],
        vararg=takes.vararg,
        kwonlyargs=[arg for arg, _ in named],
        kw_defaults=[default for _, default in named],
        kwarg=takes.kwarg,
        defaults=[default for _, default in pairs if default is not None],
    )


def _with_defaults(takes: ast.arguments) -> list[tuple[int, str]]:
    """Names with their places; those that go by name alone have the place -1."""
    plain = [*takes.posonlyargs, *takes.args]
    first = len(plain) - len(takes.defaults)
    found = [(place, arg.arg) for place, arg in enumerate(plain) if place >= first]
    only = zip(takes.kwonlyargs, takes.kw_defaults, strict=True)
    return [*found, *((-1, arg.arg) for arg, default in only if default is not None)]


def _given_by_place(doc: str, name: str) -> int:
    """The most arguments that an example gives by their place."""
    try:
        shown = doctest.DocTestParser().get_examples(doc)
    except ValueError:
        return 0
    trees = [tree for one in shown if (tree := tree_of(one.source)) is not None]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return max(
        (len(call.args) for call in calls if getattr(call.func, "id", "") == name), default=0
    )
