"""The graph of a run: what it says of skills, and the picture."""

import json

import networkx as nx
import pytest
from finished import finish, sample

from backfeed.engine.methods.keyword_graph import add_samples, load, to_bytes
from backfeed.engine.records import Keywords


def having(name, *knowledge, task=("sort",)):
    return sample(name, keywords=Keywords(task, (), knowledge))


KEPT = [having("1", "lists", "sets"), having("2", "lists", task=("merge",))]
GONE = having("3", "gzip module", task=("pack </script><b>",))


@pytest.fixture
def run(tmp_path):
    """Three rows in the graph, of which one was not accepted."""
    directory = finish(tmp_path / "out", KEPT, [GONE.no("accept", "level-ran")])
    graph = add_samples(nx.Graph(), [*KEPT, GONE])
    (directory / "graph.graphml").write_bytes(to_bytes(graph))
    return directory


@pytest.mark.usefixtures("run")
def test_says_what_there_is(backfeed):
    said = backfeed("graph", "out", "--samples", "1")
    assert said.code == 0
    assert said.out.splitlines() == [
        "out: 6 skills (3 task, 0 instruction, 3 knowledge), 5 pairs that stand together,"
        " 2 parts (largest: 4, 2)",
        "in accepted rows: 4 skills (67 %); in sets that were drawn: 0",
        "skills by language: python 6",
        "skills by source: problems 6",
        "most frequent task: merge 1, pack </script><b> 1, sort 1",
        "most frequent instruction: -",
        "most frequent knowledge: lists 2, gzip module 1, sets 1",
        "in no accepted row (2): gzip module 1, pack </script><b> 1",
        "1  task: sort; knowledge: lists, sets",
        *said.out.splitlines()[9:],
    ]
    drawn = said.out.splitlines()[9:]
    assert len(drawn) == 3
    assert all(line.startswith("drawn for python: task:") for line in drawn)
    assert all("knowledge:" in line for line in drawn)
    assert len(set(drawn)) == 3


@pytest.mark.usefixtures("run")
def test_says_it_as_json(backfeed):
    found = json.loads(backfeed("graph", "out", "--json").out)
    assert found["nodes"] == {"task": 3, "instruction": 0, "knowledge": 3}
    assert found["components"] == [4, 2]
    assert [skill["name"] for skill in found["uncovered"]] == ["gzip module", "pack </script><b>"]
    assert (found["covered"], found["used"]) == (4, 0)
    assert found["languages"] == {"python": 6}
    assert [len(one["set"]) >= 2 for one in found["drawn"]] == [True] * 3
    assert found["sets"][1] == {"id": "2", "task": ["merge"], "instruction": [],
                                "knowledge": ["lists"]}  # fmt: skip


@pytest.fixture
def other(tmp_path):
    """A graph of another run, as a file."""
    more = having("9", "sets", "heaps")
    path = tmp_path / "other.parquet"
    path.write_bytes(to_bytes(add_samples(nx.Graph(), [*KEPT, more]), "parquet"))
    return path


@pytest.mark.usefixtures("run", "other")
def test_says_how_two_graphs_differ(backfeed):
    said = backfeed("graph", "out", "--diff", "other.parquet")
    assert said.out.splitlines() == [
        "skills: 2 only in out, 1 only in other.parquet, 2 with another count",
        "pairs: 1 only in out, 2 only in other.parquet, 1 with another weight",
        "only in out: knowledge:gzip module, task:pack </script><b>",
        "only in other.parquet: knowledge:heaps",
        "  knowledge:sets: 1 here, 2 there",
        "  task:sort: 1 here, 2 there",
    ]
    found = json.loads(backfeed("graph", "out", "--diff", "other.parquet", "--json").out)
    assert found["nodes_there"] == ["knowledge:heaps"]
    assert found["edges_changed"] == [["knowledge:sets", "task:sort", 1, 2]]
    assert "0 only in out, 0 only in out" in backfeed("graph", "out", "--diff", "out").out


@pytest.mark.usefixtures("run", "other")
@pytest.mark.parametrize("name", ["all.graphml", "all.parquet"])
def test_makes_one_graph_of_several(backfeed, tmp_path, name):
    said = backfeed("graph", "out", "--merge", "other.parquet", "--merge", "out", "-o", name)
    assert said.out == f"{name}: 7 skills, 7 pairs of 3 graphs\n"
    whole = load(tmp_path / name)
    assert whole.nodes["knowledge:lists"]["count"] == 6
    assert whole.edges["knowledge:sets", "task:sort"]["weight"] == 4


@pytest.mark.usefixtures("run")
@pytest.mark.parametrize("name", ["lists", "knowledge:lists"])
def test_neighbours(backfeed, name):
    said = backfeed("graph", "out", "--node", name)
    first, *rest = said.out.splitlines()
    assert first == "lists (knowledge): in 2 rows of the graph, 2 accepted; 3 neighbours"
    assert [line.split()[:3] for line in rest] == [
        ["1", "task", "merge"], ["1", "knowledge", "sets"], ["1", "task", "sort"],
    ]  # fmt: skip
    found = json.loads(backfeed("graph", "out", "--node", name, "--json").out)
    assert [one["samples"] for one in found["neighbours"]] == [["2"], ["1"], ["1"]]


def test_the_picture_holds_everything_and_no_more(backfeed, run, tmp_path):
    said = backfeed("graph", "out", "--html", "deep/er/g.html", "--most", "5")
    assert said.out == "deep/er/g.html: 5 of 6 skills\n"
    text = (tmp_path / "deep/er/g.html").read_text()
    assert text.count("<script") == 2
    assert text.count("</script>") == 2
    assert "http" not in text.replace("http-equiv", "")
    held = text.split('id="data">')[1].split("</script>")[0]
    data = json.loads(held)
    assert len(data["nodes"]) == 5
    assert all(one < two < 5 for one, two, _ in data["edges"])
    assert {tuple(one["languages"]) for one in data["nodes"]} == {("python",)}
    backfeed("graph", "out", "--html", "again.html", "--most", "5")
    assert (tmp_path / "again.html").read_text() == text


@pytest.mark.usefixtures("run")
@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["out", "--node", "list"], "did you mean 'lists'?"),
        (["out", "--node", "zzz"], "see the list without --node"),
        (["out", "--html", "out"], "name a file"),
        (["out", "--merge", "out"], "--merge OTHER and -o FILE go together"),
        (["out", "--merge", "out", "-o", "out"], "name a file"),
        (["out", "--diff", "none.graphml"], "cannot be read"),
        (["no"], "holds no run"),
        (["bare"], "has no graph.graphml"),
    ],
)
def test_says_what_is_wrong(backfeed, tmp_path, args, message):
    finish(tmp_path / "bare", KEPT)
    said = backfeed("graph", *args)
    assert said.code == 2
    assert message in said.last


def test_says_if_the_graph_is_broken(backfeed, run):
    (run / "graph.graphml").write_text("<graphml>")
    said = backfeed("graph", "out")
    assert said.code == 3
    assert "is no graph that can be read" in said.last
