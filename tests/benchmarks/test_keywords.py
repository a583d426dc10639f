"""The benchmark of keywords: what it counts, and that most of what is given is right."""

import importlib.util
import sys
from pathlib import Path

import pytest

PATH = Path(__file__).parents[2] / "benchmarks" / "keywords.py"


@pytest.fixture(scope="module")
def keywords():
    spec = importlib.util.spec_from_file_location("keywords_benchmark", PATH)
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def items(keywords):
    return list(keywords.gold())


def test_the_set_is_what_it_is_said_to_be(items):
    assert len(items) == 60
    assert len({item.sample.language for item in items}) >= 6
    assert all(item.task and item.other and item.wrong for item in items)
    assert all(not item.wrong & (item.task | item.other) for item in items)


def test_most_keywords_without_a_model_are_right(keywords, items):
    found = keywords.score("extractive", items)
    assert found["after"] >= 200
    assert found["precision_after"] >= 0.8
    assert found["forbidden"] <= 2
    assert sum("LOST" in line for line in found["amiss"]) <= 3  # said twice in other words


def test_the_check_drops_what_a_model_made_up(keywords, items):
    found = keywords.score("model", items)
    assert found["precision_after"] >= 0.95 > 0.85 > found["precision_before"]
    assert found["right_after"] >= 0.85 * found["right_before"]


def test_a_keyword_that_is_not_labelled_right_is_wrong(keywords, items):
    [item] = [item for item in items if item.sample.id == "python-0"]
    assert item.right("task", "List Chunking")
    assert not item.right("knowledge", "list chunking")
    assert not item.right("task", "chunk of cheese")
