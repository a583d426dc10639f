"""The stage that reads outside vocabulary into the graph: its dialogue, by hand."""

import json
import zipfile

import networkx as nx
import pytest

from backfeed.engine.conformance import Rows
from backfeed.engine.errors import ConfigError, InputError
from backfeed.engine.records import Keywords, Sample
from backfeed.engine.requests import Read, rejoined
from backfeed.engine.stages.build_graph import BuildGraph
from backfeed.engine.stages.read_vocabulary import ReadVocabulary

ROWS = [Sample(id="1", language="python", keywords=Keywords(knowledge=("heap", "loops")))]
OUTLINE = "# Loops\n\n- for loop\n- while loop\n"

# Each in the form that the documentation of the dialect has.
DOCS = {
    "mysql/functions.md": """## 14.8 String Functions and Operators

| Name | Description |
|------|-------------|
| `ASCII()` | Numeric value of the first character |
| `CONCAT_WS()` | Joined text |
""",
    "hive/LanguageManual+UDF.md": """# String Functions

- `concat_ws(string SEP, string A)`
- `get_json_object(string json, string path)`: takes a part
""",
    "sqlite/lang_aggfunc.html": """<h1>Built-in Aggregate Functions</h1>
<ul><li><code>avg(X)</code></li><li><code>group_concat(X,Y)</code></li></ul>""",
    "postgresql/functions-array.html": """<h2>9.19. Array Functions</h2><table>
<tr><td><code>array_append</code> ( anyarray, anyelement )</td></tr>
<tr><td><code>unnest</code></td></tr></table>""",
    "oracle/functions.html": """<h1>7 Functions</h1><dl><dt>NVL</dt><dd>replaces null</dd>
<dt>DECODE</dt><dd>compares</dd></dl>""",
}


def learned(given=None, before=None, rows=ROWS, **settings):
    """The result and the graph that it holds."""

    def answer(request):
        return {Read("vocabulary"): given, Read("graph"): before}[request]

    stage = ReadVocabulary(**{"starter": False, **settings})
    found = rejoined(stage.whole(Rows(rows)), answer)
    return found, nx.parse_graphml(found.artefacts["graph"].decode())


@pytest.fixture
def outline(tmp_path):
    path = tmp_path / "a1b2c3"
    path.write_text(OUTLINE)
    return path


@pytest.fixture
def docs(tmp_path):
    path = tmp_path / "docs"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in DOCS.items():
            archive.writestr(name, text)
    return path


def test_terms_are_nodes_with_source_and_languages(outline):
    found, graph = learned(outline, language="python", source="tutorial.md")
    assert [row.id for row in found.rows] == ["1"]
    assert set(graph) == {"knowledge:loops", "knowledge:for loop", "knowledge:while loop"}
    node = graph.nodes["knowledge:for loop"]
    assert (node["kind"], node["sources"], node["languages"]) == (
        "knowledge",
        "tutorial.md",
        "python",
    )
    edge = graph.edges["knowledge:for loop", "knowledge:loops"]
    assert (edge["weight"], edge["files"]) == (1, "tutorial.md")
    assert found.metrics == {"graph_nodes": 3, "terms_python": 3}


def test_it_joins_the_graph_of_problems(outline, tmp_path):
    built = rejoined(BuildGraph().whole(Rows(ROWS)), lambda _: None).artefacts["graph"]
    (tmp_path / "graph").write_bytes(built)
    _, graph = learned(outline, tmp_path / "graph", language="python")
    assert graph.nodes["knowledge:loops"]["count"] == 2
    assert set(graph.nodes["knowledge:loops"]["sources"].split(",")) == {"problems", "vocabulary"}
    assert graph.has_edge("knowledge:heap", "knowledge:loops")


def test_a_term_in_another_number_or_spelling_is_the_node_that_is_there(tmp_path):
    row = Sample(keywords=Keywords(knowledge=("for-loops", "memoization")))
    built = rejoined(BuildGraph().whole(Rows([row])), lambda _: None).artefacts["graph"]
    (tmp_path / "graph").write_bytes(built)
    (tmp_path / "v").write_text("# Loops\n\n- For loop\n- Memoisation\n- loop\n")
    _, graph = learned(tmp_path / "v", tmp_path / "graph")
    assert set(graph) == {"knowledge:for-loops", "knowledge:memoization", "knowledge:loops"}
    assert graph.nodes["knowledge:for-loops"]["count"] == 2
    assert graph.edges["knowledge:for-loops", "knowledge:memoization"]["weight"] == 2


def test_documentation_of_five_dialects(docs):
    found, graph = learned(docs)
    told = found.metrics
    dialects = ("mysql", "hive", "sqlite", "postgres", "oracle")
    assert all(told[f"terms_{name}"] >= 2 for name in dialects)
    assert told["terms_sql"] == sum(told[f"terms_{name}"] for name in dialects)
    near = {
        "ascii": "concat_ws", "concat_ws": "get_json_object", "avg": "group_concat",
        "array_append": "unnest", "nvl": "decode",
    }  # fmt: skip
    for one, two in near.items():
        assert graph.has_edge(f"knowledge:{one}", f"knowledge:{two}")
    assert {graph.nodes[name]["languages"] for name in graph} == {"sql"}
    both = set(graph.nodes["knowledge:concat_ws"]["sources"].split(","))
    assert both == {"hive/LanguageManual+UDF.md", "mysql/functions.md"}


def test_a_tree_of_tags_belongs_to_all_languages_and_has_classes(tmp_path):
    (tmp_path / "tags").write_text("Data structures\n  heap\n  trie\nGraphs\n  tree\n")
    found, graph = learned(tmp_path / "tags")
    assert graph.nodes["knowledge:heap"]["languages"] == "*"
    assert "knowledge:data structures" not in graph
    assert json.loads(found.artefacts["classes"]) == {
        "heap": "data structures", "trie": "data structures", "tree": "graphs",
    }  # fmt: skip
    assert found.metrics == {"graph_nodes": 3, "terms_any": 3}


@pytest.mark.parametrize(
    ("language", "count"),
    [("python", 500), ("javascript", 300), ("typescript", 300), ("go", 300), ("java", 100),
     ("rust", 300), ("ruby", 150), ("php", 150), ("perl", 150), ("lua", 100), ("c", 80),
     ("bash", 50), ("sql", 80)],
)  # fmt: skip
def test_the_starter_vocabulary_of_the_rows_languages(language, count):
    found, graph = learned(rows=[Sample(language=language)], starter=True)
    assert count <= found.metrics[f"terms_{language}"] <= 1200
    assert 200 <= found.metrics["terms_any"] <= 600
    assert graph.nodes["knowledge:binary search"]["languages"] == "*"
    assert graph.nodes["knowledge:binary search"]["sources"] == "starter/topics"
    assert len(json.loads(found.artefacts["classes"])) >= 200


def test_of_other_languages_it_says_nothing():
    found, graph = learned(starter=True)
    assert {name for name in found.metrics if name.startswith("terms_")} == {
        "terms_any", "terms_python",
    }  # fmt: skip
    assert graph.has_edge("knowledge:heapq module", "knowledge:heapq.heappush")


def test_the_same_comes_of_it_again(docs):
    one, two = learned(docs, starter=True)[0], learned(docs, starter=True)[0]
    assert one.artefacts == two.artefacts


def test_what_cannot_be_read_is_said(tmp_path):
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(InputError, match="no text in UTF-8"):
        learned(tmp_path / "bytes")
    (tmp_path / "bad").write_text("{")
    with pytest.raises(InputError, match="cannot be read: it is no JSON"):
        learned(tmp_path / "bad")
    with pytest.raises(ConfigError, match="there are markdown"):
        ReadVocabulary(form="pdf")
