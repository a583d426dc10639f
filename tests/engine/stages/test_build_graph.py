"""The stage that builds the keyword graph: its dialogue, by hand."""

import networkx as nx

from backfeed.engine.records import Keywords, Sample
from backfeed.engine.requests import Read, rejoined
from backfeed.engine.stages.build_graph import BuildGraph


def sample(name, *knowledge):
    return Sample(id=name, language="python", keywords=Keywords(knowledge=knowledge))


ONE, TWO = sample("one", "iteration", "heap"), sample("two", "iteration")


def built(*rows, before=None):
    """The result, and the graph that it holds."""

    def answer(request):
        assert request == Read("graph")
        return before

    found = rejoined(BuildGraph().whole(list(rows)), answer)
    return found, nx.parse_graphml(found.artefacts["graph"].decode())


def test_rows_pass_through_and_their_keywords_are_the_graph():
    found, graph = built(ONE, TWO)
    assert list(found.rows) == [ONE, TWO]
    assert set(found.artefacts) == {"graph"}
    assert graph.nodes["knowledge:iteration"]["count"] == 2
    assert graph.edges["knowledge:heap", "knowledge:iteration"]["weight"] == 1


def test_it_goes_on_from_the_graph_that_is_there(tmp_path):
    (tmp_path / "graph").write_bytes(built(ONE, TWO)[0].artefacts["graph"])
    found, graph = built(sample("three", "heap", "tree"), before=tmp_path / "graph")
    assert (graph.nodes["knowledge:heap"]["count"], len(graph)) == (2, 3)
    assert found.metrics == {"graph_nodes": 3, "new_nodes_per_1000": 1000.0}


def test_what_it_found_is_measured():
    assert built(ONE, TWO)[0].metrics == {"graph_nodes": 2, "new_nodes_per_1000": 1000.0}
    assert built(ONE, ONE, ONE, ONE)[0].metrics["new_nodes_per_1000"] == 500.0
    assert built()[0].metrics == {"graph_nodes": 0, "new_nodes_per_1000": 0.0}


def test_the_graph_does_not_hang_on_the_rows_order():
    artefacts = [built(*rows)[0].artefacts for rows in ((ONE, TWO), (TWO, ONE))]
    assert artefacts[0] == artefacts[1]
