"""Keyword lists with planted topics, the same lists shuffled, and how well sets hang together."""

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from backfeed.engine.methods.keyword_graph import KINDS, nodes_of
from backfeed.engine.records import Keywords, Sample

PHRASES = (10, 6, 40)  # tasks, instructions and knowledge points of a topic
SIZES = ((1, 2), (1, 3), (5, 8))  # how many of each stand in a list, ten in all on average
FROM_TOPIC = 0.8
LANGUAGES = ("go", "java", "python", "rust")
TINY = 0.1
"""What is added to observed and to expected counts: little, as the lists counted are others."""

Sets = Sequence[Sequence[str]]
Floats = npt.NDArray[np.float64]


def repeatable(name: str) -> random.Random:
    """Random numbers that are the same each time."""
    return random.Random(name)  # noqa: S311 - keeps no secret


def lists(count: int, topics: int, seed: int) -> Iterator[Sample]:
    """Samples with keywords: each phrase is of the list's topic with 0.8, else of any; Zipf."""
    rng = repeatable(f"lists/{seed}")
    sums = [list(itertools.accumulate(1 / (n + 1) for n in range(most))) for most in PHRASES]
    for number in range(count):
        topic, kinds = rng.randrange(topics), []
        for kind, (least, most) in enumerate(SIZES):
            size, found = rng.randint(least, most), dict[str, None]()
            while len(found) < size:
                mine = topic if rng.random() < FROM_TOPIC else rng.randrange(topics)
                [word] = rng.choices(range(PHRASES[kind]), cum_weights=sums[kind])
                found[f"topic {mine} phrase {word}"] = None
            kinds.append(tuple(found))
        language = LANGUAGES[rng.randrange(len(LANGUAGES))]
        yield Sample(id=f"{seed}-{number}", language=language, keywords=Keywords(*kinds))


def shuffled(samples: Sequence[Sample], seed: int) -> list[Sample]:
    """The same phrases as often, in lists of the same sizes and kinds, without their topics."""
    rng = repeatable(f"shuffled/{seed}")
    columns = []
    for kind in KINDS:
        own = [getattr(sample.keywords, kind) for sample in samples]
        pool = [phrase for phrases in own for phrase in phrases]
        rng.shuffle(pool)
        taken = iter(pool)
        rows = [[next(taken) for _ in phrases] for phrases in own]
        for row in rows:
            _apart(row, rows, rng)
        columns.append(rows)
    words = (Keywords(*map(tuple, kinds)) for kinds in zip(*columns, strict=True))
    return [sample.but(keywords=one) for sample, one in zip(samples, words, strict=True)]


def _apart(row: list[str], rows: list[list[str]], rng: random.Random) -> None:
    """Swap what stands in a row twice against phrases of other rows."""
    while len(set(row)) < len(row):
        place = next(n for n, phrase in enumerate(row) if phrase in row[:n])
        other = rows[rng.randrange(len(rows))]
        there = rng.randrange(len(other))
        if row[place] not in other and other[there] not in row:
            row[place], other[there] = other[there], row[place]


@dataclass(slots=True)
class Reference:
    """How often nodes and pairs of them stand in lists."""

    number: dict[str, int]
    counts: Floats
    pairs: npt.NDArray[np.int64]
    together: Floats
    lists: int

    @classmethod
    def of(cls, samples: Sequence[Sample]) -> "Reference":
        """Count them."""
        number: dict[str, int] = {}
        rows: dict[int, list[list[int]]] = {}
        for sample in samples:
            names = sorted(name for name, _ in nodes_of(sample.keywords))
            row = sorted(number.setdefault(name, len(number)) for name in names)
            rows.setdefault(len(row), []).append(row)
        counts, keys = np.zeros(len(number)), []
        for length, group in rows.items():
            table = np.array(group, np.int64)
            left, right = np.triu_indices(length, 1)
            counts += np.bincount(table.ravel(), minlength=len(number))
            keys.append((table[:, left] * len(number) + table[:, right]).ravel())
        pairs, together = np.unique(np.concatenate(keys), return_counts=True)
        return cls(number, counts, pairs, together.astype(np.float64), len(samples))

    def pmi(self, sets: Sets) -> Floats:
        """The mean PMI of the pairs of each set: log of (together + TINY) / (expected + TINY)."""
        which, ones, twos = [], [], []
        for place, names in enumerate(sets):
            known = sorted(self.number[name] for name in names if name in self.number)
            for one, two in itertools.combinations(known, 2):
                which.append(place)
                ones.append(one)
                twos.append(two)
        first, second = np.array(ones), np.array(twos)
        keys = first * len(self.number) + second
        at = np.minimum(np.searchsorted(self.pairs, keys), len(self.pairs) - 1)
        seen = np.where(self.pairs[at] == keys, self.together[at], 0.0)
        expected = self.counts[first] * self.counts[second] / self.lists
        found = np.log((seen + TINY) / (expected + TINY))
        total = np.bincount(which, found, len(sets))
        return total / np.maximum(np.bincount(which, minlength=len(sets)), 1)


def alike(sets: Sets, seed: int) -> list[list[str]]:
    """Random sets of the same kinds, each node in as many of them as before."""
    rng, found = repeatable(f"alike/{seed}"), [list[str]() for _ in sets]
    for kind in KINDS:
        own = [[name for name in names if name.startswith(f"{kind}:")] for names in sets]
        pool = [name for names in own for name in names]
        rng.shuffle(pool)
        taken = iter(pool)
        rows = [[next(taken) for _ in names] for names in own]
        for row, whole in zip(rows, found, strict=True):
            _apart(row, rows, rng)
            whole.extend(row)
    return found


def uniform(sets: Sets, names: Sequence[str], seed: int) -> list[list[str]]:
    """Random sets of the same kinds, each node with the same chance."""
    rng = repeatable(f"uniform/{seed}")
    by_kind = {kind: [n for n in names if n.startswith(f"{kind}:")] for kind in KINDS}
    found = []
    for one in sets:
        sizes = {kind: sum(name.startswith(f"{kind}:") for name in one) for kind in KINDS}
        found.append([n for kind, size in sizes.items() for n in rng.sample(by_kind[kind], size)])
    return found


@dataclass(frozen=True, slots=True)
class Gap:
    """A mean difference, and the bootstrap interval that holds it with 95 %."""

    mean: float
    low: float
    high: float


def gap(one: Floats, two: Floats, *, seed: int, draws: int = 1000) -> Gap:
    """The mean of `one` minus that of `two`; sets are drawn again and again, each for itself."""
    rng = np.random.default_rng(seed)
    found = [
        rng.choice(one, len(one)).mean() - rng.choice(two, len(two)).mean() for _ in range(draws)
    ]
    low, high = np.quantile(found, [0.025, 0.975])
    return Gap(float(one.mean() - two.mean()), float(low), float(high))
