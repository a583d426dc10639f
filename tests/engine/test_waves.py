"""A run with a limit takes its seeds bit by bit: each is paid for once, and nothing is thrown away.

Four waves: of 64, 96, 144 and 96 rows.
"""

from dataclasses import dataclass

import pytest
from verbs import By, Half, Measure, length, many, run, step

from backfeed.engine import recipe as recipes
from backfeed.engine.errors import Stopping
from backfeed.engine.groups import is_incremental
from backfeed.engine.output import read_rows
from backfeed.engine.recipe import Loop, Stop
from backfeed.engine.records import Sample
from backfeed.engine.requests import Read, Result
from backfeed.engine.seeds import FIRST_SHARD
from backfeed.engine.stages.deduplicate import Deduplicate
from backfeed.engine.store import DiskTable, Shards
from backfeed.engine.waves import waves_of

ROWS = many(400)
ENDS = [64, 160, 304, 400]
NEVER = Stop(accepted=10**6)


@dataclass(frozen=True)
class Draw:
    """A new row for each; the ledger tells all that were ever drawn."""

    version: int = 1
    born = True
    incremental = True
    reads = ("drawn",)
    writes = ("drawn",)

    def whole(self, table):
        path = yield from Read("drawn")
        drawn = path.read_text().split("\n") if path else []
        made = [f"from {row.code}, {table.seed % 1000}, {len(drawn)} before" for row in table]
        held = "\n".join([*drawn, *made]).encode()
        return Result([Sample(code=code) for code in made], {"drawn": held})


MORE = Loop("more", (step(Draw()), step(Measure(), "measure-2")), rounds=2, carry="seeds")


@pytest.fixture
def repeats():
    """Rows of which some say what rows of other waves, or of their own, said before."""
    lines = [[f"part_{n}_{k} = value_{n % 150} + {k}" for k in range(12)] for n in range(400)]
    for n in range(0, 400, 3):
        lines[n] = [*lines[n // 2][:-1], f"last = {n % 5}"]
    return [Sample(code="\n".join(some)) for some in lines]


@pytest.mark.parametrize("near", [None, 0.7])
def test_duplicates_are_found_across_waves_as_in_one(tmp_path, repeats, near):
    steps = (step(Deduplicate(near)), step(Measure()), step(Deduplicate(near), "last"))
    at_once = run(tmp_path / "one", *steps, samples=repeats)
    waves = run(tmp_path / "two", *steps, samples=repeats, stop=NEVER)
    assert 0 < at_once.report.written.rejected < 400
    assert waves.codes() == at_once.codes()
    assert {row.id: row.rejected for row in rejected(waves)} == {
        row.id: row.rejected for row in rejected(at_once)
    }
    assert waves.report.tallies.plain() == at_once.report.tallies.plain()


def rejected(done):
    return read_rows(done.directory / "rejected")


def test_what_comes_behind_a_stage_that_needs_all_rows_is_given_all_of_them(tmp_path):
    rows = [*ROWS[:300], *ROWS[:100]]
    steps = (step(Deduplicate()), step(Half()), step(Deduplicate(), "last"), step(Measure()))
    at_once = run(tmp_path / "one", *steps, samples=rows)
    waves = run(tmp_path / "two", *steps, samples=rows, stop=NEVER)
    assert waves.files() == at_once.files()
    assert len(waves.codes()) == 150


def test_each_wave_asks_for_its_own_rows_and_keeps_what_the_loop_made_of_earlier_ones(tmp_path):
    service = By(length)
    done = run(tmp_path, step(Measure()), MORE, step(Deduplicate()), samples=ROWS, stop=NEVER,
               service=service)  # fmt: skip
    assert len(done.codes()) == 3 * len(ROWS) == len(service.asked)
    drawn = [code for code in done.codes() if code.startswith("from")]
    befores = {int(code.split(", ")[2].split()[0]) for code in drawn}
    assert befores == {0, 64, 128, 224, 320, 464, 608, 704}
    assert len({code.split(", ")[1] for code in drawn}) == 8  # other random numbers in each round


def test_a_higher_limit_goes_on_where_a_lower_one_ended(tmp_path):
    first, second, whole = By(length), By(length), By(length)
    steps = (step(Measure()), MORE, step(Deduplicate()))
    run(tmp_path / "one", *steps, samples=ROWS, stop=Stop(accepted=150), service=first)
    higher = run(tmp_path / "one", *steps, samples=ROWS, stop=Stop(accepted=900), service=second)
    direct = run(tmp_path / "two", *steps, samples=ROWS, stop=Stop(accepted=900), service=whole)
    assert higher.files() == direct.files()
    assert len(first.asked) == 3 * ENDS[0]
    assert len(first.asked) + len(second.asked) == len(whole.asked) == 3 * ENDS[2]


@pytest.mark.parametrize("answers", [100, 250, 400, 700, 1100])
def test_a_stop_keeps_all_that_was_paid_for(tmp_path, answers):
    left = iter(range(answers))

    def paid(request):
        if next(left, None) is None:
            raise Stopping("usd")
        return length(request)

    done = run(tmp_path, step(Measure()), MORE, step(Deduplicate()), samples=ROWS, window=1,
               service=By(paid), stop=Stop(usd=1))  # fmt: skip
    assert (done.report.stopped, done.report.complete) == ("usd", False)
    assert len(done.codes()) == answers


def test_rows_before_are_part_of_a_digest(tmp_path):
    shards = Shards(tmp_path, per_shard=1)
    for row in many(2):
        shards.add(row)
    one, two = DiskTable.of(tmp_path).paths
    tables = [([one], []), ([], [one]), ([one, two], []), ([two], [one]), ([], [one, two])]
    assert len({DiskTable(*paths).digest() for paths in tables}) == len(tables)


def test_waves_are_all_seeds_in_order_each_once(tmp_path):
    shards = Shards(tmp_path, per_shard=200, first=FIRST_SHARD)
    for row in many(8000):
        shards.add(row)
    shards.flush()
    seeds = DiskTable.of(tmp_path)
    waves = list(waves_of(seeds))
    assert [path for wave in waves for path in wave.paths] == seeds.paths
    sizes = [len(wave) for wave in waves]
    assert sizes[:4] == [64, 96, 144, 200]
    assert all(size <= max(200, sum(sizes[:n]) / 4) for n, size in enumerate(sizes) if n > 3)
    assert [len(wave) for wave in waves_of(DiskTable([]))] == [0]


@pytest.mark.parametrize("name", ["synth", "infinite-instruct"])
def test_the_recipes_of_synthesis_are_incremental_to_their_ends(name):
    steps = recipes.load(recipes.find(name)).steps
    assert [one.name for one in steps if not is_incremental(one)] == []
