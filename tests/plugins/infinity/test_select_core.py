"""A core covers more than as many rows drawn blindly, and is better."""

import random

import pytest
from selecting import alive, run

from backfeed.plugin import ConfigError, Labels, NamedScore, Sample
from backfeed.plugins.infinity.select_core import SelectCore


def row(name, *labels, **scores):
    told = tuple(NamedScore(one, value) for one, value in scores.items())
    return Sample(id=name, labels=Labels(fine=labels), scores=told)


def large(count=3000):
    """Labels as they are: a few frequent ones, and a long tail."""
    rng = random.Random(3)
    for n in range(count):
        labels = {f"l{int(rng.paretovariate(0.6)) % 900}" for _ in range(rng.randint(1, 4))}
        yield row(str(n), *sorted(labels), reward=rng.gauss(0, 2), loss=rng.random())


def test_a_core_covers_more_and_is_better_than_as_many_rows_drawn_blindly():
    found, result = run(SelectCore(share=0.1), list(large()))
    told = result.metrics
    assert told["core/rows"] == told["random/rows"] == len(alive(found)) == 300
    assert told["core/coverage"] > 1.5 * told["random/coverage"]
    assert told["core/score"] > told["random/score"] + 0.5


def test_a_sweep_takes_what_brings_a_label_and_the_best_first():
    rows = [
        row("worst", "a", reward=1), row("best", "a", reward=5), row("rare", "b", reward=2),
        row("unknown", "c"), row("bare", reward=9),
    ]  # fmt: skip
    found, _ = run(SelectCore(k=3), rows)
    assert alive(found) == ["best", "rare", "unknown"]
    told = {one.id: one.rejected.detail for one in found if one.rejected}
    assert told == {"worst": "reward 1, sweep 2", "bare": "reward 9, no label"}


def test_of_equal_rewards_the_deeper_is_first():
    rows = [row("shallow", "a", loss=2.0), row("deep", "a", "b", loss=2.0)]
    assert alive(run(SelectCore(k=1), rows)[0]) == ["deep"]


def test_a_share_that_is_none_is_refused():
    with pytest.raises(ConfigError, match="share = 0"):
        SelectCore(share=0)
