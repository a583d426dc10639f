"""The names in a piece of code: those that it uses, and those that are there because of it."""

import re
from collections.abc import Iterator

import tree_sitter

_NAMES = ("name", "constant", "word", "bareword", "variable_name", "varname", "function", "package")
_FIELDS = (
    "name", "left", "declarator", "declaration", "pattern", "receiver", "field", "variable",
    "variables",
)  # fmt: skip
_BINDERS = (
    "declarator", "_spec", "_spec_list", "const_element", "variable_list", "assignment_statement",
    "_pattern", "parameter_declaration", "pointer_type", "expression_list", "varname",
    "variable_assignment",
)  # fmt: skip
_STATEMENT = re.compile(r"call|for|while|until|(?!assignment)\w*_(?:statement|call|loop)")
_CHANGED = re.compile(
    r"\b([A-Za-z_]\w*)\s*(?:(?:\[[^\]\n]*\]|\{[^}\n]*\})\s*[-+*/.|&%]?=(?![=~>])"
    r"|<<|\.(?:freeze|push|append|add|merge!|update|store|unshift|concat|set)\b)"
    r"|\b(?:push|unshift|insert)\b\s*\(?\s*[@\\]*(\w+)"
)


def text_of(node: tree_sitter.Node) -> str:
    """The text of a node."""
    return (node.text or b"").decode("utf-8", "replace")


def _is_name(node: tree_sitter.Node) -> bool:
    if (
        not node.is_named
        or node.child_count
        or node.type in ("field_identifier", "property_identifier")
    ):
        return False
    return node.type.endswith("identifier") or node.type in _NAMES or "shorthand" in node.type


def named(node: tree_sitter.Node) -> Iterator[str]:
    """All names in a piece."""
    stack = [node]
    while stack:
        one = stack.pop()
        if _is_name(one):
            yield text_of(one)
        theirs = _method_of_another(one)
        stack += [child for child in one.children if child != theirs]


def _method_of_another(call: tree_sitter.Node) -> tree_sitter.Node | None:
    """The name of a method that an object is asked for: it is no function of the file."""
    of = call.child_by_field_name("receiver") or call.child_by_field_name("table")
    if of is None or of.type in ("self", "constant", "scope_resolution"):
        return None
    return call.child_by_field_name("method")


def changed(node: tree_sitter.Node) -> Iterator[str]:
    """The names of what a statement at the top of a file adds to."""
    if _STATEMENT.fullmatch(node.type):
        for one, other in _CHANGED.findall(text_of(node)):
            yield one or other


def bound(node: tree_sitter.Node, binders: tuple[str, ...] = ()) -> Iterator[str]:
    """The names that are there because of a piece; what is in `binders` binds, too."""
    for number, child in enumerate(node.children):
        name = node.field_name_for_child(number)
        is_method = node.type == "method_declaration"
        if (name == "receiver" and is_method) or (node.type == "impl_item" and name == "type"):
            yield from named(child)
        elif name in _FIELDS or (name is None and child.type.endswith((*_BINDERS, *binders))):
            if _is_name(child):
                yield text_of(child)
            elif child.type != "parameter_list" or is_method:
                yield from bound(child, binders)
