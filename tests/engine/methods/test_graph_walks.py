"""Walks over the keyword graph: what they visit, how often, and what they can reach."""

import random
from collections import Counter
from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backfeed.engine.methods.graph_ledger import mark_of
from backfeed.engine.methods.graph_walks import Rules, Walks, draw_sets
from backfeed.engine.methods.keyword_graph import Term, add_samples, add_vocabulary
from backfeed.engine.records import Keywords, Sample


def graph_of(*lists):
    """A graph of (tasks, instructions, knowledge) in words, each with its language."""
    rows = []
    for number, (tasks, instructions, knowledge, language) in enumerate(lists):
        words = Keywords(*(tuple(kind.split()) for kind in (tasks, instructions, knowledge)))
        rows.append(Sample(id=f"s{number}", language=language, keywords=words))
    return add_samples(nx.Graph(), rows)


def mixed(seed, count=60):
    """Lists of random words, in two languages."""
    rng = random.Random(seed)
    kinds = [[f"{kind}{n}" for n in range(size)] for kind, size in (("t", 8), ("i", 5), ("k", 20))]
    lists = []
    for _ in range(count):
        words = (" ".join(rng.sample(kind, rng.randint(1, 3))) for kind in kinds)
        lists.append((*words, rng.choice(("python", "go"))))
    return graph_of(*lists)


def drawn(walks, count, language="python", seed=1):
    rng = random.Random(seed)
    return [walks.draw(language, rng) for _ in range(count)]


def kinds_of(names):
    return [name.partition(":")[0] for name in names]


def is_walk(graph, names):
    """Tasks in a chain, knowledge from a task and then in a chain, instructions beside any."""
    kinds = kinds_of(names)
    tasks, points = (
        [n for n, kind in zip(names, kinds, strict=True) if kind == one]
        for one in ("task", "knowledge")
    )
    chains = [*pairwise(tasks), *pairwise(points)]
    begins = any(graph.has_edge(task, points[0]) for task in tasks)
    return begins and all(graph.has_edge(one, two) for one, two in chains)


@pytest.mark.parametrize("seed", range(5))
def test_a_set_is_a_walk_of_the_digest(seed):
    graph = mixed(seed)
    for names in drawn(Walks(graph), 200):
        counts = Counter(kinds_of(names))
        assert len(set(names)) == len(names)
        assert kinds_of(names) == sorted(
            kinds_of(names), key=("task", "knowledge", "instruction").index
        )
        assert 1 <= counts["task"] <= 3
        assert 1 <= counts["knowledge"] <= 5
        assert 1 <= counts["instruction"] <= 2
        assert is_walk(graph, names)


def test_all_lengths_of_walks_occur():
    found = [Counter(kinds_of(names)) for names in drawn(Walks(mixed(1)), 400)]
    assert {one["task"] for one in found} >= {2, 3}
    assert {one["knowledge"] for one in found} == {1, 2, 3, 4, 5}
    assert {one["instruction"] for one in found} == {1, 2}


STAR = [("merge", "write", "often", "python")] * 8 + [("merge", "write", "seldom", "python")] * 2


def first_points(rules, count=2000, **data):
    graph = graph_of(*STAR)
    for name, more in data.items():
        graph.nodes[f"knowledge:{name}"].update(more)
    found = Counter(names[1] for names in drawn(Walks(graph, rules), count))
    return found["knowledge:often"] / count


def test_chances_are_as_how_often_both_stand_together():
    assert first_points(Rules()) == pytest.approx(0.8, abs=0.03)


def test_temperature_flattens_them():
    assert first_points(Rules(temperature=2.0)) == pytest.approx(2 / 3, abs=0.03)
    assert first_points(Rules(temperature=100.0)) == pytest.approx(0.5, abs=0.03)


def test_what_was_used_is_countless():
    assert first_points(Rules(), often={"uses": 3}) == pytest.approx(0.5, abs=0.03)
    assert first_points(Rules(coverage=0.5), often={"uses": 3}) == pytest.approx(2 / 3, abs=0.03)
    assert first_points(Rules(coverage=0.0), often={"uses": 3}) == pytest.approx(0.8, abs=0.03)


def test_what_fails_is_countless_and_what_passes_more():
    bad, good = {"tried": 100, "passed": 1}, {"tried": 100, "passed": 100}
    plain = first_points(Rules(feedback=0.0), often=bad, seldom=good)
    assert plain == pytest.approx(0.8, abs=0.03)
    assert first_points(Rules(), often=bad, seldom=good) < plain - 0.2
    assert first_points(Rules(), often=good, seldom=bad) > plain + 0.05


def test_the_first_task_is_the_one_used_least():
    graph = graph_of(("old", "write", "heap", "python"), ("new", "write", "heap", "python"))
    graph.nodes["task:old"]["uses"] = 9
    found = Counter(names[0] for names in drawn(Walks(graph), 1100))
    assert found["task:new"] == pytest.approx(1000, abs=40)


def test_uses_count_while_sets_are_drawn():
    walks = Walks(graph_of(*STAR))
    walks.draw("python", random.Random(1))
    before = first_of(walks)
    for _ in range(30):
        walks.use(["knowledge:often", "knowledge:unknown"])
    assert first_of(walks) < before - 0.4
    assert walks.uses.sum() == 30


def first_of(walks, count=500):
    return sum("often" in names[1] for names in drawn(walks, count)) / count


def test_a_walk_leaves_no_trace():
    walks = Walks(mixed(2))
    one = drawn(walks, 50)
    assert drawn(walks, 50) == one


@pytest.mark.parametrize(
    ("held", "fits"),
    [
        (("knowledge",), {"task:go", "task:py", "knowledge:chan", "knowledge:heap"}),
        (("task", "knowledge"), {"task:go", "knowledge:chan", "knowledge:heap"}),
        ((), {"task:go", "task:py", "knowledge:chan", "knowledge:yield", "knowledge:heap"}),
    ],
)
def test_nodes_fit_a_language_or_none(held, fits):
    graph = graph_of(("go", "", "chan", "go"), ("py", "", "yield", "python"), ("", "", "heap", ""))
    walks = Walks(graph, Rules(held=held))
    assert {name for name, fit in zip(walks.names, walks.fits("go"), strict=True) if fit} == fits


def test_knowledge_of_another_language_is_not_visited():
    graph = graph_of(("merge", "write", "chan", "go"), ("merge", "write", "yield heap", "python"))
    for names in drawn(Walks(graph), 100):
        assert "knowledge:chan" not in names
    assert drawn(Walks(graph), 20, "rust") == [None] * 20


@pytest.mark.parametrize("lists", [[], [("merge", "", "", "go")], [("", "", "heap list", "go")]])
def test_without_task_or_knowledge_there_is_no_set(lists):
    walks = Walks(graph_of(*lists))
    assert drawn(walks, 3, "go") == [None] * 3
    assert not walks.reachable("go").any()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("held", [(), ("knowledge",), ("task", "instruction", "knowledge")])
def test_what_is_reachable_is_what_walks_visit(seed, held):
    graph = mixed(seed, 14)
    walks = Walks(graph, Rules(temperature=100.0, held=held))
    visited = {name for names in drawn(walks, 6000, "go") if names for name in names}
    mask = walks.reachable("go")
    assert {name for name, seen in zip(walks.names, mask, strict=True) if seen} == visited


def test_a_chain_is_reached_for_four_steps():
    chain = [("merge", "", "k0", "go"), *(("", "", f"k{n} k{n + 1}", "go") for n in range(6))]
    walks = Walks(graph_of(*chain))
    reached = {name for name, seen in zip(walks.names, walks.reachable("go"), strict=True) if seen}
    assert reached == {"task:merge", *(f"knowledge:k{n}" for n in range(5))}


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 50), st.integers(0, 80))
def test_sets_are_new_and_repeatable(seed, most):
    graph, found = mixed(seed, 5), []
    for _ in range(2):
        taken = {mark_of(["task:t1", "knowledge:k1"])}
        sets = list(draw_sets(
            Walks(graph), {"python": 0.7, "go": 0.3}, most, taken=taken, rng=random.Random(seed)
        ))  # fmt: skip
        marks = [mark_of(names) for _, names in sets]
        assert len(set(marks)) == len(marks) <= most
        assert taken == {mark_of(["task:t1", "knowledge:k1"]), *marks}
        found.append(sets)
    assert found[0] == found[1]


def test_a_language_that_has_no_more_sets_leaves_the_others_alone():
    graph = graph_of(("merge", "", "chan", "go"), *((f"t{n}", "", "heap", "c") for n in range(9)))
    found = list(draw_sets(
        Walks(graph), {"go": 0.9, "c": 0.1, "no": 0.5}, 100, taken=set(), rng=random.Random(1)
    ))  # fmt: skip
    assert Counter(language for language, _ in found) == {"go": 1, "c": 9}


def test_rare_nodes_are_covered_sooner_with_coverage_control():
    """One hub stands with everything; others only seldom."""
    lists = [("merge sort", "write", f"hub k{n}", "c") for n in range(60) for _ in range(1 + n % 5)]
    needed = [sets_until_all_is_covered(graph_of(*lists), Rules(coverage=c)) for c in (1.0, 0.0)]
    assert needed[0] * 1.5 < needed[1]


def sets_until_all_is_covered(graph, rules):
    walks = Walks(graph, rules)
    reach, count = walks.reachable("c"), 0
    for _ in draw_sets(walks, {"c": 1.0}, 3000, taken=set(), rng=random.Random(3)):
        count += 1
        if (walks.uses[reach] > 0).all():
            break
    return count


def test_sets_hang_together_more_than_random_ones():
    """Edges within sets against edges within random sets of the same kinds."""
    lists = []
    rng = random.Random(7)
    for _ in range(300):
        topic = rng.randrange(10)
        words = (f"{kind}{topic}.{rng.randrange(4)}" for kind in "tik")
        lists.append((*words, "c"))
    graph = graph_of(*(
        (t, i, f"{k} k{k[1:].split('.')[0]}.{rng.randrange(4)}", c) for t, i, k, c in lists
    ))  # fmt: skip
    sets = [names for names in drawn(Walks(graph), 100, "c") if names]
    names = sorted(graph)
    shares = (
        np.mean([density(graph, one) for one in sets]),
        np.mean([density(graph, rng.sample(names, len(one))) for one in sets]),
    )
    assert shares[0] > 0.8
    assert shares[1] < 0.3


def density(graph, names):
    pairs = [(one, two) for one in names for two in names if one < two]
    return sum(graph.has_edge(*pair) for pair in pairs) / max(len(pairs), 1)


@pytest.mark.parametrize(("listed", "share"), [(1.0, 1 / 6), (0.2, 1 / 2), (0.04, 5 / 6)])
def test_what_a_vocabulary_lists_counts_less_than_what_problems_say(listed, share):
    graph = graph_of(("merge", "write", "said", "python"))
    terms = [Term("knowledge", f"term {n}", ("python",)) for n in range(5)]
    pairs = [("task:merge", f"knowledge:{term.phrase}") for term in terms]
    add_vocabulary(graph, "topics.md", terms, pairs=pairs)
    found = Counter(names[1] for names in drawn(Walks(graph, Rules(listed=listed)), 2000))
    assert found["knowledge:said"] / 2000 == pytest.approx(share, abs=0.04)
