"""Bash source text: what a script does outside of functions, and what can end a test."""

import difflib
import re
from collections.abc import Iterator

import tree_sitter

from backfeed.analyzers import _tree

# Commands that set a script up and do not do its work.
_QUIET = (
    ".", "alias", "declare", "export", "local", "readonly", "set", "shopt", "source", "trap",
    "typeset", "ulimit", "umask", "unset",
)  # fmt: skip
_DEFINING = (
    "comment", "function_definition", "variable_assignment", "variable_assignments",
    "declaration_command", "unset_command",
)  # fmt: skip
_TESTS = ("[", "cmp", "diff", "false", "grep", "test")
_BLOCKS = ("program", "compound_statement", "do_group", "else_clause", "case_item", "subshell")
_STRICT = re.compile(r"^\s*set\s+(?:-\w+\s+)*(?:-[a-zA-Z]*e|-o\s+errexit)", re.MULTILINE)
_MISSING = re.compile(
    r"(?:^|: )line \d+: ([A-Za-z_][\w.+-]{0,60}): command not found", re.MULTILINE
)
# A function; a program that another one was to start, or that a path leads to; a file that is read;
# and what a script looks for itself.
_DEFINED = re.compile(r"^[ \t]*(?:function[ \t]+)?([A-Za-z_]\w{2,})[ \t]*\(\)", re.MULTILINE)
_NOT_FOUND = re.compile(
    r"^(?:env|xargs|nohup|nice|timeout|sudo|exec): [^\n]*?[‘'\"]?([\w.+-]+)[’'\"]?: No such file"
    r"|line \d+: (/(?:usr|opt|bin|sbin)/[\w./+-]+): No such file"
    r"|line \d+: (\.{0,2}/?[\w./-]+\.(?:sh|bash|inc|env)): No such file",
    re.MULTILINE,
)
_ASKED = re.compile(
    r"\b(?:command[ \t]+-v|which|type|hash)[ \t]+(?:-\w+[ \t]+)?\"?([A-Za-z][\w.+-]*)"
)
_COMPLAINT = re.compile(
    r"^.*\b(?i:required?|install\w*|not found|missing|needs?)\b.*$", re.MULTILINE
)


def acts(node: tree_sitter.Node) -> bool:
    """Does a statement outside of functions do the script's work?"""
    if not node.is_named or node.type in _DEFINING:
        return False
    if node.type == "command":
        return _name(node) not in _QUIET
    return b"BASH_SOURCE" not in (node.text or b"")


def guards(test: str) -> int:
    """How many places of a test end it with an error if something does not hold.

    These are `exit` with a status; the last statement; and, where errors end the program, every
    condition that stands alone.
    """
    root = _tree.tree("bash", _tree.encoded(test)).root_node
    strict = bool(_STRICT.search(test))
    found = {
        node.start_byte
        for node in _nodes(root)
        if _ends(node) or (strict and _is_condition(node) and _alone(node))
    }
    statements = [node for node in root.children if node.is_named and node.type != "comment"]
    if statements and _is_condition(statements[-1]):
        found.add(statements[-1].start_byte)
    return len(found)


def lacking(said: str, *sources: str) -> str:
    """A program that was called and is not there; empty if the code itself should have it.

    A name that is given a value was meant to be a variable.
    """
    defined = {name for text in sources for name in _DEFINED.findall(text)}
    for name in _MISSING.findall(said):
        own = rf"(?:^|[\s;&|(])(?:function\s+)?{re.escape(name)}\s*(?:\(\)|=|\{{)"
        near = difflib.get_close_matches(name, defined, 1, 0.75)
        if not near and not any(re.search(own, text) for text in sources):
            return str(name)
    found = [next(filter(None, names)) for names in _NOT_FOUND.findall(said)]
    asked = {name for text in sources for name in _ASKED.findall(text)} - defined
    complaints = " ".join(_COMPLAINT.findall(said)) if asked else ""
    found += sorted(name for name in asked if re.search(rf"\b{re.escape(name)}\b", complaints))
    return found[0] if found else ""


def _ends(node: tree_sitter.Node) -> bool:
    """Is it an `exit` with a status that is not 0?"""
    if node.type != "command" or _name(node) != "exit":
        return False
    given = node.children_by_field_name("argument")
    return bool(given) and given[0].text != b"0"


def _is_condition(node: tree_sitter.Node) -> bool:
    if node.type == "negated_command":
        return any(map(_is_condition, node.named_children))
    arithmetic = node.type == "compound_statement" and (node.text or b"").startswith(b"((")
    named = node.type == "command" and _name(node) in _TESTS
    return node.type == "test_command" or arithmetic or named


def _alone(node: tree_sitter.Node) -> bool:
    """Is it a statement, and no part of another one's condition?"""
    parent = node.parent
    if parent is None or node.grammar_name == "condition":
        return False
    named = parent.type in _BLOCKS and not (parent.text or b"").startswith(b"((")
    body = parent.type == "if_statement" and node not in parent.children_by_field_name("condition")
    return named or body


def _nodes(root: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        stack += node.children


def _name(node: tree_sitter.Node) -> str:
    name = node.child_by_field_name("name")
    return (name.text or b"").decode("utf-8", "replace") if name else ""
