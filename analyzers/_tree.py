"""Source code of any language as a tree: its grammar's wheel and the queries in `grammars/*.scm`.

Captures that queries may have: @function, @method and @class with @name, @body and @result inside;
@operator, @number, @string, @truth, @condition, @returned and @statement are what mutants change.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import tree_sitter

from backfeed.engine import trees
from backfeed.engine.grammar import Code, grammars

KINDS = ("function", "method", "class")
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Definition:
    """A function, method or class. Offsets count bytes; lines count from 1."""

    kind: str
    name: str
    span: Span
    body: Span
    result: str
    line: int


def known(language: str) -> Code:
    """What the language's table says of its code."""
    return grammars()[language].code


def encoded(code: str) -> bytes:
    """The bytes that offsets count."""
    return code.encode("utf-8", "replace")


def sent(code: str) -> str:
    """A text as it is sent to a tool: what has no bytes is a question mark."""
    return encoded(code).decode()


@lru_cache(maxsize=4)
def tree(language: str, text: bytes) -> tree_sitter.Tree:
    """The syntax tree; there is one of any text. The last few are kept: many ask for the same."""
    return tree_sitter.Parser(trees.grammar(language)).parse(text)


def parse(language: str, code: str) -> dict[str, Any]:
    """`ok`, or where the tree has its first error.

    Grammars accept much that is no program and now and then refuse one: what has a parser of its
    own to ask (`strict` is false) is only suspected here.
    """
    found = _first_error(tree(language, encoded(code)).root_node)
    if found is None or _respelt_parses(language, code):
        return {"word": "ok"}
    word = "invalid" if known(language).strict else "unknown"
    text = found.text or b""
    seen = text.decode("utf-8", "replace").strip().split("\n")[0][:60]
    message = f"missing {found.type}" if found.is_missing else f"unexpected {seen!r}"
    return {"word": word, "message": message, "line": found.start_point.row + 1}


def _respelt_parses(language: str, code: str) -> bool:
    """Is it right, with what the grammar refuses wrongly written otherwise?"""
    text = code
    for pattern, instead in known(language).respelt:
        text = re.sub(pattern, instead, text, flags=re.MULTILINE)
    return text != code and not tree(language, encoded(text)).root_node.has_error


def _first_error(node: tree_sitter.Node) -> tree_sitter.Node | None:
    if not node.has_error:
        return None
    while not node.is_error and not node.is_missing:
        inner = next(
            (child for child in node.children if child.has_error or child.is_missing), None
        )
        if inner is None:
            return node
        node = inner
    return node


def matches(language: str, text: bytes) -> list[dict[str, list[tree_sitter.Node]]]:
    """The captures of every match of the language's queries."""
    cursor = tree_sitter.QueryCursor(_query(language))
    return [captures for _, captures in cursor.matches(tree(language, text).root_node)]


def captured(language: str, text: bytes, *names: str) -> Iterator[tuple[str, tree_sitter.Node]]:
    """Captured nodes of these names, in the order of the text."""
    found = [
        (name, node)
        for captures in matches(language, text)
        for name in names
        for node in captures.get(name, ())
    ]
    yield from sorted(found, key=lambda item: (item[1].start_byte, item[1].end_byte, item[0]))


def definitions(language: str, code: str) -> list[Definition]:
    """Functions, methods and classes, in the order of the text."""
    found = {}
    for captures in matches(language, encoded(code)):
        for kind in KINDS:
            for node in captures.get(kind, ()):
                made = _definition(kind, node, captures)
                found[made.span] = made
    return [found[span] for span in sorted(found)]


def _definition(
    kind: str, node: tree_sitter.Node, captures: dict[str, list[tree_sitter.Node]]
) -> Definition:
    def text(name: str) -> str:
        inner = captures.get(name, ())
        return (inner[0].text or b"").decode("utf-8", "replace") if inner else ""

    body = captures.get("body", ())
    span = (body[0].start_byte, body[0].end_byte) if body else (node.end_byte, node.end_byte)
    return Definition(
        kind, text("name"), (node.start_byte, node.end_byte), span, text("result"),
        node.start_point.row + 1,
    )  # fmt: skip


def chosen(language: str, code: str, entry_point: str) -> list[Definition]:
    """Functions and methods that are the entry point, or lie in it; all if there is none."""
    found = definitions(language, code)
    roots = [one for one in found if one.name == entry_point]
    functions = [one for one in found if one.kind != "class" and one.body[0] < one.body[1]]
    if not roots:
        return functions
    return [one for one in functions if any(_within(one.span, root.span) for root in roots)]


def _within(inner: Span, outer: Span) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def outermost(spans: list[Span]) -> list[Span]:
    """Those that lie in no other, in order."""
    found: list[Span] = []
    for span in sorted(spans, key=lambda one: (one[0], -one[1])):
        if not found or span[0] >= found[-1][1]:
            found.append(span)
    return found


def edited(text: bytes, edits: list[tuple[Span, str]]) -> str:
    """The text with spans replaced; they must not overlap."""
    for (start, end), new in sorted(edits, reverse=True):
        text = text[:start] + new.encode("utf-8", "replace") + text[end:]
    return text.decode("utf-8", "replace")


def walked(root: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    """A node and all that is in it, in the order of the text."""
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        stack += reversed(node.children)


def comments(language: str, code: str) -> Iterator[tree_sitter.Node]:
    """The nodes that are comments, in the order of the text; none lies in another."""
    cursor = tree_sitter.QueryCursor(_comments(language))
    found = cursor.captures(tree(language, encoded(code)).root_node).get("comment", [])
    end = -1
    for node in sorted(found, key=lambda one: (one.start_byte, -one.end_byte)):
        if node.start_byte >= end:
            yield node
            end = node.end_byte


def without_comments(language: str, code: str) -> str:
    """The code with its comments blanked, so that no tool obeys them; lines and columns stay."""
    kept, blanks = known(language).kept_comments, []
    for node in comments(language, code):
        said = node.text or b""
        if not (kept and re.match(kept, said.decode("utf-8", "replace"))):
            blank = re.sub(rb"[^\r\n]", b" ", said).decode()
            blanks.append(((node.start_byte, node.end_byte), blank))
    return edited(encoded(code), blanks)


@cache
def _comments(language: str) -> tree_sitter.Query:
    grammar = trees.grammar(language)
    kinds = [kind for kind in known(language).comments if grammar.id_for_node_kind(kind, True)]
    return tree_sitter.Query(grammar, f"[{' '.join(f'({kind})' for kind in kinds)}] @comment")


@cache
def _query(language: str) -> tree_sitter.Query:
    source = (files("backfeed.grammars") / f"{language}.scm").read_text(encoding="utf-8")
    return tree_sitter.Query(trees.grammar(language), source)
