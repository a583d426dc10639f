"""The tiny model: it learns what an arm has, and every arm gets the same."""

import functools
import json
import random

import pytest
from finished import finish, sample

from backfeed.engine import cli
from backfeed.engine.errors import InputError
from backfeed.engine.models import _tiny
from backfeed.engine.records import Check, Lineage

SMALL = _tiny.Size(
    vocabulary=300, width=32, layers=1, heads=2, length=64, batch=4, steps=60, rate=1e-2, seeds=2
)
NAMES = ("total", "count", "value", "limit", "share", "price", "width", "score")


def program(rng):
    """A problem and its answer, of one family."""
    name, number = rng.choice(NAMES), rng.randrange(10)
    asked = f"Write a function that adds {number} to {name}."
    return asked, f"def add({name}):\n    return {name} + {number}\n"


def noise(rng):
    """A problem and an answer without a pattern."""
    asked, _ = program(rng)
    return asked, "".join(chr(rng.randrange(33, 127)) for _ in range(40))


def rows(make, count, seed=0):
    rng = random.Random(seed)
    return [make(rng) for _ in range(count)]


@pytest.fixture(scope="module")
def found():
    """Losses of an arm that is like what is held out, and of one that is like nothing."""
    arms = {"alike": rows(program, 40), "noise": rows(noise, 40, seed=1)}
    held = {"reverse": rows(program, 8, seed=2), "backfeed": rows(program, 8, seed=3)}
    return arms, held, _tiny.losses(arms, held, SMALL)


def test_what_is_alike_teaches_more(found):
    _, _, told = found
    alike, other = told["alike"], told["noise"]
    assert max(alike.whole.values) < 0.5 * min(other.whole.values)
    assert max(alike.whole.values) < 0.3 * min(alike.untrained.values)


def test_every_arm_gets_the_same(found):
    _, _, told = found
    assert {loss.tokens for loss in told.values()} == {60 * 4 * 64}
    assert told["alike"].untrained == told["noise"].untrained
    assert [len(loss.whole.values) for loss in told.values()] == [2, 2]
    assert all(0 < loss.learnt < loss.tokens for loss in told.values())


def test_it_is_the_mean_of_its_branches(found):
    _, _, told = found
    for loss in told.values():
        each = zip(*(spread.values for spread in loss.branches.values()), strict=True)
        assert [sum(pair) / 2 for pair in each] == pytest.approx(loss.whole.values)


def test_the_same_again(found):
    arms, held, told = found
    assert _tiny.losses(arms, held, SMALL) == told


def test_only_answers_are_learnt():
    """Of 256 tokens in a step those of the problems, which are nearly all, count for nothing."""
    wordy = [(f"{asked} " * 20, "x = 1") for asked, _ in rows(program, 20)]
    terse = [("?", said * 9) for _, said in rows(program, 20)]
    told = _tiny.losses({"wordy": wordy, "terse": terse}, {"reverse": terse[:1]}, SMALL)
    assert told["wordy"].learnt < 0.1 * told["wordy"].tokens
    assert told["terse"].learnt > 0.9 * told["terse"].tokens


@pytest.mark.parametrize(
    ("arms", "held", "message"),
    [
        ({"a": [], "b": [("q", "a")]}, {"reverse": [("q", "a")]}, "no rows in a"),
        ({"a": [("q", "a")]}, {"reverse": []}, "no rows in what is held out"),
    ],
)
def test_nothing_to_learn(arms, held, message):
    with pytest.raises(InputError, match=message):
        _tiny.losses(arms, held, SMALL)


def test_long_rows_are_cut_for_judging():
    long = ("word " * 500, "x = 1\n" * 500)
    told = _tiny.losses({"a": [long, *rows(program, 5)]}, {"reverse": [long]}, SMALL)
    assert told["a"].whole.values[0] > 0


@pytest.fixture
def ran(tmp_path):
    """A run with both branches, of which every third row failed."""
    rng = random.Random(5)
    made = []
    for number in range(90):
        branch = "reverse" if number < 60 else "backfeed"
        asked, said = program(rng)
        asked = " ".join([asked, *(f"{branch}{number * k}" for k in range(9))])
        made.append(sample(
            f"r{number}", f"file {number}", asked=asked, said=f"{said}# {number * 31}",
            code=f"{said}# " + " ".join(f"{number * k}" for k in range(30)),
            lineage=Lineage(branch, (f"of {number}",)), level="tested",
        ))  # fmt: skip
    failed = [one.but(checks=(Check("test", "failed"),)).no("execute", "WA") for one in made[::3]]
    kept = [one for number, one in enumerate(made) if number % 3]
    return finish(tmp_path / "run", kept, failed, recipe={"name": "r"})


def test_the_table_tells_the_loss(ran, monkeypatch, capsys):
    small = functools.partial(_tiny.losses, size=SMALL)
    monkeypatch.setattr(_tiny, "losses", small)
    assert cli.run(["ablate", str(ran), "--held-out", "0.2", "--train"]) == 0
    told = json.loads((ran / "arms/arms.json").read_text())
    head, _, *lines = [line for line in capsys.readouterr().out.splitlines() if line[:1] == "|"]
    assert "held-out loss | reverse | backfeed |" in head
    assert len(lines) == len(told["arms"]) == 6
    for line, arm in zip(lines, told["arms"], strict=True):
        loss = arm["loss"]
        assert f"| {loss['mean']:.3f} ± {loss['deviation']:.3f} |" in line
        assert loss["mean"] < loss["untrained"]["mean"]
