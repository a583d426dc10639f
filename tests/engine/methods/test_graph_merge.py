"""Graphs of several runs: merged in any order, and compared."""

from itertools import pairwise

import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st

from backfeed.engine.methods.graph_merge import Difference, difference, merge
from backfeed.engine.methods.keyword_graph import Term, add_samples, add_vocabulary, to_bytes
from backfeed.engine.records import Keywords, Sample


def sample(name, *knowledge, language="go"):
    return Sample(id=name, language=language, keywords=Keywords(knowledge=knowledge))


def graph_of(*samples):
    return add_samples(nx.Graph(), samples)


WORDS = st.lists(st.sampled_from("abcd"), unique=True, min_size=1, max_size=4).map(tuple)
SAMPLES = st.builds(
    lambda id_, words, language: sample(f"s{id_}", *words, language=language),
    st.integers(0, 30), WORDS, st.sampled_from(["go", "python", ""]),
)  # fmt: skip


@st.composite
def graphs(draw):
    graph = graph_of(*draw(st.lists(SAMPLES, max_size=6)))
    for file in draw(st.sets(st.sampled_from(["one.md", "two.md"]))):
        terms = [Term("knowledge", word) for word in draw(WORDS)]
        names = [f"knowledge:{term.phrase}" for term in terms]
        add_vocabulary(graph, file, terms, pairs=pairwise(names))
    for name in graph:
        graph.nodes[name].update(uses=draw(st.integers(0, 3)), tried=draw(st.integers(0, 3)))
    return graph


@settings(deadline=None)
@given(graphs(), graphs())
def test_it_does_not_matter_which_is_first(one, two):
    assert to_bytes(merge(one, two)) == to_bytes(merge(two, one))


@settings(deadline=None)
@given(graphs(), graphs(), graphs())
def test_it_does_not_matter_which_are_merged_first(one, two, three):
    left, right = merge(merge(one, two), three), merge(one, merge(two, three))
    assert to_bytes(left) == to_bytes(right)


@settings(deadline=None)
@given(graphs())
def test_an_empty_graph_adds_nothing(graph):
    assert to_bytes(merge(graph, nx.Graph())) == to_bytes(graph)


@settings(deadline=None)
@given(st.lists(SAMPLES, max_size=6), st.lists(SAMPLES, max_size=6))
def test_merged_graphs_are_the_graph_of_all_samples(one, two):
    whole = graph_of(*one, *two)
    assert to_bytes(merge(graph_of(*one), graph_of(*two))) == to_bytes(whole)


def test_merging_leaves_both_alone_and_forgets_what_was_judged():
    one, two = graph_of(sample("a", "heap", "list")), graph_of(sample("b", "heap", "list"))
    one.graph["judged"] = 5
    before = to_bytes(one), to_bytes(two)
    found = merge(one, two)
    assert (to_bytes(one), to_bytes(two)) == before
    assert found.graph == {}
    assert found.nodes["knowledge:heap"]["count"] == 2
    assert found.edges["knowledge:heap", "knowledge:list"] == {
        "weight": 2, "sources": "a,b", "files": "",
    }  # fmt: skip


def test_two_graphs_are_compared():
    here = graph_of(sample("a", "heap", "list"), sample("b", "heap", "tree"))
    there = graph_of(sample("a", "heap", "list"), sample("b", "heap", "list"), sample("c", "map"))
    heap, list_, tree = (f"knowledge:{name}" for name in ("heap", "list", "tree"))
    assert difference(here, there) == Difference(
        nodes_here=(tree,),
        nodes_there=("knowledge:map",),
        nodes_changed={list_: (1, 2)},
        edges_here=((heap, tree),),
        edges_changed={(heap, list_): (1, 2)},
    )


@settings(deadline=None)
@given(graphs(), graphs())
def test_what_is_here_from_there_is_there_from_here(one, two):
    here, there = difference(one, two), difference(two, one)
    assert (here.nodes_here, here.edges_here) == (there.nodes_there, there.edges_there)
    assert {
        name: counts[::-1] for name, counts in here.nodes_changed.items()
    } == there.nodes_changed
    assert bool(here) == bool(there)


@settings(deadline=None)
@given(graphs())
def test_a_graph_does_not_differ_from_itself(graph):
    assert not difference(graph, graph)


@settings(deadline=None)
@given(graphs(), graphs())
def test_what_a_merge_adds_is_seen(one, two):
    found = difference(merge(one, two), one)
    assert set(found.nodes_here) == set(two) - set(one)
    assert set(found.nodes_changed) == {name for name in two if name in one}
    assert (found.nodes_there, found.edges_there) == ((), ())
