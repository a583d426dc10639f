"""The stage that draws keyword sets: its dialogue, by hand."""

import pickle

import networkx as nx
import pytest

from backfeed.engine.conformance import Rows
from backfeed.engine.errors import ConfigError, InputError
from backfeed.engine.identity import content_id
from backfeed.engine.methods import graph_ledger
from backfeed.engine.methods.keyword_graph import Term, add_samples, add_vocabulary, to_bytes
from backfeed.engine.methods.notes import noted, with_notes
from backfeed.engine.records import Keywords, Sample
from backfeed.engine.requests import rejoined
from backfeed.engine.stages.build_graph import BuildGraph
from backfeed.engine.stages.sample_keywords import SampleKeywords


def drawing(*settings, **more):
    """The stage, without a bound by the rows that there are."""
    return SampleKeywords(*settings, **{"per_row": 0, **more})


def sample(name, task, knowledge, language="python"):
    words = Keywords(task.split(), ("write",), tuple(knowledge.split()))
    return Sample(id=name, language=language, keywords=words)


SAMPLES = [
    sample("a", "merge sort", "heap list iteration"), sample("b", "merge", "heap tree"),
    sample("c", "sort search", "list index"), sample("d", "search", "tree recursion"),
    sample("e", "serve", "socket goroutine", "go"), sample("f", "serve sort", "list channel", "go"),
]  # fmt: skip


class Loop:
    """Rounds by hand: artefacts go from stage to stage."""

    def __init__(self, folder, rows=SAMPLES):
        self.folder, self.held = folder, {}
        self.run(BuildGraph(), rows)

    def run(self, stage, rows=(), turn=0):
        table = Rows(list(rows))
        table.round = table.seed = turn
        found = rejoined(stage.whole(table), lambda request: self.held.get(request.name))
        for name, value in found.artefacts.items():
            self.held[name] = self.folder / f"{name}-{len(list(self.folder.iterdir()))}"
            self.held[name].write_bytes(value)
        return found

    @property
    def ledger(self):
        return graph_ledger.load(self.held["used_sets"])

    @property
    def graph(self):
        return nx.read_graphml(self.held["graph"])


@pytest.fixture
def loop(tmp_path):
    return Loop(tmp_path)


def sets_of(found):
    return [frozenset(noted(row)["set"]) for row in found.rows]


def test_a_row_has_keywords_its_set_and_where_it_comes_from(loop):
    [row] = loop.run(drawing(1, languages=("python",))).rows
    kinds = ("task", "instruction", "knowledge")
    named = [f"{kind}:{one}" for kind in kinds for one in getattr(row.keywords, kind)]
    assert sorted(noted(row)["set"]) == sorted(named)
    assert (row.language, row.lineage.stage) == ("python", "sample_keywords")
    assert row.keywords.task
    assert row.keywords.knowledge
    assert row.keywords.instruction == ("write",)


def test_the_ledger_knows_round_and_row_of_each_set(loop):
    for turn in range(2):
        rows = list(loop.run(drawing(3), SAMPLES, turn).rows)
        told = loop.ledger[-3:]
        assert [one.id for one in told] == [content_id(row) for row in rows]
        assert [one.round for one in told] == [turn] * 3
        assert [one.language for one in told] == [row.language for row in rows]
    assert len({one.id for one in loop.ledger}) == 6


def test_no_set_comes_twice_in_any_round(loop):
    seen = []
    for turn in range(8):
        seen += sets_of(loop.run(drawing(15), SAMPLES, turn))
    assert len(seen) == len(set(seen)) > 60


def test_the_same_seed_draws_the_same_sets(loop, tmp_path):
    one = loop.run(drawing(20), SAMPLES)
    (tmp_path / "other").mkdir()
    stage = pickle.loads(pickle.dumps(drawing(20)))
    two = Loop(tmp_path / "other").run(stage, SAMPLES)
    assert list(one.rows) == list(two.rows)
    assert one.artefacts == two.artefacts


def test_another_round_draws_other_sets(tmp_path):
    found = []
    for turn in range(2):
        (tmp_path / str(turn)).mkdir()
        loop = Loop(tmp_path / str(turn))
        found.append(sets_of(loop.run(drawing(10), SAMPLES, turn)))
    assert found[0] != found[1]


def test_languages_have_their_shares_of_the_samples(loop):
    many = [*SAMPLES, *SAMPLES[:3] * 20]
    found = [row.language for row in loop.run(drawing(40), many).rows]
    assert found.count("python") > 30
    assert loop.run(drawing(40)).rows[0].language in {"python", "go"}  # the graph's


@pytest.mark.parametrize(
    ("languages", "least"), [(("go",), 9), (("go=9", "python=1"), 6), (("go = 1", "python"), 2)]
)
def test_languages_can_be_wished(loop, languages, least):
    found = [row.language for row in loop.run(drawing(9, languages), SAMPLES).rows]
    assert found.count("go") >= least
    assert (found.count("go") == 9) == (languages == ("go",))


def test_knowledge_fits_the_language(loop):
    rows = loop.run(drawing(60, ("go",))).rows
    words = {word for row in rows for word in row.keywords.knowledge}
    assert words == {"socket", "goroutine", "list", "channel"}
    rows = loop.run(drawing(60, ("go",), held=())).rows
    assert "heap" in {word for row in rows for word in row.keywords.knowledge}


def test_terms_of_no_language_fit_every_one(loop):
    graph = add_samples(nx.Graph(), SAMPLES)
    names = ("knowledge:goroutine", "knowledge:queue")
    terms = [Term("knowledge", "goroutine", ("go",)), Term("knowledge", "queue")]
    add_vocabulary(graph, "topics", terms, pairs=[names])
    loop.held["graph"].write_bytes(to_bytes(graph))
    rows = loop.run(drawing(80, ("go",))).rows
    assert "queue" in {word for row in rows for word in row.keywords.knowledge}


def test_a_small_graph_gives_what_it_has_and_says_so(tmp_path):
    loop = Loop(tmp_path, [sample("a", "merge", "heap"), sample("b", "merge", "list heap")])
    found = loop.run(drawing(100, ("python",)))
    assert found.metrics["sets"] == len(set(sets_of(found))) < 10
    assert found.metrics["missing_sets"] == 100 - found.metrics["sets"]
    again = loop.run(drawing(100, ("python",)), turn=1)
    assert (list(again.rows), again.metrics["sets"]) == ([], 0)
    assert len(loop.ledger) == found.metrics["sets"]


@pytest.mark.parametrize("rows", [[], [Sample(id="a", language="python")]])
def test_an_empty_graph_gives_nothing(tmp_path, rows):
    found = Loop(tmp_path, rows).run(drawing(5), rows)
    assert list(found.rows) == []
    assert found.metrics == {"sets": 0, "missing_sets": 5, "coverage": 0.0, "uncovered": 0}


def test_without_a_graph_there_is_nothing_and_a_ledger():
    found = rejoined(drawing(5).whole(Rows(SAMPLES)), lambda request: None)
    assert (list(found.rows), set(found.artefacts)) == ([], {"used_sets"})


def test_coverage_rises_to_all_that_can_be_reached(loop):
    told = [loop.run(drawing(4), SAMPLES, turn).metrics for turn in range(12)]
    shares = [one["coverage"] for one in told]
    assert shares == sorted(shares)
    assert shares[0] < 0.9
    assert (shares[-1], told[-1]["uncovered"]) == (1.0, 0)


def test_what_the_graph_has_counted_is_not_counted_again(loop):
    """Uses are those of the graph, and of the sets that came since."""
    before = loop.run(drawing(10), SAMPLES).metrics["coverage"]
    loop.run(BuildGraph())
    assert sum(loop.graph.nodes[name]["uses"] for name in loop.graph) == sum(
        len(one.names) for one in loop.ledger
    )
    assert loop.run(drawing(0), SAMPLES).metrics["coverage"] == before


def test_skills_whose_rows_survive_are_drawn_more_often(tmp_path):
    """Whether `good` or `bad` survives turns what the next rounds draw."""
    pairs = ("good", "bad", "good bad")
    tasks = "merge sort search index serve parse print"
    rows = [sample(f"{n}{k}", tasks, k) for n in range(4) for k in pairs]
    shares = {}
    for winner in ("good", "bad"):
        (tmp_path / winner).mkdir()
        loop = Loop(tmp_path / winner, rows)
        stage = drawing(30, ("python",), coverage=0.0)
        drawn = loop.run(stage).rows
        loop.run(BuildGraph(), [row for row in drawn if winner in row.keywords.knowledge])
        weights = loop.graph.nodes[f"knowledge:{winner}"]
        assert weights["tried"] == weights["passed"] > 0
        drawn = loop.run(drawing(40, ("python",), coverage=0.0), turn=1).rows
        shares[winner] = sum("good" in row.keywords.knowledge[:1] for row in drawn) / len(drawn)
    assert shares["good"] > shares["bad"]


@pytest.mark.parametrize(
    "settings",
    [
        {"most": -1}, {"temperature": 0.0}, {"temperature": float("nan")}, {"coverage": 11.0},
        {"coverage": -1.0}, {"feedback": float("inf")}, {"least_tries": -1}, {"held": ("skill",)},
        {"languages": ("=3",)}, {"languages": ("go=0",)}, {"languages": ("go=-1",)},
        {"languages": ("go=",)},
    ],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(settings):
    with pytest.raises(ConfigError, match="sample_keywords: "):
        drawing(**settings)


@pytest.mark.parametrize("name", ["graph", "used_sets"])
def test_a_broken_artefact_is_told(loop, name):
    loop.held[name] = loop.folder / "broken"
    loop.held[name].write_bytes(b"PAR1 and no more")
    with pytest.raises(InputError, match="broken is no"):
        loop.run(drawing())


def test_notes_of_others_do_not_disturb_the_graph(loop):
    rows = [with_notes(sample("x", "merge", "heap"), set=odd) for odd in ("text", [], [1], None)]
    assert loop.run(BuildGraph(), rows).metrics["passed_sets"] == 0


def test_a_small_corpus_is_not_outgrown(loop):
    assert len(loop.run(SampleKeywords(1000, ("python",), per_row=0.5), SAMPLES).rows) == 3
    assert len(loop.run(SampleKeywords(2, ("python",)), SAMPLES).rows) == 2
