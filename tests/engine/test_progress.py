"""What a run says of itself while it works."""

import asyncio
import io
from collections import Counter
from types import SimpleNamespace

import pytest

from backfeed.engine import progress
from backfeed.engine.lanes import LaneResult
from backfeed.engine.records import Sample

GOOD, BAD = Sample(), Sample().no("s", "r")


def engine(**counts):
    desks = {
        name: SimpleNamespace(
            counts=Counter(count), service=SimpleNamespace(spent_usd=0.25), depth=count["asked"]
        )
        for name, count in counts.items()
    }
    return SimpleNamespace(desks=desks)


def paced(monkeypatch, *, seconds, results, rows=10):
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    pace = progress.Pace()
    pace.start(engine(sandbox={"asked": 7, "known": 3, "retried": 2}, compute={"asked": 9}))
    for step, sample in results:
        if step != pace.step:
            pace.begin(step, rows, together=False)
        pace.count(step, LaneResult([sample]))
        now[0] = 100.0 + seconds
    return pace


def test_a_line_tells_rate_yield_time_answers_and_money(monkeypatch):
    pace = paced(monkeypatch, seconds=10, results=([("a", GOOD)] * 3 + [("a", BAD)]) * 20, rows=100)
    assert pace.told() == (
        "80 of 100 rows · 8.0/s · 60 go on · 2 s left · asked sandbox 7 · 3 known · 7 wait"
        " · 2 retries · 0.50 USD"
    )


def test_each_segment_tells_of_its_own_rows(monkeypatch):
    pace = paced(monkeypatch, seconds=10, results=[("a", GOOD), ("b", GOOD), ("b", GOOD)])
    assert pace.told().startswith("2 of 10 rows · ")
    pace.begin("c", 7, together=False)
    assert pace.told().startswith("0 of 7 rows · ")


def test_a_stage_that_takes_all_rows_says_so(monkeypatch):
    pace = paced(monkeypatch, seconds=10, results=[("a", GOOD)])
    pace.begin("deduplicate", 1234, together=True)
    assert pace.told().startswith("1,234 rows together · asked sandbox 7")
    assert (pace.done, pace.total) == (0, 1234)
    pace.finish("deduplicate")
    assert pace.done == 1234


def test_a_segment_that_comes_again_is_counted_on(monkeypatch):
    results = [("a", GOOD), ("b", BAD), ("a", GOOD), ("a", BAD)]
    pace = paced(monkeypatch, seconds=10, results=results)
    assert pace.told().startswith("3 of 20 rows · ")
    assert "2 go on" in pace.told()


@pytest.mark.parametrize(
    ("seconds", "told"), [(0.4, "0 s"), (59, "59 s"), (61, "1 min"), (7200, "2.0 h")]
)
def test_times(seconds, told):
    assert progress._time(seconds) == told


@pytest.mark.parametrize("make", [lambda to: progress.Lines(to, 0.01), progress.Bars])
def test_watchers_follow_a_run_to_its_end(make):
    stream = io.StringIO()

    async def run():
        watcher = make(stream)
        watcher.started(engine(sandbox={"asked": 1}), 2)
        watcher.begun("parse", 2, together=False)
        for _ in range(2):
            watcher.committed("parse", LaneResult([GOOD]))
            await asyncio.sleep(0.05)
        watcher.begun("deduplicate", 2, together=True)
        watcher.finished("deduplicate")
        await asyncio.sleep(0.05)
        watcher.ended()
        await asyncio.sleep(0)

    asyncio.run(run())
    assert "2 of 2 rows" in stream.getvalue()
    assert "parse" in stream.getvalue()
    assert "2 rows together" in stream.getvalue()


def test_an_end_without_a_start_is_no_fault():
    for watcher in (progress.Lines(io.StringIO()), progress.Bars(io.StringIO())):
        watcher.ended()
        assert watcher._pace.done == 0


def test_bars_are_for_terminals():
    terminal = SimpleNamespace(isatty=lambda: True, write=len, flush=int)
    assert isinstance(progress.watcher(terminal), progress.Bars)
    assert isinstance(progress.watcher(io.StringIO()), progress.Lines)
