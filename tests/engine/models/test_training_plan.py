"""Presets, and what they make of rows: rates, orders, sequences, steps."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from backfeed.engine.errors import ConfigError, Refused
from backfeed.engine.models import _presets
from backfeed.engine.models._presets import Preset
from backfeed.engine.models._training_plan import Plan, grouped, numbered

LENGTHS = np.random.default_rng(1).integers(5, 200, 157)
WANTED = Preset(epochs=3, batch=8, length=256, packing="none")


def members(step):
    return [row for sequence in step for row in sequence]


@pytest.mark.parametrize("packing", ["none", "documents", "plain"])
def test_each_row_stands_in_each_epoch_once(packing):
    plan = Plan(LENGTHS, replace(WANTED, packing=packing))
    steps = [plan.step(number) for number in range(len(plan))]
    rows = [row for step in steps for row in members(step)]
    epochs = [sorted(rows[n : n + 157]) for n in (0, 157, 314)]
    assert epochs == [list(range(157))] * 3
    assert rows[:157] != rows[157:314], "each epoch is drawn anew"
    assert max(len(step) for step in steps) == 8
    assert all(LENGTHS[sequence].sum() <= 256 for step in steps for sequence in step)


def test_packing_needs_fewer_steps():
    apart, packed = (Plan(LENGTHS, replace(WANTED, packing=p)) for p in ("none", "documents"))
    assert len(apart) == 3 * 20
    assert 3 * -(-LENGTHS.sum() // (8 * 256)) <= len(packed) <= 0.6 * len(apart)


def test_a_step_is_the_same_whatever_was_asked_before():
    first, second = (Plan(LENGTHS, WANTED) for _ in range(2))
    there = [first.step(number) for number in range(len(first))]
    assert [second.step(n) for n in (59, 3, 20, 19, 40)] == [there[n] for n in (59, 3, 20, 19, 40)]
    assert Plan(LENGTHS, replace(WANTED, seed=1)).step(0) != there[0]
    with pytest.raises(IndexError):
        first.step(60)


def test_given_batches_are_packed_each_by_itself():
    preset = replace(WANTED, packing="documents", length=100)
    plan = Plan(np.array([60, 30, 20, 90, 10]), preset, [[0, 1, 2], [3, 4]])
    assert [plan.step(n) for n in range(len(plan))] == [[[0, 1], [2]], [[3, 4]]]


def test_batches_of_ids():
    assert numbered([["b", "x"], ["x"], ["a"]], ["a", "b"], {"x"}) == [[1], [0]]
    with pytest.raises(Refused, match="unknown-row: a batch names 'y'"):
        numbered([["y"]], ["a"])
    with pytest.raises(Refused, match="equal-ids: 3 rows have 2 ids"):
        numbered([["a"]], ["a", "b", "a"])


def test_micro_batches_hold_no_more_than_is_asked():
    lengths = np.array([10, 50, 30, 200, 30])
    found = grouped([[0], [1], [2], [3], [4]], lengths, 100)
    assert found == [[[3]], [[1], [2]], [[4], [0]]]


def test_the_rate_rises_and_falls():
    preset = Preset(learning_rate=1.0, min_learning_rate=0.1, warmup_steps=4)
    rates = [preset.rate(step, 20) for step in range(1, 23)]
    assert rates[:4] == [0.25, 0.5, 0.75, 1.0]
    assert all(a > b for a, b in pairwise(rates[3:21]))
    assert rates[20] == rates[21] == pytest.approx(0.1)
    assert preset.rate(12, 19) == pytest.approx(0.55)
    assert replace(preset, schedule="linear").rate(12, 19) == pytest.approx(0.55)
    assert replace(preset, schedule="constant").rate(19, 19) == 1.0


def test_presets_of_infinity_are_the_published():
    for name in ("infinity-f", "infinity-g", "infinity-one-stage"):
        found = _presets.load(name)
        assert (found.epochs, found.batch, found.clip, found.packing) == (3, 528, 1.0, "plain")
        assert (found.learning_rate, found.min_learning_rate) == (5e-6, 0.0)
        assert (found.schedule, found.warmup_steps) == ("cosine", 40)
        assert (found.weight_decay, found.beta1, found.beta2) == (0.0, 0.9, 0.95)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("batches = 3", "has no setting 'batches'; did you mean 'batch'"),
        ("batch = 0", "batch = 0: it must be at least 1"),
        ("learning_rate = nan", "learning_rate = nan"),
        ("beta2 = 1.0", "beta2 = 1.0: it must be below 1"),
        ('packing = "tight"', "the preset .*tight"),
        ("lora = { rank = -1 }", "rank is 0 or more"),
    ],
)
def test_a_preset_that_is_wrong_is_told(tmp_path, text, message):
    path = tmp_path / "own.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        _presets.load(str(path))


def test_a_file_that_is_not_there():
    with pytest.raises(ConfigError, match=r"there is no file .*gone\.toml"):
        _presets.load("gone.toml")
