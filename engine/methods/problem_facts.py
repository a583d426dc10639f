"""What the text of a problem asks for, and what it leaves open: names, numbers, bounds, examples.

Rules, not understanding: they read Markdown (fences, code marks, tables) and English words for
bounds. They are made to be wrong rarely where they say that something is lost or missing.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

_FENCED = re.compile(
    r"^[ \t]*(`{3,}|~{3,})[^\n]*\n(.*?)(?:^[ \t]*\1[`~]*[ \t]*$|\Z)", re.MULTILINE | re.DOTALL
)
_MARKED = re.compile(r"(?<!`)(`{1,2})(?!`)([^\n]+?)(?<!`)\1(?!`)")
_QUOTED = re.compile(r'"([^"\n]{1,60})"|“([^”\n]{1,60})”')
_NUMBERED = re.compile(r"^[ \t]*\d+[.)][ \t]", re.MULTILINE)
_WORDS = (
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)  # fmt: skip
_WORTH = {
    **{word: str(value) for value, word in enumerate(_WORDS, 2)},
    "thirty": "30", "forty": "40", "fifty": "50", "hundred": "100", "thousand": "1000",
    "million": "1000000",
}  # fmt: skip
_NUMBER = rf"[-−]?\d[\d,]*(?:\.\d+)?(?:[eE][-+]?\d+)?|\b(?:{'|'.join(_WORTH)})\b"
_NUMBERS = re.compile(rf"(?<![\w.])(?<!\bno )(?:{_NUMBER})(?!\w)", re.IGNORECASE)  # "no two" alike
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")

# Bounds in words; the longer ones are taken before those that stand in them.
_BOUNDS = (
    ("most", r"at most|no more than|not more than|up to|maximum of|not exceed\w*|cannot exceed"),
    ("least", r"at least|no fewer than|no less than|not less than|minimum of"),
    ("exactly", r"exactly|precisely"),
    ("less", r"less than|fewer than|smaller than|shorter than|lower than|below|under"),
    ("more", r"more than|greater than|larger than|longer than|higher than|above|over|exceed\w*"),
)
_RAISE = re.compile(r"\b(?:rais|throw|thrown|panic|reject|fail)\w*", re.IGNORECASE)
_ERROR = re.compile(r"\b\w*(?:Error|Exception|error|exception)\b")
_ASKED = {
    "a prohibition": re.compile(
        r"\b(?:not?(?! (?:more|fewer|less|longer) than)|never|without|cannot|avoid|nor|neither"
        r"|forbidden|instead of|rather than)\b|n['’]t\b",
        re.IGNORECASE,
    ),
    "the word only": re.compile(
        r"\b(?:only|solely|nothing but|nothing else|exclusively|just|alone)\b", re.IGNORECASE
    ),
    "what is returned": re.compile(
        r"\b(?:return|giv|produc|output|result|yield|print|answer|comes? back|get|hand)\w*",
        re.IGNORECASE,
    ),
    "the error": _RAISE,
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What of a text has to stay when it is said in other words.

    `marked` are the texts in code marks and in quotes, `numbers` those of the prose (as digits,
    sorted, each as often as it stands there), `bounds` pairs such as ("most", "10") and
    ("raise", "ValueError"), `blocks` the fenced blocks, sorted.
    """

    marked: frozenset[str] = frozenset()
    numbers: tuple[str, ...] = ()
    bounds: frozenset[tuple[str, str]] = frozenset()
    blocks: tuple[str, ...] = ()


def blocks(text: str) -> list[str]:
    """What fenced blocks hold, in order; one that is never closed goes to the end."""
    return [match[2] for match in _FENCED.finditer(text)]


def fenced(text: str, language: str = "") -> str:
    """A text as a fenced block whose fence does not occur in it.

    >>> fenced("x = 1", "python")
    '```python\\nx = 1\\n```'
    """
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def names(text: str, name: str) -> bool:
    """Does a name stand in a text, whole?

    >>> names("call `sort_all`", "sort"), names("call `sort`", "sort")
    (False, True)
    """
    return bool(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text))


def prose(text: str) -> str:
    """The text without its fenced blocks."""
    return _FENCED.sub("\n", text)


def marked(text: str) -> list[str]:
    """What stands in code marks in the prose, in order.

    >>> marked("Write `f(x)`; see `x`.")
    ['f(x)', 'x']
    """
    return [" ".join(match[2].split()) for match in _MARKED.finditer(prose(text))]


def facts(text: str) -> Facts:
    """The facts of a text.

    >>> facts("Return at most two items of `xs`.")
    Facts(marked=frozenset({'xs'}), numbers=('2',), bounds=frozenset({('most', '2')}), blocks=())
    """
    said = prose(text)
    plain = _NUMBERED.sub("", _MARKED.sub(" ` ", said))
    quoted = {one or other for one, other in _QUOTED.findall(plain)}
    return Facts(
        frozenset({*marked(text), *quoted}),
        tuple(sorted(map(_digits, _NUMBERS.findall(plain)))),
        frozenset(_bounds(said)),
        tuple(sorted(block.strip() for block in blocks(text))),
    )


def lost(before: str, after: str) -> str:
    """What the second text does not ask for as the first does; empty if nothing is missing.

    Fenced blocks, texts in marks and quotes, numbers and bounds have to be the same; what is
    forbidden, returned or raised has to be spoken of still. New names in marks are told, too.
    """
    old, new = facts(before), facts(after)
    if old.blocks != new.blocks:
        return "a fenced block is not as it was"
    if gone := sorted(text for text in old.marked - new.marked if text not in after):
        return f"gone: {', '.join(gone)}"
    if come := sorted(text for text in new.marked - old.marked if text not in before):
        return f"come: {', '.join(come)}"
    if old.numbers != new.numbers:
        return f"numbers: {_difference(old.numbers, new.numbers)}"
    if old.bounds != new.bounds:
        told = (f"{kind} {what}".strip() for kind, what in sorted(old.bounds ^ new.bounds))
        return f"bounds: {', '.join(told)}"
    said = (prose(before), prose(after))
    for name, pattern in _ASKED.items():
        if pattern.search(said[0]) and not pattern.search(said[1]):
            return f"it no longer tells {name}"
    return ""


def _difference(old: tuple[str, ...], new: tuple[str, ...]) -> str:
    one, two = Counter(old), Counter(new)
    gone, come = (one - two).elements(), (two - one).elements()
    return ", ".join([*(f"-{number}" for number in gone), *(f"+{number}" for number in come)])


def _digits(number: str) -> str:
    return _WORTH.get(number.lower(), number.replace(",", "").replace("−", "-"))


def _bounds(said: str) -> Iterator[tuple[str, str]]:
    for sentence in _SENTENCE.split(said):
        left = sentence
        for kind, words in _BOUNDS:
            bound = rf"\b(?:{words})\b[\s*]+(?:\w+[\s*]+){{0,2}}?({_NUMBER})(?!\w)"
            for match in re.finditer(bound, left, re.IGNORECASE):
                yield kind, _digits(match[1])
            left = re.sub(rf"\b(?:{words})\b", " ; ", left, flags=re.IGNORECASE)
        if _RAISE.search(sentence):
            for match in _MARKED.finditer(sentence):
                if _ERROR.fullmatch(match[2]):
                    yield "raise", match[2]
