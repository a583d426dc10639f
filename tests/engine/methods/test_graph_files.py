"""The keyword graph on disk, in both forms, and files of others that are none."""

import json

import networkx as nx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backfeed.engine.errors import InputError
from backfeed.engine.methods.keyword_graph import (
    Term,
    add_samples,
    add_vocabulary,
    load,
    node_name,
    to_bytes,
)
from backfeed.engine.records import Keywords, Sample

FORMS = ("graphml", "parquet")
forms = pytest.mark.parametrize("form", FORMS)


def sample(name, *knowledge, language="go"):
    return Sample(id=name, language=language, keywords=Keywords(knowledge=knowledge))


def small():
    graph = add_samples(nx.Graph(), [sample("a", "heap", "list"), sample("b", "heap", "tree")])
    terms = [Term("knowledge", "queue"), Term("knowledge", "heap", ("c",))]
    add_vocabulary(graph, "tags.toml", terms, pairs=[("knowledge:queue", "knowledge:heap")])
    graph.nodes["knowledge:heap"].update(uses=3, tried=2, passed=1)
    graph.graph["judged"] = 7
    return graph


def plain(graph):
    return dict(graph.graph), dict(graph.nodes(data=True)), nx.to_dict_of_dicts(graph)


@forms
def test_all_that_a_graph_knows_is_read_again(form, tmp_path):
    (tmp_path / "graph").write_bytes(to_bytes(small(), form))
    assert plain(load(tmp_path / "graph")) == plain(small())


PHRASES = st.text(min_size=1, max_size=6)
LISTS = st.lists(st.lists(PHRASES, unique=True, max_size=4), max_size=5)


@forms
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lists=LISTS)
def test_any_phrase_is_read_again(form, tmp_path, lists):
    graph = add_samples(nx.Graph(), [sample(f"s{n}", *one) for n, one in enumerate(lists)])
    (tmp_path / "graph").write_bytes(to_bytes(graph, form))
    assert plain(load(tmp_path / "graph"))[1:] == plain(graph)[1:]


@forms
@settings(deadline=None)
@given(st.randoms())
def test_equal_graphs_are_equal_bytes(form, rng):
    graph = small()
    nodes, edges = list(graph.nodes(data=True)), list(graph.edges(data=True))
    rng.shuffle(nodes)
    rng.shuffle(edges)
    other = nx.Graph(judged=7)
    other.add_nodes_from(nodes)
    other.add_edges_from((two, one, data) for one, two, data in edges)
    assert to_bytes(other, form) == to_bytes(graph, form)


def test_others_read_our_graphml():
    assert plain(nx.parse_graphml(to_bytes(small()).decode()))[1:] == plain(small())[1:]


def test_we_read_the_graphml_of_networkx(tmp_path):
    nx.write_graphml_xml(small(), tmp_path / "graph")
    assert plain(load(tmp_path / "graph")) == plain(small())


def test_an_older_graph_is_read(tmp_path):
    old = nx.Graph()
    old.add_node("task:a", kind="task", count=2, languages="go")
    old.add_node("task:b", kind="task", count=1, languages="go")
    old.add_edge("task:a", "task:b", weight=1, sources="x")
    nx.write_graphml_xml(old, tmp_path / "graph")
    found = load(tmp_path / "graph")
    assert found.nodes["task:a"]["uses"] == 0
    assert found.edges["task:a", "task:b"] == {"weight": 1, "sources": "x", "files": ""}


def test_what_a_file_cannot_hold_is_replaced():
    assert node_name("task", "a\x00b\ud800\x0bc\ufffe") == "task:a\ufffdb\ufffd\ufffdc\ufffd"
    assert node_name("task", "häßlich\t𝄞") == "task:häßlich\t𝄞"


def xml(body, directed="undirected"):
    keys = "".join(
        f'<key id="{name}" for="all" attr.name="{name}" attr.type="string"/>'
        for name in ("kind", "count", "weight")
    )
    return f'<graphml>{keys}<graph edgedefault="{directed}">{body}</graph></graphml>'.encode()


def node(name, kind="task", count="1"):
    data = f'<data key="kind">{kind}</data><data key="count">{count}</data>'
    return f'<node id="{name}">{data}</node>'


def edge(one, two, weight="1"):
    return f'<edge source="{one}" target="{two}"><data key="weight">{weight}</data></edge>'


TWO = node("task:a") + node("task:b")
BOMB = b'<!DOCTYPE a [<!ENTITY a0 "aaaaaaaaaaaaaaaaaaaa">' + b"".join(
    b'<!ENTITY a%d "%s">' % (n + 1, b"&a%d;" % n * 10) for n in range(12)
) + b"]><graphml><graph edgedefault='undirected'><node id='&a12;'/></graph></graphml>"  # fmt: skip

BROKEN = {
    "nothing": b"",
    "no XML": b"hello",
    "cut": to_bytes(small())[:900],
    "cut Parquet": to_bytes(small(), "parquet")[:300],
    "no graph": b"<graphml/>",
    "a page": b"<html><body>graph</body></html>",
    "directed": xml(TWO, "directed"),
    "no kind": xml('<node id="task:a"/>'),
    "another kind": xml(node("task:a", "skill")),
    "a name without kind": xml(node("n0")),
    "twice": xml(node("task:a") * 2),
    "an edge to nowhere": xml(TWO + edge("task:a", "task:c")),
    "an edge twice": xml(TWO + edge("task:a", "task:b") + edge("task:b", "task:a")),
    "a loop": xml(TWO + edge("task:a", "task:a")),
    "no weight": xml(TWO + edge("task:a", "task:b", "0")),
    "a negative count": xml(node("task:a", count="-1")),
    "no number": xml(node("task:a", count="many")),
    "a large number": xml(node("task:a", count="9" * 30)),
    "a very large number": xml(node("task:a", count="9" * 5000)),
    "an unknown key": xml('<node id="task:a"><data key="x">1</data></node>'),
    "a bomb": BOMB,
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_file_is_told(what, tmp_path):
    (tmp_path / "graph").write_bytes(BROKEN[what])
    with pytest.raises(InputError, match="graph is no keyword graph: "):
        load(tmp_path / "graph")


NEAR = [{"node": 5, "weight": 1, "sources": "", "files": ""}]


@pytest.mark.parametrize(
    "columns",
    [
        {"text": ["a"]},
        {"name": ["task:a"], "kind": ["task"], "near": [NEAR]},
        {"name": ["task:a"], "kind": ["task"], "near": [[{**NEAR[0], "node": -1}]]},
        {"name": ["task:a"], "kind": ["task"], "near": [[{**NEAR[0], "node": 0}]]},
        {"name": ["task:a"], "kind": ["task"], "near": ["text"]},
        {"name": [None], "kind": ["task"], "near": [[]]},
        {"name": [3], "kind": ["task"], "near": [[]]},
        {"name": ["task:a"], "kind": [None], "near": [[]]},
    ],
    ids=json.dumps,
)
def test_a_foreign_table_is_told(columns, tmp_path):
    pq.write_table(pa.table(columns), tmp_path / "graph")
    with pytest.raises(InputError, match="graph is no keyword graph: "):
        load(tmp_path / "graph")


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        load(tmp_path / "graph")
