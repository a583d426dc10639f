"""Mutants of Python code from its syntax tree: small faults that good tests notice.

The operators are those of the mutation-testing literature (Offutt's sufficient set, with constants
and returns). Conditions and steps of `while` loops are left alone: a mutant that never ends costs
its whole time limit and says little.
"""

import ast
import copy
import hashlib
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from types import CodeType, UnionType
from typing import Any

from backfeed.analyzers._python_code import definitions, tree_of
from backfeed.engine.languages import ALIKE

_SWAPS: dict[type, type] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE,
    ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.And: ast.Or, ast.Or: ast.And,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
}  # fmt: skip

Edit = Callable[[], None]


def mutants(code: str, entry_point: str, most: int = 20) -> list[tuple[str, str]]:
    """Up to `most` different mutants of the entry point (or of all functions, if it is unknown).

    Each stands after the word for what was changed, or after ALIKE if it compiles to the same:
    these are not among the `most`. Which ones are taken depends on the code alone, and they are
    spread over its statements.
    """
    tree = tree_of(code)
    if tree is None:
        return []
    original = ast.unparse(tree)
    count = sum(1 for _ in _places(tree, entry_point))
    order = sorted(range(count), key=lambda place: _mark(original, place))
    found: dict[str, str] = {}
    left, same = most, _compiled(original)
    for place in order:
        if left <= 0:
            break
        operator, text = _mutant(tree, entry_point, place)
        if text not in (original, *found):
            is_alike = same is not None and _compiled(text) == same
            found[text] = ALIKE if is_alike else operator
            left -= not is_alike
    return [(operator, text + "\n") for text, operator in found.items()]


def _compiled(text: str) -> CodeType | None:
    """What Python makes of a text, whatever its lines; None if it makes nothing of it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _without_lines(compile(text, "answer", "exec", dont_inherit=True))
    except (SyntaxError, ValueError, RecursionError):
        return None


def _without_lines(code: CodeType) -> CodeType:
    constants = (_without_lines(it) if isinstance(it, CodeType) else it for it in code.co_consts)
    return code.replace(co_firstlineno=1, co_linetable=b"", co_consts=tuple(constants))


def _mark(code: str, place: int) -> bytes:
    return hashlib.blake2b(f"{place}/{code}".encode("utf-8", "replace"), digest_size=8).digest()


def _mutant(tree: ast.Module, entry_point: str, place: int) -> tuple[str, str]:
    changed = copy.deepcopy(tree)
    operator, edit = next(islice(_places(changed, entry_point), place, None))
    edit()
    return operator, ast.unparse(ast.fix_missing_locations(changed))


def _places(tree: ast.Module, entry_point: str) -> Iterator[tuple[str, Edit]]:
    """Every single edit that could be made, with the word for it, in the order of the text."""
    found = definitions(tree).get(entry_point)
    for root in [found] if found is not None else tree.body:
        if isinstance(root, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield from _inside(root)


def _inside(root: ast.AST) -> Iterator[tuple[str, Edit]]:
    for node in _walk(root):
        yield from _edits(node)


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes in the order of the text, without docstrings, annotations and `while` controls."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        doc = ast.get_docstring(node) is not None
        for child in node.body[1:] if doc else node.body:
            yield from _walk(child)
        return
    yield node
    for name, value in ast.iter_fields(node):
        if name == "annotation" or (isinstance(node, ast.While) and name == "test"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not (
                isinstance(node, ast.While) and isinstance(child, ast.AugAssign)
            ):
                yield from _walk(child)


def _edits(node: ast.AST) -> Iterator[tuple[str, Edit]]:
    for operator, kinds, edits in _OPERATORS:
        if isinstance(node, kinds):
            yield from ((operator, edit) for edit in edits(node))


def _condition(node: Any) -> Iterator[Edit]:
    yield lambda: setattr(node, "test", ast.UnaryOp(ast.Not(), node.test))


def _negation(node: ast.UnaryOp) -> Iterator[Edit]:
    if isinstance(node.op, ast.Not):
        yield lambda: setattr(node, "operand", ast.UnaryOp(ast.Not(), node.operand))


def _returned(node: ast.Return) -> Iterator[Edit]:
    value = node.value
    if value is not None:
        yield lambda: setattr(node, "value", ast.Constant(None))
        yield lambda: setattr(node, "value", ast.UnaryOp(ast.Not(), value))


def _emptied(node: Any) -> Iterator[Edit]:
    """What is assigned or yielded becomes None."""
    if node.value is not None:
        yield lambda: setattr(node, "value", ast.Constant(None))


def _loop(node: ast.For) -> Iterator[Edit]:
    yield lambda: node.body.append(ast.Break())
    yield lambda: node.body.insert(0, ast.Continue())


def _comprehension(node: ast.comprehension) -> Iterator[Edit]:
    if not node.ifs:
        yield lambda: node.ifs.append(ast.Constant(False))


def _subscript(node: ast.Subscript) -> Iterator[Edit]:
    if isinstance(node.slice, ast.Slice):
        yield lambda: setattr(node, "slice", ast.Slice())


def _statement(node: ast.Expr) -> Iterator[Edit]:
    if isinstance(node.value, ast.Call | ast.Yield | ast.YieldFrom):
        yield lambda: setattr(node, "value", ast.Constant(None))


def _call(node: ast.Call) -> Iterator[Edit]:
    """Arguments exchanged, left out, or set to nothing."""
    if len(node.args) == 2:
        yield lambda: node.args.reverse()
    for index, argument in enumerate(node.args):
        if isinstance(argument, ast.Starred):
            continue
        if not (isinstance(argument, ast.Constant) and argument.value is None):
            yield partial(node.args.__setitem__, index, ast.Constant(None))
    if len(node.args) > 1:
        yield partial(node.args.__delitem__, -1)
    for keyword in node.keywords:
        if keyword.arg is not None:
            yield partial(node.keywords.remove, keyword)


def _swap(node: Any) -> Iterator[Edit]:
    other = _SWAPS.get(type(node.op))
    if other is not None:
        yield lambda: setattr(node, "op", other())


def _compare(node: ast.Compare) -> Iterator[Edit]:
    for index, sign in enumerate(node.ops):
        other = _SWAPS.get(type(sign))
        if other is not None:
            yield partial(node.ops.__setitem__, index, other())


def _truth(node: ast.Constant) -> Iterator[Edit]:
    value = node.value
    if isinstance(value, bool):
        yield lambda: setattr(node, "value", not value)


def _number(node: ast.Constant) -> Iterator[Edit]:
    value = node.value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        yield lambda: setattr(node, "value", value + 1)


def _string(node: ast.Constant) -> Iterator[Edit]:
    if isinstance(node.value, str) and node.value:
        yield lambda: setattr(node, "value", "")


_OPERATORS: tuple[tuple[str, type | UnionType, Callable[[Any], Iterator[Edit]]], ...] = (
    ("operator", ast.BinOp | ast.BoolOp | ast.AugAssign, _swap),
    ("operator", ast.Compare, _compare),
    ("truth", ast.Constant, _truth),
    ("number", ast.Constant, _number),
    ("string", ast.Constant, _string),
    ("condition", ast.If | ast.IfExp, _condition),
    ("condition", ast.UnaryOp, _negation),
    ("returned", ast.Return, _returned),
    ("argument", ast.Call, _call),
    ("statement", ast.Assign, _emptied),
    ("returned", ast.Yield, _emptied),
    ("statement", ast.For, _loop),
    ("condition", ast.comprehension, _comprehension),
    ("argument", ast.Subscript, _subscript),
    ("statement", ast.Expr, _statement),
)
