"""Steps are kept under what determines them; loops go on from round to round; counts agree."""

import json
from dataclasses import dataclass

import pytest
from verbs import By, Double, Half, Measure, length, many, raises, run, step

from backfeed.engine.errors import ConfigError, Outage, PluginFault, Refused
from backfeed.engine.output import read_rows
from backfeed.engine.recipe import Loop
from backfeed.engine.records import Sample
from backfeed.engine.requests import Embed, Prompt, Read, Result, over
from backfeed.engine.rounds import after_round
from backfeed.engine.state import State
from backfeed.engine.store import ROW_SCHEMA, DiskTable

ROWS = many(10)


def committed(directory):
    """The keys of the steps that are done."""
    return {path.parent.name for path in (directory / ".work" / "steps").glob("*/done.json")}


@dataclass(frozen=True)
class Born:
    """New rows only; a number that falls from round to round."""

    version: int = 1
    born = True

    def whole(self, table):
        count = 3 - table.round
        made = [Sample(code=f"round {table.round} row {n}") for n in range(count)]
        return Result(made, metrics={"made": count})


@dataclass(frozen=True)
class Seeds:
    """Names one seed for the next round."""

    version: int = 1

    def whole(self, table):
        named = Sample(id=f"seed {table.round}", code=f"seed {table.round}")
        return Result(list(table), seeds=[named])


@dataclass(frozen=True)
class Reads:
    """Puts the artefact into the code."""

    version: int = 1
    reads = ("count",)

    def each(self, sample):
        path = yield from Read("count")
        return [sample.but(code=f"{sample.code} of {path.read_text()}")]


@dataclass(frozen=True)
class Returns:
    """A `whole` stage that returns what it is told to."""

    what: str
    version: int = 1

    def whole(self, table):
        rows = list(table)
        found = {
            "nothing": None, "fewer": Result(rows[1:]), "words": Result(["text"]),
            "columns": Result([ROW_SCHEMA.remove(0).empty_table()]),
        }  # fmt: skip
        return found[self.what]


@dataclass(frozen=True)
class Sizes:
    """Asks over the table."""

    version: int = 1

    def whole(self, table):
        sizes = yield from over(table, lambda row: Embed(row.code))
        rows = zip(table, sizes, strict=True)
        return Result([row.but(question_type=str(size)) for row, size in rows])


@dataclass(frozen=True)
class Draws:
    """The draw that it was given, and a random number of its own."""

    version: int = 1

    def each(self, sample):
        draw = yield Prompt("p")
        number = sample.rng("x").random()
        return [sample, sample.child("draws", 1, code=f"{draw} {number}")]


def test_neighbouring_stages_are_one_step_and_a_whole_stage_is_its_own(tmp_path):
    run(tmp_path, step(Measure()), step(Double()), step(Half()), step(Measure(1)), samples=ROWS)
    assert len(committed(tmp_path)) == 3


def test_a_step_that_is_there_is_not_done_again(tmp_path):
    first = run(tmp_path, step(Measure()), step(Half()), samples=ROWS)
    again = run(tmp_path, step(Measure()), step(Half()), samples=ROWS)
    assert again.service.batches == []
    assert again.report.asked["embedder"] == {}
    assert again.files() == first.files()


@pytest.mark.parametrize(
    ("stages", "more"),
    [
        ([Measure(1), Half()], {}),
        ([Measure(version=2), Half()], {}),
        ([Measure(), Half(version=2)], {}),
        ([Measure(), Half()], {"service": By(length, identity="other")}),
        ([Measure(), Half()], {"seed": 1}),
    ],
)
def test_a_key_changes_with_settings_versions_services_and_seed(tmp_path, stages, more):
    run(tmp_path, step(Measure()), step(Half()), samples=ROWS)
    before = committed(tmp_path)
    run(tmp_path, *map(step, stages), samples=ROWS, **more)
    assert committed(tmp_path) - before


def test_a_step_whose_artefact_is_gone_is_done_again(tmp_path):
    run(tmp_path, step(Half()), step(Reads()), samples=ROWS)
    for path in (tmp_path / ".work" / "artefacts").iterdir():
        path.unlink()
    assert "code 1 of 10" in run(tmp_path, step(Half()), step(Reads()), samples=ROWS).codes()


def test_what_one_step_writes_a_later_one_reads(tmp_path):
    done = run(tmp_path, step(Half()), step(Reads()), samples=many(4))
    assert done.codes() == ["code 1 of 4", "code 3 of 4"]


def test_counts_agree_for_every_stage(tmp_path):
    service = By(lambda r: Refused("no") if r.text == "code 3" else length(r))
    done = run(tmp_path, step(Measure()), step(Double()), step(Half()), samples=ROWS,
               service=service)  # fmt: skip
    assert done.report.tallies.plain() == {
        "read": {"in": 10, "made": 0, "out": 10, "rejected": {}, "unfinished": 0},
        "measure": {
            "in": 10,
            "made": 0,
            "out": 9,
            "rejected": {"no": 1},
            "unfinished": 0,
            "used": {"embedder": {"calls": 10, "tokens_in": 0, "tokens_out": 0}},
        },
        "double": {"in": 9, "made": 9, "out": 18, "rejected": {}, "unfinished": 0},
        "half": {"in": 18, "made": 0, "out": 9, "rejected": {"even": 9}, "unfinished": 0},
    }
    assert (done.report.written.accepted, done.report.written.rejected) == (9, 10)


def test_rows_that_are_born_are_made_and_get_ids(tmp_path):
    done = run(tmp_path, step(Born()), samples=ROWS)
    tally = done.report.tallies.plain()["born"]
    assert tally == {"in": 0, "made": 3, "out": 3, "rejected": {}, "unfinished": 0}
    assert len({row.id for row in done.report.state.rows}) == 3


@pytest.mark.parametrize(
    ("what", "complaint"),
    [
        ("nothing", "must return a Result, not NoneType"),
        ("fewer", "lost 1 rows"),
        ("words", "rows are samples or Arrow batches, not str"),
        ("columns", "not in the schema of the record"),
        ("bug", "has a bug: KeyError"),
    ],
)
def test_a_whole_stage_that_breaks_its_contract_ends_the_run(tmp_path, what, complaint):
    for _ in range(2):  # and is not kept as done
        with pytest.raises(PluginFault, match=complaint):
            run(tmp_path, step(Returns(what)), samples=ROWS)


def test_a_whole_stage_may_ask_over_its_table(tmp_path):
    done = run(tmp_path, step(Sizes()), samples=ROWS)
    assert {row.question_type for row in done.report.state.rows} == {"6"}


def test_a_whole_stage_that_an_outage_hits_leaves_all_unfinished(tmp_path):
    broken = By(raises(Outage("gone"), at="3"), parallel=9)
    done = run(tmp_path, step(Sizes()), samples=ROWS, service=broken)
    assert (done.report.complete, done.report.written.unfinished) == (False, 10)
    again = run(tmp_path, step(Sizes()), samples=ROWS)
    assert (again.report.complete, again.service.batches) == (True, [["code 3"]])


def test_rounds_add_up_and_are_committed(tmp_path):
    done = run(tmp_path, Loop("more", (step(Born()),), rounds=2), samples=many(1))
    made = ["round 0 row 0", "round 0 row 1", "round 0 row 2", "round 1 row 0", "round 1 row 1"]
    assert done.codes() == ["code 0", *made]
    rounds = sorted((tmp_path / ".work" / "rounds").iterdir())
    facts = [json.loads(path.read_text()) for path in rounds]
    assert [fact["metrics"] for fact in facts] == [{"made": 3}, {"made": 2}]


@pytest.mark.parametrize(
    ("until", "rounds"), [("made < 3", 2), ("made <= 3", 1), ("made < 0", 3), ("out > 2", 1)]
)
def test_a_loop_ends_when_its_condition_holds(tmp_path, until, rounds):
    run(tmp_path, Loop("more", (step(Born()),), rounds=3, until=until), samples=many(1))
    assert len(list((tmp_path / ".work" / "rounds").iterdir())) == rounds


def test_a_metric_that_nobody_gives_is_named(tmp_path):
    with pytest.raises(ConfigError, match="no such metric; there are made, out"):
        run(tmp_path, Loop("more", (step(Born()),), until="novel < 3"), samples=many(1))


@pytest.mark.parametrize(
    ("carry", "codes"),
    [
        ("seeds", ["a", "a", "a'", "a", "a'"]),
        ("out", ["a", "a", "a'", "a", "a'", "a'", "a''"]),
        ("both", ["a", "a", "a'", "a", "a'", "a", "a'", "a'", "a''"]),
    ],
)
def test_what_a_round_starts_from(tmp_path, carry, codes):
    loop = Loop("more", (step(Double()),), rounds=2, carry=carry)
    assert run(tmp_path, loop, samples=[Sample(code="a")]).codes() == codes


@dataclass(frozen=True)
class Keeps:
    """Keeps one row in the first round, two in the second, ...; each is asked about."""

    version: int = 1
    asks = ("embedder",)

    def whole(self, table):
        yield from over(table, lambda row: Embed(f"{row.code} {table.round}"))
        rows = [
            row if number <= table.round else row.no("keeps", "late", f"round {table.round}")
            for number, row in enumerate(table)
        ]
        return Result(rows, metrics={"kept": table.round + 1})


def test_a_loop_may_keep_its_last_round_alone(tmp_path):
    """No row comes twice, and the counts are those of the round that counts; costs are of all."""
    loop = Loop("trials", (step(Keeps()),), rounds=3, until="kept > 1", carry="seeds", keep="last")
    done = run(tmp_path, step(Half()), loop, samples=many(8))
    assert done.codes() == ["code 1", "code 3"]
    gone = [(row.rejected.reason, row.rejected.detail) for row in read_rows(tmp_path / "rejected")]
    assert gone == 4 * [("even", "")] + 2 * [("late", "round 1")]
    tally = done.report.tallies["keeps"]
    assert (tally.entered, tally.out, tally.rejected.total()) == (4, 2, 2)
    assert tally.used["embedder"].calls == 8
    assert [path.name for path in sorted((tmp_path / ".work/rounds").iterdir())] == [
        "trials-0.json", "trials-1.json",
    ]  # fmt: skip


def test_a_trial_that_was_stopped_leaves_the_one_before():
    loop = Loop("trials", (), rounds=3, keep="last")
    start = State(DiskTable([]), metrics={"n": 0.0})
    whole = State(DiskTable(["one"]), left=["left"], metrics={"n": 1.0})
    cut = State(DiskTable([]), metrics={"n": 2.0}, complete=False, stopped="usd")
    first = after_round(loop, start, whole, before=start)
    assert (first.rows.paths, first.complete) == (["one"], True)
    second = after_round(loop, first, cut, before=start)
    assert (second.rows.paths, second.left, second.metrics) == (["one"], ["left"], {"n": 1.0})
    assert (second.complete, second.stopped) == (False, "usd")
    assert after_round(loop, start, cut, before=start).rows.paths == []


def test_a_stage_may_name_the_next_rounds_seeds(tmp_path):
    loop = Loop("more", (step(Seeds()),), rounds=3)
    assert run(tmp_path, loop, samples=many(1)).codes() == ["code 0", "code 0", "seed 0", "seed 1"]


def test_each_round_draws_anew(tmp_path):
    loop = Loop("more", (step(Draws()),), rounds=3, carry="seeds")
    model = {"model:default": By(lambda prompt: prompt.draw)}
    done = run(tmp_path, loop, samples=[Sample(code="")], services=model)
    found = [code for code in done.codes() if code]
    assert len({code.split()[0] for code in found}) == 3
    assert len({code.split()[1] for code in found}) == 3


def test_a_loop_in_a_loop_keeps_its_rounds_apart(tmp_path):
    inner = Loop("inner", (step(Born()),), rounds=2)
    run(tmp_path, Loop("outer", (inner,), rounds=2), samples=many(1))
    names = {path.name for path in (tmp_path / ".work" / "rounds").iterdir()}
    inner_names = {f"inner-{one}-{two}.json" for one in range(2) for two in range(2)}
    assert names == inner_names | {"outer-0.json", "outer-1.json"}
