"""Keyword graphs of several runs: made one, and compared."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from backfeed.engine.methods._graph_attributes import first_sources, joined, parts

if TYPE_CHECKING:
    import networkx as nx

    Graph = nx.Graph[str]

Pair = tuple[str, str]

ADDED = ("count", "uses", "tried", "passed", "weight")
UNITED = ("languages", "sources", "files")


def merge(one: "Graph", two: "Graph") -> "Graph":
    """Both graphs in a new one: counts are added, languages and sources united.

    In whatever order graphs are merged, the same comes out. How far a ledger was counted is left
    behind: the graph of several runs has the ledger of none.
    """
    import networkx as nx

    whole: Graph = nx.Graph()
    for graph in (one, two):
        for name, data in graph.nodes(data=True):
            if name not in whole:
                whole.add_node(name, **data)
            else:
                _join(whole.nodes[name], data)
        for first, second, data in graph.edges(data=True):
            if not whole.has_edge(first, second):
                whole.add_edge(first, second, **data)
            else:
                mine = whole.edges[first, second]
                sources = first_sources(mine["sources"], data["sources"])
                _join(mine, data)
                mine["sources"] = sources
    return whole


def _join(mine: dict[str, Any], other: dict[str, Any]) -> None:
    for key in ADDED:
        if key in mine:
            mine[key] += other[key]
    for key in UNITED:
        if key in mine:
            mine[key] = joined(parts(mine[key]) | parts(other[key]))


@dataclass(frozen=True, slots=True)
class Difference:
    """What two graphs do not share. Of what changed, the counts or weights here and there.

    An edge is a pair of names, the smaller first.
    """

    nodes_here: tuple[str, ...] = ()
    nodes_there: tuple[str, ...] = ()
    nodes_changed: dict[str, tuple[int, int]] = field(default_factory=dict)
    edges_here: tuple[Pair, ...] = ()
    edges_there: tuple[Pair, ...] = ()
    edges_changed: dict[Pair, tuple[int, int]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        nodes = self.nodes_here or self.nodes_there or self.nodes_changed
        return bool(nodes or self.edges_here or self.edges_there or self.edges_changed)


def difference(here: "Graph", there: "Graph") -> Difference:
    """What is only in one of two graphs, and what was seen more or less often."""
    one, two = _counts(here), _counts(there)
    mine, theirs = _weights(here), _weights(there)
    return Difference(
        tuple(sorted(one.keys() - two.keys())),
        tuple(sorted(two.keys() - one.keys())),
        {n: (one[n], two[n]) for n in sorted(one.keys() & two.keys()) if one[n] != two[n]},
        tuple(sorted(mine.keys() - theirs.keys())),
        tuple(sorted(theirs.keys() - mine.keys())),
        {
            pair: (mine[pair], theirs[pair])
            for pair in sorted(mine.keys() & theirs.keys())
            if mine[pair] != theirs[pair]
        },
    )


def _counts(graph: "Graph") -> dict[str, int]:
    return {name: int(data["count"]) for name, data in graph.nodes(data=True)}


def _weights(graph: "Graph") -> dict[Pair, int]:
    return {
        (min(one, two), max(one, two)): int(data["weight"])
        for one, two, data in graph.edges(data=True)
    }
