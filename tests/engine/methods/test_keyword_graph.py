"""The keyword graph: what is counted, saved, read again, and how it relates samples."""

import itertools

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backfeed.engine.methods.keyword_graph import (
    MOST_SOURCES,
    add_samples,
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


@given(SAMPLES)
def test_what_is_saved_is_read_again(samples):
    graph = graph_of(*samples)
    again = nx.parse_graphml(to_bytes(graph).decode())
    assert dict(again.nodes(data=True)) == dict(graph.nodes(data=True))
    assert nx.to_dict_of_dicts(again) == nx.to_dict_of_dicts(graph)


@given(SAMPLES, st.randoms())
def test_the_order_of_samples_leaves_the_counts_alone(samples, rng):
    mixed = list(samples)
    rng.shuffle(mixed)
    one, other = graph_of(*samples), graph_of(*mixed)
    for graph in (one, other):
        for *_, data in graph.edges(data=True):
            data["sources"] = ""  # the first few, by order
    assert to_bytes(one) == to_bytes(other)


def test_a_saved_graph_is_read_once(tmp_path):
    graph = saved(graph_of(sample("a", "heap")), tmp_path)
    assert from_path(tmp_path / "graph") is graph


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


@given(SAMPLES)
def test_to_be_related_is_mutual(samples):
    graph = graph_of(*samples)
    for one, two in itertools.combinations(samples, 2):
        there = relatedness(graph, one.keywords, two.keywords)
        assert there == pytest.approx(relatedness(graph, two.keywords, one.keywords))
        assert there >= 0
