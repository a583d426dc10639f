"""Keywords of a set of samples -> the keyword graph, as an artefact."""

from dataclasses import dataclass

import networkx as nx

from backfeed.engine.contracts import Table
from backfeed.engine.errors import ConfigError
from backfeed.engine.methods import graph_feedback, graph_ledger
from backfeed.engine.methods.keyword_graph import FORMS, add_samples, load, to_bytes
from backfeed.engine.methods.notes import noted
from backfeed.engine.records import Sample
from backfeed.engine.requests import Asks, Read, Result


@dataclass(frozen=True, slots=True)
class BuildGraph:
    """Samples pass through; their keywords join the graph (Infinite-Instruct B2).

    Of keyword sets that were drawn since the graph was built last, each counts as tried for its
    nodes, and as passed if a row with that set (note `set`) is among the samples. `form` is that of
    the artefact: `graphml`, or `parquet` for size.

    in:  two samples that share "iteration"
    out: the same two, and the artefact `graph`
    """

    form: str = "graphml"
    version = 2
    reads = ("graph", "used_sets")
    optional = ("used_sets",)
    writes = ("graph",)
    incremental = True

    def __post_init__(self) -> None:
        if self.form not in FORMS:
            raise ConfigError(f"build_graph: no form {self.form!r}; there are: {', '.join(FORMS)}")

    def whole(self, table: Table) -> Asks[Result]:
        """Start from the graph that is there, or from none."""
        before = yield from Read("graph")
        used = graph_ledger.load((yield from Read("used_sets")))
        graph: nx.Graph[str] = nx.Graph() if before is None else load(before)
        known = graph.number_of_nodes()
        survived: set[bytes] = set()
        add_samples(graph, (_marked(sample, survived) for sample in table))
        drawn = graph_ledger.fresh(used, int(graph.graph.get("judged", 0)))
        passed = graph_feedback.count_verdicts(graph, drawn, survived)
        graph.graph["judged"] = len(used)
        new = graph.number_of_nodes() - known
        metrics = {
            "graph_nodes": graph.number_of_nodes(),
            "graph_edges": graph.number_of_edges(),
            "new_nodes_per_1000": 1000.0 * new / max(len(table), 1),
            "tried_sets": len(drawn),
            "passed_sets": passed,
        }
        return Result(table, {"graph": to_bytes(graph, self.form)}, metrics)


def _marked(sample: Sample, survived: set[bytes]) -> Sample:
    """The sample; the mark of the set that it was made from joins those that survived."""
    names = noted(sample).get("set")
    if isinstance(names, list) and names:
        survived.add(graph_ledger.mark_of(map(str, names)))
    return sample


PLUGIN = BuildGraph
