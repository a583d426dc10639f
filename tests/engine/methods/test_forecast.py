"""Totals from a sample: unbiased, and their intervals hold as often as they say."""

import numpy as np
import pytest

from backfeed.engine.methods.forecast import Scale, draws, student, total

SEEDS, SAMPLED, TRIALS = 200, 20, 400


def intervals(make, *, weights=(1.0,)):
    """How often the interval of a total holds the true one, over many populations."""
    rng, held = np.random.default_rng(1), 0
    for trial in range(TRIALS):
        seeds = make(rng)
        chosen = rng.choice(SEEDS, SAMPLED, replace=False)
        scale = Scale(SAMPLED, SEEDS)
        found = total(draws(seeds[chosen], [], scale, seed=trial), weights, scale)
        held += found.low <= (seeds @ np.asarray(weights)).sum() <= found.high
    return held / TRIALS


@pytest.mark.parametrize(
    "make",
    [
        lambda rng: rng.normal(1000, 200, (SEEDS, 1)),
        lambda rng: rng.gamma(2.0, 500, (SEEDS, 1)),
        lambda rng: rng.binomial(3, 0.5, (SEEDS, 1)) * 800.0,
    ],
    ids=["even", "skewed", "steps"],
)
def test_the_interval_holds_the_truth_nineteen_times_in_twenty(make):
    assert 0.9 <= intervals(make) <= 0.99


def test_later_segments_have_as_many_lanes_as_it_happens():
    """Half of the seeds go on to a second segment, where each costs ten times as much."""
    rng, held = np.random.default_rng(2), 0
    for trial in range(TRIALS):
        goes_on = rng.random(SEEDS) < 0.5
        chosen = rng.choice(SEEDS, SAMPLED, replace=False)
        later = np.full((int(goes_on[chosen].sum()), 1), 10.0)
        scale = Scale(SAMPLED, SEEDS)
        found = total(draws(np.ones((SAMPLED, 1)), [later], scale, seed=trial), (1,), scale)
        held += found.low <= SEEDS + 10 * goes_on.sum() <= found.high
    assert held / TRIALS >= 0.93


def test_a_sample_of_all_is_certain():
    lanes, scale = np.arange(12.0).reshape(12, 1), Scale(12, 12)
    found = total(draws(lanes, [lanes], scale), (1,), scale)
    assert (found.low, found.estimate, found.high) == (132, 132, 132)


def test_one_seed_of_many_has_no_interval():
    scale = Scale(1, 50)
    found = total(draws(np.ones((1, 1)), [], scale), (2,), scale)
    assert (found.estimate, found.low, found.high) == (100, None, None)


def test_what_the_sample_used_is_the_least():
    lanes = np.zeros((20, 1))
    lanes[0] = 100
    scale = Scale(20, 22)
    assert total(draws(lanes, [], scale), (1,), scale).low == pytest.approx(100)


def test_students_factor_shrinks_with_the_sample():
    assert [student(n) for n in (0, 1, 13, 19, 999)] == [12.706, 12.706, 2.179, 2.131, 2.042]
