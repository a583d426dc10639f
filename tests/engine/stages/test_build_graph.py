"""The stage that builds the keyword graph: its dialogue, by hand."""

import networkx as nx
import pytest

from backfeed.engine.conformance import Rows
from backfeed.engine.errors import ConfigError
from backfeed.engine.methods import graph_ledger
from backfeed.engine.methods.graph_ledger import UsedSet
from backfeed.engine.methods.keyword_graph import load
from backfeed.engine.methods.notes import with_notes
from backfeed.engine.records import Keywords, Sample
from backfeed.engine.requests import Read, rejoined
from backfeed.engine.stages.build_graph import BuildGraph


def sample(name, *knowledge):
    return Sample(id=name, language="python", keywords=Keywords(knowledge=knowledge))


ONE, TWO = sample("one", "iteration", "heap"), sample("two", "iteration")


def built(*rows, before=None, used=None, stage=None):
    """The result, and the graph that it holds."""

    def answer(request):
        return {Read("graph"): before, Read("used_sets"): used}[request]

    found = rejoined((stage or BuildGraph()).whole(Rows(list(rows))), answer)
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
    assert found.metrics == measured(3, 1000.0, edges=2)


def measured(nodes, fresh, *, edges, tried=0, passed=0):
    return {
        "graph_nodes": nodes, "graph_edges": edges, "new_nodes_per_1000": fresh,
        "tried_sets": tried, "passed_sets": passed,
    }  # fmt: skip


def test_what_it_found_is_measured():
    assert built(ONE, TWO)[0].metrics == measured(2, 1000.0, edges=1)
    assert built(ONE, ONE, ONE, ONE)[0].metrics["new_nodes_per_1000"] == 500.0
    assert built()[0].metrics == measured(0, 0.0, edges=0)


def test_the_graph_does_not_hang_on_the_rows_order():
    artefacts = [built(*rows)[0].artefacts for rows in ((ONE, TWO), (TWO, ONE))]
    assert artefacts[0] == artefacts[1]


def test_parquet_holds_the_same(tmp_path):
    found = rejoined(BuildGraph("parquet").whole(Rows([ONE, TWO])), lambda request: None)
    (tmp_path / "graph").write_bytes(found.artefacts["graph"])
    assert nx.to_dict_of_dicts(load(tmp_path / "graph")) == nx.to_dict_of_dicts(built(ONE, TWO)[1])


def test_a_form_that_is_none_is_refused():
    with pytest.raises(ConfigError, match="no form 'gexf'"):
        BuildGraph("gexf")


HEAP, LIST = ("knowledge:heap", "knowledge:iteration"), ("knowledge:list",)


def ledger(folder, *sets):
    path = folder / f"used-{len(sets)}"
    path.write_bytes(
        graph_ledger.to_bytes([UsedSet(f"s{n}", 0, "python", s) for n, s in enumerate(sets)])
    )
    return path


def verdicts(graph, *names):
    return [tuple(graph.nodes[n][key] for key in ("uses", "tried", "passed")) for n in names]


def test_sets_that_were_drawn_are_tried_and_those_that_survive_passed(tmp_path):
    used = ledger(tmp_path, HEAP, LIST, ("knowledge:heap",))
    survivor = with_notes(sample("x", "heap", "iteration", "list"), set=list(reversed(HEAP)))
    found, graph = built(survivor, used=used)
    told = verdicts(graph, "knowledge:heap", "knowledge:iteration", "knowledge:list")
    assert told == [(2, 2, 1), (1, 1, 1), (1, 1, 0)]
    assert (found.metrics["tried_sets"], found.metrics["passed_sets"]) == (3, 1)


def test_each_set_is_counted_in_its_round_only(tmp_path):
    survivor = with_notes(sample("x", "heap", "iteration"), set=list(HEAP))
    first, _ = built(survivor, used=ledger(tmp_path, HEAP))
    (tmp_path / "graph").write_bytes(first.artefacts["graph"])
    found, graph = built(survivor, before=tmp_path / "graph", used=ledger(tmp_path, HEAP, LIST))
    assert verdicts(graph, "knowledge:heap") == [(1, 1, 1)]
    assert (found.metrics["tried_sets"], found.metrics["passed_sets"]) == (1, 0)


def test_a_graph_of_another_run_has_counted_nothing_of_this_one(tmp_path):
    first, _ = built(ONE, used=ledger(tmp_path, HEAP, LIST, HEAP))
    (tmp_path / "graph").write_bytes(first.artefacts["graph"])
    _, graph = built(ONE, before=tmp_path / "graph", used=ledger(tmp_path, HEAP))
    assert verdicts(graph, "knowledge:heap") == [(3, 3, 0)]


def test_keywords_of_a_round_are_in_the_next_graph(tmp_path):
    """Backfeeding: what a problem made from the graph brings along is drawn from then on."""
    (tmp_path / "graph").write_bytes(built(ONE, TWO)[0].artefacts["graph"])
    _, graph = built(sample("new", "heap", "priority queue"), before=tmp_path / "graph")
    assert graph.edges["knowledge:heap", "knowledge:priority queue"]["weight"] == 1
