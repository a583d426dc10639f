"""Python code as a tree: what methods that look at functions share."""

import ast
import warnings

Function = ast.FunctionDef | ast.AsyncFunctionDef
_LONGEST = 200_000


def python_tree(code: str) -> ast.Module | None:
    """The syntax tree; None for what is no Python, or far too long or deep to be an answer."""
    if len(code) > _LONGEST:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def functions_in(tree: ast.Module) -> list[Function]:
    """The functions at the top level, in order."""
    return [node for node in tree.body if isinstance(node, Function)]
