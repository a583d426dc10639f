"""Names in Python code: which ones a piece binds, and which ones it reads from elsewhere."""

import ast
import builtins
import symtable
from collections.abc import Iterator

BUILTINS = frozenset(dir(builtins)) | {"__name__", "__file__", "__doc__", "__builtins__"}


def free_names(node: ast.AST) -> set[str]:
    """Names that a piece of code reads and does not bind, as Python's own scopes have it.

    The piece is looked at as the whole text of a module: a statement, or a tree.
    """
    return free_in(ast.unparse(node))


def free_in(code: str) -> set[str]:
    """The free names of a text that parses. Raises `SyntaxError` for one that does not compile."""
    top = symtable.symtable(code, "answer.py", "exec")
    read: set[str] = set()
    bound: set[str] = set()
    todo = [top]
    while todo:
        table = todo.pop()
        todo += table.get_children()
        for symbol in table.get_symbols():
            if table is not top and not symbol.is_global():
                continue
            if symbol.is_referenced():
                read.add(symbol.get_name())
            if symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace():
                bound.add(symbol.get_name())
    # A function that reads something called `super` gets `__class__` from the compiler.
    return read - bound - BUILTINS - {"__class__"}


def defined_names(node: ast.stmt) -> Iterator[str]:
    """The names that one top-level statement binds."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Import | ast.ImportFrom):
        for alias in node.names:
            yield (alias.asname or alias.name).partition(".")[0]
    else:
        for child in ast.walk(node):
            if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
                yield child.id


def bound_names(node: ast.stmt) -> Iterator[str]:
    """Names that a top-level statement binds, also inside `try` and `if`."""
    if isinstance(node, ast.Try | ast.If):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                yield from bound_names(child)
            elif isinstance(child, ast.ExceptHandler):
                for inner in child.body:
                    yield from bound_names(inner)
    else:
        yield from defined_names(node)
