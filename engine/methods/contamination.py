"""Is a text that of a benchmark? Words, runs of words, and which of many parts share them.

Words are compared without case, accents of width, punctuation and white space, and names are split
(`sortList` and `sort_list` are two words each). Runs of words are hashed to 64 bits; which parts
hold a hash stands in sorted arrays, so that a row of some hundred words is looked up in a fraction
of a millisecond, however many tasks there are. What many tasks share ("write a function to find
the") says little: a hash weighs log(1 + parts / parts that hold it), as rare words do in retrieval.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import xxhash

Hashes = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int32]

VERSION = 2
"""Raised when the same text would be found in another way: indexes are made anew then."""

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_EAST = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_WORD = re.compile(rf"[^\W_{_EAST}]+|[{_EAST}]")
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_END = "[.!?:;\n\"'`#*<>]"
_ENDINGS = ("ingly", "edly", "ing", "ies", "ied", "ed", "es", "ly", "s")


def words(text: str) -> list[str]:
    """The words of a text, in order; signs of scripts that do not part words are one each.

    >>> words("Sort-the LIST: sort_list(sortList, 2.5)")
    ['sort', 'the', 'list', 'sort', 'list', 'sort', 'list', '2', '5']
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return _WORD.findall(_HUMP.sub(" ", text).casefold())


def stem(word: str) -> str:
    """A word without its ending, roughly: only words that were stemmed alike are compared.

    >>> [stem(word) for word in ("returns", "returned", "returning", "is", "list", "lists")]
    ['return', 'return', 'return', 'is', 'list', 'list']
    """
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


@lru_cache(maxsize=1 << 17)
def hashed(word: str) -> int:
    """A word as 64 bits, the same on every machine."""
    return xxhash.xxh3_64_intdigest(word.encode("utf-8", "surrogatepass"))


def hashes_of(found: Sequence[str]) -> Hashes:
    """The hashes of words, in order."""
    return np.fromiter(map(hashed, found), np.uint64, len(found))


def runs(hashes: Hashes, size: int) -> Hashes:
    """The hashes of all runs of so many words, in order; none if there are fewer words.

    >>> one, two = (runs(hashes_of(words(text)), 2) for text in ("a b c", "x, b c"))
    >>> one[1] == two[1], one[0] == two[0], len(runs(one, 3))
    (np.True_, np.False_, 0)
    """
    count = len(hashes) - size + 1
    if count < 1:
        return np.empty(0, np.uint64)
    found = np.full(count, np.uint64(size), np.uint64)
    for at in range(size):
        found = found * _FACTOR + hashes[at : at + count]
    mixed: Hashes = found ^ (found >> np.uint64(31))
    return mixed


def any_of(keys: Hashes, found: Hashes) -> bool:
    """Is one of the hashes among the keys, which are sorted?"""
    if not len(keys) or not len(found):
        return False
    place = np.minimum(np.searchsorted(keys, found), len(keys) - 1)
    return bool((keys[place] == found).any())


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """Which parts hold which hashes.

    `keys` are the hashes, sorted; the parts of `keys[i]` are `parts[starts[i]:starts[i + 1]]`, and
    `weights[i]` is what it weighs. `totals` are the sums of the weights of each part's hashes.
    """

    keys: Hashes
    starts: Numbers
    parts: Numbers
    weights: Floats
    totals: Floats

    def matched(self, hashes: Hashes) -> Floats:
        """For each part, the weight of what it shares with these hashes, each counted once."""
        if not len(self.keys):
            return np.zeros(len(self.totals), np.float32)
        place = np.minimum(np.searchsorted(self.keys, hashes), len(self.keys) - 1)
        place = place[self.keys[place] == hashes]
        if not len(place):
            return np.zeros(len(self.totals), np.float32)
        place.sort()
        place = place[np.flatnonzero(np.diff(place, prepend=-1))]
        first, count = self.starts[place], self.starts[place + 1] - self.starts[place]
        ends = np.cumsum(count)
        inside = np.arange(ends[-1]) - np.repeat(ends - count, count)
        hit = self.parts[np.repeat(first, count) + inside]
        weights = np.repeat(self.weights[place], count)
        found: Floats = np.bincount(hit, weights, len(self.totals)).astype(np.float32)
        return found

    def each(self, hashes: Hashes) -> Floats:
        """What each hash weighs; one that no part holds weighs most."""
        most = np.full(len(hashes), np.log1p(max(len(self.totals), 1)), np.float32)
        if not len(self.keys):
            return most
        place = np.minimum(np.searchsorted(self.keys, hashes), len(self.keys) - 1)
        found: Floats = np.where(self.keys[place] == hashes, self.weights[place], most)
        return found


def shared(parts: Iterable[Hashes]) -> Shared:
    """The table of parts, each given by its hashes (in any order, also repeated)."""
    each = [np.unique(part) for part in parts]
    owner = np.repeat(np.arange(len(each), dtype=np.int32), [len(part) for part in each])
    flat = np.concatenate([*each, np.empty(0, np.uint64)])
    order = np.argsort(flat, kind="stable")
    flat, owner = flat[order], owner[order]
    keys, first, counts = np.unique(flat, return_index=True, return_counts=True)
    weights = np.log1p(len(each) / counts).astype(np.float32) if len(keys) else np.empty(0, "f4")
    spread = np.repeat(weights, counts) if len(keys) else np.empty(0, "f4")
    totals = np.bincount(owner, spread, len(each)).astype(np.float32)
    starts = np.append(first, len(flat)).astype(np.int32)
    return Shared(keys, starts, owner.astype(np.int32), weights, totals)


def stands_alone(phrase: Sequence[str], text: str) -> bool:
    """Are the words of the phrase a whole sentence (or line, or quotation) of the text?

    >>> stands_alone(["swap", "two", "numbers"], "Do this: Swap two numbers.")
    True
    >>> stands_alone(["swap", "two", "numbers"], "Swap two numbers of a list.")
    False
    >>> stands_alone(["find", "z", "in", "it"], "Find 'z' in it!")
    True
    """
    if not phrase:
        return False
    said = r"[\W_]*".join(map(re.escape, phrase))
    whole = rf"(?:^|{_END})\W*{said}[^\w.!?:;\n]*(?:{_END}|$)"
    return re.search(whole, unicodedata.normalize("NFKC", text), re.IGNORECASE) is not None


def coverage(part: Sequence[float], hits: Sequence[int], window: int) -> float:
    """The largest weight that hits within so many places of a text cover, each part's once.

    `hits[i]` is which of the part's runs stands at place i of the text, or -1.
    """
    best = total = 0.0
    seen: dict[int, int] = {}
    for place, hit in enumerate(hits):
        if hit >= 0:
            if not seen.get(hit):
                total += part[hit]
            seen[hit] = seen.get(hit, 0) + 1
        gone = hits[place - window] if place >= window else -1
        if gone >= 0:
            seen[gone] -= 1
            if not seen[gone]:
                total -= part[gone]
        best = max(best, total)
    return best
