"""DSIR: rows drawn from a pool so that they are spread as a target is (Xie et al. 2023).

A text is the counts of its words and of its pairs of neighbouring words, hashed into 10,000
buckets. The weight of a row says how much likelier its buckets are in the target than in the pool;
with Gumbel noise on the logarithms, the highest k are a sample by these weights without
replacement. All is done as the authors' `data-selection` does it, but for the source of the noise,
which here rests on the row's id: a row has the same luck wherever it stands.
"""

import hashlib
import re
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import xxhash

BUCKETS = 10_000
EPSILON = 1e-8
FIT_GRAMS = 100_000 * BUCKETS
"""So many n-grams of a pool tell how it is spread; more would not change that."""
MOST_KNOWN = 100_000  # n-grams whose buckets are kept: more cost as much as hashing anew
_TOKEN = re.compile(r"\w+|[^\w\s]+")

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


_known: dict[str, int] = {}


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """The buckets of the n-grams of some texts, one text after another, and each one's tokens.

    A text of t tokens has t words and t - 1 pairs: first its words, then its pairs.
    """

    ids: npt.NDArray[np.uint16]
    tokens: Numbers

    @property
    def grams(self) -> Numbers:
        """How many n-grams each text has."""
        return np.maximum(2 * self.tokens - 1, 0)

    @property
    def rows(self) -> Numbers:
        """For each n-gram the number of its text."""
        return np.repeat(np.arange(len(self.tokens)), self.grams)


def tokens(text: str) -> list[str]:
    """Runs of letters and digits, and runs of other signs, in lower case (WordPunct).

    >>> tokens("What's f(x)?")
    ['what', "'", 's', 'f', '(', 'x', ')?']
    """
    return _TOKEN.findall(text.lower())


def bucket(gram: str) -> int:
    """The bucket of an n-gram, its words joined by a space: SHA-256 as a number, modulo.

    >>> bucket("alice"), bucket("alice went")
    (6720, 114)
    """
    mark = hashlib.sha256(gram.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(mark, "big") % BUCKETS


def features(texts: Iterable[str]) -> Features:
    """The n-grams of texts. Some 100 µs for 100 words, whatever they are."""
    found, lengths = array("H"), array("q")
    for text in texts:
        words = tokens(text)
        grams = [*words, *map(" ".join, pairwise(words))]
        try:
            ids = _buckets(grams)
        except UnicodeEncodeError:
            ids = [*map(bucket, grams)]
        found.extend(ids)
        lengths.append(len(words))
    return Features(np.frombuffer(found, np.uint16), np.frombuffer(lengths, np.int64))


def _buckets(grams: Sequence[str]) -> list[int]:
    """What `bucket` says of each; written out, for a call each would be a fifth of all time."""
    known, sha, number = _known.get, hashlib.sha256, int.from_bytes
    ids = [
        one
        if (one := known(gram, -1)) >= 0
        else number(sha(gram.encode()).digest(), "big") % BUCKETS
        for gram in grams
    ]
    if len(_known) < MOST_KNOWN:
        _known.update(zip(grams, ids, strict=True))
    return ids


def counts(found: Features, wanted: Flags | None = None) -> Numbers:
    """How many n-grams each bucket has: of all texts, or of those that are wanted."""
    ids = found.ids if wanted is None else found.ids[np.repeat(wanted, found.grams)]
    return np.bincount(ids, minlength=BUCKETS)


def spread(of: Numbers, smoothing: float = 0.0) -> Floats:
    """Counts as shares that add up to 1; with `smoothing` added to each bucket, for small sets.

    Without any n-gram, and without smoothing, all are 0.
    """
    raised = of + smoothing
    total = raised.sum()
    found: Floats = raised / total if total else raised.astype(np.float64)
    return found


def log_ratio(target: Floats, raw: Floats) -> Floats:
    """By how much each bucket speaks for the target, as a logarithm."""
    found: Floats = np.log(target + EPSILON) - np.log(raw + EPSILON)
    return found


def log_weights(found: Features, ratio: Floats, *, per_token: bool = False) -> Floats:
    """The logarithm of each text's weight: the sum over its n-grams.

    A sum grows with a text's length, and so does its distance from 0; `per_token` divides it.
    """
    sums = np.bincount(found.rows, weights=ratio[found.ids], minlength=len(found.tokens))
    weights: Floats = sums / np.maximum(found.tokens, 1) if per_token else sums.astype(np.float64)
    return weights


def luck(name: str, ids: Iterable[str]) -> Floats:
    """A number between 0 and 1 for each id, evenly spread and always the same."""
    marks = [xxhash.xxh3_64_intdigest(f"{name}/{one}".encode()) for one in ids]
    high: Floats = (np.array(marks, np.uint64) >> np.uint64(11)).astype(np.float64)
    return (high + 0.5) / 2.0**53


def gumbel(of: Floats) -> Floats:
    """Luck as Gumbel noise: added to log weights, it makes the highest k a sample by them."""
    found: Floats = -np.log(-np.log(of))
    return found


def ranks(keys: Floats, among: Flags) -> Numbers:
    """The place of each row by its key, from 1 for the highest; 0 for rows that do not count."""
    rows = np.flatnonzero(among)
    best = rows[np.argsort(-keys[rows], kind="stable")]
    found = np.zeros(len(keys), np.int64)
    found[best] = np.arange(1, len(best) + 1)
    return found


def top(places: Numbers, free: Flags, count: int) -> Numbers:
    """The rows of the highest `count` places among those that are free; fewer, if there are."""
    rows = np.flatnonzero(free & (places > 0))
    return rows[np.argsort(places[rows])][:count]


def portions(count: int, weights: Sequence[float]) -> list[int]:
    """A number parted by weights, rounded down; the last one takes the rest.

    >>> portions(10, [1, 1, 1])
    [3, 3, 4]
    """
    total = float(sum(weights))
    found = [int(count * weight / total) for weight in weights] if total else [0] * len(weights)
    return [*found[:-1], count - sum(found[:-1])] if found else []


def divergence(target: Floats, of: Floats) -> float:
    """Kullback-Leibler: how far a set is from the target, in nats; 0 if they are spread alike."""
    return float(np.sum(target * log_ratio(target, of)))
