"""What stops a run leaves a prefix: goals, limits, budgets, silence, Ctrl-C."""

import asyncio
import os
import random
import signal
from dataclasses import dataclass

import pytest
from verbs import By, Half, Measure, length, many, raises, run, step

from backfeed.engine import desk, job, lanes, pulse
from backfeed.engine.errors import (
    Outage,
    Stopping,
    WorldError,
)
from backfeed.engine.recipe import Loop, Stop
from backfeed.engine.records import Sample
from backfeed.engine.requests import Embed, Result

ROWS = many(120)


@dataclass(frozen=True)
class Coin:
    """Accept by what the service says; two rows of one, now and then."""

    version: int = 1

    def each(self, sample):
        number = yield from Embed(sample.code)
        if number % 2:
            return [sample.no("coin", "odd")]
        extra = sample.child("coin", 1, code=f"{sample.code} again")
        return [sample, extra] if number % 3 == 0 else [sample]


def toss(request):
    return sum(request.text.encode()) % 12


def waits(answer, most_s=0.004):
    rng = random.Random(3)
    return lambda request: asyncio.sleep(rng.random() * most_s, answer(request))


SETTINGS = [(1, 1), (2, 1), (7, 3), (40, 9), (120, 40), (1000, 200)]


@pytest.mark.parametrize("accepted", [1, 20, 33])
def test_so_many_accepted_rows_are_the_same_under_any_setting(tmp_path, accepted):
    left = []
    for window, parallel in SETTINGS:
        done = run(
            tmp_path / f"{window}", step(Coin()), samples=ROWS, window=window,
            service=By(waits(toss), parallel=parallel), stop=Stop(accepted=accepted),
        )  # fmt: skip
        assert (done.report.written.accepted, done.report.complete) == (accepted, True)
        left.append(done.files())
    assert all(files == left[0] for files in left)


def test_what_lies_beyond_the_stop_stays_in_the_book(tmp_path):
    first = run(tmp_path, step(Coin()), samples=ROWS, service=By(toss), stop=Stop(accepted=10))
    second = run(tmp_path, step(Coin()), samples=ROWS, service=By(toss), stop=Stop(accepted=20))
    assert not set(first.service.asked) & set(second.service.asked)


def test_accepted_rows_behind_a_whole_stage_are_judged_at_wave_ends(tmp_path):
    stop, rows = Stop(accepted=2000), many(12_000)
    done = run(tmp_path, step(Measure()), step(Half()), samples=rows, stop=stop, window=2000,
               service=By(length, batch=500))  # fmt: skip
    assert 2000 <= done.report.written.accepted <= 3000
    assert sum(done.service.sizes) == 2 * done.report.written.accepted + 1


def test_few_accepted_rows_behind_a_whole_stage_cost_few_answers(tmp_path):
    done = run(tmp_path, step(Measure()), step(Half()), samples=many(12_000), window=2000,
               stop=Stop(accepted=10), service=By(length, batch=50))  # fmt: skip
    assert (done.report.written.accepted, sum(done.service.sizes)) == (32, 64)


@pytest.mark.parametrize("answers", [100, 500, 3000])
def test_a_budget_behind_a_whole_stage_leaves_most_of_what_it_paid_for(tmp_path, answers):
    done = run(tmp_path, step(Measure()), step(Half()), samples=many(12_000), window=200,
               stop=Stop(usd=1), service=By(budget(answers)))  # fmt: skip
    assert (done.report.stopped, done.report.complete) == ("usd", False)
    assert 2 * done.report.written.accepted >= 0.5 * answers


def test_a_limit_takes_so_many_usable_rows(tmp_path):
    rows = [row.no("read", "bad") if n % 2 else row for n, row in enumerate(ROWS)]
    done = run(tmp_path, step(Measure()), samples=rows, stop=Stop(limit=10))
    assert done.report.tallies["read"].plain() == {
        "in": 19, "made": 0, "out": 10, "rejected": {"bad": 9}, "unfinished": 0,
    }  # fmt: skip


def is_prefix(codes):
    return codes == [row.code for row in ROWS[: len(codes)]]


def test_hours_leave_a_prefix_and_the_next_run_the_rest(tmp_path):
    slow = By(lambda r: asyncio.sleep(0.02, 1), parallel=2)
    stop = Stop(hours=0.3 / 3600)
    cut = run(tmp_path, step(Measure()), samples=ROWS, service=slow, stop=stop)
    assert (cut.report.stopped, cut.report.complete) == ("hours", False)
    assert is_prefix(cut.codes())
    assert 0 < len(cut.codes()) < len(ROWS)
    rest = run(tmp_path, step(Measure()), samples=ROWS)
    assert rest.codes() == [row.code for row in ROWS]
    assert sum(rest.service.sizes) + sum(slow.sizes) == len(ROWS)


def budget(answers):
    """A service that stops when so many answers are paid for."""
    left = iter(range(answers))

    def answer(request):
        if next(left, None) is None:
            raise Stopping("usd")
        return length(request)

    return answer


@pytest.mark.parametrize(("window", "parallel"), [(1, 1), (10, 3), (100, 20)])
def test_a_budget_leaves_a_prefix(tmp_path, window, parallel):
    service = By(waits(budget(40)), parallel=parallel)
    done = run(tmp_path, step(Measure()), samples=ROWS, service=service, window=window,
               stop=Stop(usd=1))  # fmt: skip
    assert (done.report.stopped, done.report.complete) == ("usd", False)
    assert is_prefix(done.codes())
    assert 40 - parallel <= len(done.codes()) <= 40


def test_a_prefix_goes_through_the_stages_that_ask_nothing_more(tmp_path):
    done = run(tmp_path, step(Measure()), step(Half()), samples=ROWS, service=By(budget(40)))
    assert len(done.codes()) == 20


@dataclass(frozen=True)
class Twice:
    """Ask for the length of the code, twice over."""

    version: int = 1

    def each(self, sample):
        yield from Embed(sample.code + sample.code)
        return [sample.but(code=f"{sample.code} more")]


def test_what_was_there_before_a_loop_outlives_a_stop_in_it(tmp_path):
    rows = ROWS[:60]  # one wave
    more = Loop("more", (step(Twice()),), rounds=2, carry="seeds")
    done = run(tmp_path, step(Measure()), more, step(Half()), samples=rows, window=10,
               service=By(budget(len(rows) + 30)), stop=Stop(usd=1))  # fmt: skip
    assert (done.report.stopped, done.report.complete) == ("usd", False)
    kept = len(rows) // 2
    assert done.codes()[:kept] == [row.code for row in rows][1::2]
    assert 10 <= len(done.codes()[kept:]) <= 15  # and those that came through the loop in time
    rest = run(tmp_path, step(Measure()), more, step(Half()), samples=rows, stop=Stop(usd=1))
    assert rest.report.complete
    assert len(rest.codes()) == 3 * len(rows) // 2


@dataclass(frozen=True)
class Look:
    """Ask about all rows, and leave them as they are."""

    version: int = 1
    spare: bool = False
    asks = ("embedder",)

    def whole(self, table):
        yield from Embed("all of them")
        return Result(table)


@pytest.mark.parametrize(("spare", "kept"), [(True, 40), (False, 0)])
def test_after_a_stop_a_spare_stage_is_left_out(tmp_path, spare, kept):
    done = run(tmp_path, step(Measure()), step(Look(spare=spare)), samples=ROWS[:60], window=1,
               service=By(budget(40)), stop=Stop(usd=1))  # fmt: skip
    assert (done.report.stopped, done.report.complete) == ("usd", False)
    assert done.codes() == [row.code for row in ROWS[:kept]]


def test_a_silent_service_ends_the_run_with_its_prefix(tmp_path, monkeypatch):
    monkeypatch.setattr(desk, "SILENCE_S", 0.05)
    left = iter(range(30))
    gone = By(lambda r: length(r) if next(left, None) is not None else Outage("gone"), parallel=4)
    done = run(tmp_path, step(Measure()), samples=ROWS, service=gone)
    assert (done.report.stopped, done.report.complete) == ("silent", False)
    assert is_prefix(done.codes())
    assert 0 < done.report.written.unfinished <= 50


@pytest.mark.parametrize(
    ("hours", "service", "error"),
    [
        (0.1 / 3600, By(lambda _: asyncio.sleep(9, 1)), "stopped by the limit of hours before any"),
        (None, By(raises(Outage("gone", 0.02)), parallel=9), "embedder has been silent"),
    ],
)
def test_a_stop_before_any_row_leaves_what_was_there(tmp_path, monkeypatch, hours, service, error):
    monkeypatch.setattr(desk, "SILENCE_S", 0.1)
    monkeypatch.setattr(pulse, "GRACE_S", 0.05)
    monkeypatch.setattr(lanes, "GRACE_S", 0.05)
    first = run(tmp_path, step(Measure()), samples=ROWS)
    before = first.files()
    with pytest.raises(WorldError, match=error):
        run(tmp_path, step(Measure(1)), samples=ROWS, service=service, stop=Stop(hours=hours),
            book=tmp_path / "book")  # fmt: skip
    assert first.files() == before


def presses(times):
    """A service during whose 30th answer Ctrl-C is pressed."""
    count = iter(range(10**6))

    def answer(request):
        if next(count) == 30:
            for _ in range(times):
                os.kill(os.getpid(), signal.SIGINT)
        return length(request)

    return answer


def test_the_first_interrupt_leaves_a_prefix_of_all_that_is_paid(tmp_path):
    before = signal.getsignal(signal.SIGINT)
    service = By(waits(presses(1)), parallel=5)
    done = run(tmp_path, step(Measure()), samples=ROWS, service=service)
    assert done.report.stopped == "interrupted"
    assert is_prefix(done.codes())
    assert len(done.codes()) == sum(service.sizes)
    assert signal.getsignal(signal.SIGINT) is before


def test_the_second_interrupt_ends_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(pulse, "GRACE_S", 60)
    monkeypatch.setattr(lanes, "GRACE_S", 60)
    press = presses(2)
    slow = By(lambda r: asyncio.sleep(60, press(r)), parallel=40)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, step(Measure()), samples=ROWS, service=slow)
    assert slow.closed == 1


def test_an_interrupt_while_inputs_are_read_leaves_nothing_half_read(tmp_path):
    def rows():
        yield from many(1500)
        os.kill(os.getpid(), signal.SIGINT)
        while True:
            yield Sample(code="more")

    with pytest.raises(job.Interrupted, match="nothing was asked yet"):
        run_rows(tmp_path, rows)
    assert not list((tmp_path / ".work" / "seeds").glob("*/done.json"))


def run_rows(directory, rows):
    plan = job.Plan(
        job.Recipe("test", (step(Measure()),)), directory, {"embedder": By(length)}, rows, "rows"
    )
    return asyncio.run(job.execute(plan))
