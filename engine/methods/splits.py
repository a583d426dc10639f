"""Splits of a data set that share nothing: rows that hang together stand on one side.

How it works. Rows hang together if they come from one file, if one was made from the other or both
from a third, or if their questions or answers are nearly the same. Such rows form a group. Groups
are taken in the order of a hash, each as long as it brings its split nearer to the share asked for;
what is left is the rest. A data set of composed rows may be one large group, which no small split
can take: then composed rows can be left out where their parts stand on different sides.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from backfeed.engine.errors import ConfigError
from backfeed.engine.methods import minhash
from backfeed.engine.records import Sample

NEAR = 0.8
MOST_COMPARED = 100
REST = "train"
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Split:
    """Which row goes where. `of` maps ids to names; a row that is left out has the name "".

    `groups` counts groups by split, `largest` is the number of rows of the largest one; `ties` is
    the number of composed rows that may tie groups together.
    """

    of: Mapping[str, str]
    wanted: Mapping[str, float]
    groups: Mapping[str, int] = field(default_factory=dict)
    largest: int = 0
    ties: int = 0

    def counts(self) -> dict[str, int]:
        """Rows by split, the rest first."""
        found = Counter(self.of.values())
        return {name: found[name] for name in (REST, *self.wanted)}

    @property
    def left_out(self) -> int:
        """How many rows stand nowhere."""
        return sum(not name for name in self.of.values())


@dataclass(frozen=True, slots=True)
class _Row:
    """What is needed of a row: `near` names its clusters of nearly equal texts."""

    id: str
    parents: tuple[str, ...]
    keys: tuple[Hashable, ...]
    near: tuple[Hashable, ...] = ()


class _Sets:
    """Sets that are joined (union-find)."""

    def __init__(self) -> None:
        self._up: dict[Hashable, Hashable] = {}

    def find(self, item: Hashable) -> Hashable:
        """What stands for the set of an item."""
        root = item
        while (up := self._up.setdefault(root, root)) != root:
            root = up
        while item != root:
            self._up[item], item = root, self._up[item]
        return root

    def join(self, items: Iterable[Hashable]) -> None:
        """Make one set of those of all items."""
        first, *rest = (self.find(item) for item in items)
        for other in rest:
            self._up[other] = first


def split(
    samples: Callable[[], Iterable[Sample]], shares: Mapping[str, float], *, cut: bool = False
) -> Split:  # fmt: skip
    """Assign rows to splits by shares of their number; what is in none is `train`.

    `samples` makes them anew, for a few passes. With `cut`, a row made from several others does not
    tie these together, and is left out if they are in different splits.
    """
    rows = _rows(samples)
    tied = [row for row in rows if not (cut and len(row.parents) > 1)]
    groups = _groups(tied)
    names, counts = _assigned(groups, shares)
    of = {row.id: name for group, name in zip(groups, names, strict=True) for row in group}
    if cut:
        of |= _follow([row for row in rows if row.id not in of], rows, of)
    largest = max(map(len, groups), default=0)
    ties = sum(len(row.parents) > 1 for row in tied)
    return Split({row.id: of[row.id] for row in rows}, dict(shares), counts, largest, ties)


def check_shares(shares: Mapping[str, float]) -> None:
    """Raise `ConfigError` for shares that cannot be had, or names that are no file's."""
    for name, share in shares.items():
        if not _NAME.fullmatch(name) or name == REST or not 0 < share < 1:
            raise ConfigError(
                f"a split {name} = {share}: its name is small letters and digits and not {REST!r},"
                " which is the rest; its share lies between 0 and 1, e.g. valid = 0.02"
            )
    if sum(shares.values()) >= 1:
        told = ", ".join(f"{name} = {share}" for name, share in shares.items())
        raise ConfigError(f"the splits {told} leave nothing for {REST!r}: ask for less")


def _rows(samples: Callable[[], Iterable[Sample]]) -> list[_Row]:
    asked = near_clusters(lambda: (sample.instruction for sample in samples()))
    said = near_clusters(lambda: (sample.code or sample.response for sample in samples()))
    return [
        _Row(
            sample.id, sample.lineage.parents, tuple(_keys(sample)),
            (("asked", asked[number]), ("said", said[number])),
        )
        for number, sample in enumerate(samples())
    ]  # fmt: skip


def _keys(sample: Sample) -> Iterator[Hashable]:
    """What names the file that a row is from; a composed row has the files of its parents."""
    origin = sample.origin
    if origin.sha256:
        yield ("file", origin.sha256)
    if origin.path and len(sample.lineage.parents) < 2:
        yield ("path", origin.source, origin.path)


def _groups(rows: Sequence[_Row]) -> list[list[_Row]]:
    """The rows that hang together."""
    sets = _Sets()
    for row in rows:
        sets.join([("id", row.id), *(("id", p) for p in row.parents), *row.keys, *row.near])
    found: dict[Hashable, list[_Row]] = {}
    for row in rows:
        found.setdefault(sets.find(("id", row.id)), []).append(row)
    return list(found.values())


def _assigned(
    groups: Sequence[Sequence[_Row]], shares: Mapping[str, float]
) -> tuple[list[str], dict[str, int]]:  # fmt: skip
    """The name of each group's split, and how many groups each split has."""
    total = sum(map(len, groups))
    marks = [min(_mark(row.id) for row in group) for group in groups]
    names = [REST] * len(groups)
    free = sorted(range(len(groups)), key=marks.__getitem__)
    for name, share in shares.items():
        missing = max(round(share * total), 1)
        for number in free:
            size = len(groups[number])
            if size < 2 * missing:  # nearer with it than without
                names[number] = name
                missing -= size
        free = [number for number in free if names[number] == REST]
    return names, dict(Counter(names))


def _mark(name: str) -> str:
    return hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _follow(
    made: Sequence[_Row], rows: Sequence[_Row], of: Mapping[str, str]
) -> dict[str, str]:  # fmt: skip
    """Composed rows go where all their parents, and all that is nearly equal, went; or nowhere."""
    sides: dict[Hashable, set[str]] = {}
    for row in rows:
        if row.id in of:
            for key in (row.id, *row.near):
                sides.setdefault(key, set()).add(of[row.id])
    changed = True
    while changed:
        changed = False
        for row in made:
            ties = [row.id, *row.parents, *row.near]
            mine = set().union(*(sides.get(key, set()) for key in ties)) or {REST}
            for key in (row.id, *row.near):
                known = sides.setdefault(key, set())
                changed |= not mine <= known
                known |= mine
    return {row.id: next(iter(sides[row.id])) if len(sides[row.id]) == 1 else "" for row in made}


def near_clusters(texts: Callable[[], Iterable[str]], least: float = NEAR) -> list[int]:
    """For each text the number of its cluster: texts that share that much of their shingles."""
    keys = np.array([_bands(number, text) for number, text in enumerate(texts())], np.uint64)
    if not len(keys):
        return []
    candidate, sets, equal = minhash.shared_keys(keys), _Sets(), dict[bytes, int]()
    kept: dict[int, minhash.Hashes] = {}
    places: dict[tuple[int, int], list[int]] = {}
    for number, text in enumerate(texts()):
        if not candidate[number]:
            continue
        first = equal.setdefault(keys[number].tobytes(), number)
        if first != number:  # so alike that what is near the one is near the other
            sets.join([first, number])
            continue
        kept[number] = minhash.shingles(text)
        for band in enumerate(keys[number].tolist()):
            for other in places.get(band, ())[:MOST_COMPARED]:
                apart = sets.find(other) != sets.find(number)
                if apart and minhash.jaccard(kept[number], kept[other]) >= least:
                    sets.join([other, number])
            places.setdefault(band, []).append(number)
    roots: dict[Hashable, int] = {}
    return [roots.setdefault(sets.find(number), len(roots)) for number in range(len(keys))]


def _bands(number: int, text: str) -> minhash.Keys:
    """The band keys of a text; those of an empty one are nobody else's."""
    hashes = minhash.shingles(text)
    if not len(hashes):
        return np.arange(minhash.BANDS, dtype=np.uint64) + np.uint64((number + 1) << 8)
    return minhash.band_keys(minhash.signature(hashes))
