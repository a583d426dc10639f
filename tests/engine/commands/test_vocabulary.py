"""Keywords, one name for each thing, and outside vocabulary, in a run of the engine."""

import json

import pytest

from backfeed.engine.methods.keyword_graph import load

RECIPE = """
[inputs.sources]
kind = "seeds"
[inputs.vocabulary]
kind = "file"
required = false
[inputs.overrides]
kind = "file"
required = false
[models.default]
use = "extractive"
[models.embedder]
use = "hashing"
[output.artefacts]
graph = "graph.graphml"
synonyms = "synonyms.json"
[[step]]
use = "cut_units"
[[step]]
use = "extract_keywords"
[[step]]
use = "normalise_keywords"
[[step]]
use = "build_graph"
[[step]]
use = "read_vocabulary"
language = "python"
starter = false
"""
CODE = '''def evens(items):
    """Keep even numbers."""
    found = []
    for item in items:
        if item % 2 == 0:
            found.append(item)
    return sorted(found)
'''


@pytest.fixture
def said(backfeed, tmp_path):
    """What a run says."""
    (tmp_path / "r.toml").write_text(RECIPE)
    (tmp_path / "toys").mkdir()
    (tmp_path / "toys" / "lists.py").write_text(CODE)
    (tmp_path / "v.md").write_text("# Loops\n\n- iterations\n- while loop\n")
    (tmp_path / "o.toml").write_text('sorting = "ordering"\n')
    given = ["--vocabulary", "v.md", "--overrides", "o.toml"]
    return backfeed("run", "r.toml", "toys", *given, "-o", "out")


def test_a_run_with_a_vocabulary(said, tmp_path):
    assert said.code == 0
    graph = load(tmp_path / "out" / "graph.graphml")
    assert {"knowledge:ordering", "knowledge:modular arithmetic", "task:evens"} <= set(graph)
    assert "knowledge:sorting" not in graph
    both = graph.nodes["knowledge:iteration"]
    assert (both["count"], both["sources"]) == (2, "problems,vocabulary")
    assert graph.has_edge("knowledge:iteration", "knowledge:while loop")
    names = json.loads((tmp_path / "out" / "synonyms.json").read_text())
    assert names["sorting"] == "ordering"
    told = (tmp_path / "out" / "summary.json").read_text()
    assert '"terms_python": 3' in told
    assert '"phrases_after"' in told
