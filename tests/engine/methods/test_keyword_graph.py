"""The keyword graph: what is counted, saved, read again, and how it relates samples."""

import itertools

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backfeed.engine.methods import _graph_pairs
from backfeed.engine.methods.keyword_graph import (
    MOST_SOURCES,
    Term,
    add_samples,
    add_vocabulary,
    from_path,
    nodes_of,
    relatedness,
    to_bytes,
)
from backfeed.engine.records import Keywords, Sample


def sample(name, *knowledge, language="python", **kinds):
    return Sample(
        id=name, language=language, keywords=Keywords(knowledge=knowledge, **kinds)
    )  # fmt: skip


def graph_of(*samples):
    return add_samples(nx.Graph(), samples)


def saved(graph, tmp_path):
    path = tmp_path / "graph"
    path.write_bytes(to_bytes(graph))
    return from_path(path)


def test_one_phrase_may_be_of_two_kinds():
    found = list(nodes_of(Keywords(("sort",), ("sort",), ("heap", "sort"))))
    assert found == [
        ("task:sort", "task"), ("instruction:sort", "instruction"),
        ("knowledge:heap", "knowledge"), ("knowledge:sort", "knowledge"),
    ]  # fmt: skip


def test_phrases_and_their_pairs_are_counted():
    graph = graph_of(sample("a", "heap", "list"), sample("b", "heap", language="go"))
    assert graph.nodes["knowledge:heap"] == {
        "kind": "knowledge", "count": 2, "languages": "go,python", "sources": "problems",
        "uses": 0, "tried": 0, "passed": 0,
    }  # fmt: skip
    assert graph.nodes["knowledge:list"]["count"] == 1
    assert list(graph.edges(data=True)) == [
        ("knowledge:heap", "knowledge:list", {"weight": 1, "sources": "a", "files": ""})
    ]


def test_a_pair_names_its_first_samples_and_counts_all():
    graph = graph_of(*(sample(f"s{n}", "heap", "list") for n in range(9)))
    edge = graph.edges["knowledge:heap", "knowledge:list"]
    assert edge["weight"] == 9
    assert edge["sources"].split(",") == [f"s{n}" for n in range(MOST_SOURCES)]


def test_a_graph_grows():
    graph = graph_of(sample("a", "heap", "list"))
    assert add_samples(graph, [sample("b", "heap", "tree")]) is graph
    assert graph.nodes["knowledge:heap"]["count"] == 2
    assert sorted(graph) == ["knowledge:heap", "knowledge:list", "knowledge:tree"]


def test_samples_without_keywords_and_languages_add_little():
    assert list(graph_of(Sample(id="a"))) == []
    assert graph_of(sample("a", "heap", language="")).nodes["knowledge:heap"]["languages"] == ""


PHRASES = st.lists(st.sampled_from("abcdef"), unique=True, max_size=4).map(tuple)
SAMPLES = st.lists(st.builds(Keywords, PHRASES, PHRASES, PHRASES), max_size=6).map(
    lambda keywords: [Sample(id=f"s{n}", keywords=one) for n, one in enumerate(keywords)]
)


@settings(deadline=None)
@given(SAMPLES)
def test_what_is_saved_is_read_again(samples):
    graph = graph_of(*samples)
    again = nx.parse_graphml(to_bytes(graph).decode())
    assert dict(again.nodes(data=True)) == dict(graph.nodes(data=True))
    assert nx.to_dict_of_dicts(again) == nx.to_dict_of_dicts(graph)


@settings(deadline=None)
@given(SAMPLES, st.randoms())
def test_the_order_of_samples_leaves_the_counts_alone(samples, rng):
    mixed = list(samples)
    rng.shuffle(mixed)
    one, other = graph_of(*samples), graph_of(*mixed)
    assert to_bytes(one) == to_bytes(other)


def test_a_saved_graph_is_read_once(tmp_path):
    graph = saved(graph_of(sample("a", "heap")), tmp_path)
    assert from_path(tmp_path / "graph") is graph


def test_a_phrase_said_twice_counts_once():
    graph = graph_of(sample("a", "heap", "heap", "list"))
    assert graph.nodes["knowledge:heap"]["count"] == 1
    assert list(graph.edges(data="weight")) == [("knowledge:heap", "knowledge:list", 1)]


def test_many_samples_are_counted_in_pieces(monkeypatch):
    """Pieces are joined, and joined ones joined again."""
    rows = [sample(f"s{n % 50}", *(f"w{(n * k) % 7}" for k in range(1, 5))) for n in range(200)]
    whole = to_bytes(graph_of(*rows))
    monkeypatch.setattr(_graph_pairs, "LISTS_PER_CHUNK", 7)
    monkeypatch.setattr(_graph_pairs, "PENDING_PAIRS", 30)
    assert to_bytes(graph_of(*rows)) == whole


def test_a_pair_names_a_sample_once():
    graph = graph_of(*(sample("a", "heap", "list") for _ in range(3)), sample("b", "heap", "list"))
    edge = graph.edges["knowledge:heap", "knowledge:list"]
    assert (edge["weight"], edge["sources"]) == (4, "a,b")


HEAP, QUEUE = "knowledge:heap", "knowledge:queue"


def test_a_vocabulary_joins_the_graph():
    graph = graph_of(sample("a", "heap"))
    terms = [Term("knowledge", "heap"), Term("knowledge", "queue", ("go", "c"))]
    add_vocabulary(graph, "tags, all.toml", terms, pairs=[(HEAP, QUEUE)])
    heap, queue = graph.nodes[HEAP], graph.nodes[QUEUE]
    assert (heap["count"], heap["languages"], heap["sources"]) == (
        2, "*,python", "problems,tags_ all.toml",
    )  # fmt: skip
    assert (queue["count"], queue["languages"]) == (1, "c,go")
    assert graph.edges[HEAP, QUEUE] == {"weight": 1, "sources": "", "files": "tags_ all.toml"}


def test_a_vocabulary_is_counted_once():
    graph, terms = graph_of(sample("a", "heap")), [Term("knowledge", w) for w in ("heap", "queue")]
    for _ in range(2):
        add_vocabulary(graph, "a,b", terms, pairs=[(HEAP, QUEUE), (QUEUE, HEAP)])
    assert (graph.nodes[HEAP]["count"], graph.edges[HEAP, QUEUE]["weight"]) == (2, 1)
    add_vocabulary(graph, "c", terms, pairs=[(HEAP, QUEUE)])
    assert graph.edges[HEAP, QUEUE] == {"weight": 2, "sources": "", "files": "a_b,c"}


def test_pairs_of_what_is_no_node_are_left_out():
    graph = add_vocabulary(
        graph_of(), "f", [Term("knowledge", "heap")], pairs=[(HEAP, HEAP), (HEAP, QUEUE)]
    )
    assert (list(graph), graph.number_of_edges()) == ([HEAP], 0)


def words(*knowledge, **kinds):
    return Keywords(knowledge=knowledge, **kinds)


RELATED = [
    (words("heap"), words("heap"), 1.0),
    (words("heap", "list"), words("heap", "list"), 2.0),
    (words("heap"), words("list"), 2 / 3),  # together in two samples; the rarer stands in two
    (words("heap"), words("tree"), 0.0),
    (words("heap"), words("never seen"), 0.0),
    (words("never seen"), words("never seen"), 0.0),
    (words("heap", task=("merge",)), words("heap", task=("merge",)), 2.0),
    (words(instruction=("be quick",)), words(instruction=("be quick",)), 0.0),
    (words(), words("heap"), 0.0),
]


@pytest.mark.parametrize(("one", "two", "expected"), RELATED)
def test_how_strongly_samples_are_related(one, two, expected):
    graph = graph_of(
        sample("a", "heap", "list"), sample("b", "heap", "list"),
        sample("c", "heap", task=("merge",), instruction=("be quick",)), sample("d", "tree"),
    )  # fmt: skip
    assert relatedness(graph, one, two) == pytest.approx(expected)


@settings(deadline=None)
@given(SAMPLES)
def test_to_be_related_is_mutual(samples):
    graph = graph_of(*samples)
    for one, two in itertools.combinations(samples, 2):
        there = relatedness(graph, one.keywords, two.keywords)
        assert there == pytest.approx(relatedness(graph, two.keywords, one.keywords))
        assert there >= 0
