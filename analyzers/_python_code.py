"""Python source as a tree: does it parse, what does it define, its stub, its imports."""

import ast
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

from backfeed.analyzers import _python_later
from backfeed.analyzers._python_names import defined_names

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
Import = ast.Import | ast.ImportFrom
_DEEPEST = 100
_MOST_BITS = 8192  # Python writes numbers of up to 4300 digits


def parse(code: str) -> dict[str, Any]:
    """`ok`, or the syntax error with its line. Code that the parser gives up on is unknown."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(code, "answer.py", "exec", dont_inherit=True)
    except SyntaxError as error:
        later = _python_later.older(code)
        word = "unknown" if later and _compiles(later) else "invalid"
        message = error.msg or "syntax error"
        said = f"it needs a later Python: {message}" if word == "unknown" else message
        return {"word": word, "message": said, "line": error.lineno or 0}
    except ValueError as error:
        return {"word": "invalid", "message": str(error), "line": 0}
    except (RecursionError, MemoryError) as error:
        return {"word": "unknown", "message": type(error).__name__, "line": 0}
    return {"word": "ok"}


def _compiles(code: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(code, "answer.py", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def compiles(code: str) -> bool:
    """Does Python itself take the text? A tree is to be had of more, such as a lone `return`."""
    return bool(parse(code)["word"] == "ok")


def tree_of(code: str) -> ast.Module | None:
    """The syntax tree; None if there is none, or none that can be written as text again.

    Trees are copied and written by functions that call themselves: one that is too deep, or holds a
    number too long to be written, would end those with an error.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return tree if _can_be_written(tree) else None


def _can_be_written(tree: ast.AST) -> bool:
    level: list[ast.AST] = [tree]
    for _ in range(_DEEPEST):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return True
        if any(_is_long_number(node) for node in level):
            return False
    return False


def _is_long_number(node: ast.AST) -> bool:
    value = node.value if isinstance(node, ast.Constant) else None
    return isinstance(value, int) and value.bit_length() > _MOST_BITS


def definitions(tree: ast.Module) -> dict[str, ast.stmt]:
    """The functions, classes and plain assignments of a module, by name; the last one wins.

    Those in conditions and `try` count, too.
    """
    found: dict[str, ast.stmt] = {}
    for node in _opened(tree.body):
        for name in defined_names(node):
            found[name] = node
    return found


def _opened(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements, and after each block those that stand in it."""
    for node in body:
        yield node
        if isinstance(node, ast.If | ast.Try | ast.With):
            for part in ast.iter_child_nodes(node):
                inner = part.body if isinstance(part, ast.ExceptHandler) else [part]
                yield from _opened([child for child in inner if isinstance(child, ast.stmt)])


def imports(code: str) -> str:
    """The import statements at the top level of a text that need not parse as a whole."""
    tree = tree_of(code)
    if tree is not None:
        nodes = [n for n in tree.body if isinstance(n, Import)]
        return "".join(ast.unparse(node) + "\n" for node in nodes)
    lines = (line for line in code.splitlines() if line.startswith(("import ", "from ")))
    return "".join(line + "\n" for line in lines if tree_of(line) is not None)


def missing_imports(code: str, given: str) -> str:
    """Those imports among `given` whose names the code uses and does not bind itself."""
    tree, offered = tree_of(code), tree_of(imports(given))
    if tree is None or offered is None:
        return ""
    bound = {name for node in tree.body for name in defined_names(node)}
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    wanted = [
        node
        for node in offered.body
        if any(name == "*" or (name in used and name not in bound) for name in defined_names(node))
    ]
    return "".join(ast.unparse(node) + "\n" for node in wanted)


def root_of(node: ast.expr) -> str:
    """The name that a chain of attributes and items starts from."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def body_of(function: Definition) -> list[ast.stmt]:
    """The body without its docstring."""
    return function.body[1:] if ast.get_docstring(function) is not None else function.body


def is_stub(function: Function) -> bool:
    """Does the body do nothing: pass, ..., or only NotImplementedError?"""
    return all(_does_nothing(statement) for statement in body_of(function))


def _does_nothing(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Pass):
        return True
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return True
    if isinstance(statement, ast.Raise) and statement.exc is not None:
        name = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
        return isinstance(name, ast.Name) and name.id == "NotImplementedError"
    return False


def stub(code: str, entry_point: str) -> str:
    """The code with the entry point (or every function, if it is unknown) doing nothing.

    The signature stays, so that tests can call it; a class keeps its shape and loses its methods'
    bodies. An empty text if there is nothing to empty.
    """
    tree = tree_of(code)
    if tree is None:
        return ""
    found = definitions(tree).get(entry_point)
    targets = [found] if found is not None else tree.body
    emptied = [_empty(target) for target in targets]
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n" if any(emptied) else ""


def _empty(node: ast.stmt) -> bool:
    if isinstance(node, ast.ClassDef):
        emptied = [_empty(inner) for inner in node.body]
        return any(emptied)
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return False
    node.body = [ast.Pass()]
    return True
