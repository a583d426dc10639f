"""Keywords of a set of samples -> the keyword graph, as an artefact."""

from dataclasses import dataclass

import networkx as nx

from backfeed.engine.contracts import Table
from backfeed.engine.methods.keyword_graph import add_samples, to_bytes
from backfeed.engine.requests import Asks, Read, Result


@dataclass(frozen=True, slots=True)
class BuildGraph:
    """Samples pass through; their keywords join the graph (Infinite-Instruct B2).

    in:  two samples that share "iteration"
    out: the same two, and the artefact `graph`
    """

    version = 1
    reads = ("graph",)
    writes = ("graph",)

    def whole(self, table: Table) -> Asks[Result]:
        """Start from the graph that is there, or from none."""
        before = yield from Read("graph")
        graph = nx.Graph() if before is None else nx.Graph(nx.read_graphml(before))
        known = graph.number_of_nodes()
        add_samples(graph, table)
        new = graph.number_of_nodes() - known
        per_thousand = 1000.0 * new / max(len(table), 1)
        metrics = {"graph_nodes": graph.number_of_nodes(), "new_nodes_per_1000": per_thousand}
        return Result(table, {"graph": to_bytes(graph)}, metrics)


PLUGIN = BuildGraph
