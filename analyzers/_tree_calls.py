"""Calls of a function in any language: from its parameters' types, and what its body looks for.

Values are drawn by kind and written by the templates of the language's table. A parameter whose
type has no values ends it: no call is guessed for a function that takes what nobody here can make.
"""

import json
import random
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tree_sitter

from backfeed.analyzers import _tree
from backfeed.analyzers._tree_names import text_of
from backfeed.analyzers._tree_parameters import Parameter, called, parameters
from backfeed.analyzers._tree_units import cut_of
from backfeed.engine.grammar import Cut

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
# What code with regular expressions may look for.
_PATTERN = re.compile(r"regex|regexp|match_pattern|substitution")
_PUNCTUATED = ("a-b_c.D/e", 'it\'s "so" \\ ok', " two  spaces ", "<b>x & y</b>", "One::Two 3")
_MARK = re.compile(r"[^\w\s{}\\%$]")
_LEFT = "?optional"
_DRAWN = 60
# Code that speaks of numbers below zero is tried with them; other code says nothing of them.
_SIGNED = re.compile(r"<=? ?0\b|>=? ?0\b|(?i:negative)|\babs\b|- ?1\b")
_CALLED = re.compile(r"(?:\.\w+)?\(")
# What a comment says of the values that may be given.
_LEAST = re.compile(
    r"(?P<zero>\bnon-?negative\b|\bunsigned\b)"
    r"|\b(?:natural|positive) (?:integer|number|int\b|whole)",
    re.IGNORECASE,
)
_SORTED = re.compile(r"\b(?:sorted|ascending|increasing)\b(?! or not)", re.IGNORECASE)
_IN_SORTED = re.compile(
    r"\b(?:in|of|from|on|given) (?:a|an|the)? ?(?:\w+ )?sorted (?:array|list|slice|vector)"
    r"|\b(?:array|list|slice|vector|input|element)s? (?:is|are|must be|should be|has to be) sorted",
    re.IGNORECASE,
)
_BRACKETS = {"(": ")", "[": "]", "{": "}"}


Draw = Callable[[random.Random], str]
Draws = list[tuple[Parameter, Draw]]


def inputs(
    language: str, code: str, name: str, *, shown: Sequence[str] = (), most: int = 40,
    types: Mapping[str, str] = {}, words: Mapping[str, str] = {},
) -> list[str]:  # fmt: skip
    """Calls of a function, different from each other: those that are shown, then drawn ones.

    `types` and `words` are what a comment says of parameters, and of all under an empty name.
    """
    drawn = draws(language, code, parameters(language, code, name), types=types, words=words)
    found = dict.fromkeys(shown)
    rng = random.Random(f"{name}/{len(code)}")  # noqa: S311 - which calls, not secrets
    begin, cut = called(language, code, name), cut_of(language)
    for _ in range(_DRAWN if drawn else 0):
        text = cut.calling.replace("@f", begin).replace("@a", given(cut, drawn, rng))
        found.setdefault(text)
    return list(found)[:most]


def draws(
    language: str, code: str, takes: Sequence[Parameter], *, types: Mapping[str, str],
    only: Mapping[str, Sequence[Any]] = {}, words: Mapping[str, str] = {},
) -> Draws | None:  # fmt: skip
    """What draws a value for each parameter; nothing if one has to be given and cannot be drawn.

    `types` is what a comment says, `only` are the values of a kind, where others are not to be
    given. What may be left out and cannot be drawn is left out.
    """
    told = [types.get(one.name) or types.get(f"${n}", "") for n, one in enumerate(takes, 1)]
    special: dict[str, Sequence[Any]] = {
        "str": _looked_for(language, code),
        "int": [-1, -4] if _SIGNED.search(code) else [],
    }
    pools = {kind: [*pool, *special.get(kind, ())] for kind, pool in _POOLS.items()}
    if bound := _LEAST.search(" ".join(words.values())):
        least = 0 if bound.lastgroup == "zero" else 1
        pools["int"] = [value for value in pools["int"] if value >= least]
    pools |= {kind: list(values) for kind, values in only.items()}
    pairs = [
        (one, said, _pool(language, code, one, told=said, pools=_sorted(pools, one.name, words)))
        for one, said in zip(takes, told, strict=True)
    ]
    while pairs and pairs[-1][2] is None and (pairs[-1][0].optional or pairs[-1][1] == _LEFT):
        pairs.pop()
    found = [(one, draw) for one, _, draw in pairs if draw is not None]
    return found if len(found) == len(pairs) else None


def _sorted(
    pools: Mapping[str, Sequence[Any]], name: str, words: Mapping[str, str]
) -> Mapping[str, Sequence[Any]]:
    """The values of a parameter; those of one that is said to be sorted are given in order."""
    mine, all_ = words.get(name, ""), words.get("", "")
    return (
        {**pools, "sorted": ["yes"]} if _SORTED.search(mine) or _IN_SORTED.search(all_) else pools
    )


def given(cut: Cut, drawn: Draws | None, rng: random.Random) -> str:
    """Values for some or all of what is taken, as a call has them."""
    drawn = drawn or []
    least = sum(not one.optional for one, _ in drawn)
    count = len(drawn) if rng.random() < 0.6 else rng.randint(least, len(drawn))
    return cut.between.join(one.before + draw(rng) for one, draw in drawn[:count])


def _pool(
    language: str, code: str, one: Parameter, *, told: str, pools: Mapping[str, Sequence[Any]]
) -> Draw | None:
    """What draws values for a parameter, as source."""
    # What a comment says of an array says more than the code.
    sure, _, guessed = told.partition("?") if told.startswith("?") else (told, "", "")
    if drawer := _drawer(language, sure, pools) if sure else None:
        return drawer
    said = one.type or sure or one.guess or _by_use(language, code, one.name)
    said = said or guessed or _by_name(one.name)
    return _drawer(language, said or cut_of(language).untyped, pools)


def _by_use(language: str, code: str, name: str) -> str:
    for pattern, kind in cut_of(language).told:
        if re.search(pattern.replace("@p", re.escape(name)), code):
            return kind
    return ""


def _by_name(name: str) -> str:
    low = name.lower().strip("_")
    return next((kind for kind, names in _BY_NAME if re.fullmatch(names, low)), "")


def _drawer(language: str, said: str, pools: Mapping[str, Sequence[Any]]) -> Draw | None:
    said = re.sub(r"\s+", " ", said).strip()
    for pattern, kind, template in cut_of(language).types:
        match = re.fullmatch(pattern, said)
        if match is None:
            continue
        if kind != "list":
            pool = pools[kind]
            escaped = cut_of(language).escaped
            return lambda rng: template.replace("@", _written(kind, rng.choice(pool), escaped))
        inner = _drawer(language, (match[1] if match.groups() else "") or "int", pools)
        if inner is None:
            return None
        whole = template.replace("@t", said)
        in_order = "sorted" in pools
        return lambda rng: whole.replace("@", _listed(inner, rng, in_order=in_order))
    return None


def _listed(inner: Draw, rng: random.Random, *, in_order: bool) -> str:
    values = [inner(rng) for _ in range(rng.choice(_LENGTHS))]
    return ", ".join(sorted(values, key=_order) if in_order else values)


def _order(value: str) -> tuple[float, str]:
    """By what values are sorted: numbers by their worth, texts as they are written."""
    number = re.match(r"-?\d+(?:\.\d+)?", value)
    return (float(number[0]) if number else 0.0, value)


def _written(kind: str, value: Any, escaped: str) -> str:
    if kind == "str":
        return "".join("\\" + c if c in escaped else c for c in json.dumps(value)[1:-1])
    if kind == "bool":
        return "true" if value else "false"
    return str(value)


def _looked_for(language: str, code: str) -> list[str]:
    """Strings made with the short literals of the body: what it looks for is in them."""
    text = _tree.encoded(code)
    marks = {text_of(node).strip("\"'`") for _, node in _tree.captured(language, text, "string")}
    kept = [m for m in marks if 0 < len(m) <= 6 and _MARK.search(m) and "$" not in m]
    made = [f"ab{mark}1 c{mark}d" for mark in sorted(kept)[:3]]
    return [*made, *_PUNCTUATED] if _has_pattern(_tree.tree(language, text).root_node) else made


def _has_pattern(root: tree_sitter.Node) -> bool:
    """Is there a regular expression in it?"""
    stack = [root]
    while stack:
        node = stack.pop()
        if node.is_named and _PATTERN.search(node.type):
            return True
        stack += node.children
    return False


def split_call(text: str) -> tuple[str, str]:
    """The call that a text begins with, with calls of what it gives, and the rest; nothing if its
    brackets do not match.
    """
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
            if not depth and not _CALLED.match(text, number + 1):
                return text[: number + 1], text[number + 1 :]
        number += 1
    return "", text
