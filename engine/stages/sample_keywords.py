"""The keyword graph -> coherent sets of keywords, from which problems are written."""

import math
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import networkx as nx
import numpy as np

from backfeed.engine.contracts import Table
from backfeed.engine.errors import ConfigError
from backfeed.engine.identity import content_id
from backfeed.engine.methods import graph_ledger
from backfeed.engine.methods.graph_ledger import UsedSet, mark_of
from backfeed.engine.methods.graph_walks import Rules, Walks, draw_sets
from backfeed.engine.methods.keyword_graph import ANY, KINDS, load
from backfeed.engine.methods.notes import with_notes
from backfeed.engine.records import Keywords, Lineage, Sample
from backfeed.engine.requests import Asks, Read, Result

_BOUNDS = {
    "most": (0, 10_000_000), "per_row": (0, 10_000), "temperature": (0.1, 1000),
    "coverage": (0, 10), "feedback": (0, 10), "least_tries": (0, 1_000_000),
    "listed": (0.001, 1),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SampleKeywords:
    """Walk over the graph for sets that no round has had yet (Infinite-Instruct B2).

    Up to `most` sets, and up to `per_row` for each sample (0: without that bound), so that a small
    corpus is not outgrown by what is made from it.

    Languages are drawn with their shares of the samples (where those name none, of the graph's
    nodes), or as `languages` says: "python", or "python=3" for three times as many as of "go".

    The paper leaves open how sets are drawn, and these are our defaults. `temperature` 1 leaves
    chances proportional to how often two phrases stand together; above, they are flatter, and sets
    less coherent. `coverage` 1 divides them by 1 + the sets that have a node: measured on 200
    planted topics (benchmarks/graph.py), 90 % of the nodes are covered with half as many sets as
    without, and these are about as coherent; 0 leaves it out. `feedback` 1 weighs nodes by their
    yield over the average once `least_tries` of their sets were verified; 0 leaves it out. Pairs
    that only a vocabulary lists count `listed` times as much as pairs of a problem. Nodes of the
    kinds in `held` must fit the language.

    in:  a graph in which "merge lists", "heap" and "iteration" stand together
    out: a row with keywords task ["merge lists"], knowledge ["heap", "iteration"]
    """

    most: int = 1000
    languages: tuple[str, ...] = ()
    temperature: float = 1.0
    coverage: float = 1.0
    feedback: float = 1.0
    least_tries: int = 5
    held: tuple[str, ...] = ("knowledge",)
    per_row: float = 1.0
    listed: float = 0.2
    version = 3
    born = True
    reads = ("graph", "used_sets")
    writes = ("used_sets",)
    incremental = True

    def __post_init__(self) -> None:
        for name, (least, most) in _BOUNDS.items():
            if not least <= getattr(self, name) <= most:
                value = getattr(self, name)
                raise ConfigError(
                    f"sample_keywords: {name} = {value}: give a number from {least} to {most}"
                )
        for kind in self.held:
            if kind not in KINDS:
                raise ConfigError(f"sample_keywords: held: no kind {kind!r} of {', '.join(KINDS)}")
        for one in self.languages:
            _wished(one)

    def whole(self, table: Table) -> Asks[Result]:
        """Draw up to `most` sets; of a graph that has no more, fewer or none."""
        path = yield from Read("graph")
        used = graph_ledger.load((yield from Read("used_sets")))
        graph: nx.Graph[str] = nx.Graph() if path is None else load(path)
        walks = Walks(graph, self._rules())
        for one in graph_ledger.fresh(used, int(graph.graph.get("judged", 0))):
            walks.use(one.names)
        shares = self._shares(table, graph)
        drawn = draw_sets(
            walks, shares, self._most(len(table)),
            taken={mark_of(one.names) for one in used},
            rng=random.Random(f"sample_keywords/{table.seed}"),  # noqa: S311 - no secret
        )  # fmt: skip
        rows: list[Sample] = []
        for language, names in drawn:
            rows.append(_row(language, names))
            used.append(UsedSet(content_id(rows[-1]), table.round, language, names))
        metrics = {
            "sets": len(rows),
            "missing_sets": self._most(len(table)) - len(rows),
            **_coverage(walks, list(shares)),
        }
        return Result(rows, {"used_sets": graph_ledger.to_bytes(used)}, metrics)

    def _most(self, rows: int) -> int:
        return min(self.most, math.ceil(self.per_row * rows)) if self.per_row else self.most

    def _rules(self) -> Rules:
        names = ("temperature", "coverage", "feedback", "least_tries", "held", "listed")
        return Rules(**{name: getattr(self, name) for name in names})

    def _shares(self, table: Table, graph: "nx.Graph[str]") -> dict[str, float]:
        """How many sets of each language, up to a factor."""
        if self.languages:
            return dict(map(_wished, self.languages))
        found: Counter[str] = Counter(sample.language for sample in table)
        if not +Counter({name: count for name, count in found.items() if name}):
            for _, data in graph.nodes(data=True):
                for name in filter(None, data["languages"].split(",")):
                    found[name] += data["count"]
        return {name: float(found[name]) for name in sorted(found) if name not in {"", ANY}}


def _wished(text: str) -> tuple[str, float]:
    """A language and its share, of a setting."""
    name, equals, share = map(str.strip, text.partition("="))
    number = float(share) if share.replace(".", "", 1).isdecimal() else 0.0
    if not name or (equals and not number):
        raise ConfigError(f'sample_keywords: languages: {text!r}: write "python" or "python=3"')
    return name, number if equals else 1.0


def _row(language: str, names: tuple[str, ...]) -> Sample:
    phrases: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for name in names:
        kind, _, phrase = name.partition(":")
        phrases[kind].append(phrase)
    row = Sample(
        language=language,
        keywords=Keywords(**{kind: tuple(found) for kind, found in phrases.items()}),
        lineage=Lineage("sample_keywords"),
    )
    return with_notes(row, set=list(names))


def _coverage(walks: Walks, languages: Sequence[str]) -> dict[str, float]:
    """How much of what walks can reach was used at least once, in this round or before."""
    reachable = np.zeros(len(walks.names), np.bool_)
    for language in languages:
        reachable |= walks.reachable(language)
    total, seen = int(reachable.sum()), int((walks.uses[reachable] > 0).sum())
    return {"coverage": seen / max(total, 1), "uncovered": total - seen}


PLUGIN = SampleKeywords
