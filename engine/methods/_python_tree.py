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


def undressed(code: str) -> str:
    """The code without annotations, in one spelling (parentheses, quotes); itself if it cannot be.

    >>> undressed("def f(x: int = 1) -> int:\\n    y: int = (x)\\n    return (y)")
    'def f(x=1):\\n    y = x\\n    return y'
    """
    tree = python_tree(code)
    if tree is None:
        return code
    try:
        return ast.unparse(_Undressing().visit(tree))
    except (RecursionError, ValueError):
        return code


class _Undressing(ast.NodeTransformer):
    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        self.generic_visit(node)
        if node.value is None:
            return node
        return ast.copy_location(ast.Assign(targets=[node.target], value=node.value), node)
