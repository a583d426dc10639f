"""Topics of texts: clusters of TF-IDF vectors, or topics that are told by their words."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from backfeed.plugin import InputError, dsir

MOST_TASKS = 3000  # so many texts tell the clusters; they are taken evenly from all
TURNS = 25
OTHER = "other"

Found = tuple[npt.NDArray[np.int16], dsir.Floats]
"""The topic of each text, and how near the text is to it."""


class Told(msgspec.Struct, forbid_unknown_fields=True):
    """A file of topics: the words (or pairs of words) of each, and how large each shall be."""

    words: dict[str, list[str]] = {}
    shares: dict[str, float] = {}


@dataclass(frozen=True, slots=True, eq=False)
class Clusters:
    """Topics as directions among the buckets of n-grams; `weights` are those of the buckets."""

    names: Sequence[str]
    centres: Sequence[dsir.Floats]
    weights: dsir.Floats

    def nearest(self, found: dsir.Features) -> Found:
        """The topic of the greatest cosine, the first of equal ones."""
        topics, near = _vectors(found, self.weights).nearest(self.centres)
        return topics.astype(np.int16), near


@dataclass(frozen=True, slots=True, eq=False)
class _Vectors:
    """Sparse rows of norm 1: entry by entry the row, the bucket and the value."""

    count: int
    rows: dsir.Numbers
    ids: dsir.Numbers
    values: dsir.Floats

    def along(self, centre: dsir.Floats) -> dsir.Floats:
        """The cosine of each row with a direction."""
        weights = self.values * centre[self.ids]
        found: dsir.Floats = np.bincount(self.rows, weights, self.count).astype(np.float64)
        return found

    def nearest(self, centres: Sequence[dsir.Floats]) -> tuple[dsir.Numbers, dsir.Floats]:
        """The number of the nearest direction for each row, and the cosine."""
        near = np.round([self.along(centre) for centre in centres], 9)
        return near.argmax(axis=0), near.max(axis=0)

    def centre(self, members: dsir.Flags) -> dsir.Floats:
        """The direction of some rows together."""
        mine = members[self.rows]
        found = np.bincount(self.ids[mine], self.values[mine], minlength=dsir.BUCKETS)
        norm: dsir.Floats = found / max(float(np.linalg.norm(found)), 1e-12)
        return norm


def clusters(texts: Sequence[str], most: int) -> Clusters:
    """At most so many topics of texts: spherical k-means on TF-IDF, the same each time."""
    some = [texts[n * len(texts) // MOST_TASKS] for n in range(MOST_TASKS)]
    some = some if len(texts) > MOST_TASKS else [*texts]
    found = dsir.features(some)
    weights = _inverse_frequency(found)
    vectors = _vectors(found, weights)
    centres = _first_centres(vectors, min(most, len(some)))
    member = np.full(len(some), -1)
    for _ in range(TURNS):
        before, member = member, vectors.nearest(centres)[0]
        there, member = np.unique(member, return_inverse=True)
        if len(there) == len(centres) and (before == member).all():
            break
        centres = [vectors.centre(member == number) for number in range(len(there))]
    return Clusters(_names(some, member, weights), centres, weights)


def read_topics(path: Path) -> Told:
    """A file of topics. Raises `InputError` for one of another form."""
    try:
        plain = tomllib.loads(path.read_text(encoding="utf-8"))
        found = msgspec.convert(plain, Told, strict=False)
    except (ValueError, msgspec.ValidationError) as error:
        raise InputError(
            f'the topics cannot be read ({error}): they say [words] sorting = ["sort", "order"],'
            " and may say [shares] sorting = 0.3"
        ) from error
    if not found.words and not found.shares:
        raise InputError('the topics name none: write [words] sorting = ["sort", "order"]')
    if bad := [name for name, share in found.shares.items() if share < 0]:
        raise InputError(f"the topics give {bad[0]!r} the share {found.shares[bad[0]]}")
    if found.shares and not any(found.shares.values()):
        raise InputError("the topics want nothing: all shares are 0")
    return found


def spoken_of(texts: Sequence[str], words: Mapping[str, Sequence[str]]) -> Found:
    """The topic with the most words in each text, the first of equal ones; else the one past all.

    Pure: it is called in worker processes.
    """
    wanted = [{" ".join(dsir.tokens(word)) for word in of} for of in words.values()]
    topics, hits = np.full(len(texts), len(wanted), np.int16), np.zeros(len(texts))
    for number, text in enumerate(texts):
        said = dsir.tokens(text)
        grams = {*said, *map(" ".join, pairwise(said))}
        counts = [len(grams & of) for of in wanted]
        if most := max(counts, default=0):
            topics[number], hits[number] = counts.index(most), most
    return topics, hits


def _vectors(found: dsir.Features, weights: dsir.Floats) -> _Vectors:
    count = len(found.tokens)
    keys, times = np.unique(found.rows * dsir.BUCKETS + found.ids, return_counts=True)
    rows, ids = keys // dsir.BUCKETS, keys % dsir.BUCKETS
    values = (1 + np.log(times)) * weights[ids]
    norms = np.sqrt(np.bincount(rows, values**2, minlength=count))
    return _Vectors(count, rows, ids, values / np.maximum(norms[rows], 1e-12))


def _inverse_frequency(found: dsir.Features) -> dsir.Floats:
    """How much each bucket tells: the fewer texts have it, the more."""
    keys = np.unique(found.rows * dsir.BUCKETS + found.ids)
    having = np.bincount(keys % dsir.BUCKETS, minlength=dsir.BUCKETS)
    weights: dsir.Floats = np.log((1 + len(found.tokens)) / (1 + having)) + 1
    return weights


def _first_centres(vectors: _Vectors, count: int) -> list[dsir.Floats]:
    """Texts far from each other, drawn by their distance to those that were drawn (k-means++)."""
    rows = np.arange(vectors.count)
    far = np.ones(vectors.count)
    found: list[dsir.Floats] = []
    for number in range(count):
        noise = dsir.gumbel(dsir.luck(f"centre/{number}", map(str, range(vectors.count))))
        best = int(np.argmax(2 * np.log(np.maximum(far, 1e-12)) + noise))
        found.append(vectors.centre(rows == best))
        far = np.minimum(far, 1 - vectors.along(found[-1]))
    return found


def _names(texts: Sequence[str], member: dsir.Numbers, weights: dsir.Floats) -> list[str]:
    """A number and the three words that tell each cluster best."""
    tallies: list[dict[str, float]] = [{} for _ in range(int(member.max()) + 1)]
    for text, number in zip(texts, member.tolist(), strict=True):
        for word in set(dsir.tokens(text)):
            told = float(weights[dsir.bucket(word)]) - 1
            tallies[number][word] = tallies[number].get(word, 0.0) + told
    names = []
    for number, tally in enumerate(tallies):
        words = sorted((-told, word) for word, told in tally.items() if word.isalnum())
        names.append(" ".join([str(number), *(word for _, word in words[:3])]))
    return names
