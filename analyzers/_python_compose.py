"""Two Python functions as one: does the result of one fit the other, and the code of both."""

import ast
import re
from dataclasses import dataclass

from backfeed.analyzers._python_code import definitions, tree_of
from backfeed.analyzers._python_spoken import spoken_only

BACKSLASH = "\\"


@dataclass(frozen=True, slots=True)
class Seen:
    """What recorded tests show of a function.

    The shapes of its first argument and of its result; the other arguments of a call, as source;
    the arguments of all calls; what an iterator that it gives was made into, e.g. `list`.
    """

    takes: tuple[str, ...] = ()
    gives: str = ""
    others: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    wrap: str = ""


def seen(test: str, name: str) -> Seen:
    """What a recorded script test (`assert f(1, 2) == 3`) shows."""
    tree = tree_of(test)
    takes: dict[str, None] = {}
    gives: set[str] = set()
    others: tuple[str, ...] = ()
    calls: dict[str, None] = {}
    wraps: set[str] = set()
    for node in tree.body if tree is not None else ():
        call, value = _parts(node, name)
        if call is None or value is None:
            continue
        gives.add(shape(value))
        wraps.add(_wrap(node, call))
        calls.setdefault(ast.unparse(call).removeprefix(name)[1:-1])
        if call.args:
            takes.setdefault(shape(call.args[0]))
            others = others or tuple(ast.unparse(argument) for argument in call.args[1:])
    telling = gives - {"", "list[]", "none"}
    given = telling.pop() if len(telling) == 1 and "none" not in gives else ""
    taken = tuple(t for t in takes if t not in ("", "list[]"))
    return Seen(taken, given, others, tuple(calls), max(wraps, default=""))


def _wrap(node: ast.stmt, call: ast.Call) -> str:
    assert isinstance(node, ast.Assert)
    assert isinstance(node.test, ast.Compare)
    left = node.test.left
    return "" if left is call or not isinstance(left, ast.Call) else _called(left)


def _parts(node: ast.stmt, name: str) -> tuple[ast.Call | None, ast.expr | None]:
    if not isinstance(node, ast.Assert) or not isinstance(node.test, ast.Compare):
        return None, None
    call = node.test.left
    if isinstance(call, ast.Call) and name != _called(call) == "list" and call.args:
        call = call.args[0]  # an iterator, read to its end
    if isinstance(call, ast.Call) and _called(call) == name:
        return call, node.test.comparators[0]
    return None, None


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def shape(node: ast.expr) -> str:
    """The shape of a literal: int, str, list[int], dict, ...; empty for what is no literal."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return {"range": "list[int]", "iter": "list"}.get(node.func.id, "")
    try:
        return _shape(ast.literal_eval(node))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return ""


def _shape(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, list | tuple | set | frozenset):
        inner = {_shape(item) for item in value}
        return f"list[{inner.pop()}]" if len(inner) == 1 else ("list[mixed]" if inner else "list[]")
    return type(value).__name__


def compose(
    first: tuple[str, str, str], second: tuple[str, str], others: tuple[str, ...]
) -> str:  # fmt: skip
    """The code of two functions (each as code and name) and of one that feeds them into each other.

    With the first comes what its result is made into (`list`), if it is an iterator: what an
    iterator is shows how it was written. `others` are further arguments of the second, as source.
    The new function is named by `composed_name`. Empty if the two cannot stand in one file, or
    `others` have no names.
    """
    (first_code, first_name, wrap), (second_code, second_name) = first, second
    one, two = tree_of(first_code), tree_of(second_code)
    if one is None or two is None:
        return ""
    mine, theirs = definitions(one), definitions(two)
    node, last = mine.get(first_name), theirs.get(second_name)
    if not isinstance(node, ast.FunctionDef) or not isinstance(last, ast.FunctionDef):
        return ""
    if len(others) > len(_further(last)):
        return ""  # an argument without a name could not be told to the reader
    if {first_name, second_name} & {arg.arg for arg in _parameters(node.args)}:
        return ""  # what is called would be hidden by it
    both = mine.keys() & theirs.keys()
    if any(ast.unparse(mine[name]) != ast.unparse(theirs[name]) for name in both):
        return ""
    takes = spoken_only(node)
    call = f"{first_name}({_passed(node.args, takes)})"
    call = f"{wrap}({call})" if wrap else call
    text = [f"def {composed_name(first_name, second_name)}({ast.unparse(takes)}):"]
    text += _docstring(call, second_name, _named(last, others))
    text += [f"    return {second_name}({', '.join([call, *others])})"]
    return _merged((one, first_code), (two, second_code)) + "\n\n" + "\n".join(text) + "\n"


def composed_name(first: str, second: str) -> str:
    """`second_of_first`, without leading underscores."""
    return f"{second.strip('_')}_of_{first.strip('_')}"


def _docstring(first: str, name: str, others: list[str]) -> list[str]:
    """What the whole does, as calls; a word stands for the first one's result."""
    taken = first + ", ".join(others)
    word = next((w for w in ("value", "result") if not re.search(rf"\b{w}\b", taken)), "given")
    text = f"Return `{name}({', '.join([word, *others])})`, where `{word}` is `{first}`."
    if '"""' in text:
        return []
    return [f'    {"r" if BACKSLASH in text else ""}"""{text}"""']


def _named(last: ast.FunctionDef, others: tuple[str, ...]) -> list[str]:
    return [f"{name}={value}" for name, value in zip(_further(last), others, strict=False)]


def _further(function: ast.FunctionDef) -> list[str]:
    """The names of the parameters after the first that can be given by position."""
    return [arg.arg for arg in [*function.args.posonlyargs, *function.args.args][1:]]


def _parameters(args: ast.arguments) -> list[ast.arg]:
    stars = [arg for arg in (args.vararg, args.kwarg) if arg is not None]
    return [*args.posonlyargs, *args.args, *args.kwonlyargs, *stars]


def _passed(whole: ast.arguments, args: ast.arguments) -> str:
    """Those arguments of a function that came, passed on; by name behind one that did not."""
    placed = [arg.arg for arg in [*args.posonlyargs, *args.args]]
    before = [arg.arg for arg in [*whole.posonlyargs, *whole.args]]
    same = next((n for n, name in enumerate(placed) if name != before[n]), len(placed))
    passed = [*placed[:same], *(f"{name}={name}" for name in placed[same:])]
    passed += [f"*{args.vararg.arg}"] if args.vararg else []
    passed += [f"{arg.arg}={arg.arg}" for arg in args.kwonlyargs]
    passed += [f"**{args.kwarg.arg}"] if args.kwarg else []
    return ", ".join(passed)


def _merged(mine: tuple[ast.Module, str], theirs: tuple[ast.Module, str]) -> str:
    """Imports of both, then what the first defines, then what of the second is new."""
    (one, first), (two, second) = mine, theirs
    known = {ast.unparse(part) for part in one.body}
    imports = [
        part for part in [*one.body, *two.body] if isinstance(part, ast.Import | ast.ImportFrom)
    ]
    imports.sort(
        key=lambda part: not (isinstance(part, ast.ImportFrom) and part.module == "__future__")
    )
    head = "\n".join(dict.fromkeys(ast.unparse(part) for part in imports))
    body = [_text(first, part) for part in one.body if part not in imports]
    body += [
        _text(second, part)
        for part in two.body
        if part not in imports and ast.unparse(part) not in known
    ]
    return (head + "\n\n\n" if head else "") + "\n\n\n".join(body) + "\n"


def _text(source: str, part: ast.stmt) -> str:
    lines = source.replace("\r\n", "\n").replace("\r", "\n").split("\n")  # as Python counts them
    first = min([part.lineno, *(d.lineno for d in getattr(part, "decorator_list", []))])
    return "\n".join(lines[first - 1 : part.end_lineno]).rstrip()
