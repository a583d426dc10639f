"""Go source text: pieces made one file, imports that are missing or left over, emptied bodies."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import tree_sitter

from backfeed.analyzers import _tree
from backfeed.analyzers._tree import Span
from backfeed.analyzers._tree_names import text_of

# Packages of the standard library by the name that they are used under.
STANDARD = {
    path.rpartition("/")[2]: path
    for path in (
        "bufio", "bytes", "cmp", "container/heap", "container/list", "container/ring", "context",
        "crypto/md5", "crypto/sha1", "crypto/sha256", "crypto/sha512", "encoding/base64",
        "encoding/binary", "encoding/csv", "encoding/hex", "encoding/json", "encoding/xml",
        "errors", "flag", "fmt", "io", "log", "maps", "math", "math/big", "math/bits",
        "math/cmplx", "math/rand", "net/http", "net/url", "os", "path/filepath", "reflect",
        "regexp", "runtime", "slices", "sort", "strconv", "strings", "sync", "sync/atomic",
        "text/tabwriter", "text/template", "time", "unicode", "unicode/utf16", "unicode/utf8",
    )
}  # fmt: skip


_OUTPUT = re.compile(r"\s*(unordered )?output:(.*)", re.IGNORECASE | re.DOTALL)


class Piece(NamedTuple):
    """A text, and the name of the file that it counts as."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Import:
    """One import of a file: as it is written, the name that it is used under, where it stands."""

    said: str
    name: str
    line: int
    span: Span


@dataclass(frozen=True, slots=True)
class Outline:
    """What a file begins with, and whether it stands where Go wants it."""

    package: str
    imports: tuple[Import, ...]
    spans: tuple[Span, ...]  # of the package clause and the import declarations
    in_order: bool


def outline(text: str) -> Outline:
    """The package clause and the imports of a text, wherever they stand."""
    package, rest, in_order = "", False, True
    imports: list[Import] = []
    spans: list[Span] = []
    for node in _tree.tree("go", _tree.encoded(text)).root_node.children:
        if node.type == "package_clause":
            in_order = in_order and not (package or imports or rest)
            package = package or text_of(node.named_children[-1])
            spans.append((node.start_byte, node.end_byte))
        elif node.type == "import_declaration":
            in_order = in_order and not rest
            imports += [_import(spec) for spec in _under(node, "import_spec")]
            spans.append((node.start_byte, node.end_byte))
        elif node.is_named and node.type != "comment":
            rest = True
    twice = len({one.said for one in imports}) < len(imports)
    return Outline(package, tuple(imports), tuple(spans), bool(package) and in_order and not twice)


def _import(spec: tree_sitter.Node) -> Import:
    path, alias = spec.child_by_field_name("path"), spec.child_by_field_name("name")
    parts = (text_of(path).strip('"`') if path else "").split("/")
    if len(parts) > 1 and parts[-1][:1] == "v" and parts[-1][1:].isdigit():
        parts.pop()
    name = text_of(alias) if alias else parts[-1].partition(".")[0]
    span = (spec.start_byte, spec.end_byte)
    return Import(" ".join(text_of(spec).split()), name, spec.start_point.row + 1, span)


def joined(pieces: Sequence[Piece], *, complete: bool = False, quiet: Sequence[str] = ()) -> str:
    """Pieces as one file: the clause and the imports of all first. Lines are those of the pieces.

    With `complete`, packages of the standard library that are used without an import get one. What
    the pieces named in `quiet` import need not be used.
    """
    outlines = [outline(piece.text) for piece in pieces]
    pairs = list(zip(pieces, outlines, strict=True))
    bodies = [_blanked(piece.text, found.spans) for piece, found in pairs]
    used, other = _names("\n".join(bodies))
    lines, seen = (
        [f"package {next((one.package for one in outlines if one.package), 'main')}"],
        set(),
    )
    for piece, found in pairs:
        for one in found.imports:
            if one.said not in seen:
                said = one.said if one.name in used or piece.name not in quiet else _quiet(one)
                lines += [f"//line {piece.name}:{one.line}:1", f"import {said}"]
                seen.add(one.said)
    if complete:
        named = {one.name for found in outlines for one in found.imports}
        missing = (STANDARD[name] for name in used - other - named if name in STANDARD)
        lines += [f'import "{path}"' for path in sorted(missing)]
    for (piece, _), body in zip(pairs, bodies, strict=True):
        lines += [f"//line {piece.name}:1:1", body]
    return "\n".join(lines) + "\n"


def _quiet(one: Import) -> str:
    """An import that need not be used."""
    path = one.said.split()[-1]
    return one.said if one.name in ("_", ".", "C") else f"_ {path}"


def _blanked(text: str, spans: Sequence[Span]) -> str:
    raw = _tree.encoded(text)
    return _tree.edited(raw, [
        (span, "".join("\n" if byte == 10 else " " for byte in raw[slice(*span)])) for span in spans
    ])  # fmt: skip


def _names(text: str) -> tuple[set[str], set[str]]:
    """Names with something picked from them, and those that stand in other places."""
    used, other, stack = set(), set(), [_tree.tree("go", _tree.encoded(text)).root_node]
    while stack:
        node = stack.pop()
        inner = node.children
        of_name = node.type == "selector_expression" and inner[0].type == "identifier"
        if of_name or node.type == "qualified_type":
            used.add(text_of(inner[0]))
            inner = inner[1:]
        elif node.type == "identifier":
            other.add(text_of(node))
        if node.type not in ("import_declaration", "package_clause"):
            stack += inner
    return used, other


def unused_quieted(text: str) -> str:
    """The text with `_` before the imports whose packages it does not use."""
    used, _ = _names(text)
    edits = [(one.span, _quiet(one)) for one in outline(text).imports if one.name not in used]
    return _tree.edited(_tree.encoded(text), edits)


def stub(code: str, entry_point: str) -> str:
    """The code with the bodies of its entry point returning nothing but zero values."""
    found = {one.body: one for one in _tree.chosen("go", code, entry_point)}
    edits = [(span, _emptied(found[span].result)) for span in _tree.outermost(list(found))]
    return unused_quieted(_tree.edited(_tree.encoded(code), edits)) if edits else ""


def _emptied(result: str) -> str:
    if not result:
        return "{}"
    if not result.startswith("("):
        return f"{{ return *new({result}) }}"
    function = _tree.tree("go", _tree.encoded(f"package p\nfunc f() {result} {{}}")).root_node
    given = [
        one
        for part in _under(function, "function_declaration")
        if (results := part.child_by_field_name("result"))
        for one in results.named_children
        if one.type == "parameter_declaration"
    ]
    if any(one.child_by_field_name("name") for one in given):
        return "{ return }"
    types = [one.child_by_field_name("type") for one in given]
    return f"{{ return {', '.join(f'*new({text_of(one)})' for one in types if one)} }}"


def functions(text: str) -> list[tuple[str, tree_sitter.Node]]:
    """The functions of a text: their names, and the nodes of these."""
    nodes = _tree.tree("go", _tree.encoded(text)).root_node.children
    found = [node for node in nodes if node.type == "function_declaration"]
    names = [node.child_by_field_name("name") for node in found]
    return [(text_of(name), name) for name in names if name is not None]


class Shown(NamedTuple):
    """An example function: its name, what it prints, and whether in any order."""

    name: str
    output: str
    unordered: bool


def examples(text: str) -> list[Shown]:
    """The example functions of a file that say what they print."""
    found = []
    for name, node in functions(text):
        body = node.parent.child_by_field_name("body") if node.parent else None
        if body is not None and name.startswith("Example") and not name[7:8].islower():
            told = _OUTPUT.match(_last_comment(body))
            if told is not None:
                found.append(
                    Shown(name, told[2].strip() + "\n" * bool(told[2].strip()), bool(told[1]))
                )
    return found


def _last_comment(body: tree_sitter.Node) -> str:
    """What the comment says that ends a body, without its marks."""
    lines: list[str] = []
    row = -1
    for node in _under(body, "comment"):
        if node.start_point.row != row + 1:
            lines = []
        row = node.end_point.row
        said = text_of(node)
        lines.append(said[2:].removeprefix(" ") if said.startswith("//") else said[2:-2])
    return "\n".join(line.rstrip() for line in "\n".join(lines).split("\n"))


def renamed(text: str, old: str, new: str) -> str:
    """The text with another name for a function that nobody calls."""
    spans = [(node.start_byte, node.end_byte) for name, node in functions(text) if name == old]
    return _tree.edited(_tree.encoded(text), [(span, new) for span in spans])


def without_benchmarks(text: str) -> str:
    """A file of tests without the functions that only measure; lines stay."""
    found = [(name.parent, name.parent.child_by_field_name("parameters"))
             for _, name in functions(text) if name.parent]  # fmt: skip
    spans = [
        (node.start_byte, node.end_byte) for node, given in found
        if given and b"testing.B" in (given.text or b"")
    ]  # fmt: skip
    return unused_quieted(_blanked(text, spans)) if spans else text


def _under(node: tree_sitter.Node, kind: str) -> Iterator[tree_sitter.Node]:
    stack = [node]
    while stack:
        found = stack.pop()
        if found.type == kind:
            yield found
        else:
            stack += reversed(found.children)
