"""Units of code in any language: functions at the top of a file, with what they need to run alone.

The tree says which names a piece uses and which it binds; what binds a used name is carried along.
A name that nothing binds may be a builtin's: the language's own tools decide that later.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import tree_sitter

from backfeed.analyzers import _tree
from backfeed.analyzers._described import Unit
from backfeed.analyzers._tree_names import bound, changed, named, text_of
from backfeed.engine.grammar import Cut, grammars

Bounds = tuple[int, int, int]
"""The least and the most lines of code of a unit, and the most lines carried along with it."""

_GLUE = ("attribute_item", "decorator", "annotation")
# What a type is made of besides its own: its static functions can do without.
_ABOVE = ("superclass", "super_interfaces", "base_clause", "class_interface_clause")
_LICENCE = re.compile(r"copyright|licen[cs]e|SPDX|all rights", re.IGNORECASE)
_LEAST_METHODS, _CLASS = 2, 4  # of a class; how many functions' lines it may have
_LEAST_HEAD = 6  # words that a comment at the head of a file needs to say what the file does


@dataclass(eq=False)
class Item:
    """A piece at the top of a file, or a member of a frame around it."""

    language: str
    node: tree_sitter.Node
    outer: tree_sitter.Node
    frame: tree_sitter.Node | None = None

    @cached_property
    def text(self) -> str:
        """Its text, as it stands in the file, with what ends it."""
        end = self.node.next_sibling
        return text_of(self.node) + (";" if end is not None and end.type == ";" else "")

    @cached_property
    def binds(self) -> frozenset[str]:
        """The names that are there because of it."""
        binders = cut_of(self.language).binders
        return frozenset([*bound(self.node, binders), *changed(self.node)])

    @cached_property
    def uses(self) -> frozenset[str]:
        """The names in it; what a macro stands for is text to its grammar."""
        if self.node.type.startswith("preproc"):
            return frozenset(re.findall(r"[A-Za-z_]\w*", self.text))
        return frozenset(named(self.node))

    @cached_property
    def above(self) -> list[tree_sitter.Node]:
        """The comments and attributes that stand right above it, in order."""
        return list(reversed(list(above(self.language, self.outer))))


def cut_of(language: str) -> Cut:
    """What the language's table says of cutting."""
    return grammars()[language].cut


def comments(language: str) -> tuple[str, ...]:
    """The nodes that say something of what follows."""
    return (*_tree.known(language).comments, *cut_of(language).docs)


def items(language: str, root: tree_sitter.Node) -> list[Item]:
    """The pieces at the top of a file; those in frames have their frame."""
    return list(_items(language, root, None))


def _items(
    language: str, parent: tree_sitter.Node, frame: tree_sitter.Node | None
) -> Iterator[Item]:
    cut = cut_of(language)
    for node in parent.named_children:
        if node.type in cut.inside:
            yield from _items(language, node, frame)
        elif node.type in cut.frames and (frame is None or cut.nested):
            body = node.child_by_field_name("body")
            yield Item(language, node, node, frame)
            if body is not None:
                yield from _items(language, body, node)
        elif node.type not in comments(language):
            outer = parent if parent.named_child_count == 1 and _is_wrapper(parent) else node
            yield Item(language, node, outer, frame)


def _is_wrapper(node: tree_sitter.Node) -> bool:
    """Is this a word before a declaration (`export`), above which its comment stands?"""
    return node.type.endswith("_statement")


def units(language: str, text: str, bounds: Bounds = (5, 20, 80)) -> list[Unit]:
    """The functions of a file as units, those that cannot be used with the reason."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    root = _tree.tree(language, _tree.encoded(text)).root_node
    found = items(language, root)
    defined = _tree.definitions(language, text)
    at = {(item.node.start_byte, item.node.end_byte): item for item in found}
    mine = {one.span: at.get(one.span) for one in defined}
    for span in _tree.outermost(list(mine)):
        mine[span] = mine[span] or _around(found, span)
    only = sum(one.kind == "function" or mine[one.span] is not None for one in defined) == 1
    return [
        _unit(_Place(language, root, found, only), one, mine[one.span], bounds=bounds)
        for one in defined
        if _is_class(language, mine[one.span])
        or (one.kind != "class" and one.body[0] < one.body[1])
    ]


def _is_class(language: str, item: Item | None) -> bool:
    """Is it a class with methods of its objects, where classes can be units?"""
    cut = cut_of(language)
    if item is None or item.frame is not None or item.node.type not in cut.classes:
        return False
    body = item.node.child_by_field_name("body")
    inside = [text_of(one) for one in (body.named_children if body else ()) if "method" in one.type]
    free = [text for text in inside if not re.match(r"[^{(]*\bstatic\b|def self", text)]
    return len(free) >= _LEAST_METHODS


def _around(found: Sequence[Item], span: tuple[int, int]) -> Item | None:
    """The piece that consists of a definition and little more: `const f = ...;`"""
    for item in found:
        start, end = item.node.start_byte, item.node.end_byte
        if start <= span[0] and span[1] <= end and (end - start) - (span[1] - span[0]) <= 40:
            return item
    return None


@dataclass(frozen=True, slots=True)
class _Place:
    """The file that a unit comes from. `only`: it has one function."""

    language: str
    root: tree_sitter.Node
    items: Sequence[Item]
    only: bool


def _unit(place: _Place, one: _tree.Definition, item: Item | None, *, bounds: Bounds) -> Unit:
    least, most, carried = bounds
    text = place.root.text or b""
    last = text.count(b"\n", 0, one.span[1]) + 1
    bare = _tree.without_comments(place.language, text[slice(*one.span)].decode("utf-8", "replace"))
    size = sum(bool(line.strip()) for line in bare.split("\n"))

    def refused(reason: str, detail: str = "") -> Unit:
        return Unit(one.name, one.kind, "", one.line, last, size, reason, detail)

    whole = _is_class(place.language, item)
    most = most * _CLASS if whole else most
    if item is None or (one.kind == "method" and item.frame is None):
        return refused("method" if one.kind == "method" else "nested", "it stands in something")
    if item.node.has_error:
        return refused("unparsable")
    wanted = cut_of(place.language).wanted
    if item.frame is not None and not re.search(wanted, item.text.partition("{")[0]):
        return refused("method", "it needs an object")
    if not whole and re.search(cut_of(place.language).unwanted, item.text):
        return refused("method", "it needs an object")
    if not least <= size <= most:
        return refused("too-short" if size < least else "too-long", f"{size} lines of code")
    parts, reason = _needs(place, item)
    if reason:
        return refused(*reason)
    code = _assembled(place, item, parts)
    extra = code.count("\n") - (last - one.line + 1)
    if extra > carried:
        return refused("too-much-carried", f"{extra} lines of imports and helpers")
    kind = "class" if whole else "function"
    return Unit(one.name, kind, code, one.line, last, size)


def _needs(place: _Place, unit: Item) -> tuple[list[Item], tuple[str, str] | None]:
    """What binds the names that a unit uses, and so on; or why it cannot stand alone."""
    cut = cut_of(place.language)
    wanted, todo = [unit], [unit]
    while todo:
        item = todo.pop()
        for other in place.items:
            apart = other.frame is not None and other.frame != unit.frame
            if other in wanted or apart or other.node == unit.frame:
                continue
            if not _is_import(cut, other):
                needed = bool(other.binds & item.uses) or other.node.type in cut.kept
            elif re.search(cut.standard, other.text):
                needed = _brings(cut, other, item)
            elif not other.node.type.startswith("preproc") and _brings(cut, other, item):
                return [], ("import", other.text.strip()[:80])
            else:
                needed = False
            if needed:
                wanted.append(other)
                todo.append(other)
    return [item for item in place.items if item in wanted], None


def _is_import(cut: Cut, item: Item) -> bool:
    return item.node.type in cut.imports or bool(cut.requires and re.match(cut.requires, item.text))


def _brings(cut: Cut, imported: Item, item: Item) -> bool:
    """Does an import bring a name that a piece uses? One that names nothing brings anything."""
    if re.search(cut.always, imported.text):
        return True
    words = set(re.findall(r"[A-Za-z_]\w*", imported.text))
    if cut.folded:
        used = {name.lower() for name in item.uses}
        return bool({word.lower().replace("_", "") for word in words} & used)
    return imported.node.type.startswith("preproc") or bool(words & item.uses)


def _assembled(place: _Place, unit: Item, parts: Sequence[Item]) -> str:
    """Imports, then what is needed and the unit, in the order of the text."""
    cut = cut_of(place.language)
    heads = [cut.imported.replace("@", p.text.strip()) for p in parts if _is_import(cut, p)]
    rest = [part for part in parts if not _is_import(cut, part)]
    loose = [_said(place, part, unit) for part in rest if part.frame is None]
    members = [_said(place, part, unit) for part in rest if part.frame is not None]
    if unit.frame is not None:
        begin = frame_head(place.language, unit.frame)
        loose.append(cut.framed.replace("@h", begin).replace("@m", "\n\n".join(members)))
    head = "\n".join(dict.fromkeys(heads))
    pieces = [piece for piece in (head, _apart(loose)) if piece]
    return cut.begin + "\n\n".join(pieces) + "\n"


def _apart(pieces: Sequence[str]) -> str:
    """Pieces with empty lines between them, but for such that are a line each."""
    text = ""
    for before, piece in zip(["\n", *pieces], pieces, strict=False):
        text += ("\n\n" if "\n" in before + piece else "\n") + piece
    return text.strip("\n")


def frame_head(language: str, frame: tree_sitter.Node) -> str:
    """The text of a frame before its members: without comments, and by itself in no other."""
    body = frame.child_by_field_name("body")
    ends = [n.start_byte for n in frame.children if n.type in comments(language)]
    end = min([*ends, body.start_byte if body else frame.end_byte])
    name = frame.child_by_field_name("name")
    last = name.child_by_field_name("name") if name is not None else None
    scope = [(name.start_byte, last.start_byte)] if name is not None and last is not None else []
    gone = [*scope, *((n.start_byte, n.end_byte) for n in frame.children if n.type in _ABOVE)]
    kept, at = b"", frame.start_byte
    for begin, stop in sorted(one for one in gone if one[1] <= end):
        kept += (frame.text or b"")[at - frame.start_byte : begin - frame.start_byte]
        at = stop
    kept += (frame.text or b"")[at - frame.start_byte : end - frame.start_byte]
    return re.sub(r"  +", " ", kept.decode("utf-8", "replace")).rstrip()


def _said(place: _Place, part: Item, unit: Item) -> str:
    """A piece with what stands above it; the unit with the comment that says what it does."""
    said = part.above if part is unit else [n for n in part.above if n.type in _GLUE]
    head = "" if said or part is not unit or not place.only else _head(place)
    # A frame's member keeps the place in its line that it has in the file.
    indent = " " * part.node.start_point.column if part.frame is not None else ""
    lines = [head, *(text_of(node).rstrip("\n") for node in said), part.text.strip("\n")]
    return "\n".join(indent + line for line in lines if line)


def _head(place: _Place) -> str:
    """The comment at the head of a file with one function, if it says what the file is for."""
    run: list[str] = []
    for node in place.root.named_children:
        if node.type not in _tree.known(place.language).comments:
            break
        run.append(text_of(node).rstrip("\n"))
    text = "\n".join(run)
    if _LICENCE.search(text) or len(re.findall(r"[A-Za-z]{2,}", text)) < _LEAST_HEAD:
        return ""
    return re.sub(r"^([ \t]*)//!", r"\1///", text, flags=re.MULTILINE)


def above(language: str, node: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    """The comments and attributes right above a node, the nearest first."""
    kinds, row = (*comments(language), *_GLUE), node.start_point.row
    before = node.prev_named_sibling
    if before is None and node.parent is not None and node.parent.start_byte == node.start_byte:
        before = node.parent.prev_named_sibling
    while before is not None and before.type in kinds:
        end = before.end_point.row - (before.end_point.column == 0)
        alone = (before.prev_sibling is None) or before.prev_sibling.end_point.row < (
            before.start_point.row + (before.prev_sibling.end_point.column == 0)
        )
        if row - end > 1 + (before.type in cut_of(language).docs) or not alone:
            break
        yield before
        row, before = before.start_point.row, before.prev_named_sibling
