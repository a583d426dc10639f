"""A sandbox is tried before anything runs in it; one that does not hold runs nothing."""

import asyncio

import pytest

from backfeed.engine import files, proving, services
from backfeed.engine.errors import ConfigError
from backfeed.sandboxes.selfcheck import probes


class Told:
    """A sandbox in which every probe comes to its verdict, but for the ones that are said."""

    identity = "one"

    def __init__(self, *, wrong=(), hole=(), again=99):
        self.wrong, self.hole, self.again = set(wrong), set(hole), again
        self.asked = []
        self.in_force = {"backend": "told"}
        self.closed = False

    async def answer(self, jobs):
        return [self.one(job.files[0].text) for job in jobs]

    def one(self, code):
        probe = next((p for p in probes.PROBES if p.code.strip()[:20] == code.strip()[:20]), None)
        name, verdict = (probe.name, probe.verdicts[0]) if probe else ("after", "AC")
        self.asked.append(name)
        if name in self.wrong and self.asked.count(name) <= self.again:
            verdict = "IDLE" if verdict != "IDLE" else "AC"
        return {"verdict": verdict, "stdout": "HOLE" if name in self.hole else ""}

    async def close(self):
        self.closed = True


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setattr(files.platformdirs, "user_cache_path", lambda _: tmp_path)


def test_it_is_tried_once_for_each_start_of_the_machine(monkeypatch, tmp_path):
    first, second = Told(), Told()
    found = proving.prove("told", first)
    assert [one["name"] for one in found] == [probe.name for probe in probes.PROBES]
    assert proving.prove("told", second) == found
    assert second.asked == []
    (tmp_path / "boot").write_text("another")
    monkeypatch.setattr(proving, "BOOT", tmp_path / "boot")
    proving.prove("told", second)
    assert second.asked


@pytest.mark.parametrize("change", ["identity", "in_force"])
def test_another_sandbox_is_tried_anew(change):
    proving.prove("told", Told())
    other = Told()
    setattr(other, change, "two" if change == "identity" else {"backend": "other"})
    proving.prove("told", other)
    assert other.asked


def test_one_that_does_not_hold_is_refused_with_what_failed():
    with pytest.raises(ConfigError, match=r"told does not hold .*fork 200: AC, but HOLE"):
        proving.prove("told", Told(hole=["fork 200"]))
    again = Told()
    proving.prove("told", again)
    assert again.asked, "what failed was kept"


def test_a_busy_machine_has_another_go_and_a_hole_has_not():
    slow = Told(wrong=["spin"], again=1)
    assert all(one["ok"] for one in proving.prove("told", slow))
    assert slow.asked.count("spin") == 2
    never, holed = Told(wrong=["spin"]), Told(hole=["spin"])
    never.identity = holed.identity = "two"
    for one in (never, holed):
        with pytest.raises(ConfigError, match="spin"):
            proving.prove("told", one)
    assert (never.asked.count("spin"), holed.asked.count("spin")) == (proving.TRIES, 1)


def test_a_run_keeps_what_was_tried(monkeypatch):
    made = Told()
    monkeypatch.setattr(services, "open_sandbox", lambda *_, **__: made)
    assert services.open_proven("bubblewrap", {}) is made
    assert len(made.in_force["probes"]) == len(probes.PROBES)
    bad = Told(hole=["connect"])
    bad.identity = "bad"
    monkeypatch.setattr(services, "open_sandbox", lambda *_, **__: bad)
    with pytest.raises(ConfigError):
        services.open_proven("bubblewrap", {})
    assert bad.closed


def test_one_that_isolates_nothing_has_nothing_to_prove():
    service = services.open_proven("process", {})
    assert "probes" not in service.in_force
    asyncio.run(service.close())
