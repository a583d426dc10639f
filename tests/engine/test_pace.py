"""AIMD: half as many when a service complains, one more for each round of successes."""

import pytest

from backfeed.engine import pace as paces
from backfeed.engine.contracts import Gather
from backfeed.engine.errors import Missing, Outage, Throttled
from backfeed.engine.pace import Pace


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 100.0

        def monotonic(self):
            return self.now

    made = Clock()
    monkeypatch.setattr(paces, "time", made)
    return made


def throttle(pace, clock, sent_at=None):
    """A complaint, once the pause after the last one is over."""
    clock.now += 2
    pace.bad(Throttled("slowly", 1.0), clock.now if sent_at is None else sent_at)


def round_of_successes(pace):
    for _ in range(pace.parallel):
        pace.good()
    return pace.parallel


def test_the_window_halves_and_grows_by_one_a_round(clock):
    pace = Pace(Gather(parallel=64))
    throttle(pace, clock)
    assert pace.parallel == 32
    assert [round_of_successes(pace) for _ in range(5)] == [32, 33, 34, 35, 36]
    throttle(pace, clock)
    assert pace.parallel == 18


def test_the_window_is_never_above_what_is_set_nor_below_one(clock):
    pace = Pace(Gather(parallel=4))
    for _ in range(9):
        throttle(pace, clock)
    assert pace.parallel == 1
    for _ in range(100):
        pace.good()
    assert pace.parallel == 4


def test_complaints_about_what_was_under_way_together_halve_once(clock):
    pace = Pace(Gather(parallel=64))
    sent_at = clock.now
    for _ in range(20):
        throttle(pace, clock, sent_at)
    assert pace.parallel == 32


def test_everybody_waits_as_long_as_the_service_says(clock):
    pace = Pace(Gather(parallel=64))
    pace.bad(Throttled("slowly", 7.0), clock.now)
    assert pace.quiet_s() == 7.0


def test_after_a_failure_the_window_comes_back_quickly(clock):
    """A service that was down bore the load before."""
    pace = Pace(Gather(parallel=64))
    for _ in range(paces.PATIENCE + 1):
        pace.bad(Outage("down", 1.0), clock.now)
    assert pace.parallel == 32
    assert round_of_successes(pace) == 64


def test_a_few_failures_slow_nobody(clock):
    pace = Pace(Gather(parallel=64))
    for _ in range(paces.PATIENCE):
        pace.bad(Outage("no"), clock.now)
    assert (pace.parallel, pace.quiet_s()) == (64, 0)


def test_what_is_missing_slows_nobody(clock):
    pace = Pace(Gather(parallel=64))
    for _ in range(100):
        pace.bad(Missing("not here"), clock.now)
    assert (pace.parallel, pace.failures) == (64, 0)
