"""How varied texts are: distinct n-grams, and how near each is to its nearest neighbour.

Distinct-n (Li et al. 2016) is the share of different ones among all runs of n tokens; it falls with
the number of texts, so that only equally many are compared. The nearest neighbour is found among
the MinHash signatures of five-token shingles: 0 is like no other, 1 is there twice.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import xxhash

from backfeed.engine.methods import minhash
from backfeed.engine.methods.minhash import Hashes

TOKENS = 4
MOST = 1000
"""So many texts are compared with one another: all pairs take half a second."""


def distinct(texts: Iterable[str], tokens: int = TOKENS) -> float | None:
    """The share of different runs of tokens among all of them; None if no text is that long.

    >>> distinct(["a b c d", "a b c d"]), distinct(["a b c d e"]), distinct(["a b"])
    (0.5, 1.0, None)
    """
    seen: set[int] = set()
    total = 0
    for text in texts:
        words = minhash.words(text)
        runs = [" ".join(words[i : i + tokens]) for i in range(len(words) - tokens + 1)]
        seen.update(xxhash.xxh3_64_intdigest(run.encode("utf-8", "replace")) for run in runs)
        total += len(runs)
    return len(seen) / total if total else None


def nearest(texts: Sequence[str]) -> float | None:
    """The mean likeness of a text to the one of the others that is most like it.

    None for less than two texts; of more than `MOST` the first are taken.

    >>> nearest(["one two three four five six", "one two three four five six", "x"])
    0.6666666666666666
    """
    signatures: list[Hashes] = [minhash.signature(minhash.shingles(text)) for text in texts[:MOST]]
    if len(signatures) < 2:
        return None
    table = np.stack(signatures)
    found = 0.0
    for number, one in enumerate(table):
        alike = (table == one).mean(axis=1)
        alike[number] = -1.0
        found += float(alike.max())
    return found / len(table)
