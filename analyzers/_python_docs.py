"""What a Python docstring says: prose, parameters and examples, so that a problem can be written."""

import ast
import doctest
import re
import textwrap
from dataclasses import dataclass, field

from backfeed.analyzers._python_code import Function, defined_names, definitions, tree_of
from backfeed.analyzers._python_units import BUILTINS, STDLIB, free_names

_ROLE = re.compile(r":(?:py:)?(\w+):`~?!?([^`<]+?)(?:\s*<[^>]+>)?`")
_FIELD = re.compile(
    r"^\s*:(param|parameter|arg|argument|key|keyword)(?:\s+[\w\[\], .]+?)?\s+(\*{0,2}\w+):\s*(.*)"
)
_OTHER_FIELD = re.compile(
    r"^\s*:(type|rtype|return|returns|raise|raises|yield|yields)\b([^:]*):\s*(.*)"
)
_HEADING = re.compile(
    r"^(see also|examples?|doctests?|references?|notes?|usage|todo)s?\s*:{0,2}\s*$", re.IGNORECASE
)
_UNDERLINE = re.compile(r"^\s*[-=~^]{3,}\s*$")
_DIRECTIVE = re.compile(r"^\s*\.\.\s+([\w-]+)::")
_VAGUE = re.compile(
    r"\b(see (also|above|below|the|http)|same as|as above|deprecated|this (module|package|recipe|class"
    r" is used)|used (internally|by)|internal(ly)?|helper (for|function)|private|subclass(es)? of|"
    r"(thin|simple|convenience) wrapper|wrapper (for|around)|alias (of|for)|drop-in|backport|"
    r"more[- ]itertools|docs?(umentation)? (of|for)|other (function|method)s?|refer to|"
    r"inherits?|monkeypatch|(semi-)?intelligent(ly)?|heuristic(ally|s)?|best[- ]effort)\b",
    re.IGNORECASE,
)
_IDENTIFIER = re.compile(r"^[A-Za-z_][\w.]*$")
_COMMON = frozenset({
    "self", "cls", "args", "kwargs", "true", "false", "none", "key", "value", "default", "iterable",
    "item", "items", "n", "k", "i", "j", "x", "y", "a", "b", "start", "stop", "step",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Example:
    """Statements that lead up to an expression, and what it shows. `source` has its prompts."""

    source: str
    want: str


@dataclass(frozen=True, slots=True)
class Description:
    """What a problem can be written from. `reason` says why none can be, if so."""

    name: str
    kind: str
    signature: str = ""
    prose: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    examples: tuple[Example, ...] = ()
    reason: str = ""
    detail: str = ""
    returns: str = field(default="")


def describe(code: str, name: str) -> Description:
    """The description of one definition in a text that runs alone.

    Not usable: no docstring, one of under four words, one that leans on something that is not there
    (another function of its project, "see above", "same as").
    """
    tree = tree_of(code)
    node = None if tree is None else definitions(tree).get(name)
    if tree is None or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return Description(name, "", reason="no-definition", detail=name)
    kind = "class" if isinstance(node, ast.ClassDef) else "function"
    doc = ast.get_docstring(node, clean=True) or ""
    prose, parameters, returns = _prose(doc)
    hidden = _spelled_defaults(node, tree)
    reason, detail = ("leans-on-context", hidden) if hidden else _unusable(prose, node, tree)
    prose = _standing(prose, node, tree)
    return Description(
        name, kind, signature(node), prose, parameters, tuple(examples(code, name)), reason, detail,
        returns,
    )  # fmt: skip


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
                values[index] = source.value  # type: ignore[index,call-overload]
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
        tree = tree_of(example.source)
        if tree is None or _foreign_import(tree):
            continue
        if free_names(tree) - known or _SKIPPED.search(example.source):
            known -= _touched(tree) - BUILTINS - {name}  # what it would have changed is not known
            continue
        known |= _bound(tree)
        source = _prompted(example.source)
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


def _names(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _touched(tree: ast.AST) -> set[str]:
    """Names that a statement binds, or whose values it may change."""
    return _names(tree) | {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}


def _bound(tree: ast.Module) -> set[str]:
    return {name for node in tree.body for name in defined_names(node)}


def _silent(tree: ast.Module, source: str) -> str:
    """A statement whose output is not looked at."""
    single = len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr)
    return _prompted(f"_ = {source}" if single else source)


_SKIPPED = re.compile(r"doctest:\s*\+SKIP|\binput\(|\bopen\(|urlopen|time\.|random|getpass|exit\(")


def _shows(want: str) -> bool:
    """Is the expected text the same wherever it runs: no addresses, no elisions, no tracebacks?"""
    return not re.search(r"0x[0-9a-f]{4,}|\.\.\.|Traceback|<\w+ object|(?<!\w)u['\"]|<generator|<function", want)


def _foreign_import(tree: ast.Module) -> bool:
    for node in tree.body:
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if any(name.partition(".")[0] not in STDLIB for name in names):
            return True
    return False


def _prompted(source: str) -> str:
    lines = source.rstrip("\n").splitlines()
    return "".join(
        f"{'>>>' if i == 0 else '...'} {line}".rstrip() + "\n" for i, line in enumerate(lines)
    )


def _prose(doc: str) -> tuple[str, tuple[tuple[str, str], ...], str]:
    """A docstring without examples, markup and field lists; its parameters; what it returns."""
    kept: list[str] = []
    fields: list[tuple[str, str]] = []
    returns = ""
    target = ""
    skipping = in_example = False
    for line in doc.expandtabs().splitlines():
        text = line.strip()
        if text.startswith(">>>"):
            in_example = True
        elif in_example:
            in_example = bool(text)
        if in_example:
            continue
        if _DIRECTIVE.match(line) or _HEADING.match(text):
            skipping = bool(_DIRECTIVE.match(line)) or text.lower().startswith(
                ("see also", "ref", "todo")
            )
            target = ""
            continue
        if _UNDERLINE.match(line):
            continue
        if skipping and (not text or line.startswith(" ")):
            continue
        skipping = False
        if match := _FIELD.match(line):
            fields.append((match[2].lstrip("*"), match[3]))
            target = "field"
        elif match := _OTHER_FIELD.match(line):
            target = "other"
            returns = match[3] if match[1].startswith(("return", "yield")) else returns
        elif target == "field" and line.startswith(" ") and text:
            fields[-1] = (fields[-1][0], f"{fields[-1][1]} {text}")
        elif not (target and line.startswith(" ") and text):
            target = ""
            kept.append(line.rstrip())
    prose = _plain("\n".join(kept))
    return prose, tuple((name, _plain(text)) for name, text in fields), _plain(returns)


def _plain(text: str) -> str:
    """Markup as Markdown: roles and double backticks become single ones, `::` becomes a colon."""
    text = _ROLE.sub(lambda match: f"`{match[2].strip().rpartition('.')[2]}`", text)
    text = re.sub(r"``([^`]+)``", r"`\1`", text)
    text = re.sub(r"(?<![\w*`])\*([A-Za-z_]\w*)\*(?![\w*`])", r"`\1`", text)
    text = re.sub(r"`([^`]+) <[^>]+>`_+", r"\1", text)
    text = re.sub(r"`([^`\n]+)`_+", r"\1", text)
    text = re.sub(r"::[ \t]*$", ":", text, flags=re.MULTILINE)
    text = re.sub(r"\n[ \t]*\n(\s*\n)+", "\n\n", textwrap.dedent(text))
    text = re.sub(
        r"(?m)^[^\n]*:[ \t]*(?=\n*\Z)", lambda match: match[0].rstrip(" :\t") + ".", text.strip()
    )
    return text.strip()


def _unusable(prose: str, node: ast.stmt, tree: ast.Module) -> tuple[str, str]:
    words = re.findall(r"[A-Za-z]+", prose)
    if not words:
        return "no-docstring", ""
    if str(getattr(node, "name", "")).startswith("_"):
        return "private", str(getattr(node, "name", ""))
    leaning = _leans(prose.partition("\n\n")[0], node, tree)
    if leaning:
        return "leans-on-context", leaning
    least = 4 if ">>>" in (ast.get_docstring(node) or "") else 8  # type: ignore[arg-type]
    return ("short-docstring", prose) if len(words) < least else ("", "")


def _standing(prose: str, node: ast.stmt, tree: ast.Module) -> str:
    """The prose without those paragraphs, after the first, that lean on something else, or that
    only lead to an example which is gone."""
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
    if match := _VAGUE.search(prose):
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
