"""Calls to record: those of the examples, also changed a little, and calls from the signature."""

import ast
import random
import re
from collections.abc import Iterator, Sequence

from backfeed.analyzers._python_code import definitions, tree_of
from backfeed.analyzers._python_spoken import unspoken

_BY_TYPE = {
    "int": ("0", "1", "2", "5", "-3", "10"), "float": ("0.0", "1.5", "-2.25", "10.0"),
    "str": ("''", "'a'", "'hello world'", "'Ab1-c'", "'a=1&b=2'",
            "'{} of {:d}'"), "bool": ("True", "False"),
    "bytes": ("b''", "b'abc'"),
    "list": ("[]", "[1, 2, 3]", "[3, 1, 2, 3]", "['a', 'b', 'a']"),
    "dict": ("{}", "{'a': 1, 'b': 2}", "{1: 'x'}"), "tuple": ("()", "(1, 2, 3)"),
    "set": ("set()", "{1, 2, 3}"),
    "callable": ("lambda x: x", "lambda x: str(x)", "lambda x: x > 1"),
}  # fmt: skip
_ANY = (*_BY_TYPE["list"][:3], *_BY_TYPE["int"][:3], *_BY_TYPE["str"][2:])
_WORDS = ("callable", "bool", "float", "int", "str", "bytes", "dict", "mapping", "set", "tuple")
_NAMED = (
    ("list", ("iterable", "iterables", "seq", "seqs", "sequence", "items", "it", "xs", "lst", "src",
              "values", "data", "arr", "array", "nums", "numbers", "elements", "collection",
              "iterator", "list")),
    ("int", ("n", "k", "i", "j", "r", "size", "count", "num", "length", "start", "stop", "step",
             "index", "width", "number", "maxlen", "depth", "limit", "m", "x", "y", "a", "b",
             "value")),
    ("str", ("s", "text", "string", "word", "name", "line", "chars", "sep", "prefix", "suffix",
             "phrase", "st", "title", "path")),
    ("callable", ("func", "function", "f", "fn", "key", "pred", "predicate", "keyfunc", "binop",
                  "op")),
    ("dict", ("d", "dict", "mapping", "dct", "dicts")),
)  # fmt: skip


_CHANCY = frozenset({
    "random", "secrets", "uuid", "time", "tempfile", "os", "socket", "subprocess", "threading",
    "multiprocessing", "gc", "platform", "getpass",
})  # fmt: skip
_SAFE = frozenset({
    "range", "len", "str", "int", "float", "list", "tuple", "set", "dict", "sum", "max", "min",
    "abs", "sorted", "frozenset", "iter", "bool",
})  # fmt: skip

Wanted = tuple[Sequence[str], int]
"""Sources of examples, with their prompts, and how many calls are wanted at most."""


def inputs(code: str, name: str, wanted: Wanted) -> list[str]:
    """Call expressions of the function `name`, as source, different from each other.

    The calls in the examples come first, then changes of their literals, then calls from
    annotations, defaults and parameter names.
    """
    shown, most = wanted
    tree = tree_of(code)
    if tree is None or _chancy(tree):
        return []
    node = definitions(tree).get(name)
    if not isinstance(node, ast.FunctionDef):
        return []
    rng = random.Random(f"{name}/{len(code)}")  # noqa: S311 - which calls, not secrets
    found: dict[str, None] = {}
    calls = [*_shown_calls(shown, name), *_spoken_calls(node)]
    for call in calls:
        found.setdefault(ast.unparse(call))
    for call in calls:
        for changed in _changes(call, rng):
            found.setdefault(ast.unparse(changed))
    for text in _guessed(node, rng, _texts(node)):
        found.setdefault(text)
    order = list(found)
    kept = order[: most * 2 // 3] + order[-(most // 3) :] if len(order) > most else order
    return list(dict.fromkeys(kept))[:most]


def _spoken_calls(node: ast.FunctionDef) -> Iterator[ast.Call]:
    """Calls that the docstring's prose mentions: `f('a,b')`."""
    doc = ast.get_docstring(node) or ""
    texts = re.findall(rf"(?<![\w.]){re.escape(node.name)}\([^()\n]*\)", doc)
    yield from _shown_calls([f">>> {text}" for text in texts], node.name)


def _texts(node: ast.FunctionDef) -> tuple[str, ...]:
    """Strings made with the short literals of the body: what it looks for is in them."""
    inner = [part for statement in node.body for part in ast.walk(statement)]
    doc = ast.get_docstring(node, clean=False)
    marks = {
        part.value
        for part in inner
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
        and part.value != doc and len(part.value) <= 8 and re.search(r"[^\w{}]", part.value)
    }  # fmt: skip
    ordered = sorted(marks)[:4]
    return tuple(repr(f"ab{mark}1 c{mark}d") for mark in ordered)


def _chancy(tree: ast.Module) -> bool:
    """Does it use what is different each time, or elsewhere: chance, clocks, addresses?"""
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module or "")
        elif isinstance(node, ast.Name) and node.id == "id" and isinstance(node.ctx, ast.Load):
            return True
    return any(name.partition(".")[0] in _CHANCY for name in names)


def _shown_calls(shown: Sequence[str], name: str) -> Iterator[ast.Call]:
    """Calls with nothing but literals and lambdas, in the examples."""
    for source in shown:
        text = "\n".join(line[4:] for line in source.split("\n"))
        tree = tree_of(text)
        for node in ast.walk(tree) if tree is not None else ():
            if isinstance(node, ast.Call) and _calls(node, name):
                values = [*node.args, *(keyword.value for keyword in node.keywords)]
                if all(_closed(value) for value in values):
                    yield node


def _calls(node: ast.Call, name: str) -> bool:
    return isinstance(node.func, ast.Name) and node.func.id == name


def _closed(node: ast.expr) -> bool:
    """No names but builtins that are safe to call, and no attribute of anything else."""
    bound = {
        arg.arg
        for child in ast.walk(node)
        if isinstance(child, ast.arguments)
        for arg in child.args
    }
    names = {child.id for child in ast.walk(node) if isinstance(child, ast.Name)}
    return names <= _SAFE | bound


def _changes(call: ast.Call, rng: random.Random) -> Iterator[ast.Call]:
    """The call with one of its arguments changed."""
    for index, argument in enumerate(call.args):
        for other in _other_values(argument, rng):
            args = [*call.args[:index], other, *call.args[index + 1 :]]
            yield ast.Call(call.func, args, call.keywords)
    for index, keyword in enumerate(call.keywords):
        for other in _other_values(keyword.value, rng):
            changed = ast.keyword(keyword.arg, other)
            keywords = [*call.keywords[:index], changed, *call.keywords[index + 1 :]]
            yield ast.Call(call.func, call.args, keywords)


def _other_values(node: ast.expr, rng: random.Random) -> list[ast.expr]:
    """Values of the same kind as a literal."""
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return []
    return [ast.parse(repr(other), mode="eval").body for other in _near(value, rng)]


def _near(value: object, rng: random.Random) -> list[object]:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, max(value - 1, 0), 0, value * 2 + 1]
    if isinstance(value, float):
        return [value + 0.5, -value, 0.0]
    if isinstance(value, str):
        return ["", value[::-1], value + value[:1], value[: len(value) // 2 + 1]]
    if isinstance(value, list | tuple):
        kind = type(value)
        mixed = list(value)
        rng.shuffle(mixed)
        return [kind(), kind(value[:1]), kind(value[::-1]), kind(mixed), kind([*value, *value[:2]])]
    if isinstance(value, dict):
        items = list(value.items())
        return [{}, dict(items[:1]), dict(reversed(items))]
    return []


def _guessed(node: ast.FunctionDef, rng: random.Random, texts: tuple[str, ...]) -> Iterator[str]:
    """Calls from what the signature says: annotations, defaults, names."""
    takes = node.args
    positional = [*takes.posonlyargs, *takes.args]
    required = positional[: len(positional) - len(takes.defaults)]
    pools = [_pool(arg, None, texts) for arg in required]
    if takes.vararg is not None:
        pools.append(_pool(takes.vararg, None, texts))
    optional, needed = _by_name(takes)
    silent = unspoken(node)
    optional = [(arg, default) for arg, default in optional if arg.arg not in silent]
    named = [(arg.arg, _pool(arg, None, texts)) for arg in needed]
    if not pools and not named:
        return
    for _ in range(24):
        args = [rng.choice(pool) for pool in pools]
        args += [f"{name}={rng.choice(pool)}" for name, pool in named]
        if optional and rng.random() < 0.6:
            arg, default = optional[rng.randrange(len(optional))]
            args.append(f"{arg.arg}={rng.choice(_pool(arg, default, texts))}")
        yield f"{node.name}({', '.join(args)})"


def _by_name(takes: ast.arguments) -> tuple[list[tuple[ast.arg, ast.expr]], list[ast.arg]]:
    """The parameters that may be given by name, with their defaults; those that have to be."""
    with_defaults = takes.args[max(len(takes.args) - len(takes.defaults), 0) :]
    defaults = takes.defaults[len(takes.defaults) - len(with_defaults) :]
    only = list(zip(takes.kwonlyargs, takes.kw_defaults, strict=True))
    optional = list(zip(with_defaults, defaults, strict=True))
    optional += [(arg, default) for arg, default in only if default is not None]
    return optional, [arg for arg, default in only if default is None]


def _pool(arg: ast.arg, default: ast.expr | None, texts: tuple[str, ...]) -> tuple[str, ...]:
    """Values for a parameter; strings also with what the body looks for."""
    pool = _typed_pool(arg, default)
    return (*texts, *pool) if pool in (_BY_TYPE["str"], _ANY) else pool


def _typed_pool(arg: ast.arg, default: ast.expr | None) -> tuple[str, ...]:
    if arg.annotation is not None:
        text = ast.unparse(arg.annotation).lower()
        for word in _WORDS:
            if text.startswith(word):
                return _BY_TYPE["dict" if word == "mapping" else word]
        if text.startswith(("list", "sequence", "iterable", "iterator", "collection")):
            inner = next((w for w in ("int", "float", "str") if w in text), "")
            return ("[]", "['a', 'bc', 'a']", "['x']") if inner == "str" else _BY_TYPE["list"]
    if isinstance(default, ast.Constant) and default.value is not None:
        return _BY_TYPE.get(type(default.value).__name__, _BY_TYPE["int"])
    name = arg.arg.lower().rstrip("0123456789")
    for kind, names in _NAMED:
        if name in names or name.endswith(tuple(f"_{word}" for word in names if len(word) > 2)):
            return _BY_TYPE[kind]
    return _ANY
