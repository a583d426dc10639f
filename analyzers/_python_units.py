"""Units of Python code for reverse construction: complete, independent, and able to run alone.

tree-sitter finds functions, methods and classes; the syntax tree decides whether one is complete
(it parses, nothing dangles) and independent (every free name is a builtin, an import from the
standard library, or a helper of the same file, which is carried along).
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import tree_sitter
import tree_sitter_python

from backfeed.analyzers._python_code import BUILTINS, body_of, defined_names, tree_of

STDLIB = frozenset(sys.stdlib_module_names)
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

Bounds = tuple[int, int, int]
"""The least and the most lines of code of a unit, and the most lines carried along with it."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit and what it needs: `code` runs alone; `reason` says why it cannot be used, if so.

    Lines count from 1 in the file; `size` is lines of code without docstring, comments and blanks.
    """

    name: str
    kind: str
    code: str
    first_line: int
    last_line: int
    size: int
    reason: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class _File:
    """A parsed file: its lines, its top-level statements by the names that they bind."""

    text: str
    lines: list[str]
    tree: ast.Module
    bound: dict[str, ast.stmt] = field(default_factory=dict)


def units(text: str, bounds: Bounds = (5, 20, 80)) -> list[Unit]:
    """All units of a file, those that cannot be used with the reason; in the order of the text.

    A file that does not parse gives one unit that says so.
    """
    tree = tree_of(text)
    if tree is None:
        return [Unit("", "file", "", 1, text.count("\n") + 1, 0, "unparsable")]
    file = _File(text, text.splitlines(keepends=True), tree)
    for node in tree.body:
        for name in _bound_names(node):
            file.bound[name] = node
    found = [_unit(file, kind, node, bounds=bounds) for kind, node in _found(file)]
    return sorted(found, key=lambda unit: (unit.first_line, unit.last_line))


@cache
def _query() -> tuple[tree_sitter.Parser, tree_sitter.Query]:
    language = tree_sitter.Language(tree_sitter_python.language())
    source = (files("backfeed.grammars") / "python.scm").read_text(encoding="utf-8")
    return tree_sitter.Parser(language), tree_sitter.Query(language, source)


def _found(file: _File) -> Iterator[tuple[str, Definition]]:
    """The definitions that tree-sitter sees, as nodes of the syntax tree, with their kind."""
    parser, query = _query()
    tree = parser.parse(file.text.encode("utf-8", "replace"))
    captures = tree_sitter.QueryCursor(query).captures(tree.root_node)
    kinds = {node.start_point.row + 1: kind for kind, nodes in captures.items() for node in nodes}
    for node in ast.walk(file.tree):
        if isinstance(node, Definition) and (kind := kinds.get(node.lineno)) is not None:
            yield kind, node


def _unit(file: _File, kind: str, node: Definition, *, bounds: Bounds) -> Unit:
    least, most, carried = bounds
    first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
    last = node.end_lineno or node.lineno
    size = code_size(file.lines, node)

    def refused(reason: str, detail: str = "") -> Unit:
        return Unit(node.name, kind, "", first, last, size, reason, detail)

    if kind == "method":
        return refused("method", "it needs its class")
    if not least <= size <= most:
        return refused("too-short" if size < least else "too-long", f"{size} lines of code")
    if node not in file.tree.body:
        return refused("nested", "it stands in a condition")
    needs, reason = _needs(file, node)
    if reason:
        return refused(*reason)
    code = _assembled(file, node, needs)
    extra = code.count("\n") - (last - first + 1)
    if extra > carried:
        return refused("too-much-carried", f"{extra} lines of imports and helpers")
    return Unit(node.name, kind, code, first, last, size)


def code_size(lines: list[str], node: Definition) -> int:
    """Lines of code of a definition: no docstring, comments or blank lines."""
    skip: set[int] = set()
    if ast.get_docstring(node) is not None:
        doc = node.body[0]
        skip = set(range(doc.lineno, (doc.end_lineno or doc.lineno) + 1))
    numbers = range(node.lineno, (node.end_lineno or node.lineno) + 1)
    texts = (lines[number - 1].strip() for number in numbers if number not in skip)
    return sum(bool(text) and not text.startswith("#") for text in texts)


_NAMED = ast.ExceptHandler | ast.MatchAs | ast.MatchStar | Definition


def free_names(node: ast.AST) -> set[str]:
    """Names that are read in a piece of code and bound nowhere in it.

    Scopes are not told apart: a name that is bound anywhere inside counts as bound.
    """
    read: set[str] = set()
    bound: set[str] = set()
    for child in ast.walk(node):
        if isinstance(child, ast.Name):
            (read if isinstance(child.ctx, ast.Load) else bound).add(child.id)
        elif isinstance(child, ast.arg):
            bound.add(child.arg)
        elif isinstance(child, _NAMED) and child.name:
            bound.add(child.name)
        elif isinstance(child, ast.Import | ast.ImportFrom):
            bound |= {(a.asname or a.name).partition(".")[0] for a in child.names}
    return read - bound - BUILTINS


def _bound_names(node: ast.stmt) -> Iterator[str]:
    """Names that a top-level statement binds, also inside `try` and `if`."""
    if isinstance(node, ast.Try | ast.If):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                yield from _bound_names(child)
            elif isinstance(child, ast.ExceptHandler):
                for inner in child.body:
                    yield from _bound_names(inner)
    else:
        yield from defined_names(node)


def _needs(file: _File, node: Definition) -> tuple[list[ast.stmt], tuple[str, str] | None]:
    """The top-level statements that a unit needs, in the order of the text; or why it cannot be."""
    wanted: dict[int, ast.stmt] = {}
    todo = sorted(free_names(node))
    seen = {node.name}
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        source = file.bound.get(name)
        if source is None:
            return [], ("free-name", name)
        if (problem := _foreign(source, name)) is not None:
            return [], problem
        if id(source) not in wanted and source is not node:
            wanted[id(source)] = source
            todo += sorted(free_names(source))
    return sorted(wanted.values(), key=lambda part: part.lineno), None


def _foreign(source: ast.stmt, name: str) -> tuple[str, str] | None:
    """Does a statement bring in something from outside the standard library?"""
    for child in ast.walk(source):
        if isinstance(child, ast.ImportFrom):
            if child.level or not child.module:
                return ("project-import", f"{name} comes from the project")
            if child.module.partition(".")[0] not in STDLIB:
                return ("package-import", child.module)
            if any(alias.name == "*" for alias in child.names):
                return ("star-import", child.module)
        elif isinstance(child, ast.Import):
            outside = [a.name for a in child.names if a.name.partition(".")[0] not in STDLIB]
            if outside:
                return ("package-import", outside[0])
    return None


def _assembled(file: _File, node: Definition, needs: list[ast.stmt]) -> str:
    """Imports first, then helpers and the unit in the order of the text."""
    used = free_names(ast.Module([node, *needs], [])) | free_names(node)
    for part in needs:
        used |= free_names(part)
    imports = [part for part in needs if isinstance(part, ast.Import | ast.ImportFrom)]
    future = [
        n for n in file.tree.body if isinstance(n, ast.ImportFrom) and n.module == "__future__"
    ]
    helpers = [part for part in needs if not isinstance(part, ast.Import | ast.ImportFrom)]
    head = "".join(ast.unparse(part) + "\n" for part in future)
    head += "".join(_import(part, used) for part in imports)
    parts = sorted([*helpers, node], key=lambda part: part.lineno)
    texts = [_source(file, part).rstrip() + "\n" for part in parts]
    return (head + "\n\n" if head else "") + "\n\n".join(texts)


def _import(part: ast.stmt, used: set[str]) -> str:
    """An import statement with only the names that are used."""
    assert isinstance(part, ast.Import | ast.ImportFrom)
    names = [a for a in part.names if (a.asname or a.name).partition(".")[0] in used]
    kept: Any = (
        ast.Import(names) if isinstance(part, ast.Import) else ast.ImportFrom(part.module, names, 0)
    )
    return ast.unparse(ast.copy_location(kept, part)) + "\n" if names else ""


def _source(file: _File, node: ast.stmt) -> str:
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(d.lineno for d in decorators)])
    return "".join(file.lines[first - 1 : node.end_lineno])


def completeness(code: str) -> list[str]:
    """Why a loose piece of code is not complete and independent; empty if it is.

    >>> completeness("def f(x):\\n    return x + 1\\n")
    []
    >>> completeness("    return x + 1\\n")
    ['unparsable']
    """
    tree = tree_of(code)
    if tree is None:
        return ["unparsable"]
    found = [node for node in tree.body if isinstance(node, Definition)]
    problems = [] if found else ["no-definition"]
    problems += ["empty-body" for node in found if not body_of(node)]
    free = sorted(free_names(tree) - {name for node in tree.body for name in _bound_names(node)})
    return problems + [f"free-name {name}" for name in free]
