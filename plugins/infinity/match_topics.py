"""Rows whose topics are spread as those of an evaluation set."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from backfeed.plugin import AskFailed, Asks, Compute, ConfigError, Read, Result, Table, dsir
from backfeed.plugins.infinity import _marks, _quotas, _texts, _topics
from backfeed.plugins.infinity._domains import DOMAINS

OUTSIDE, UNREAD = -1, -2
Topics = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Aim:
    """What one domain is to be like: its topics by name, and the share of each."""

    names: Sequence[str]
    shares: dsir.Floats


@dataclass(frozen=True, slots=True)
class Matched:
    """What became of the rows of one domain: their topics, places in them, and who is chosen.

    By topic, how many rows there are, and how many are wanted.
    """

    aim: Aim
    topics: Topics
    places: dsir.Numbers
    chosen: dsir.Flags
    there: Sequence[int]
    wanted: Sequence[int]


@dataclass(frozen=True, slots=True)
class MatchTopics:
    """Choose rows so that their topics are spread as an evaluation set's (Infinity-Instruct P1-c).

    Evaluation sets are the tasks of the input `target`; each speaks for the rows of its domain
    (`domains`, as in `select_dsir`; where none is named, for all rows), rows of other domains go
    on. Topics are at most `clusters` clusters of its tasks (TF-IDF of words and pairs, spherical
    k-means), and a row's is the nearest one. The artefact `topics`, a file in TOML, names them
    instead: `[words]` by which texts are told, `[shares]` that are wanted, else those of the tasks.
    A row that has a label of such a name is of that topic. Of a domain `k` rows are chosen, or the
    `share` of it: of each topic the nearest rows, as many as it has of the tasks; a topic that has
    too few rows stays short. Nothing is random. Metrics say how far the topics of pool and
    selection are from the tasks' (total variation, 0 to 1); `topic_table` lists them.

    in:  3 rows about sorting, 3 about dates; an evaluation set with 2 of 3 tasks about sorting, k=3
    out: 2 about sorting, 1 about dates; the others are rejected as not-selected
    """

    k: int = 0
    share: float = 0.5
    clusters: int = 20
    domains: Mapping[str, str] = field(default_factory=dict, hash=False)
    text: str = "prompt"
    version = 1
    asks = ("compute",)
    reads = ("target", "topics")
    optional = ("target", "topics")
    writes = ("topic_table",)

    def __post_init__(self) -> None:
        """Refuse choices that are none, and numbers that make no sense."""
        if self.text not in _texts.TEXTS:
            known = " or ".join(_texts.TEXTS)
            raise ConfigError(f"match_topics.text = {self.text!r}: it is {known}")
        if not 0 < self.share <= 1:
            raise ConfigError(f"match_topics.share = {self.share}: give a share, such as 0.5")
        if self.k < 0 or self.clusters < 2:
            raise ConfigError("match_topics: k is 0 or more, clusters are 2 or more")
        for target, domain in self.domains.items():
            if domain not in DOMAINS:
                there = ", ".join(DOMAINS)
                raise ConfigError(f"match_topics.domains: {target} = {domain!r}; there are {there}")

    def whole(self, table: Table) -> Asks[Result]:
        """Tell topics row by row, then choose. Of memory some 40 bytes for each row and domain."""
        path: Path | None = yield from Read("target")
        file: Path | None = yield from Read("topics")
        told = _topics.read_topics(file) if file else None
        tasks = _quotas.read_targets(path, self.text) if path else {}
        if not tasks and not (told and told.shares):
            return Result(table.batches(), {"topic_table": _listed({})})
        places = _texts.places(table)
        matched: dict[str, Matched] = {}
        for domain, said in self._said(tasks).items():
            inside = places == DOMAINS.index(domain) if domain else np.ones(len(places), np.bool_)
            if told:
                aim, topics, near = yield from self._by_words(table, told, said)
            else:
                aim, topics, near = yield from self._by_clusters(table, said, domain)
            topics[~inside] = OUTSIDE
            matched[domain] = _matched(aim, (topics, near), self._count(int(inside.sum())))
        metrics = {k: v for domain, one in matched.items() for k, v in _metrics(domain, one)}
        return Result(_rows(table, matched), {"topic_table": _listed(matched)}, metrics)

    def _said(self, tasks: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
        """The tasks for each domain. Raises `ConfigError` for a target without one."""
        found: dict[str, list[str]] = {} if tasks else {"": []}
        for name, domain in _quotas.domains_of("match_topics", self.domains, [*tasks]).items():
            found.setdefault(domain, []).extend(tasks[name])
        return found

    def _count(self, rows: int) -> int:
        return min(self.k or round(self.share * rows), rows)

    def _by_clusters(
        self, table: Table, said: Sequence[str], domain: str
    ) -> Asks[tuple[Aim, Topics, dsir.Floats]]:
        """Topics that the tasks fall into by themselves."""
        clusters = _topics.clusters(said, self.clusters)
        mine, _ = clusters.nearest(dsir.features(said))
        texts = _texts.texts(table, self.text, (domain,) if domain else ())
        grams = yield from _texts.grams(texts, len(table))
        topics, near = np.full(len(table), UNREAD, np.int16), np.zeros(len(table))
        for rows, found in grams:
            topics[rows], near[rows] = clusters.nearest(found)
        topics[[*grams.failed]] = UNREAD
        return Aim(clusters.names, _shares(mine, len(clusters.names))), topics, near

    def _by_words(
        self, table: Table, told: _topics.Told, said: Sequence[str]
    ) -> Asks[tuple[Aim, Topics, dsir.Floats]]:
        """Topics that a file tells, and labels of their names."""
        names = [*dict.fromkeys([*told.words, *told.shares])]
        words = {name: told.words.get(name, []) for name in names}
        texts = _texts.texts(table, self.text)
        answers = yield from _texts.asked(
            texts, lambda some: Compute(_topics.spoken_of, (some, words))
        )
        topics, near = np.full(len(table), UNREAD, np.int16), np.zeros(len(table))
        for rows, found in _texts.by_rows(answers, len(table)):
            if not isinstance(found, AskFailed):
                topics[rows], near[rows] = found
        for number, name in _labelled(table, names):
            topics[number], near[number] = name, np.inf
        if told.shares:
            wanted = np.array([told.shares.get(name, 0.0) for name in [*names, _topics.OTHER]])
            return Aim([*names, _topics.OTHER], wanted / wanted.sum()), topics, near
        mine, _ = _topics.spoken_of(said, words)
        return Aim([*names, _topics.OTHER], _shares(mine, len(names) + 1)), topics, near


def _shares(topics: Topics, count: int) -> dsir.Floats:
    """The share of each topic."""
    of = np.bincount(topics[topics >= 0], minlength=count)
    found: dsir.Floats = of / max(int(of.sum()), 1)
    return found


def _matched(aim: Aim, told: tuple[Topics, dsir.Floats], count: int) -> Matched:
    """Of each topic the nearest rows."""
    topics, near = told
    wanted = _parted(count, aim.shares)
    chosen, places = np.zeros(len(topics), np.bool_), np.zeros(len(topics), np.int64)
    for number, many in enumerate(wanted):
        mine = topics == number
        places += dsir.ranks(near, mine)
        chosen[dsir.top(places, mine, many)] = True
    there = np.bincount(topics[topics >= 0], minlength=len(wanted)).tolist()
    return Matched(aim, topics, places, chosen, there, wanted)


def _parted(count: int, shares: dsir.Floats) -> list[int]:
    """A number parted by shares: rounded down, and the rest goes to the largest remainders."""
    exact = np.round(count * shares, 9)
    parts = np.floor(exact).astype(np.int64)
    rest = np.argsort(parts - exact, kind="stable")[: count - int(parts.sum())]
    parts[rest] += 1
    found: list[int] = parts.tolist()
    return found


def _labelled(table: Table, names: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Rows with the number of the first topic that one of their labels names."""
    known, start = {name: number for number, name in enumerate(names)}, 0
    for batch in table.batches(["labels"]):
        kinds = [pc.struct_field(batch["labels"], kind).to_pylist() for kind in ("fine", "coarse")]
        for row, (fine, coarse) in enumerate(zip(*kinds, strict=True), start):
            if named := [known[label] for label in (*fine, *coarse) if label in known]:
                yield row, named[0]
        start += batch.num_rows


def _metrics(domain: str, one: Matched) -> Iterator[tuple[str, float]]:
    """How far the topics of pool and selection are from those wanted, and how many are short."""
    end, count = f"/{domain or 'all'}", len(one.aim.names)
    for name, rows in (("pool", one.topics >= 0), ("selected", one.chosen)):
        of = _shares(one.topics[rows], count)
        yield f"topics_tv_{name}{end}", float(np.abs(of - one.aim.shares).sum() / 2)
    had = np.bincount(one.topics[one.chosen], minlength=count)
    yield f"topics{end}", float((one.aim.shares > 0).sum())
    yield f"topics_selected{end}", float(had.sum())
    yield f"topics_short{end}", float(np.maximum(np.array(one.wanted) - had, 0).sum())


def _listed(matched: Mapping[str, Matched]) -> bytes:
    """All topics: their share of the tasks, of the pool, and of what was chosen."""
    table: dict[str, Any] = {}
    for domain, one in matched.items():
        count = len(one.aim.names)
        sides = (one.aim.shares, _shares(one.topics, count),
                 _shares(one.topics[one.chosen], count))  # fmt: skip
        table[domain or "all"] = [
            {"topic": name, "tasks": round(a, 4), "pool": round(b, 4), "selected": round(c, 4)}
            for name, a, b, c in zip(one.aim.names, *(side.tolist() for side in sides), strict=True)
        ]
    return json.dumps(table, indent=2, ensure_ascii=False).encode() + b"\n"


def _rows(table: Table, matched: Mapping[str, Matched]) -> Iterable[pa.RecordBatch]:
    """The rows in order, those rejected that a domain considered and none chose."""
    start = 0
    for batch in table.batches():
        why = [_why(number, matched.values()) for number in range(start, start + batch.num_rows)]
        start += batch.num_rows
        yield _marks.rejected(batch, "match_topics", why)


def _why(number: int, matched: Iterable[Matched]) -> _marks.Why | None:
    told = []
    for one in matched:
        if one.chosen[number]:
            return None
        topic = int(one.topics[number])
        if topic == UNREAD:
            return ("not-scored", "no worker could read it")
        if topic != OUTSIDE:
            told.append(
                f"topic {one.aim.names[topic]!r}: place {one.places[number]:,} of"
                f" {one.there[topic]:,}, {one.wanted[topic]:,} wanted"
            )
    return ("not-selected", "; ".join(told)) if told else None


PLUGIN = MatchTopics
