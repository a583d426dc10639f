"""The examples in a Python docstring that can run with the code alone."""

import ast
import doctest
import re
from collections.abc import Iterator

from backfeed.analyzers._described import Example
from backfeed.analyzers._python_carried import STDLIB
from backfeed.analyzers._python_code import compiles, definitions, tree_of
from backfeed.analyzers._python_names import BUILTINS, defined_names, free_names

_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\xa0\xad\u200b-\u200f\u2028-\u202e\ufeff]")
_SKIPPED = re.compile(r"doctest:\s*\+SKIP|\binput\(|\bopen\(|urlopen|time\.|random|getpass|exit\(")
# Shown differently each time, or in part: addresses, elisions, tracebacks.
_FLEETING = re.compile(
    r"0x[0-9a-f]{4,}|\.\.\.|Traceback|<\w+ object|(?<!\w)u['\"]|<generator|<function"
)


def examples(code: str, name: str) -> list[Example]:
    """The doctest examples that can run with the code alone and use `name`.

    Imports of the example's own project are left out; an example that needs a name which is not
    there ends its group.
    """
    tree = tree_of(code)
    node = None if tree is None else definitions(tree).get(name)
    if tree is None or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return []
    doc = ast.get_docstring(node, clean=True) or ""
    known = set(BUILTINS) | set(definitions(tree))
    try:
        parsed = doctest.DocTestParser().get_examples(doc)
    except ValueError:
        return []
    return list(_usable(parsed, known, name))


def _usable(parsed: list[doctest.Example], known: set[str], name: str) -> list[Example]:
    found: list[Example] = []
    before: list[str] = []
    for example in parsed:
        tree = tree_of(example.source) if compiles(example.source) else None
        if tree is None or _foreign_import(tree) or "Traceback" in example.want:
            continue  # what raises binds nothing, and would end what it leads up to
        if (free_names(tree) | _read_first(tree)) - known or _SKIPPED.search(example.source):
            known -= _touched(tree) - BUILTINS - {name}  # what it would have changed is not known
            continue
        known |= _bound(tree)
        source = _prompted(_visible(example.source))
        if not example.want.strip():
            before.append(source)
        elif not _shows(example.want):
            before.append(_silent(tree, example.source))
        else:
            if name in _names(tree) or any(name in text for text in before):
                found.append(Example("".join([*before, source]), example.want))
                before = []
            else:
                before.append(_silent(tree, example.source))
    return found


def _visible(source: str) -> str:
    """What cannot be seen within strings, written as escapes."""
    shown = _UNSEEN.sub(lambda match: match[0].encode("unicode_escape").decode(), source)
    if shown == source or not compiles(shown):
        return source
    return shown if ast.dump(ast.parse(shown)) == ast.dump(ast.parse(source)) else source


def _read_first(tree: ast.Module) -> set[str]:
    """Names that are read before they are bound: `x = f(x)` needs an `x`."""
    read: set[str] = set()
    bound: set[str] = set()
    for node in tree.body:
        for head in _heads(node):
            read |= free_names(head) - bound
        bound |= set(defined_names(node))
    return read


def _heads(node: ast.stmt) -> Iterator[ast.expr]:
    """What a statement looks at before it binds anything."""
    for name in ("value", "iter", "test", "subject"):
        if isinstance(head := getattr(node, name, None), ast.expr):
            yield head
    for item in getattr(node, "items", ()):
        yield item.context_expr
    if isinstance(node, ast.AugAssign):
        yield node.target


def _names(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _touched(tree: ast.AST) -> set[str]:
    """Names that a statement binds, or whose values it may change."""
    return _names(tree) | {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}


def _bound(tree: ast.Module) -> set[str]:
    return {name for node in tree.body for name in defined_names(node)}


def _silent(tree: ast.Module, source: str) -> str:
    """A statement whose output is not looked at."""
    only = tree.body[0] if len(tree.body) == 1 else None
    if not isinstance(only, ast.Expr):
        return _prompted(source)
    if isinstance(only.value, ast.Name | ast.Attribute | ast.Constant):
        return ""
    return _prompted(f"_ = {source}")


def _shows(want: str) -> bool:
    """Is the expected text the same wherever it runs?"""
    return _FLEETING.search(want) is None


def _foreign_import(tree: ast.Module) -> bool:
    for node in tree.body:
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if any(name.partition(".")[0] not in STDLIB for name in names):
            return True
    return False


def _prompted(source: str) -> str:
    lines = source.rstrip("\n").split("\n")
    return "".join(
        f"{'>>>' if i == 0 else '...'} {line}".rstrip() + "\n" for i, line in enumerate(lines)
    )
