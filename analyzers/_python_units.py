"""Units of Python code for reverse construction: complete, independent, and able to run alone.

tree-sitter finds functions, methods and classes; the syntax tree decides whether one is complete
(it parses, nothing dangles) and independent (every free name is a builtin, an import from the
standard library, or a helper of the same file, which is carried along).
"""

import ast
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

import tree_sitter
import tree_sitter_python

from backfeed.analyzers._described import Unit
from backfeed.analyzers._python_carried import (
    SourceFile,
    assembled,
    first_line,
    needs,
    source_file,
)
from backfeed.analyzers._python_code import Definition, compiles, tree_of

Bounds = tuple[int, int, int]
"""The least and the most lines of code of a unit, and the most lines carried along with it."""


def units(text: str, bounds: Bounds = (5, 20, 80)) -> list[Unit]:
    """All units of a file, those that cannot be used with the reason; in the order of the text.

    A file that does not parse gives one unit that says so.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    tree = tree_of(text) if compiles(text) else None
    if tree is None:
        return [Unit("", "file", "", 1, text.count("\n") + 1, 0, "unparsable")]
    file = source_file(text, tree)
    found = [_unit(file, kind, node, bounds=bounds) for kind, node in _found(file)]
    return sorted(found, key=lambda unit: (unit.first_line, unit.last_line))


@cache
def _query() -> tuple[tree_sitter.Parser, tree_sitter.Query]:
    language = tree_sitter.Language(tree_sitter_python.language())
    source = (files("backfeed.grammars") / "python.scm").read_text(encoding="utf-8")
    return tree_sitter.Parser(language), tree_sitter.Query(language, source)


def _found(file: SourceFile) -> Iterator[tuple[str, Definition]]:
    """The definitions that tree-sitter sees, as nodes of the syntax tree, with their kind."""
    parser, query = _query()
    tree = parser.parse(file.text.encode("utf-8", "replace"))
    captures = tree_sitter.QueryCursor(query).captures(tree.root_node)
    kinds = {node.start_point.row + 1: kind for kind, nodes in captures.items() for node in nodes}
    for node in ast.walk(file.tree):
        if isinstance(node, Definition) and (kind := kinds.get(node.lineno)) is not None:
            yield kind, node


def _unit(file: SourceFile, kind: str, node: Definition, *, bounds: Bounds) -> Unit:
    least, most, carried = bounds
    first = first_line(node)
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
    parts, reason = needs(file, node)
    if reason:
        return refused(*reason)
    if name := next(filter(None, map(_gathers, (node, *parts))), ""):
        return refused("registry", f"other functions of its file register with {name}")
    code = assembled(file, node, parts)
    extra = code.count("\n") - (last - first + 1)
    if extra > carried:
        return refused("too-much-carried", f"{extra} lines of imports and helpers")
    return Unit(node.name, kind, code, first, last, size)


def _gathers(node: ast.stmt) -> str:
    """The name of a function that is made of several: `singledispatch`, `overload`."""
    for decorator in getattr(node, "decorator_list", ()):
        last = ast.unparse(decorator).rpartition(".")[2]
        if last in {"singledispatch", "singledispatchmethod", "overload", "register"}:
            return str(getattr(node, "name", ""))
    return ""


def code_size(lines: list[str], node: Definition) -> int:
    """Lines of code of a definition: no docstring, comments or blank lines."""
    skip: set[int] = set()
    if ast.get_docstring(node) is not None:
        doc = node.body[0]
        skip = set(range(doc.lineno, (doc.end_lineno or doc.lineno) + 1))
    numbers = range(node.lineno, (node.end_lineno or node.lineno) + 1)
    texts = (lines[number - 1].strip() for number in numbers if number not in skip)
    return sum(bool(text) and not text.startswith("#") for text in texts)
