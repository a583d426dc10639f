"""Classes as units: what can be asked of an object, in words and in calls.

A call of a class makes an object, lets its methods change it, and lists what others then give.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

import tree_sitter

from backfeed.analyzers import _tree
from backfeed.analyzers._described import LONGEST, Description
from backfeed.analyzers._tree_calls import Draws, draws, given
from backfeed.analyzers._tree_docs import Told, bare, leaning, paragraphs, plain, told, typed
from backfeed.analyzers._tree_names import text_of
from backfeed.analyzers._tree_parameters import parameters_of
from backfeed.analyzers._tree_units import above, comments, cut_of, frame_head

_LEAST_WORDS = 3  # of what is said of a method
_PROPERTY, _OTHER = re.compile(r"\bget\s+\w+\s*\("), re.compile(r"\b(?:static|async|set)\s|\*")
_MOST_CHANGES, _MOST_ASKED, _LONGEST_CALL = 5, 4, 200
# Objects are made small, so that they come to their limits; keys come again.
_MAKING, _USING = (2, 3, 5, 8), (0, 1, 2, 3)
_KEYS = ("a", "b", "ab", "abc", "1011")


@dataclass(frozen=True, slots=True)
class Member:
    """A method that is no secret of its class, with what the comment above it says."""

    one: _tree.Definition
    head: str
    said: Told
    maker: bool
    gives: bool


def is_class(language: str, code: str, name: str) -> bool:
    """Is a class of this name a unit in this language?"""
    return class_of(language, code, name) is not None


def class_of(language: str, code: str, name: str) -> tree_sitter.Node | None:
    """The class of a name, where classes can be units."""
    if not cut_of(language).classes:
        return None
    root = _tree.tree(language, _tree.encoded(code)).root_node
    for one in _tree.definitions(language, code):
        if one.name == name and one.kind == "class":
            node = root.descendant_for_byte_range(*one.span)
            if node is not None and node.type in cut_of(language).classes:
                return node
    return None


def members(language: str, code: str, name: str) -> list[Member]:
    """The methods of a class that others may call, in order."""
    node, cut = class_of(language, code, name), cut_of(language)
    body = node.child_by_field_name("body") if node is not None else None
    defined = {one.span: one for one in _tree.definitions(language, code)}
    found: list[Member] = []
    for child in body.named_children if body is not None else ():
        if re.fullmatch(cut.hides, text_of(child)):
            break
        one = defined.get((child.start_byte, child.end_byte))
        if one is None or one.kind != "method":
            continue
        head = _head(code, one)
        maker = one.name == cut.maker.replace("@", name)
        if not re.search(cut.hidden, head):
            said = told(_said(language, child))
            gives = not maker and _gives(cut.gives, one, said, code=code)
            found.append(Member(one, head, said, maker, gives))
    return found


def _head(code: str, one: _tree.Definition) -> str:
    """The text of a method before its body, on one line."""
    text = _tree.encoded(code)[one.span[0] : one.body[0]].decode("utf-8", "replace")
    return re.sub(r"\s+", " ", re.sub(r"\s*(?:\{|=)\s*$", "", text)).strip()


def _said(language: str, node: tree_sitter.Node) -> str:
    mine = [one for one in above(language, node) if one.type in comments(language)]
    return bare("\n".join(text_of(one).rstrip("\n") for one in reversed(list(mine))))


def _gives(pattern: str, one: _tree.Definition, said: Told, *, code: str) -> bool:
    """Is a method asked for what it gives, and not only that it changes its object?"""
    if not pattern:
        return bool(said.returns) and said.returns != "void"
    body = _tree.encoded(code)[slice(*one.body)].decode("utf-8", "replace")
    return bool(re.search(pattern, body)) and not re.search(r"\bvoid\b", one.result)


def describe(language: str, code: str, name: str) -> Description:
    """What the comments above a class and its methods say.

    Not usable: a method of which nothing is said, or what leans on something that is not there.
    """
    node = class_of(language, code, name)
    if node is None:
        return Description(name, "class", reason="no-definition", detail=name)
    found, prose = members(language, code, name), told(_said(language, node)).prose
    text = paragraphs("\n".join(prose), code) if prose else ""
    lines = [f"- `{one.head}`: {said}" for one in found if (said := _words(one))]
    listed = "Its methods:\n\n" + "\n".join(lines)
    cut = cut_of(language)
    heads = "\n".join(f"    {one.head}" for one in found)
    shape = cut.framed.replace("@h", frame_head(language, node)).replace("@m", heads)
    made = "\n\n".join(filter(None, [text, listed]))
    reason, detail = _unusable(found, text, code)
    return Description(name, "class", shape, made, reason=reason, detail=detail)


def _words(one: Member) -> str:
    """What is said of a method, in a line."""
    parts = [" ".join(plain(" ".join(one.said.prose)).split())]
    parts += [f"`{name}`: {text}" for name, text in one.said.parameters.items() if text]
    given = re.sub(r"(?i)^returns? +", "", one.said.returns)
    parts += [f"It returns {given}"] if given else []
    return " ".join(
        part if part.endswith((".", "!", "?")) else f"{part}." for part in parts if part
    )


def _unusable(found: Sequence[Member], prose: str, code: str) -> tuple[str, str]:
    if all(one.maker for one in found):
        return "no-docstring", "no method"
    for one in found:
        said = _words(one)
        given = one.said.parameters.values() if one.maker else ()
        words = re.findall(r"[A-Za-z]+", " ".join([*one.said.prose, one.said.returns, *given]))
        if len(words) < _LEAST_WORDS and not _needs_none(one):
            return ("short-docstring" if said else "no-docstring"), one.one.name
        if leans := leaning(said, code):
            return "leans-on-context", leans
    leans = leaning(prose, code)
    whole = len(prose) + sum(len(_words(one)) for one in found)
    if not leans and whole > LONGEST:
        return "long-docstring", f"{whole} characters"
    return ("leans-on-context", leans) if leans else ("", "")


def _needs_none(one: Member) -> bool:
    """Is there nothing to say: of a constructor that is given nothing?"""
    return one.maker and bool(re.search(r"\(\s*\)|^[^(]*$", one.head))


def inputs(language: str, code: str, name: str, *, most: int = 40) -> list[str]:
    """Calls of a class, different from each other; none if no object can be made."""
    cut = cut_of(language)
    found = members(language, code, name)
    drawn = {id(one): _drawn(language, code, one) for one in found}
    makers = [drawn[id(one)] for one in found if one.maker]
    free = [one for one in found if not one.maker and drawn[id(one)] is not None]
    usable = [one for one in free if not _OTHER.search(one.head)]
    changing = [one for one in usable if not one.gives]
    asked = [one for one in usable if one.gives]
    made = next((one for one in makers if one is not None), None)
    if not asked or (makers and made is None):
        return []
    calls: dict[str, None] = {}
    rng = random.Random(f"{name}/{len(code)}")  # noqa: S311 - which calls, not secrets

    def step(one: Member, template: str) -> str:
        draw = drawn[id(one)]
        called = template.replace("@m", one.one.name).replace("@a", given(cut, draw, rng))
        return re.sub(r"\(\)$", "", called) if _PROPERTY.search(one.head) else called

    for _ in range(2 * most):
        changes = rng.choices(changing, k=rng.randint(1, _MOST_CHANGES)) if changing else []
        wanted = rng.choices(asked, k=rng.randint(2, _MOST_ASKED))
        first = cut.new.replace("@f", name).replace("@a", given(cut, made, rng))
        steps = " ".join(step(one, cut.change) for one in changes)
        values = ", ".join(step(one, cut.ask) for one in wanted)
        text = cut.using.replace("@f", name).replace("@v", values).replace("@o", first)
        text = text.replace("@s ", f"{steps} " if steps else "")
        if len(text) <= _LONGEST_CALL:
            calls.setdefault(text)
    return list(calls)[:most]


def _drawn(language: str, code: str, one: Member) -> Draws | None:
    """What draws that a method is given, if it can be drawn."""
    takes = parameters_of(language, code, one.one)
    numbers = _MAKING if one.maker else _USING
    only = {"int": numbers, "uint": numbers, "str": _KEYS}
    return draws(language, code, takes, types=typed(one.said), only=only)
