"""Java's source files: what they define, under which name they must lie, several as one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

import tree_sitter

from backfeed.analyzers import _tree
from backfeed.analyzers._tree import Span
from backfeed.engine.records import File

TYPES = {
    "class_declaration", "record_declaration", "interface_declaration", "enum_declaration",
    "annotation_type_declaration",
}  # fmt: skip
_HEAD = {"package_declaration", "import_declaration"}
_MEMBERS = {"method_declaration", "constructor_declaration", "field_declaration"}
# What may stand beside members and statements without being one.
_BESIDE = TYPES | _HEAD | {"line_comment", "block_comment", "module_declaration", "ERROR", ";"}
MAIN = "Main"
# One line each, so that the lines of what lies between stay.
_AS_MEMBERS = ("class @ {", "}")
_AS_STATEMENTS = ("class @ { public static void main(String[] __) throws Throwable {", "}}")


@dataclass(frozen=True, slots=True)
class Type:
    """A type at the top of a file: where it is, where it says `public`, has it a `main`?"""

    name: str
    span: Span
    public: Span | None
    has_main: bool


def types(code: str) -> list[Type]:
    """The types at the top of a file, in order."""
    root = _tree.tree("java", _tree.encoded(code)).root_node
    return [_type(node) for node in root.children if node.type in TYPES]


def _type(node: tree_sitter.Node) -> Type:
    public = _modifier(node, "public")
    body = node.child_by_field_name("body")
    methods = (child for child in _members(body) if child.type == "method_declaration")
    return Type(
        _text(node.child_by_field_name("name")),
        (node.start_byte, node.end_byte),
        (public.start_byte, public.end_byte) if public else None,
        any(_is_main(method) for method in methods),
    )


def _members(body: tree_sitter.Node | None) -> Iterator[tree_sitter.Node]:
    for child in body.children if body else ():
        if child.type == "enum_body_declarations":
            yield from child.children
        else:
            yield child


def _is_main(method: tree_sitter.Node) -> bool:
    named = _text(method.child_by_field_name("name")) == "main"
    return named and _modifier(method, "static") is not None


def _modifier(node: tree_sitter.Node, word: str) -> tree_sitter.Node | None:
    modifiers = (child for child in node.children if child.type == "modifiers")
    return next((one for found in modifiers for one in found.children if one.type == word), None)


def _text(node: tree_sitter.Node | None) -> str:
    return (node.text or b"").decode("utf-8", "replace") if node else ""


def package(code: str) -> str:
    """The package that a file says it is in."""
    for node in _heads(code):
        if node.type == "package_declaration":
            return re.sub(r"^package|[\s;]|//.*|/\*.*?\*/", "", _text(node))
    return ""


def imports(code: str) -> list[str]:
    """The names that a file imports, with a star where it has one."""
    said = [_text(node) for node in _heads(code) if node.type == "import_declaration"]
    return [re.sub(r"\s+|;", "", re.sub(r"^import\s+(static\s+)?", "", one)) for one in said]


def _heads(code: str) -> list[tree_sitter.Node]:
    root = _tree.tree("java", _tree.encoded(code)).root_node
    return [node for node in root.children if node.type in _HEAD]


def full_name(code: str, name: str) -> str:
    """A type's name with its package."""
    return f"{place}.{name}" if (place := package(code)) else name


def main_of(code: str) -> str:
    """The full name of the type that starts the program: a public one before others."""
    order = sorted(types(code), key=lambda one: (not one.has_main, one.public is None))
    return full_name(code, order[0].name if order else MAIN)


def placed(path: str, code: str) -> File:
    """A file under the name that its public type asks for.

    Where several types are public, which one file cannot hold, only the first stays so.
    """
    public = [one for one in types(code) if one.public]
    name = public[0].name if public else PurePosixPath(path).stem
    blanks = [(one.public, " " * 6) for one in public[1:] if one.public]
    kept = _tree.edited(_tree.encoded(code), blanks) if blanks else code
    return File(str(PurePosixPath(path).with_name(f"{name}.java")), kept)


def joined(first: str, second: str) -> str:
    """Two files as one: one package, all imports on the first line, and the second's types instead
    of the first's where both start a program. The second's lines begin where it is laid.
    """
    mains = {one.name for one in types(second) if one.has_main}
    own = [one.span for one in types(first) if one.has_main and one.name in mains]
    text = _tree.encoded(f"{_blanked(first, own)}\n{second}")
    heads = [node for node in _tree.tree("java", text).root_node.children if node.type in _HEAD]
    places = [_text(node) for node in heads if node.type == "package_declaration"]
    said = [_text(node) for node in heads if node.type == "import_declaration"]
    head = "".join(f"{_on_one_line(one)} " for one in [*places[:1], *dict.fromkeys(said)])
    return head + _blanked(text.decode(), [(node.start_byte, node.end_byte) for node in heads])


def _on_one_line(said: str) -> str:
    return " ".join(re.sub(r"//.*|/\*.*?\*/", "", said).split())


def _blanked(code: str, spans: list[Span]) -> str:
    text = _tree.encoded(code)
    blanks = [(span, re.sub(rb"[^\r\n]", b" ", text[slice(*span)]).decode()) for span in spans]
    return _tree.edited(text, blanks)


def loose(code: str) -> str:
    """What lies outside all types: `members`, `statements`, `both`, or nothing."""
    found = {node.type in _MEMBERS or _is_field(node) for node in _outside(code)}
    if not found:
        return ""
    return "both" if len(found) > 1 else "members" if found.pop() else "statements"


def _is_field(node: tree_sitter.Node) -> bool:
    """A variable that says who may see it is no local one."""
    words = ("private", "public", "protected", "static")
    return node.type == "local_variable_declaration" and any(_modifier(node, w) for w in words)


def _outside(code: str) -> list[tree_sitter.Node]:
    root = _tree.tree("java", _tree.encoded(code)).root_node
    return [node for node in root.children if node.type not in _BESIDE]


def wrapped(code: str, name: str = MAIN) -> str:
    """Bare members in a type, bare statements in a program; other code as it is."""
    kind = loose(code)
    if kind not in ("members", "statements"):
        return code
    found = _outside(code)
    before, after = _AS_MEMBERS if kind == "members" else _AS_STATEMENTS
    start, end = found[0].start_byte, found[-1].end_byte
    edits = [((start, start), before.replace("@", name)), ((end, end), after)]
    return _tree.edited(_tree.encoded(code), edits)


def heir(code: str, name: str) -> str:
    """The code with its programs as heirs of a type, so that they have its members."""
    text = _tree.encoded(code)
    edits = [
        ((node.end_byte, node.end_byte), f" extends {name}")
        for one in _tree.tree("java", text).root_node.children
        if one.type == "class_declaration" and not one.child_by_field_name("superclass")
        and _type(one).has_main
        and (node := one.child_by_field_name("type_parameters") or one.child_by_field_name("name"))
    ]  # fmt: skip
    return _tree.edited(text, edits)
