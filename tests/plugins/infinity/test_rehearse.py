"""Rows of another set join: as many as were asked for, spread, and none lost in the count."""

import json

import pytest
from selecting import alive, pool, row, run

from backfeed.engine import cli
from backfeed.engine.output import read_rows
from backfeed.engine.store import write_samples
from backfeed.plugin import ConfigError, Lineage
from backfeed.plugins.infinity.rehearse import Rehearse

ROWS = pool(0, 40)
SEEDS = [row(f"seed {n}", f"Tell me more about subject {n}.") for n in range(30)]


@pytest.fixture
def rehearsal(tmp_path):
    write_samples(SEEDS, tmp_path / "set")
    return tmp_path / "set"


def test_all_join_unless_a_share_is_named(rehearsal):
    found, result = run(Rehearse(), ROWS, rehearsal=rehearsal)
    assert sorted(alive(found)) == sorted(one.id for one in [*ROWS, *SEEDS])
    assert [one for one in found if one.id.startswith("chat")] == ROWS
    assert result.metrics["rehearsed"] == 30
    assert result.metrics["rehearsed_share"] == pytest.approx(3 / 7)


@pytest.mark.parametrize(("share", "count"), [(0.2, 10), (0.16, 8), (0.9, 30)])
def test_so_many_join_that_they_are_the_share(rehearsal, share, count):
    found, result = run(Rehearse(share=share), ROWS, rehearsal=rehearsal)
    assert len(found) == 40 + count
    assert result.metrics["rehearsed"] == count
    assert result.metrics["rehearsed_wanted"] == round(40 * share / (1 - share))


def test_which_ones_rests_on_the_seed(rehearsal):
    draws = [
        {one.id for one in run(Rehearse(0.2, seed=n), ROWS, rehearsal=rehearsal)[0]}
        for n in (1, 1, 2)
    ]
    assert draws[0] == draws[1] != draws[2]


def test_they_are_spread_and_say_what_they_are(tmp_path):
    rows = pool(0, 3000)
    write_samples((one.but(lineage=Lineage("made", ("x",), model="m")) for one in SEEDS),
                  tmp_path / "set")  # fmt: skip
    found, _ = run(Rehearse(), rows, rehearsal=tmp_path / "set")
    places = [n for n, one in enumerate(found) if one.lineage.stage == "rehearse"]
    assert [sum(n < 1010 * turn for n in places) for turn in (1, 2, 3)] == [10, 20, 30]
    assert found[places[0]].lineage == Lineage("rehearse", ("x",), model="m")


def test_who_is_there_already_does_not_come_twice(rehearsal):
    rows = [*ROWS, SEEDS[3], SEEDS[7]]
    found, result = run(Rehearse(), rows, rehearsal=rehearsal)
    assert len(found) == len({one.id for one in found}) == 70
    assert (result.metrics["rehearsal_known"], result.metrics["rehearsed"]) == (2, 28)


def test_rows_that_could_not_be_read_are_rejected_and_counted(tmp_path):
    write_samples([SEEDS[0], SEEDS[1].no("read", "no-answer"), SEEDS[2]], tmp_path / "set")
    found, result = run(Rehearse(share=0.01), ROWS, rehearsal=tmp_path / "set")
    assert [one.rejected.reason for one in found if one.rejected] == ["no-answer"]
    assert len(alive(found)) == 40
    assert result.metrics["rehearsal_unusable"] == 1


def test_an_empty_table_is_all_rehearsal(rehearsal):
    assert len(run(Rehearse(), [], rehearsal=rehearsal)[0]) == 30


def test_without_a_set_rows_go_on():
    assert run(Rehearse(), ROWS)[0] == ROWS


@pytest.mark.parametrize("share", [0, 1, -0.5, 16])
def test_a_share_that_cannot_be_reached_is_refused(share):
    with pytest.raises(ConfigError, match=r"rehearse\.share"):
        Rehearse(share=share)


def test_a_run_counts_who_was_made(tmp_path):
    recipe = tmp_path / "r.toml"
    recipe.write_text(
        'name = "r"\n[inputs.pool]\nkind = "rows"\n[inputs.rehearsal]\nkind = "set"\n'
        '[[step]]\nuse = "rehearse"\nshare = 0.5\n'
    )
    for name, count in (("pool", 6), ("chat", 9)):
        rows = [{"instruction": f"{name} {n}?", "response": "Yes."} for n in range(count)]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    inputs = [tmp_path / "pool.jsonl", "--rehearsal", tmp_path / "chat.jsonl"]
    assert cli.run([str(word) for word in ("run", recipe, *inputs, "-o", tmp_path / "run")]) == 0
    tally = json.loads((tmp_path / "run/summary.json").read_text())["stages"]["rehearse"]
    assert tally == {"in": 6, "made": 6, "out": 12, "rejected": {}, "unfinished": 0}
    said = [one.instruction.split()[0] for one in read_rows(tmp_path / "run/corpus")]
    assert (said.count("pool"), said.count("chat")) == (6, 6)
