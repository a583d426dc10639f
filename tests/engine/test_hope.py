"""Is it the request that fails, or the service? What it answered before is the proof."""

import pytest
from verbs import By, ask, fails_first, length, raises

from backfeed.engine import desk as desks
from backfeed.engine.errors import Outage, Throttled

GOOD = tuple("abcdefgh")
BAD = tuple(f"never {n}" for n in range(20))
POISON = raises(Outage("no"), at="never")


def kinds(results):
    return [type(one).__name__ if isinstance(one, Exception) else one for one in results]


@pytest.mark.parametrize("parallel", [1, 3, 40])
@pytest.mark.parametrize("batch", [1, 16])
def test_what_is_left_at_the_end_and_always_fails_is_put_aside(parallel, batch):
    service = By(POISON, parallel=parallel, batch=batch, wait_s=0.001)
    asked = ask(service, *GOOD, *BAD)
    assert kinds(asked.results) == [1] * 8 + ["Outage"] * 20
    assert asked.desk.counts["probed"] > 0
    assert service.most <= parallel


def test_a_run_that_has_only_those_left_does_not_wait_for_them(tmp_path):
    ask(By(length), *GOOD, book=tmp_path)
    asked = ask(By(POISON, parallel=9), *GOOD, *BAD, book=tmp_path)
    assert kinds(asked.results) == [1] * 8 + ["Outage"] * 20
    assert asked.desk.counts["known"] == 8


def test_one_alone_is_put_aside_without_a_proof():
    asked = ask(By(POISON), "never")
    assert kinds(asked.results) == ["Outage"]
    assert asked.desk.counts == {"asked": 1, "retried": 5, "failed": 1}


def test_a_proof_is_stored_no_second_time(tmp_path):
    ask(By(length), "a", book=tmp_path)
    other = By(lambda r: 99 if r.text == "a" else POISON(r), parallel=9)
    asked = ask(other, "a", *BAD, book=tmp_path)
    assert other.asked.count("a") == asked.desk.counts["probed"] > 0
    assert ask(By(length), "a", book=tmp_path).results == [1]


def test_a_service_that_is_down_fails_the_proof_and_nothing_is_put_aside(tmp_path):
    ask(By(length), "a", book=tmp_path)
    down = By(fails_first(Outage("gone"), 40), parallel=9)
    asked = ask(down, "a", *BAD, book=tmp_path)
    assert kinds(asked.results) == [1] + [7] * 10 + [8] * 10
    assert "failed" not in asked.desk.counts


def test_a_service_that_is_down_for_good_stops_the_run(tmp_path, monkeypatch):
    monkeypatch.setattr(desks, "SILENCE_S", 0.1)
    ask(By(length), "a", book=tmp_path)
    asked = ask(By(raises(Outage("gone", 0.02)), parallel=9), "a", *BAD, book=tmp_path)
    assert asked.pulse.stop_reason == "silent"


def test_a_service_that_asks_for_less_is_not_asked_for_a_proof(tmp_path):
    ask(By(length), "a", book=tmp_path)
    busy = By(fails_first(Throttled("slowly", 0.001), 40), parallel=9)
    asked = ask(busy, "a", *BAD, book=tmp_path)
    assert "probed" not in asked.desk.counts
