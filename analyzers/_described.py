"""What is cut from a source file, what it says of itself, and when that is enough for a problem."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from backfeed.engine.methods._echo import echoes

# What nobody can know who has only the problem.
VAGUE = re.compile(
    r"\b(see\s+(also|above|below|the|this|http)|same as|as above|deprecated|"
    r"this (module|package|recipe|class is used)|used (internally|by)|internal(ly)?|"
    r"helper (for|function)|private|subclass(es)? of|"
    r"(thin|simple|convenience) wrapper|wrapper (for|around)|alias (of|for)|drop-in|backport|"
    r"more[- ]itertools|docs?(umentation)? (of|for)|other (function|method)s?|refer to|"
    r"here (are|is) (some|an?) (more )?examples?|that's our|inherits?|monkeypatch|"
    r"(semi-)?intelligent(ly)?|heuristic(ally|s)?|best[- ]effort)\b",
    re.IGNORECASE,
)
# A default that has a name, but for the limits that languages name.
_DEFAULT = re.compile(r"=\s*(?!\w*_(?:MAX|MIN)\b)([A-Z][A-Z\d]*_[A-Z\d_]+)\b")
LONGEST = 10_000
LEAST_WORDS, LEAST_WORDS_ALONE = 4, 21


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit and what it needs: `code` runs alone; `reason` says why it cannot be used, if so.

    Lines count from 1 in the file; `size` is lines of code without docstring, comments and blanks.
    """

    name: str
    kind: str
    code: str
    first_line: int
    last_line: int
    size: int
    reason: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """A use of a piece of code, and what it gives.

    In Python `source` has prompts, and may have statements that lead up to the expression; in other
    languages it is one expression.
    """

    source: str
    want: str


@dataclass(frozen=True, slots=True)
class Description:
    """What a problem can be written from. `reason` says why none can be, if so.

    `unspoken` are parameters of which nothing is said: no call may give them.
    """

    name: str
    kind: str
    signature: str = ""
    prose: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    examples: tuple[Example, ...] = ()
    reason: str = ""
    detail: str = ""
    returns: str = ""
    unspoken: tuple[str, ...] = ()


def too_short(found: Description) -> bool:
    """Do few words stand alone? An example of the author's says what many words would."""
    told = [found.prose, found.returns, *(text for _, text in found.parameters)]
    words = re.findall(r"[A-Za-z]+", " ".join(told))
    return len(words) < (LEAST_WORDS if found.examples else LEAST_WORDS_ALONE)


def knowable(found: Description) -> Description:
    """The same, or refused: a default of which only the name is said is known to nobody."""
    if found.reason:
        return found
    said = " ".join((found.prose, *(text for _, text in found.parameters)))
    for name in _DEFAULT.findall(found.signature):
        defined = re.search(rf"\b{name}\b\s*(?::[^=\n]{{1,40}})?=(?!=)", found.signature)
        if not defined and not re.search(rf"\b{name}\W+(?:is|=|:|of)?\W*[\d\"']", said):
            return replace(found, reason="unknown-default", detail=name)
    return found


def telling(
    pairs: Sequence[tuple[str, str]], most: int = 2, *, nothing: str = ""
) -> list[tuple[str, str]]:
    """The calls whose values show the most: not too long nor just what was given, different, of
    many characters.
    """
    ordered = sorted(pairs, key=lambda one: (len(one[1]) > 120, echoes(*one), -len(set(one[1]))))
    some = [pair for pair in ordered if pair[1] != nothing]
    first = {value: (call, value) for call, value in reversed(some)}
    different = [pair for pair in some if first[pair[1]] == pair]
    return [*different, *(pair for pair in some if pair not in different)][:most]
