"""The figures of the keyword graph, on few lists: all but the time."""

import importlib.util
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def graph():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(FOLDER)
        spec = importlib.util.spec_from_file_location("graph_benchmark", FOLDER / "graph.py")
        module = sys.modules["graph_benchmark"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield module


@pytest.fixture(scope="module")
def planted(graph):
    return graph.planted


@pytest.fixture(scope="module")
def found(graph):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(graph, "alone", lambda work, *arguments: work(*arguments))
        patch.setattr(graph, "SETS", 2000)
        patch.setattr(graph, "SETS_PER_ROUND", 500)
        return graph.measured(5000, 20, forms=("parquet",))


def test_sets_hang_together_more_than_random_ones_and_not_by_chance(found):
    assert found["planted"]["gaps"]["alike"]["mean"] >= 1.0
    assert found["planted"]["gaps"]["alike"]["low"] > 0.9
    assert abs(found["shuffled"]["gaps"]["alike"]["mean"]) < 0.1
    assert abs(found["shuffled"]["gaps"]["uniform"]["mean"]) < 0.2


def test_coverage_rises_to_all_and_sooner_with_control(found):
    here, without = (found["planted"][key] for key in ("coverage", "coverage_uncontrolled"))
    assert here == sorted(here)
    assert here[0] < 0.95
    assert here[-1] > 0.98
    assert here[1] > without[1] + 0.05


def test_no_set_is_drawn_twice(found):
    assert found["planted"]["drawn"] >= 2000
    assert found["planted"]["repeated"] == found["shuffled"]["repeated"] == 0


def test_the_figures_are_shown(graph, found):
    text = graph.shown(found)
    assert "PMI, planted  minus alike" in text
    assert all(goal in text for goal in found["goals"])
    missed = {**found, "goals": {"built in < 60 s": False}}
    assert "NO  built in < 60 s" in graph.shown(missed)


def test_lists_have_their_topic(planted):
    samples = list(planted.lists(300, 20, 1))
    assert samples == list(planted.lists(300, 20, 1))
    shares, sizes = [], []
    for sample in samples:
        words = [word for kind in planted.KINDS for word in getattr(sample.keywords, kind)]
        topics = Counter(word.split(" phrase ")[0] for word in words)
        shares.append(max(topics.values()) / len(words))
        sizes.append(len(words))
    assert np.mean(shares) == pytest.approx(0.8, abs=0.04)
    assert np.mean(sizes) == pytest.approx(10, abs=0.3)


def test_shuffled_lists_have_the_same_phrases_and_sizes(planted):
    samples = list(planted.lists(200, 5, 1))
    mixed = planted.shuffled(samples, 1)
    assert mixed != samples
    for kind in planted.KINDS:
        before, after = ([getattr(s.keywords, kind) for s in rows] for rows in (samples, mixed))
        assert [len(words) for words in before] == [len(set(words)) for words in after]
        assert Counter(sum(before, ())) == Counter(sum(after, ()))


def test_random_sets_are_of_the_same_kinds(planted):
    sets = [("task:a", "knowledge:b"), ("task:c", "knowledge:d", "knowledge:e")]
    nodes = sorted(name for names in sets for name in names)
    for other in (planted.alike(sets, 1), planted.uniform(sets, nodes, 1)):
        kinds = [[name.partition(":")[0] for name in sorted(names)] for names in other]
        assert kinds == [["knowledge", "task"], ["knowledge", "knowledge", "task"]]
    assert sorted(name for names in planted.alike(sets, 1) for name in names) == nodes


def test_pmi_is_that_of_the_lists(planted):
    words = planted.Keywords
    rows = [words(knowledge=pair) for pair in (("a", "b"), ("a", "b"), ("a", "c"), ("d",))]
    reference = planted.Reference.of([planted.Sample(keywords=row) for row in rows])
    sets = [("knowledge:a", "knowledge:b"), ("knowledge:b", "knowledge:c"), ("knowledge:d",)]
    expected = [np.log(2.1 / 1.6), np.log(0.1 / 0.6), 0.0]
    assert reference.pmi(sets) == pytest.approx(expected)


def test_the_interval_is_that_of_the_mean(planted):
    rng = np.random.default_rng(1)
    one, two = rng.normal(2, 1, 400), rng.normal(0, 1, 400)
    found = planted.gap(one, two, seed=1)
    assert found.low < found.mean < found.high
    assert found.high - found.low == pytest.approx(2 * 1.96 * np.sqrt(2 / 400), rel=0.2)
