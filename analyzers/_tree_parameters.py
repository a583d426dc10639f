"""What a function takes and how it is called, in any language, as its tree or its body says."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import tree_sitter

from backfeed.analyzers import _tree
from backfeed.analyzers._tree_names import text_of
from backfeed.analyzers._tree_units import Item, cut_of, frame_head, items

_LISTS = ("parameters", "parameter_list", "formal_parameters", "method_parameters")
# What a name begins with where it says that it is no single value.
_SIGILS = {"@": "spliced", "%": "unknown", "&": "unknown", "\\": "unknown"}
# Types that are nothing but their parts.
_TYPE = re.compile(r"(?:struct|enum|type|interface|type_alias)_(?:item|declaration|specifier)")
_NOT_GIVEN = (
    "self_parameter",
    "this",
    "block_parameter",
    "splat_parameter",
    "hash_splat_parameter",
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter: the text of its type, whether it may be left out, what stands before a value.

    `guess` is the type of what it is if nothing is given.
    """

    name: str
    type: str
    optional: bool
    before: str = ""
    guess: str = ""


def parameters(language: str, code: str, name: str) -> list[Parameter]:
    """The parameters of a function, in order; none if there is no such function, or if it cannot
    be told what it takes.
    """
    found = [one for one in _tree.definitions(language, code) if one.name == name]
    return parameters_of(language, code, found[-1]) if found else []


def parameters_of(language: str, code: str, one: _tree.Definition) -> list[Parameter]:
    """The parameters of what is defined, in order; none if it cannot be told what it takes."""
    if cut_of(language).taken:
        text = _tree.encoded(code)[slice(*one.body)].decode("utf-8", "replace")
        return [found for found, _ in taken(language, text)]
    root = _tree.tree(language, _tree.encoded(code)).root_node
    inside = root.descendant_for_byte_range(*one.span)
    listed = _list(inside, one.body[0]) if inside is not None else None
    if listed is None:
        return []
    return [made for node in listed.named_children for made in _parameters(node)]


def taken(language: str, body: str) -> list[tuple[Parameter, str]]:
    """What a body takes by itself of what its function is given, each with the text that does."""
    found: dict[int, tuple[Parameter, str]] = {}
    for pattern in cut_of(language).taken:
        for match in re.finditer(pattern, body):
            told = match.groupdict()
            if told.get("lost"):
                return []
            for number, made in enumerate(_taken(told)):
                at = _place(told) + number if _place(told) else len(found) + 1
                if made.name not in [one.name for one, _ in found.values()]:
                    found.setdefault(at, (made, match[0]))
    whole = sorted(found) == [*range(1, len(found) + 1)]
    return [found[at] for at in sorted(found)] if whole else []


def _place(told: Mapping[str, str | None]) -> int:
    """The number of what is taken, from 1; 0 if none is said."""
    return int(told.get("at") or 0) or int(told.get("index") or -1) + 1


def _taken(told: Mapping[str, str | None]) -> Iterator[Parameter]:
    names = (told.get("list") or told.get("name") or "").split(",")
    for said in filter(None, map(str.strip, names)):
        kind = _SIGILS.get(said[0], "")
        optional = bool(told.get("optional")) or said[0] in "@%"
        yield Parameter(said.lstrip("$@%&\\"), kind, optional)
    if not any(names) and _place(told):
        yield Parameter(f"given{_place(told)}", "", optional=False)


def _list(node: tree_sitter.Node, before: int) -> tree_sitter.Node | None:
    """The list of a function's parameters, before its body; a receiver's is none."""
    stack = [node]
    while stack:
        one = stack.pop(0)
        for number, child in enumerate(one.children):
            if child.start_byte < before:
                if child.type in _LISTS and one.field_name_for_child(number) == "parameters":
                    return child
                stack.append(child)
    return None


def _parameters(node: tree_sitter.Node) -> Iterator[Parameter]:
    if "comment" in node.type or node.type in _NOT_GIVEN:
        return
    names = [
        leaf
        for field in ("name", "pattern", "declarator")
        for child in node.children_by_field_name(field)
        if (leaf := _leaf(child)) is not None
    ] or [leaf for leaf in [_leaf(node)] if leaf is not None]
    default = node.child_by_field_name("value") or node.child_by_field_name("default_value")
    default = default or node.child_by_field_name("right")
    text = text_of(node)
    if default is not None:
        text = text[: default.start_byte - node.start_byte].rstrip().removesuffix("=")
    for leaf in names:
        text = re.sub(rf"[$]?\b{re.escape(text_of(leaf))}\b", " ", text, count=1)
    optional = default is not None or text.lstrip().startswith("?:")
    said = re.sub(r"^(?:mut|final)\b\s*:?", "", text.strip(" ,:?\n"))
    said = re.sub(r"\s+", " ", said).strip()
    guess = _of_value(text_of(default)) if default is not None else ""
    for leaf in names:
        before = f"{text_of(leaf)}: " if node.type == "keyword_parameter" else ""
        yield Parameter(text_of(leaf), said, optional, before, guess)


def _of_value(default: str) -> str:
    """The type of what a parameter is if nothing is given, where that says it."""
    kinds = (("bool", r"(?i:true|false)"), ("int", r"-?\d+"), ("str", r"\"[^\"]*\"|'[^']*'"))
    return next((kind for kind, pattern in kinds if re.fullmatch(pattern, default)), "")


def _leaf(node: tree_sitter.Node) -> tree_sitter.Node | None:
    """The identifier that a declarator declares."""
    while node.child_count:
        inner = node.child_by_field_name("declarator") or node.child_by_field_name("name")
        inner = inner or node.child_by_field_name("pattern") or node.child_by_field_name("left")
        inner = inner or next((c for c in node.named_children if "identifier" in c.type), None)
        inner = inner or next((c for c in node.named_children if c.type == "name"), None)
        if inner is None:
            return None
        node = inner
    return node if node.type.endswith("identifier") or node.type in ("name", "scalar") else None


def called(language: str, code: str, name: str) -> str:
    """How a function is named where it is called: with its type, if it is a static method."""
    spans = [one.span for one in _tree.definitions(language, code) if one.name == name]
    item = _piece(language, code, spans[-1]) if spans else None
    if item is None:
        return name
    frame = item.frame.child_by_field_name("name") if item.frame else None
    if frame is not None:
        return f"{text_of(frame)}{cut_of(language).member}{name}"
    return _in_table(item.node, name)


def _piece(language: str, code: str, span: _tree.Span) -> Item | None:
    """The piece of the file that a definition is, or lies in."""
    frames = cut_of(language).frames
    found = [
        item
        for item in items(language, _tree.tree(language, _tree.encoded(code)).root_node)
        if item.node.start_byte <= span[0]
        and span[1] <= item.node.end_byte
        and item.node.type not in frames
    ]
    return found[-1] if found else None


def _in_table(node: tree_sitter.Node, name: str) -> str:
    """`M.name`, if a function is made as a field of a table, else its name."""
    queue = [node]
    for one in queue:
        last = one.child_by_field_name("field")
        if one.type == "dot_index_expression" and last is not None and text_of(last) == name:
            return text_of(one)
        queue += [child for child in one.children if child.type not in ("block", "expression_list")]
    return name


def signature(language: str, code: str, one: _tree.Definition) -> str:
    """The text of a function before its body, on one line if it is short; in its frame."""
    item = _piece(language, code, one.span)
    if item is None or item.frame is None:
        said = _table(language, code, one.name) + _bare_signature(language, code, one)
        return "\n\n".join([*_own_types(language, code, said), said])
    cut, head = cut_of(language), frame_head(language, item.frame)
    member = "    " + _bare_signature(language, code, one)
    return cut.framed.replace("@h", head).replace("@m", member)


def _own_types(language: str, code: str, said: str) -> list[str]:
    """The types of the file's own that a signature names, which nobody else can know."""
    root = _tree.tree(language, _tree.encoded(code)).root_node
    found = []
    for item in items(language, root):
        name = item.node.child_by_field_name("name")
        if name is None or item.frame is not None or not _TYPE.fullmatch(item.node.type):
            continue
        if re.search(rf"\b{re.escape(text_of(name))}\b", said):
            found.append(item.text)
    return found


def _table(language: str, code: str, name: str) -> str:
    """The line that makes the table in which a function is, if there is one."""
    table = called(language, code, name).rpartition(".")[0].partition(".")[0]
    root = _tree.tree(language, _tree.encoded(code)).root_node
    made = (item.text for item in items(language, root) if table and table in item.binds)
    line = next(made, "")
    return f"{line}\n\n" if line and "\n" not in line else ""


def _bare_signature(language: str, code: str, one: _tree.Definition) -> str:
    text = _tree.encoded(code)
    item = _piece(language, code, one.span)
    whole = item is not None and item.node.type.startswith("template")
    begin = item.node.start_byte if item is not None and whole else one.span[0]
    start = text.rfind(b"\n", 0, begin) + 1
    head = text[start : one.body[0]].decode("utf-8", "replace").strip()
    head = re.sub(r"\s*(?:=>|\{|=)\s*$", "", head)
    if cut_of(language).taken:
        body = text[slice(*one.body)].decode("utf-8", "replace")
        told = dict.fromkeys(
            " ".join(said.strip(" ;").split())
            for found, said in taken(language, body)
            if "=" in said
        )
        return f"{head} {{ {'; '.join(told)}; ... }}" if told else head
    joined = re.sub(r"\s+", " ", head)
    return joined if len(joined) <= 100 else head
