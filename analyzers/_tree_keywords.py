"""Keywords of a function in any language: its name, its first sentence, and what its tree holds."""

import re
from typing import Any

import tree_sitter

from backfeed.analyzers import _tree
from backfeed.analyzers._tree_docs import describe
from backfeed.analyzers._tree_names import text_of

# What a kind of node is called by those who teach it; the first that matches names it.
_CONSTRUCTS = (
    (r"while|loop_expression|do_statement", "while loop"),
    (r"for_\w+|^for$|foreach\w*|enhanced_for\w*|range_clause", "iteration"),
    (r"switch\w*|match_\w+|case_statement|when", "pattern matching"),
    (r"lambda\w*|closure\w*|arrow_function|func_literal|anonymous\w*", "anonymous function"),
    (r"try\w*|catch\w*|rescue|begin", "exception handling"),
    (r"throw\w*|raise|panic", "input validation"),
    (r"class_\w+|struct_\w+|impl_item", "type design"),
    (r"template_s\w+|interpolation|encapsed_string", "string formatting"),
    (r"template_\w+|type_parameters|generic\w*", "generics"),
    (r"regex\w*|regexp\w*", "regular expression"),
    (r"conditional_expression|ternary\w*", "conditional expression"),
    (r"spread\w*|splat\w*|rest_pattern", "argument unpacking"),
    (r"array\w*|list\w*|composite_literal|vec", "array"),
    (r"hash|map\w*|dictionary|object|table_constructor", "dictionary"),
)
_CALLS = (
    (r"sort\w*|Sort\w*", "sorting"), (r"reverse\w*", "reversal"), (r"split\w*", "string splitting"),
    (r"join", "string joining"), (r"map|collect", "mapping"), (r"filter|select|grep", "filtering"),
    (r"reduce|fold|inject|accumulate", "reduction"), (r"max|min", "maximum and minimum"),
    (r"HashMap|Map|unordered_map|make", "dictionary"), (r"HashSet|Set|unordered_set", "set"),
    (r"push|append|push_back|add", "list building"), (r"pow|sqrt|abs|floor", "arithmetic"),
)  # fmt: skip
_OPERATORS = {
    "%": "modular arithmetic", "&": "bit manipulation", "|": "bit manipulation",
    "^": "bit manipulation", "<<": "bit manipulation", ">>": "bit manipulation",
}  # fmt: skip
_DULL = frozenset(
    {"the", "a", "an", "of", "to", "and", "or", "in", "for", "with", "from", "is", "by"}
)


def keywords(language: str, code: str, name: str) -> dict[str, Any]:
    """Task, instruction and knowledge phrases, each supported by code, name or comment."""
    words = [w.lower() for w in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)]
    said = [w.lower() for w in re.findall(r"[A-Za-z]{2,}", _first(language, code, name))][:4]
    while said and said[-1] in _DULL:
        said.pop()
    tasks = [" ".join(part) for part in (words, said if len(said) >= 2 else []) if part]
    return {
        "task": list(dict.fromkeys(tasks)),
        "instruction": ["implement a function"],
        "knowledge": _knowledge(language, code, name)[:6],
    }


def _first(language: str, code: str, name: str) -> str:
    return describe(language, code, name).prose.partition(".")[0]


def _knowledge(language: str, code: str, name: str) -> list[str]:
    nodes = list(_tree.walked(_tree.tree(language, _tree.encoded(code)).root_node))
    leaves = [text_of(node) for node in nodes if not node.child_count]
    found = {"recursion": None} if leaves.count(name) > 1 else {}
    for node in nodes:
        found.setdefault(_phrase(node))
    return [phrase for phrase in found if phrase]


def _phrase(node: tree_sitter.Node) -> str:
    """What a node stands for, in the words of those who teach it; empty if in none."""
    known: tuple[tuple[str, str], ...] = _CONSTRUCTS
    said = node.type if node.is_named else ""
    if not node.child_count:
        text = text_of(node)
        if text in _OPERATORS:
            return _OPERATORS[text]
        if node.is_named and node.type.endswith("identifier"):
            known, said = _CALLS, text
    return next((phrase for pattern, phrase in known if re.fullmatch(pattern, said)), "")
