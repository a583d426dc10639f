"""Lua source text: an answer and a test as one chunk."""

import tree_sitter

from backfeed.analyzers import _tree

_QUIET = ("require", "setmetatable")
_ACTING = (
    "do_statement", "for_statement", "function_call", "if_statement", "repeat_statement",
    "while_statement",
)  # fmt: skip
# What the test is given stands on the line at which the answer ends.
_MARK = "\n; local _ENV, assert, error, os = __backfeed_test__();\n"


def acts(node: tree_sitter.Node) -> bool:
    """Does a statement outside of functions do the script's work?"""
    if node.type != "function_call":
        return node.type in _ACTING
    name = node.child_by_field_name("name")
    return name is None or (name.text or b"").decode("utf-8", "replace") not in _QUIET


def joined(answer: str, test: str) -> tuple[str, int]:
    """An answer and its test as one chunk, and the line with the mark between the two.

    What an answer gives at its end, as a module does, is left out: its names are there anyway.
    """
    text = _tree.encoded(answer)
    returns = [
        node
        for node in _tree.tree("lua", text).root_node.children
        if node.type == "return_statement"
    ]
    blank = [((node.start_byte, node.end_byte), _blank(node)) for node in returns[-1:]]
    before = _tree.edited(text, blank) + _MARK
    return before + test, before.count("\n")


def _blank(node: tree_sitter.Node) -> str:
    return "\n" * (node.text or b"").count(b"\n")
