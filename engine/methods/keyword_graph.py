"""The keyword graph: typed nodes, weighted edges with provenance, saved as GraphML (NetworkX)."""

import io
import itertools
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from backfeed.engine.records import Keywords, Sample

if TYPE_CHECKING:
    import networkx as nx

    Graph = nx.Graph[str]

KINDS = ("task", "instruction", "knowledge")
MOST_SOURCES = 5


def nodes_of(keywords: Keywords) -> Iterator[tuple[str, str]]:
    """Node names with their kinds: `kind:phrase`, so that one phrase may be of two kinds."""
    for kind in KINDS:
        for phrase in getattr(keywords, kind):
            yield f"{kind}:{phrase}", kind


def add_samples(graph: "Graph", samples: Iterable[Sample]) -> "Graph":
    """Count the samples' keywords and their pairs into a graph, with up to five samples a pair."""
    for sample in samples:
        names = sorted(nodes_of(sample.keywords))
        for name, kind in names:
            if name not in graph:
                graph.add_node(name, kind=kind, count=0, languages="")
            data = graph.nodes[name]
            data["count"] += 1
            data["languages"] = ",".join(
                sorted({*filter(None, data["languages"].split(",")), sample.language})
            )
        for (one, _), (two, _) in itertools.combinations(names, 2):
            _count_pair(graph, (one, two), sample.id)
    return graph


def _count_pair(graph: "Graph", pair: tuple[str, str], source: str) -> None:
    if not graph.has_edge(*pair):
        graph.add_edge(*pair, weight=0, sources="")
    data = graph.edges[pair]
    data["weight"] += 1
    sources = [*filter(None, data["sources"].split(",")), source]
    data["sources"] = ",".join(sources[:MOST_SOURCES])


def to_bytes(graph: "Graph") -> bytes:
    """GraphML with nodes and edges in a fixed order."""
    import networkx as nx  # most runs have no graph, and it takes long to import

    ordered: Graph = nx.Graph()
    ordered.add_nodes_from(sorted(graph.nodes(data=True)))
    edges = ((min(ends), max(ends), data) for *ends, data in graph.edges(data=True))
    ordered.add_edges_from(sorted(edges, key=lambda edge: edge[:2]))
    buffer = io.BytesIO()
    nx.write_graphml(ordered, buffer)
    return buffer.getvalue()


@cache
def from_path(path: Path) -> "Graph":
    """A graph that was saved; kept, as artefacts never change."""
    import networkx as nx

    return nx.read_graphml(path)


def relatedness(graph: "Graph", one: Keywords, two: Keywords) -> float:
    """How strongly a graph relates two sets of knowledge and task phrases.

    Shared nodes count 1, pairs that stand together elsewhere their weight's share of the counts of
    both nodes.
    """
    mine = {name for name, kind in nodes_of(one) if kind != "instruction" and name in graph}
    theirs = {name for name, kind in nodes_of(two) if kind != "instruction" and name in graph}
    total = float(len(mine & theirs))
    for first in sorted(mine - theirs):
        for second in sorted(theirs - mine):
            if graph.has_edge(first, second):
                least = min(graph.nodes[first]["count"], graph.nodes[second]["count"])
                total += graph.edges[first, second]["weight"] / (least + 1)
    return total
