"""Edits that leave what code does as it is: other names, functions in another order, comments.

They are made on syntax trees, and with care: a name is changed everywhere or not at all, and only
if it is bound in a function or is a function of the file; nothing moves where the order counts.
"""

import random
import re
from collections.abc import Callable, Iterator, Mapping

import tree_sitter

from backfeed.analyzers import _tree

LANGUAGES = (
    "c", "cpp", "csharp", "go", "java", "javascript", "python", "rust", "typescript",
)  # fmt: skip
WORDS = (
    "amber", "basin", "cedar", "delta", "ember", "fjord", "grove", "harbor", "island", "juniper",
    "kettle", "lagoon", "meadow", "nectar", "orchard", "pebble", "quarry", "ridge", "summit",
    "timber", "upland", "valley", "willow", "yonder", "zephyr",
)  # fmt: skip
# Where names are bound, by a parent and its field; the field may be any if it is "*".
_BOUND = {
    "parameters": "*", "lambda_parameters": "*", "default_parameter": "name", "pattern_list": "*",
    "typed_parameter": "*", "typed_default_parameter": "name", "list_splat_pattern": "*",
    "dictionary_splat_pattern": "*", "assignment": "left", "tuple_pattern": "*",
    "for_statement": "left", "for_in_clause": "left", "named_expression": "name",
    "as_pattern_target": "*", "formal_parameters": "*", "required_parameter": "pattern",
    "optional_parameter": "pattern", "variable_declarator": "name", "formal_parameter": "name",
    "enhanced_for_statement": "name", "parameter": "name pattern", "init_declarator": "declarator",
    "parameter_declaration": "name declarator", "pointer_declarator": "declarator",
    "reference_declarator": "*", "array_declarator": "declarator", "declaration": "declarator",
    "let_declaration": "pattern", "for_expression": "pattern", "closure_parameters": "*",
    "var_spec": "name", "foreach_statement": "left",
}  # fmt: skip
_FUNCTION = re.compile(
    r"(function|method|constructor)_(definition|declaration|item)|method|arrow_function"
    r"|local_function_statement|func_literal|lambda(_expression)?|closure_expression"
    r"|function_expression"
)
_CLASS = re.compile(r"(class|interface|struct|enum|trait|impl)_\w+|class_body|declaration_list")
_MOVED = {
    "function_definition", "function_declaration", "function_item", "method_declaration",
    "method_definition",
}  # fmt: skip
_DOTS = {".", "->", "::", "?."}
_KEPT = {"main", "init", "self", "cls", "this", "_", "args"}
_SAID = re.compile(r"#!|//go:|//\s*\+build|#\s*(type|noqa|pragma)|[\s\S]*(```|>>>)")
Node = tree_sitter.Node


def renamed(code: str, language: str, rng: random.Random) -> str | None:
    """The code with other names for variables, parameters and functions; None if it has none."""
    text = _tree.encoded(code)
    root = _tree.tree(language, text).root_node
    leaves = [node for node in _tree.walked(root) if node.type == "identifier"]
    own = {_text(node) for node in leaves if _is_bound(node)} - _kept(root)
    fresh = (f"{word}{n or ''}" for n in range(99) for word in rng.sample(WORDS, len(WORDS)))
    names = dict(zip(sorted(own), (new for new in fresh if new not in code), strict=False))
    edits = [
        ((node.start_byte, node.end_byte), names[_text(node)])
        for node in leaves
        if _text(node) in names and not _is_member(node)
    ]
    return _tree.edited(text, edits) if edits else None


def _is_bound(node: Node) -> bool:
    parent = node.parent
    if parent is None or _is_member(node):
        return False
    scope = _scope(parent)
    if parent.child_by_field_name("name") == node and parent.type in _MOVED:
        return _scope(parent.parent) is None if parent.parent else False
    if parent.type == "function_declarator":
        definition = parent.parent
        return bool(definition and definition.type == "function_definition" and scope is None)
    if parent.type == "expression_list" and parent.parent:
        above = parent.parent
        left = above.type in ("short_var_declaration", "range_clause")
        return left and above.child_by_field_name("left") == parent and scope == "function"
    fields = _BOUND.get(parent.type, "")
    named = {name for name in fields.split() if parent.child_by_field_name(name) == node}
    return scope == "function" and (fields == "*" or bool(named))


def _scope(node: Node | None) -> str | None:
    """What a node stands in: a function, a class, or neither."""
    while node is not None:
        if _FUNCTION.fullmatch(node.type):
            return "function"
        if _CLASS.fullmatch(node.type):
            return "class"
        node = node.parent
    return None


def _is_member(node: Node) -> bool:
    before = node.prev_sibling
    return before is not None and before.type in _DOTS


def _kept(root: Node) -> set[str]:
    """Names that stand where they cannot be changed as easily."""
    kept = set(_KEPT)
    for node in _tree.walked(root):
        if node.type.startswith("shorthand"):
            kept.add(_text(node))
        elif node.type in ("keyword_argument", "argument") and (
            key := node.child_by_field_name("name")
        ):
            kept.add(_text(key))
        elif node.type in ("preproc_arg", "name_colon"):
            kept |= set(re.findall(r"\w+", _text(node)))
        elif "string" in node.type:
            kept |= set(re.findall(r"\{(\w+)", _text(node)))
            kept |= set(re.findall(r"\w+(?=\()", _text(node)))
    return kept


def reordered(code: str, language: str, rng: random.Random) -> str | None:
    """The code with functions that stand side by side in another order; None if none do."""
    text = _tree.encoded(code)
    edits = []
    for node in _tree.walked(_tree.tree(language, text).root_node):
        for run in _runs(node):
            units = [text[start:end].decode("utf-8", "replace") for start, end in run]
            if language in ("c", "cpp") and _mention(units):
                continue
            order = list(range(len(run)))
            while order == sorted(order):
                rng.shuffle(order)
            edits += [(span, units[place]) for span, place in zip(run, order, strict=True)]
    return _tree.edited(text, edits) if edits else None


def _runs(parent: Node) -> Iterator[list[tuple[int, int]]]:
    """Spans of two or more functions that nothing stands between, with their comments."""
    run: list[tuple[int, int]] = []
    start = None
    for child in (*parent.children, None):
        if child is not None and ("comment" in child.type or child.type == "attribute_item"):
            start = child.start_byte if start is None else start
        elif child is not None and child.type in _MOVED:
            run.append((child.start_byte if start is None else start, child.end_byte))
            start = None
        else:
            if len(run) > 1:
                yield run
            run, start = [], None


def _mention(units: list[str]) -> bool:
    """Does one name another? Then the order of declarations counts."""
    names = [set(re.findall(r"\w+(?=\s*\()", unit.partition("{")[0])) for unit in units]
    return any(
        name in re.findall(r"\w+", unit.partition("{")[2])
        for number, unit in enumerate(units)
        for other, some in enumerate(names)
        for name in some
        if number != other
    )


def recommented(code: str, language: str, rng: random.Random) -> str | None:
    """The code with other words in its comments, and one more at its beginning."""
    text = _tree.encoded(code)
    edits = []
    for node in _tree.comments(language, code):
        said = _text(node)
        if not _SAID.match(said):
            told = re.sub(r"[^\W\d_]{2,}", lambda _: rng.choice(WORDS), said)
            edits.append(((node.start_byte, node.end_byte), told))
    if code.startswith("#!") or "//go:" in code or "<?" in code:
        return _tree.edited(text, edits) if edits else None
    sign = "#" if language == "python" else "//"
    return f"{sign} {' '.join(rng.sample(WORDS, 6))}\n{_tree.edited(text, edits)}"


def everything(code: str, language: str, rng: random.Random) -> str | None:
    """All three, as far as they can be."""
    for edit in (reordered, renamed, recommented):
        code = edit(code, language, rng) or code
    return code


def unbroken(code: str, language: str) -> bool:
    """Has the tree no error?"""
    return not _tree.tree(language, _tree.encoded(code)).root_node.has_error


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


EDITS: Mapping[str, Callable[[str, str, random.Random], str | None]] = {
    "names": renamed, "order": reordered, "comments": recommented, "all": everything,
}  # fmt: skip
