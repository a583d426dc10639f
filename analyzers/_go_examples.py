"""Example functions of Go, which stand in files of tests, as tests of the function they call."""

import re
from collections.abc import Iterator, Sequence
from textwrap import dedent

import tree_sitter

from backfeed.analyzers import _go_source, _tree
from backfeed.analyzers._go_source import Import
from backfeed.analyzers._tree_names import bound, named, text_of
from backfeed.analyzers._tree_units import cut_of

_BUILTIN = re.compile(
    r"any|append|bool|byte|cap|clear|close|comparable|complex(?:64|128)?|copy|delete|error|false"
    r"|float(?:32|64)|imag|u?int(?:8|16|32|64|ptr)?|iota|len|make|max|min|new|nil|panic|print(?:ln)?"
    r"|real|recover|rune|string|true|_"
)
_BINDS = {
    "short_var_declaration": ("left",), "range_clause": ("left",), "receive_statement": ("left",),
    "var_spec": ("name",), "const_spec": ("name",), "type_spec": ("name",),
    "parameter_declaration": ("name",), "function_declaration": ("name",),
    "type_switch_statement": ("alias",),
}  # fmt: skip


def test_of(code: str, name: str, files: Sequence[str]) -> str:
    """A test of all examples in files that call a function and need nothing but its code."""
    imports: list[str] = []
    bodies: list[str] = []
    own = {one for node in _tree.tree("go", _tree.encoded(code)).root_node.named_children
           for one in bound(node, cut_of("go").binders)}  # fmt: skip
    for text in files:
        shown = {one.name for one in _go_source.examples(text)}
        for function, body in _functions(text, shown):
            found = _standing_alone(text, body, own)
            calls = re.search(rf"(?<![\w.]){re.escape(name)}\(", found[0]) if found else None
            if found and calls and f"func {function}(" not in "".join(bodies):
                bodies.append(found[0])
                imports += found[1]
    return "\n\n".join(["\n".join(dict.fromkeys(imports)), *bodies]) + "\n" if bodies else ""


def shown(test: str, most: int = 12) -> str:
    """What the first example of a test does and prints, if that is short."""
    for name, node in _go_source.functions(test):
        body = node.parent.child_by_field_name("body") if node.parent else None
        if name.startswith("Example") and body is not None:
            lines = text_of(body).strip("{}\n").rstrip().split("\n")
            return dedent("\n".join(lines)) if len(lines) <= most else ""
    return ""


def _functions(text: str, names: set[str]) -> Iterator[tuple[str, tree_sitter.Node]]:
    for name, node in _go_source.functions(text):
        if name in names and node.parent is not None:
            yield name, node.parent


def _standing_alone(
    text: str, function: tree_sitter.Node, own: set[str]
) -> tuple[str, list[str]] | None:
    """The example without its package's name, and what it imports; None if it needs more."""
    outline = _go_source.outline(text)
    package = outline.package.removesuffix("_test")
    apart = package != outline.package
    known = {one.name: one for one in outline.imports}
    used = {one for one in named(function) if one in known and not (apart and one == package)}
    if any(not re.search(cut_of("go").standard, known[one].said) for one in used):
        return None
    said = _without(function, package) if apart else text_of(function)
    tree = _tree.tree("go", _tree.encoded(f"package p\n\n{said}\n")).root_node
    names = set(named(tree)) - set(_bound(tree)) - own - used - {"p"}
    free = [one for one in names if not _BUILTIN.fullmatch(one)]
    return None if free else (said, [_line(known[one]) for one in sorted(used)])


def _bound(tree: tree_sitter.Node) -> Iterator[str]:
    """The names that a function and what is in it bring."""
    for node in _tree.walked(tree):
        for field in _BINDS.get(node.type, ()):
            for child in node.children_by_field_name(field):
                yield from named(child)


def _without(function: tree_sitter.Node, package: str) -> str:
    """A function in which nothing is picked from its package."""
    edits = []
    for node in _tree.walked(function):
        operand = node.child_by_field_name("operand") or node.child_by_field_name("package")
        rest = node.child_by_field_name("field") or node.child_by_field_name("name")
        if node.type in ("selector_expression", "qualified_type") and operand and rest:
            start = operand.start_byte - function.start_byte
            if text_of(operand) == package:
                edits.append(((start, rest.start_byte - function.start_byte), ""))
    return _tree.edited(function.text or b"", edits)


def _line(one: Import) -> str:
    return f"import {one.said}"
