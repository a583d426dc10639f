"""Calls of a function in any language: from its parameters' types, and what its body looks for.

Values are drawn by kind and written by the templates of the language's table. A parameter whose
type has no values ends it: no call is guessed for a function that takes what nobody here can make.
"""

import json
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tree_sitter

from backfeed.analyzers import _tree
from backfeed.analyzers._tree_units import cut_of, items, text_of

_LISTS = ("parameters", "parameter_list", "formal_parameters", "method_parameters")
_POOLS: Mapping[str, Sequence[Any]] = {
    "int": (0, 1, 2, 3, 5, 7, 10, 12, 16, 27, 100),
    "uint": (0, 1, 2, 3, 5, 7, 10, 12, 16, 27, 100),
    "float": (0.0, 1.0, 2.5, 10.0, -3.5, 0.25),
    "str": ("", "a", "abc", "hello world", "racecar", "Aa1 bB2", "aab", "12", "1011", "the cat"),
    "char": ("a", "z", "M", "7", " "),
    "bool": (True, False),
}
_LENGTHS = (0, 1, 2, 3, 3, 4, 5, 6)
# What a parameter's name says of its type, in languages that do not.
_BY_NAME = (
    ("list", r"arr\w*|lists?|items|nums|numbers|values|seq\w*|xs|data|elements|\w*_?list|vec\w*"),
    ("str", r"s|str\w*|text|word|string\w*|name|line|phrase|sentence|char\w*|input"),
    (
        "int",
        r"n|k|i|j|m|x|y|a|b|num|number|count|size|len\w*|index|start|end|limit|target|base|exp",
    ),
)
_DRAWN = 60
# Code that speaks of numbers below zero is tried with them; other code says nothing of them.
_SIGNED = re.compile(r"<=? ?0\b|>=? ?0\b|(?i:negative)|\babs\b|- ?1\b")
_BRACKETS = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter: the text of its type, and whether it may be left out."""

    name: str
    type: str
    optional: bool


def parameters(language: str, code: str, name: str) -> list[Parameter]:
    """The parameters of a function, in order; none if there is no such function."""
    root = _tree.tree(language, _tree.encoded(code)).root_node
    spans = [one for one in _tree.definitions(language, code) if one.name == name]
    if not spans:
        return []
    one = spans[-1]
    inside = root.descendant_for_byte_range(*one.span)
    listed = _list(inside, one.body[0]) if inside is not None else None
    if listed is None:
        return []
    return [made for node in listed.named_children for made in _parameters(node)]


def _list(node: tree_sitter.Node, before: int) -> tree_sitter.Node | None:
    """The list of a function's parameters: the last before its body that is no receiver."""
    stack, found = [node], None
    while stack:
        one = stack.pop(0)
        for number, child in enumerate(one.children):
            if child.start_byte < before:
                if child.type in _LISTS and one.field_name_for_child(number) == "parameters":
                    return child
                stack.append(child)
    return found


def _parameters(node: tree_sitter.Node) -> Iterator[Parameter]:
    if "comment" in node.type or node.type in ("self_parameter", "this"):
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
    for leaf in names:
        yield Parameter(text_of(leaf), said, optional)


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
    root = _tree.tree(language, _tree.encoded(code)).root_node
    spans = [one.span for one in _tree.definitions(language, code) if one.name == name]
    for item in items(language, root) if spans else ():
        inside = item.node.start_byte <= spans[-1][0] and spans[-1][1] <= item.node.end_byte
        frame = item.frame.child_by_field_name("name") if item.frame else None
        if inside and frame is not None:
            return f"{text_of(frame)}.{name}"
    return name


def inputs(
    language: str, code: str, name: str, *, shown: Sequence[str] = (), most: int = 40,
    types: Mapping[str, str] = {},
) -> list[str]:  # fmt: skip
    """Calls of a function, different from each other: those that are shown, then drawn ones."""
    takes = parameters(language, code, name)
    drawn = [_pool(language, code, one, told=types.get(one.name, "")) for one in takes]
    found = dict.fromkeys(shown)
    rng = random.Random(f"{name}/{len(code)}")  # noqa: S311 - which calls, not secrets
    begin = called(language, code, name)
    if all(drawn) and takes:
        for _ in range(_DRAWN):
            least = sum(not one.optional for one in takes)
            count = len(takes) if rng.random() < 0.6 else rng.randint(least, len(takes))
            values = [draw(rng) for draw in drawn[:count] if draw is not None]
            found.setdefault(f"{begin}({', '.join(values)})")
    return list(found)[:most]


Draw = Callable[[random.Random], str]


def _pool(language: str, code: str, one: Parameter, *, told: str) -> Draw | None:
    """What draws values for a parameter, as source."""
    said = one.type or told or _by_name(one.name)
    special: dict[str, list[Any]] = {
        "str": _looked_for(language, code),
        "int": [-1, -4] if _SIGNED.search(code) else [],
    }
    return _drawer(language, said, special)


def _by_name(name: str) -> str:
    low = name.lower().strip("_")
    return next((kind for kind, names in _BY_NAME if re.fullmatch(names, low)), "")


def _drawer(language: str, said: str, special: Mapping[str, Sequence[Any]]) -> Draw | None:
    said = re.sub(r"\s+", " ", said).strip()
    for pattern, kind, template in cut_of(language).types:
        match = re.fullmatch(pattern, said)
        if match is None:
            continue
        if kind != "list":
            pool = [*_POOLS[kind], *special.get(kind, ())]
            return lambda rng: template.replace("@", _written(kind, rng.choice(pool)))
        inner = _drawer(language, (match[1] if match.groups() else "") or "int", special)
        if inner is None:
            return None
        whole = template.replace("@t", said)
        return lambda rng: whole.replace(
            "@", ", ".join(inner(rng) for _ in range(rng.choice(_LENGTHS)))
        )
    return None


def _written(kind: str, value: Any) -> str:
    if kind == "str":
        return json.dumps(value)[1:-1]
    if kind == "bool":
        return "true" if value else "false"
    return str(value)


def _looked_for(language: str, code: str) -> list[str]:
    """Strings made with the short literals of the body: what it looks for is in them."""
    marks = {
        text_of(node).strip("\"'`")
        for _, node in _tree.captured(language, _tree.encoded(code), "string")
    }
    kept = sorted(m for m in marks if 0 < len(m) <= 6 and re.search(r"[^\w\s{}\\%$]", m))[:3]
    return [f"ab{mark}1 c{mark}d" for mark in kept]


def split_call(text: str) -> tuple[str, str]:
    """The call that a text begins with, and the rest; nothing if its brackets do not match."""
    depth: list[str] = []
    quote, number = "", 0
    while number < len(text):
        char = text[number]
        if quote:
            number += char == "\\"
            quote = "" if char == quote else quote
        elif char in "\"'`":
            quote = char
        elif char in _BRACKETS:
            depth.append(_BRACKETS[char])
        elif depth and char == depth[-1]:
            depth.pop()
            if not depth:
                return text[: number + 1], text[number + 1 :]
        number += 1
    return "", text
