"""Tests that stand in the file of a Rust function, as tests of that function alone."""

import re
from collections.abc import Iterator, Sequence
from textwrap import dedent

import tree_sitter

from backfeed.analyzers import _tree
from backfeed.analyzers._tree_names import text_of
from backfeed.analyzers._tree_units import cut_of

_TEST = re.compile(r"#\s*\[\s*test\s*\]")
# A message that no problem tells, and what tests of panics need.
_UNTOLD = re.compile(r"should_panic|#\s*\[\s*ignore|unwrap_err\(|\bErr\(\s*[\"S&]|catch_unwind")
_USES = re.compile(r"use\s+super\b|use\s+crate\b")
# What is given a name in a test: a line with it shows nothing by itself.
_NAMED = re.compile(r"\b(?:let(?:\s+mut)?|for)\s+\(?&?([a-z_]\w*)")
_MOST = 12


def test_of(name: str, files: Sequence[str]) -> str:
    """Tests in files that call a function and need nothing else but the library.

    What its code has besides it, the problem does not tell.
    """
    found: dict[str, str] = {}
    uses: dict[str, None] = {}
    for text in files:
        pieces = list(_pieces(_tree.tree("rust", _tree.encoded(text)).root_node))
        imports = [one for one, _ in pieces if one.type == "use_declaration"]
        absent = {_name(one) for one, _ in pieces if one.type != "use_declaration"} - {name}
        library = [text_of(one) for one in imports if _is_library(text_of(one))]
        rest = (one for one in imports if not _is_library(text_of(one)))
        absent |= {word for one in rest for word in _brought(text_of(one))} - {name}
        for node, above in pieces:
            said = text_of(node)
            words = set(re.findall(r"\w+", said))
            calls = re.search(rf"(?<![\w.]){re.escape(name)}\(", said)
            if not _TEST.search(above) or not calls or words & (absent - {_name(node)}):
                continue
            if not _UNTOLD.search(above + said):
                found.setdefault(_name(node), _alone(node))
                uses |= dict.fromkeys(one for one in library if _brought(one) & words)
    tests = list(found.values())[:_MOST]
    return "\n\n".join(["\n".join(uses), *tests]).strip() + "\n" if tests else ""


def _pieces(parent: tree_sitter.Node) -> Iterator[tuple[tree_sitter.Node, str]]:
    """What stands at the top and in modules, each with the attributes above it."""
    above: list[str] = []
    for node in parent.named_children:
        if node.type in ("attribute_item", "line_comment", "block_comment"):
            above += [text_of(node)] if node.type == "attribute_item" else []
            continue
        yield node, "\n".join(above)
        body = node.child_by_field_name("body")
        if node.type == "mod_item" and body is not None:
            yield from _pieces(body)
        above = []


def _name(node: tree_sitter.Node) -> str:
    name = node.child_by_field_name("name")
    return text_of(name) if name is not None else ""


def _is_library(use: str) -> bool:
    return bool(re.search(cut_of("rust").standard, use))


def _brought(use: str) -> set[str]:
    """The names that an import brings; of what is imported from above, none of its own."""
    if _USES.match(use):
        return set()
    last = re.sub(r"\w+\s*::", "", re.sub(r"^.*?\buse\b", "", use, count=1))
    return set(re.findall(r"[A-Za-z_]\w*", last)) - {"as", "self"}


def _alone(node: tree_sitter.Node) -> str:
    indent = " " * node.start_point.column
    return "#[test]\n" + dedent(indent + text_of(node))


def telling(test: str) -> str:
    """The lines of a test that show something by themselves."""
    named = set(_NAMED.findall(test))
    lines = test.split("\n")
    return "\n".join(one for one in lines if not named & set(re.findall(r"\w+", one)))


def shown(test: str) -> str:
    """What the shortest of an author's tests does, if it is short."""
    root = _tree.tree("rust", _tree.encoded(test)).root_node
    bodies = [one.child_by_field_name("body") for one in root.named_children]
    texts = [dedent(text_of(body)[1:-1].strip("\n").rstrip()) for body in bodies if body]
    short = [text for text in texts if "assert" in text and text.count("\n") < _MOST]
    return min(short, key=len, default="")
