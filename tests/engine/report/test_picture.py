"""The picture of a graph, run without a browser: what is drawn, and what filters and search do."""

import json
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import networkx as nx
import pytest

from backfeed.engine.methods.keyword_graph import Term, add_samples, add_vocabulary
from backfeed.engine.records import Keywords, Sample
from backfeed.engine.report import picture

STUB = Path(__file__).with_name("picture_stub.js")


@pytest.fixture(scope="module")
def used(tmp_path_factory):
    """What the picture of a small graph does when it is used."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node to run the picture's script")
    rows = [
        Sample(id="1", language="python", keywords=Keywords(("sort",), (), ("lists",))),
        Sample(id="2", language="go", keywords=Keywords(("sort",), (), ("slices",))),
    ]
    graph = add_vocabulary(
        add_samples(nx.Graph(), rows), "topics", [Term("knowledge", "heap", ())], pairs=[]
    )
    path = tmp_path_factory.mktemp("picture") / "graph.html"
    picture.write(path, graph, Counter({"task:sort": 1}), name="toys", most=10)
    done = subprocess.run([node, STUB, path], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_skill_is_drawn_and_named(used):
    assert used["all"] == {"nodes": 4, "texts": ["heap", "lists", "slices", "sort"]}


def test_a_language_shows_its_skills_and_those_of_all(used):
    assert used["languages"] == ["go", "python"]
    assert used["go"] == {"nodes": 3, "texts": ["heap", "slices", "sort"]}


def test_a_kind_can_be_left_out(used):
    assert (used["kinds"], used["without"]) == (2, 1)


def test_search_names_what_it_finds(used):
    assert used["found"] == {"nodes": 4, "texts": ["slices"]}
