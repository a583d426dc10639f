"""The stage that composes functions: its dialogue, by hand."""

import json
import random

import networkx as nx
import pytest
from stages.dialogue import computed

from backfeed.analyzers._python_compose import Seen
from backfeed.engine.conformance import Rows
from backfeed.engine.methods.keyword_graph import add_samples, from_path, to_bytes
from backfeed.engine.records import Keywords, Lineage, Origin, Sample
from backfeed.engine.records import Test as Tested
from backfeed.engine.requests import Read, rejoined
from backfeed.engine.stages import backfeed as stage
from backfeed.engine.stages.backfeed import Backfeed

ITERATION = Keywords(("walk lists",), ("be lazy",), ("iteration",))


def function(name, test, *, keywords=ITERATION, path="a.py", licence="MIT", source="s"):
    """A function with what a recorded test shows of it: `f(1) == 2`."""
    return Sample(
        id=f"id-{name}", language="python", code=f"def {name}(x, n=1):\n    return [x] * n\n",
        entry_point=name, tests=(Tested("script", "recorded", code=f"assert {test}\n"),),
        origin=Origin(source, "repo", "c1", path, 3, 9, licence), keywords=keywords,
    )  # fmt: skip


CHUNKS = function("chunks", "chunks([1, 2], 1) == [[1], [2]]")
SPELL = function("spell", "spell([[1], [2]]) == 'ab'")
LENGTH = function("length", "length(2.5) == 3")


@pytest.fixture
def compose(tmp_path):
    """The result for rows; their graph is there unless told otherwise."""

    def do(*rows, graph=True, ledger=None, seed=0, before=(), **settings):
        held = to_bytes(add_samples(nx.Graph(), [*before, *rows]))
        (tmp_path / "graph").write_bytes(held)
        if ledger is not None:
            (tmp_path / "used").write_bytes(json.dumps(ledger).encode())
        paths = {"graph": tmp_path / "graph" if graph else None,
                 "used_pairs": None if ledger is None else tmp_path / "used"}  # fmt: skip

        def answer(request):
            return paths[request.name] if isinstance(request, Read) else computed(request)

        table = Rows(rows, before)
        table.seed = seed
        return rejoined(Backfeed(**settings).whole(table), answer)

    return do


def made(result):
    return sorted(row.entry_point for row in result.rows)


@pytest.fixture(autouse=True)
def fresh_graphs():
    """Graphs are kept by their path, as artefacts never change; here they do."""
    from_path.cache_clear()


def test_what_gives_is_fed_into_what_takes(compose):
    result = compose(CHUNKS, SPELL, LENGTH)
    [row] = result.rows
    assert row.entry_point == "spell_of_chunks"
    assert "def spell_of_chunks(x, n=1):" in row.code
    assert "return spell(chunks(x, n))" in row.code
    told = json.loads(row.extra)
    assert told["parts"] == ["chunks", "spell"]
    assert told["calls"][0].startswith("spell_of_chunks(")
    assert told["shown"][1] == ">>> spell([[1], [2]])\n'ab'"
    assert row.lineage == Lineage("backfeed", ("id-chunks", "id-spell"))
    assert result.metrics == {"pairs": 1, "composed": 1}


def test_used_pairs_are_kept_apart_from_round_to_round(compose):
    first = compose(CHUNKS, SPELL)
    used = json.loads(first.artefacts["used_pairs"])
    assert used == ["id-chunks id-spell"]
    again = compose(CHUNKS, SPELL, ledger=[*used, "other pair"])
    assert (made(again), again.metrics) == ([], {"pairs": 0, "composed": 0})
    assert json.loads(again.artefacts["used_pairs"]) == ["id-chunks id-spell", "other pair"]


@pytest.mark.parametrize(
    "rows",
    [
        (CHUNKS, LENGTH),  # types do not fit
        (CHUNKS, SPELL.but(keywords=Keywords(knowledge=("sorting",)))),  # not related
        (CHUNKS, SPELL.but(language="cobol")),  # nobody composes it
        (CHUNKS, SPELL.but(tests=())),  # nothing is shown of it
        (CHUNKS, SPELL.but(lineage=Lineage("backfeed", ("a", "b")))),  # composed itself
        (CHUNKS, SPELL.but(code="def spell(:")),
        (CHUNKS, CHUNKS),
        (CHUNKS,),
        (),
    ],
)
def test_what_is_not_composed(compose, rows):
    assert made(compose(*rows)) == []


def test_without_a_graph_nothing_is_related(compose):
    result = compose(CHUNKS, SPELL, graph=False)
    assert (made(result), result.metrics) == ([], {"pairs": 0, "composed": 0})
    assert result.artefacts == {}


def test_a_second_argument_is_fixed_and_more_are_too_many(compose):
    second = function("spell", "spell([[1]], 2) == 'a'")
    [row] = compose(CHUNKS, second).rows
    assert "return spell(chunks(x, n), 2)" in row.code
    third = function("spell", "spell([[1]], 2, 3) == 'a'")
    third = third.but(code="def spell(x, n, m):\n    return 'a'\n")
    assert made(compose(CHUNKS, third)) == []


FIRSTS = [function(f"first{n}", f"first{n}(1) == ['a']") for n in range(6)]
LASTS = [function(f"last{n}", f"last{n}(['a']) == 1.5") for n in range(6)]


def test_each_function_is_used_a_bounded_number_of_times(compose):
    found = list(compose(*FIRSTS, *LASTS, uses=2).rows)
    parts = [json.loads(row.extra)["parts"] for row in found]
    assert len(parts) == 12
    for place in (0, 1):
        names = [pair[place] for pair in parts]
        assert {names.count(name) for name in names} == {2}


def test_no_more_than_the_most_and_which_ones_is_the_seeds_doing(compose):
    few = [compose(*FIRSTS, *LASTS, most=5, seed=seed) for seed in (0, 0, 1)]
    names = [[row.entry_point for row in result.rows] for result in few]
    assert [len(one) for one in names] == [5, 5, 5]
    assert names[0] == names[1] != names[2]


def test_those_that_are_related_more_come_first(compose):
    near = FIRSTS[0].but(keywords=Keywords(("a", "b", "c"), (), ("d", "e", "f", "iteration")))
    last = LASTS[0].but(keywords=near.keywords)
    for seed in range(5):
        result = compose(*FIRSTS[1:], near, *LASTS[1:], last, most=1, seed=seed)
        assert made(result) == ["last0_of_first0"]


def test_those_that_are_hardly_related_are_left_out(compose):
    assert made(compose(CHUNKS, SPELL, least_related=100.0)) == []


ORIGINS = [
    ({}, Origin("s", "repo", "c1", "a.py", 0, 0, "MIT")),
    ({"path": "b.py", "licence": "BSD-3-Clause"},
     Origin("s", "repo", "c1", "a.py + b.py", 0, 0, "BSD-3-Clause AND MIT")),
    ({"source": "t", "licence": ""},
     Origin("s + t", "repo + repo", "", "a.py + a.py", 0, 0, "MIT")),
]  # fmt: skip


@pytest.mark.parametrize(("more", "origin"), ORIGINS)
def test_both_origins_and_licences_are_named(compose, more, origin):
    second = function("spell", "spell([[1], [2]]) == 'ab'", **more)
    [row] = compose(CHUNKS, second).rows
    assert row.origin == origin


def test_keywords_of_both_are_joined_each_once(compose):
    second = SPELL.but(keywords=Keywords(("spell",), ("be lazy",), ("iteration", "list")))
    [row] = compose(CHUNKS, second).rows
    assert row.keywords == Keywords(("walk lists", "spell"), ("be lazy",), ("iteration", "list"))


def test_of_many_that_fit_only_some_are_weighed(monkeypatch):
    monkeypatch.setattr(stage, "PAIRS", 100)
    monkeypatch.setattr(stage, "LEAST_EACH", 3)
    rows = [Sample(id=str(n), language="python", entry_point=f"f{n}") for n in range(200)]
    shown = [Seen(("int",), "int")] * 200
    found = list(stage._fitting(rows, shown, random.Random(1)))
    assert 500 < len(found) <= 600
    assert len(set(found)) == len(found)
    assert found == list(stage._fitting(rows, shown, random.Random(1)))
    assert len(list(stage._fitting(rows[:4], shown[:4], random.Random(1)))) == 12


def test_functions_of_earlier_waves_are_paired_too(compose):
    assert made(compose(SPELL, before=[CHUNKS])) == made(compose(CHUNKS, SPELL)) != []
