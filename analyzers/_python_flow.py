"""What a Python function leaves behind at its end, and what it reads before it is there.

Statements are taken in the order of the text, as they are first run; the insides of functions and
classes that it defines run later, and are left out.
"""

import ast
from collections.abc import Iterator, Sequence

from backfeed.analyzers._python_code import Definition, Function, root_of

_ENDS = ast.Return | ast.Raise
_LOOPS = ast.For | ast.AsyncFor | ast.While
_LATER = Definition | ast.Lambda
_COMPREHENSIONS = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_SEEN = (
    ast.Yield | ast.YieldFrom | ast.Await | ast.Raise | ast.Global | ast.Nonlocal | ast.Assert
    | ast.Delete | ast.With | ast.AsyncWith
)  # fmt: skip
_MADE = (
    ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp | ast.Constant
    | ast.BinOp | ast.JoinedStr | ast.Tuple
)  # fmt: skip
_MAKERS = frozenset({
    "list", "dict", "set", "bytearray", "deque", "defaultdict", "Counter", "OrderedDict",
    "StringIO", "BytesIO",
})  # fmt: skip


def own(node: ast.AST) -> Iterator[ast.AST]:
    """A node and those in it, without the insides of functions and classes."""
    yield node
    if not isinstance(node, _LATER):
        for child in ast.iter_child_nodes(node):
            yield from own(child)


def inside(function: Function) -> list[ast.AST]:
    """The nodes of a function's body."""
    return [node for statement in function.body for node in own(statement)]


def is_nothing(value: ast.expr | None) -> bool:
    """No expression, or None."""
    return value is None or (isinstance(value, ast.Constant) and value.value is None)


def leaves_nothing(function: Function, body: Sequence[ast.stmt]) -> bool:
    """Do the statements after its last `return` work on nothing but locals of its own?"""
    tail: list[ast.stmt] = []
    for statement in reversed(body):
        if any(isinstance(node, _ENDS) for node in own(statement)):
            break
        tail.append(statement)
    if not tail or any(isinstance(node, ast.Pass) for node in tail):
        return False
    fresh = _fresh(function)
    return not any(_is_seen(node, fresh) for statement in tail for node in own(statement))


def _fresh(function: Function) -> set[str]:
    """Locals that it made itself: changing one is seen by nobody outside."""
    others = {node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)}
    fresh: set[str] = set()
    for node in inside(function):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            made = isinstance(node.value, _MADE) or _called(node.value) in _MAKERS
            (fresh if made else others).update(_kept(node))
    return fresh - others


def _called(value: ast.expr) -> str:
    function = value.func if isinstance(value, ast.Call) else None
    return function.id if isinstance(function, ast.Name) else ""


def _is_seen(node: ast.AST, fresh: set[str]) -> bool:
    """Could anybody outside the function see that this was run?"""
    if getattr(node, "decorator_list", None):
        return True
    if isinstance(node, ast.Attribute | ast.Subscript):
        return isinstance(node.ctx, ast.Store) and root_of(node) not in fresh
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        function = node.value.func
        return not isinstance(function, ast.Attribute) or root_of(function) not in fresh
    return isinstance(node, _SEEN)


def keeps_in_vain(function: Function, last: ast.stmt) -> bool:
    """Does the last statement keep a value under names that nothing reads afterwards?"""
    nodes = inside(function)
    shared = {name for n in nodes if isinstance(n, ast.Global | ast.Nonlocal) for name in n.names}
    shared |= {name.id for n in nodes if isinstance(n, _LATER) for name in _loads(n)}
    for node, loop in _in_loops(last, None):
        kept = _kept(node) - shared
        read = [name.id for name in _loads(last) if name.lineno > _end(loop or node)]
        read += [name.id for name in _loads(loop)] if loop else []
        mine = [name.id for name in _loads(node)] if loop else []
        if kept and all(read.count(name) <= mine.count(name) for name in kept):
            return True
    return False


def _kept(node: ast.AST) -> set[str]:
    """The names under which a statement keeps a value, if it does so under names alone."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    if not isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign) or is_nothing(node.value):
        return set()
    targets = list(node.targets) if isinstance(node, ast.Assign) else [node.target]
    parts = [part for t in targets for part in (t.elts if isinstance(t, ast.Tuple) else [t])]
    names = {part.id for part in parts if isinstance(part, ast.Name)}
    return names if all(isinstance(part, ast.Name) for part in parts) else set()


def _in_loops(node: ast.AST, loop: ast.AST | None) -> Iterator[tuple[ast.AST, ast.AST | None]]:
    """The nodes of a statement, each with the outermost loop that it stands in."""
    yield node, loop
    if not isinstance(node, _LATER):
        inner = loop or (node if isinstance(node, _LOOPS) else None)
        for child in ast.iter_child_nodes(node):
            yield from _in_loops(child, inner)


def _loads(node: ast.AST) -> Iterator[ast.Name]:
    for child in ast.walk(node):
        if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Load):
            yield child


def _end(node: ast.AST) -> int:
    return getattr(node, "end_lineno", None) or 0


Place = tuple[int, int]


def unbound(function: Function) -> list[str]:
    """Locals that are read before any line that binds them, in the order of the text."""
    bound: dict[str, Place] = {}
    read: dict[str, Place] = {}
    skipped = {node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)}
    for statement in function.body:
        for node in own(statement):
            if isinstance(node, ast.Global | ast.Nonlocal):
                skipped |= set(node.names)
            elif isinstance(node, _COMPREHENSIONS):
                skipped |= {
                    n.id for n in ast.walk(node) if _is_stored(n) and isinstance(n, ast.Name)
                }
            for name, place in _binds(node):
                bound[name] = min(place, bound.get(name, place))
            for name, place in _reads(node):
                read[name] = min(place, read.get(name, place))
    known = bound.keys() & read.keys() - skipped
    return sorted(name for name in known if read[name] < bound[name])


def _is_stored(node: ast.AST) -> bool:
    return isinstance(getattr(node, "ctx", None), ast.Store)


def _binds(node: ast.AST) -> Iterator[tuple[str, Place]]:
    """Names that a node binds, with the place from which on they are there."""
    place = (_end(node), getattr(node, "end_col_offset", 0))
    if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.NamedExpr):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    elif isinstance(node, ast.For | ast.AsyncFor):
        targets, place = [node.target], (_end(node.iter), node.iter.end_col_offset or 0)
    elif isinstance(node, ast.withitem) and node.optional_vars is not None:
        targets, place = [node.optional_vars], _start(node.optional_vars)
    else:
        yield from ((name, _start(node)) for name in _named(node))
        return
    for target in targets:
        for part in ast.walk(target):
            if isinstance(part, ast.Name) and _is_stored(part):
                yield part.id, place


def _named(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [(alias.asname or alias.name).partition(".")[0] for alias in node.names]
    name = getattr(node, "name", None) if isinstance(node, _NAMED) else None
    rest = getattr(node, "rest", None)
    return [part for part in (name, rest) if part]


_NAMED = ast.ExceptHandler | ast.MatchAs | ast.MatchStar | ast.MatchMapping | Definition


def _reads(node: ast.AST) -> Iterator[tuple[str, Place]]:
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        yield node.target.id, _start(node)
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        yield node.id, _start(node)


def _start(node: ast.AST) -> Place:
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)
