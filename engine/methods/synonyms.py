"""Which phrases are one: those whose embeddings are near, and those that always stand together.

After InsTag's normalisation (frequency, embedding clusters, association), with leaders instead of
DBSCAN: phrases come in order (names that are settled, then the most frequent), and each joins the
nearest leader that is near enough, or becomes one. So a name is always the best known phrase of its
cluster, no chain of small steps joins what is far apart, and what came before never changes.

Near is not the same: an embedding puts `min heap` beside `max heap`. Phrases that share a word and
differ in others are kept apart, and so are those that differ in a number or by a prefix that turns
the meaning round (`encoding`, `decoding`).
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from backfeed.engine.methods.phrases import stem

BLOCK = 512
Vectors = npt.NDArray[np.float32]
_TURNED = (
    "anti", "counter", "de", "dis", "en", "il", "im", "in", "ir", "mis", "multi", "non", "post",
    "pre", "re", "sub", "super", "un", "a", "co", "inter", "intra", "bi", "mono",
)  # fmt: skip


def may_be_one(one: str, two: str) -> bool:
    """May two normal forms mean the same, as far as their words tell?

    >>> may_be_one("dictionary", "hash table"), may_be_one("list sorting", "sorted list")
    (True, True)
    >>> may_be_one("min heap", "max heap"), may_be_one("binary search", "binary search tree")
    (False, False)
    """
    if sorted(re.findall(r"\d+", one)) != sorted(re.findall(r"\d+", two)):
        return False
    mine, theirs = ({stem(word) for word in text.split()} for text in (one, two))
    if mine == theirs:
        return True
    if mine & theirs:
        return False
    return not any(_opposed(a, b) for a in one.split() for b in two.split())


def _opposed(one: str, two: str) -> bool:
    """Do two words differ by their prefixes alone, but for their endings?"""
    bases = [{stem(word), *(stem(word[len(p) :]) for p in _TURNED if _begins(word, p))}
             for word in (one, two)]  # fmt: skip
    return stem(one) != stem(two) and bool(bases[0] & bases[1])


def _begins(word: str, prefix: str) -> bool:
    return word.startswith(prefix) and len(word) - len(prefix) >= 3


def led(phrases: Sequence[str], vectors: Vectors, threshold: float, *, settled: int) -> list[int]:
    """For each phrase the place of its leader, its own if it leads.

    The first `settled` all lead. `vectors` are of norm 1, a row a phrase; a row of zeros is near to
    nothing.
    """
    leaders = list(range(settled))
    leads = np.zeros(len(phrases), np.bool_)
    leads[:settled] = True
    for start in range(settled, len(phrases), BLOCK):
        block = vectors[start : start + BLOCK]
        near = block @ vectors[: start + len(block)].T
        for row, place in enumerate(range(start, start + len(block))):
            found = near[row, :place]
            able = np.flatnonzero(leads[:place] & (found >= threshold))
            ranked = able[np.argsort(-found[able], kind="stable")].tolist()
            fits = (one for one in ranked if may_be_one(phrases[one], phrases[place]))
            leaders.append(next(fits, place))
            leads[place] = leaders[-1] == place
    return leaders


def associated(
    lists: Iterable[Sequence[str]], counts: Mapping[str, int], *, support: int, confidence: float
) -> dict[str, str]:
    """Phrases that nearly always stand with a more frequent one, and that one.

    Both stand together in at least `support` lists, a share of at least `confidence` of those of
    each.
    """
    often = {phrase for phrase, count in counts.items() if count >= support}
    pairs: Counter[tuple[str, str]] = Counter()
    for phrases in lists:
        here = sorted(often.intersection(phrases), key=lambda one: (-counts[one], one))
        pairs.update((one, two) for n, one in enumerate(here) for two in here[n + 1 :])
    found: dict[str, str] = {}
    for (one, two), count in sorted(pairs.items()):
        if count >= support and count >= confidence * counts[one] and one not in found:
            found.setdefault(two, one)
    return found
