"""Reads tests, for `backfeed_harness.py`, beside which it lies inside a sandbox: counts assertions,
and finds where names come from. Standard library only, and never imported elsewhere."""

import ast
import importlib.util

SAMENESS = (ast.Is, ast.IsNot)
# These look at an object itself, or call it.
BY_IDENTITY = (
    "assertis", "assertnotis", "asserttrue", "assertfalse", "assertraises", "assertwarns",
    "assertlogs", "assertnologs", "asserthas", "assertcalled", "assertnotcalled", "assertany",
    "assertawait", "fail", "expect",
)  # fmt: skip


class Counter(ast.NodeTransformer):
    """Counts the assertions of a test as they are reached: before each `assert`, and each call of
    something named assert... What is compared in these, and outside of loops, is reduced first."""

    def __init__(self):
        self.inside, self.loops = 0, 0

    def visit_Assert(self, node):
        self.inside += 1
        self.generic_visit(node)
        self.inside -= 1
        tick = ast.parse("__backfeed_tick__()").body[0]
        return [ast.copy_location(ast.fix_missing_locations(part), node) for part in (tick, node)]

    def visit_Compare(self, node):
        self.generic_visit(node)
        if (self.inside or not self.loops) and not any(isinstance(op, SAMENESS) for op in node.ops):
            node.left = self.plain(node.left)
            node.comparators = [self.plain(other) for other in node.comparators]
        return node

    def in_loop(self, node):
        self.loops += 1
        self.generic_visit(node)
        self.loops -= 1
        return node

    visit_For = visit_AsyncFor = visit_While = in_loop
    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = in_loop

    def plain(self, node):
        if isinstance(node, ast.Constant):
            return node
        name = ast.Name("__backfeed_plain__", ast.Load())
        return ast.copy_location(ast.Call(name, [node], []), node)

    def visit_Call(self, node):
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if not name.lower().startswith(("assert", "fail", "expect")):
            self.generic_visit(node)
            return node
        self.inside += 1
        self.generic_visit(node)
        self.inside -= 1
        call = ast.Call(ast.Name("__backfeed_ticked__", ast.Load()), [node.func], [])
        whole = name.lower().replace("_", "").startswith(BY_IDENTITY)
        args = [a if whole or isinstance(a, ast.Starred) else self.plain(a) for a in node.args]
        return ast.copy_location(ast.Call(call, args, node.keywords), node)


def counted(text):
    """The tree of a test, its assertions counted and watched."""
    return ast.fix_missing_locations(Counter().visit(ast.parse(text)))


def guards(text):
    """How many statements of a test say that it must not come there: `assert False`, or raising an
    AssertionError. They have held once the test has come to its end without reaching them."""
    return sum(map(is_guard, ast.walk(ast.parse(text))))


def is_guard(node):
    if isinstance(node, ast.Assert):
        return isinstance(node.test, ast.Constant) and not node.test.value
    raised = node.exc if isinstance(node, ast.Raise) else None
    called = raised.func if isinstance(raised, ast.Call) else raised
    return getattr(called, "id", "") == "AssertionError"


def taken_from(tree, bound):
    """The modules that are not here and that a test takes names from which the answer binds."""
    wanted = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            wanted.setdefault(node.module, set()).update(alias.name for alias in node.names)
        elif isinstance(node, ast.Import):
            wanted.update((alias.name, set()) for alias in node.names if "." not in alias.name)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", None) in wanted:
            wanted[node.value.id].add(node.attr)
    return {name for name, names in wanted.items() if names & bound and absent(name)}


def absent(name):
    try:
        return importlib.util.find_spec(name) is None
    except (ImportError, ValueError):
        return True


def module_of(path):
    """The name that a file is imported by."""
    return path.removesuffix(".py").replace("/", ".")


def bound_by(path):
    """The names that a file binds; none if it cannot be read."""
    try:
        with open(path, encoding="utf-8") as file:
            return bound_in(ast.parse(file.read()))
    except (SyntaxError, ValueError, RecursionError):
        return set()


def bound_in(tree):
    """The names that a module binds at its top."""
    names = set()
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names.update((alias.asname or alias.name).partition(".")[0] for alias in node.names)
        else:
            parts = ast.walk(node)
            names.update(
                n.id for n in parts if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
            )
    return names


def used_by(tree):
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
