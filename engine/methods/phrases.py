"""Short phrases: their normal form, and whether a text supports them. No model, no word net.

A normal form is made for comparing and never shown: `Depth-First Searches` and `DFS` have the same
one. Plurals are told by the rules of English spelling; what rules cannot tell stands in `Words`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

LEAST_STEM = 3
MOST_READ = 20_000
"""Signs are sought in so many characters."""

_TOKEN = re.compile(r"[^\W\d_]+\d*[+#]*|\d+")
_HUMP = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_ENDINGS = (
    "izations", "ization", "ations", "ation", "ators", "ator", "ating", "ates", "ated", "ate",
    "izing", "izes", "ized", "izer", "ize", "ings", "ing", "ions", "ion", "ives", "ive", "als",
    "al", "ly", "ers", "er", "ors", "or", "ies", "ied", "es", "ed", "e", "y", "s",
)  # fmt: skip
_VOWEL = re.compile("[aeiouy]")
_ANYTHING = r"[\s\S]*"
_ONE_ALREADY = ("ss", "us", "is", "os", "as", "ics")


@dataclass(frozen=True, slots=True)
class Words:
    """What spelling does not tell: word for word, all in lower case.

    `short` maps abbreviations to what they stand for, `spelling` words to their American spelling,
    `plurals` irregular plurals to singulars (and words that only look like plurals to themselves).
    `dull` words need no support and are no content.
    """

    short: Mapping[str, str] = field(default_factory=dict)
    spelling: Mapping[str, str] = field(default_factory=dict)
    plurals: Mapping[str, str] = field(default_factory=dict)
    dull: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Sign:
    """What a text shows of a concept: any of the patterns supports all of the phrases.

    In a pattern, `ENTRY` stands for the name of the entry point until `of` puts it there.
    """

    phrases: tuple[str, ...]
    patterns: tuple[str, ...]

    def of(self, name: str) -> "Sign":
        """The sign for an entry point; without a name, patterns that need one match nothing."""
        entry = re.escape(name) if name else "(?!)"
        made = (pattern.replace("ENTRY", entry) for pattern in self.patterns)
        return Sign(self.phrases, tuple(made))


def clean(phrase: str) -> str:
    """Lower case, single spaces, no punctuation at the ends.

    >>> clean("  Binary   Search. ")
    'binary search'
    """
    return re.sub(r"\s+", " ", phrase).strip(" .,;:!?\"'`").lower()


def singular(word: str, words: Words = Words()) -> str:
    """The singular of an English noun in lower case.

    >>> [singular(word) for word in ("queries", "hashes", "lists", "class", "basis", "heap")]
    ['query', 'hash', 'list', 'class', 'basis', 'heap']
    """
    if word in words.plurals:
        return words.plurals[word]
    if len(word) < 4 or not word.endswith("s") or word.endswith(_ONE_ALREADY):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    return word[:-1]


def form(phrase: str, words: Words, *, spelt: bool = True, short: bool = True) -> str:
    """The normal form: words in singular, in American spelling, abbreviations spelt out.

    Without `short`, abbreviations stay; without `spelt`, plurals, hyphens and spellings do, too.

    >>> form("Depth-First Searches", Words()), form("DFS", Words({"dfs": "depth first search"}))
    ('depth first search', 'depth first search')
    """
    plain = clean(phrase)
    if not spelt:
        return plain
    made = []
    for word in plain.replace("-", " ").replace("_", " ").split():
        one = singular(word, words)
        made.append(words.spelling.get(one, one))
    if not short:
        return " ".join(made)
    whole = words.short.get(" ".join(made))
    return whole or " ".join(words.short.get(word, word) for word in made)


def stem(word: str) -> str:
    """What words of one family share: `sorting`, `sorted`, `sort` and `sorts` are all `sort`.

    Endings go while three letters with a vowel stay, and doubled last letters become one.

    >>> {stem(word) for word in ("iterate", "iterator", "iteration", "iterating")}
    {'iter'}
    >>> stem("string"), stem("strings"), stem("key"), stem("splitting"), stem("split")
    ('string', 'string', 'key', 'split', 'split')
    """
    for ending in _ENDINGS:
        base = word.removesuffix(ending)
        if base != word and len(base) >= LEAST_STEM and _VOWEL.search(base):
            if ending == "s" and word.endswith(_ONE_ALREADY):
                break
            word = base
            if ending in {"s", "es", "ers", "ors", "ings", "ions", "als", "ives"}:
                return stem(word)
            break
    if len(word) > LEAST_STEM and word[-1] == word[-2] and word[-1] not in "aeious":
        word = word[:-1]
    return word


def tokens(text: str) -> Iterator[str]:
    """The words of a text or of code in lower case: identifiers whole, and their parts.

    >>> list(tokens("binary_search(rootNode)"))
    ['binary', 'search', 'rootnode', 'root', 'node']
    """
    for match in _TOKEN.finditer(text):
        word = match[0]
        yield word.lower()
        parts = _HUMP.findall(word) if word.isalnum() and word.isascii() else []
        yield from (part.lower() for part in parts if len(parts) > 1)


class Support:
    """What one text (a problem, its answer) says: which phrases does it support?

    A phrase is supported if each of its content words is: the word or one of its family stands in
    the text (identifiers are split), or a sign of a concept that the phrase names does, in `code`.
    Of a text without code, signs are sought in all of it, but for those with the entry point.
    """

    def __init__(self, text: str, code: str, *, words: Words, signs: Iterable[Sign]) -> None:
        self._words = words
        text = f"{text}\n{code}"
        said = set(tokens(text))
        spelt = " ".join(form(token, words) for token in sorted(said)).split()
        joined = {re.sub(r"[_\-]", "", part).lower() for part in re.findall(r"\w+(?:-\w+)*", text)}
        self._stems = {stem(word) for word in [*spelt, *said]}
        self._whole = joined
        shown = (code or text)[:MOST_READ]
        self._shown = [
            concept
            for sign in signs
            if any(_shows(pattern, shown) for pattern in sign.patterns)
            for concept in (form(phrase, words).split() for phrase in sign.phrases)
        ]

    def lacking(self, phrase: str) -> list[str]:
        """The content words of a phrase that nothing in the text supports; none: it is supported.

        Of a phrase of dull words only, each has to be supported.
        """
        parts = form(phrase, self._words).split()
        covered = set()
        for concept in self._shown:
            size = len(concept)
            for start in range(len(parts) - size + 1):
                if parts[start : start + size] == concept:
                    covered |= set(range(start, start + size))
        for start in range(len(parts) - 1):
            if f"{parts[start]}{parts[start + 1]}" in self._whole:
                covered |= {start, start + 1}
        content = [n for n, word in enumerate(parts) if word not in self._words.dull]
        if not content:  # dull words only: then each of them counts
            content = list(range(len(parts)))
        return [parts[n] for n in content if n not in covered and not self._said(parts[n])]

    def _said(self, word: str) -> bool:
        return stem(word) in self._stems or word in self._whole


def _shows(pattern: str, text: str) -> bool:
    """Does a pattern match? What stands on both sides of `[\\s\\S]*` is sought one after the other.

    So a long text costs time in proportion to its length.
    """
    at, flags = 0, "(?i)" if pattern.startswith("(?i)") else ""
    for part in pattern.removeprefix(flags).split(_ANYTHING):
        match = _compiled(flags + part).search(text, at)
        if match is None:
            return False
        at = match.end()
    return True


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.MULTILINE)
