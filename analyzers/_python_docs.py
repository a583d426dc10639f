"""What a definition says of itself, so that a problem can be written from it alone."""

import ast
import itertools
import re
from dataclasses import replace

from backfeed.analyzers._described import LONGEST, VAGUE, Description, too_short
from backfeed.analyzers._python_carried import STDLIB
from backfeed.analyzers._python_code import Function, definitions, tree_of
from backfeed.analyzers._python_examples import examples
from backfeed.analyzers._python_names import BUILTINS
from backfeed.analyzers._python_prose import told
from backfeed.analyzers._python_spoken import unexplained, unspoken

_MOST_UNNAMED = 3  # an example may show what one or two are for, and not how several play together
_IDENTIFIER = re.compile(r"^[A-Za-z_][\w.]*$")
_COMMON = frozenset({
    "self", "cls", "args", "kwargs", "true", "false", "none", "key", "value", "default", "iterable",
    "item", "items", "n", "k", "i", "j", "x", "y", "a", "b", "start", "stop", "step",
})  # fmt: skip


def describe(code: str, name: str) -> Description:
    """The description of one definition in a text that runs alone.

    Not usable: no docstring, one of under four words (of under 21 if it has no example that can
    run) or of over 10,000 characters, one that leans on something that is not there (another
    function of its project, "see above", "same as").
    """
    tree = tree_of(code)
    node = None if tree is None else definitions(tree).get(name)
    if tree is None or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return Description(name, "", reason="no-definition", detail=name)
    kind = "class" if isinstance(node, ast.ClassDef) else "function"
    doc = ast.get_docstring(node, clean=True) or ""
    if len(doc) > LONGEST:
        return Description(name, kind, reason="long-docstring", detail=f"{len(doc)} characters")
    said = told(doc, frozenset(n.arg for n in ast.walk(node) if isinstance(n, ast.arg)))
    hidden = _spelled_defaults(node, tree)
    reason, detail = ("leans-on-context", hidden) if hidden else _unusable(said.prose, node, tree)
    silent: tuple[str, ...] = ()
    if not isinstance(node, ast.ClassDef):
        silent, unnamed = unspoken(node), unexplained(node)
        if not reason and len(unnamed) >= _MOST_UNNAMED:
            reason, detail = "unexplained", ", ".join(unnamed)
    found = Description(
        name, kind, signature(node), _standing(said.prose, node, tree), said.parameters,
        tuple(examples(code, name)), reason, detail, said.returns, silent,
    )  # fmt: skip
    short = not reason and too_short(found)
    return replace(found, reason="short-docstring", detail=found.prose) if short else found


def _spelled_defaults(node: ast.stmt, tree: ast.Module) -> str:
    """Write out defaults that name constants of the file, in place; the first that cannot be
    written out is returned.
    """
    constants = definitions(tree)
    for child in ast.walk(node):
        if not isinstance(child, ast.arguments):
            continue
        for values in (child.defaults, child.kw_defaults):
            for index, value in enumerate(values):
                if not isinstance(value, ast.Name) or value.id in BUILTINS:
                    continue
                source = constants.get(value.id)
                if not isinstance(source, ast.Assign) or not isinstance(source.value, ast.Constant):
                    return value.id
                values[index] = source.value
    return ""


def signature(node: ast.stmt) -> str:
    """The first line of a function; for a class, it and those of its public methods."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        word = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
        returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
        return f"{word} {node.name}({ast.unparse(node.args)}){returns}:"
    assert isinstance(node, ast.ClassDef)
    bases = f"({', '.join(ast.unparse(base) for base in node.bases)})" if node.bases else ""
    lines = [f"class {node.name}{bases}:"]
    for inner in node.body:
        if isinstance(inner, Function) and (
            inner.name == "__init__" or not inner.name.startswith("_")
        ):
            lines.append(f"    {signature(inner)} ...")
    return "\n".join(lines)


def _unusable(prose: str, node: ast.stmt, tree: ast.Module) -> tuple[str, str]:
    words = re.findall(r"[A-Za-z]+", prose)
    if not words:
        return "no-docstring", ""
    if str(getattr(node, "name", "")).startswith("_"):
        return "private", str(getattr(node, "name", ""))
    leaning = _leans(prose.partition("\n\n")[0], node, tree)
    if leaning:
        return "leans-on-context", leaning
    if lost := _lost_list(prose, node, tree):
        return "leans-on-context", lost
    return "", ""


def _lost_list(prose: str, node: ast.stmt, tree: ast.Module) -> str:
    """What a list leans on that a paragraph promises: without the list, the promise is empty."""
    for text, after in itertools.pairwise(re.split(r"\n[ \t]*\n", prose)):
        promised = text.rstrip().endswith(":") and re.match(r"\s*[-*+\d]", after)
        if promised and (lost := _leans(after, node, tree)):
            return lost
    return ""


def _standing(prose: str, node: ast.stmt, tree: ast.Module) -> str:
    """The prose without those paragraphs, after the first, that lean on something else.

    Nor those that only lead to an example which is gone.
    """
    first, *others = re.split(r"\n[ \t]*\n", prose)
    kept = [text for text in others if not _leans(text, node, tree) and not _dangles(text)]
    return "\n\n".join([first, *kept]).strip()


def _dangles(text: str) -> bool:
    words = text.split()
    return not words or (
        len(words) <= 6 and text.rstrip().endswith((":", ".")) and bool(_LEAD.search(text))
    )


_LEAD = re.compile(r"\b(for example|example|e\.g\.|usage|like so|as follows)\b", re.IGNORECASE)


def _leans(prose: str, node: ast.stmt, tree: ast.Module) -> str:
    """The first thing in a text that a reader of it alone cannot know; empty if there is none."""
    if match := VAGUE.search(prose):
        return match[0]
    unknown = _unknown_names(prose, node, tree)
    return unknown[0] if unknown else ""


def _unknown_names(prose: str, node: ast.stmt, tree: ast.Module) -> list[str]:
    """Names in backticks that a reader of the problem alone cannot know."""
    own = {n.arg for n in ast.walk(node) if isinstance(n, ast.arg)}
    own |= {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}
    own |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} - set(definitions(tree))
    own |= {n.name for n in ast.walk(node) if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    known = own | BUILTINS | STDLIB | _COMMON
    found = []
    for text in re.findall(r"`([^`\n]+)`", prose):
        name = re.sub(r"\(.*\)$", "", text.strip())
        if not _IDENTIFIER.match(name) or name.partition(".")[0] in known:
            continue
        if name.lower() in _COMMON or _in_stdlib(name) or len(name) == 1:
            continue
        found.append(name)
    return found


def _in_stdlib(name: str) -> bool:
    import collections
    import functools
    import itertools
    import operator

    return any(hasattr(module, name) for module in (itertools, functools, collections, operator))
