"""The hostile suite itself: what it sees when a sandbox does not hold."""

import asyncio
import os
import re
import socket
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from backfeed.engine.contracts import Gather
from backfeed.engine.errors import CallerError, ConfigError, Outage, Refused
from backfeed.engine.requests import Limits
from backfeed.sandboxes.selfcheck import bait, host, items, judge, suite

ITEM = items.Item("spin", "python", "computes for ever", ("TLE",), program="spin", row=11)
FINE = {"verdict": "TLE"}


class Fake:
    """Answers jobs by a function that may do harm meanwhile; `hello` is what a slot says after."""

    identity, gather = "fake", Gather()

    def __init__(self, answer, hello="1\n"):
        self._answer, self._hello, self.jobs = answer, hello, []

    def content(self, request):
        return request.content()

    async def answer(self, requests):
        (job,) = requests
        self.jobs.append(job)
        if [file.text for file in job.files] == ["print(1)"]:
            return [{"verdict": "AC", "stdout": self._hello}]
        return [self._answer(job)]

    async def close(self):
        """Nothing is held."""


def attempt(item, answer, **more):
    """What the suite says of an item that comes to this answer, or to what a function makes."""
    fake = Fake(answer if callable(answer) else lambda _: answer, **more)
    place = suite.Place("fake", fake, fake, "the-secret")
    return asyncio.run(suite.attempt(item, place))


def spied(item, spoil):
    """The same, while `spoil(place, tag)` is done: `place` maps the words that were filled in."""
    words = ("CANARY", "TREE", "PORT", "UDP", "ABSTRACT", "SOCKET", "TAG")
    code = "\n".join(f"{word}=@{word}@" for word in words)

    def answer(job):
        spoil(dict(line.split("=", 1) for line in job.files[0].text.splitlines()))
        return FINE

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(items, "text", lambda language, program: code)
        return attempt(item, answer)


def test_what_holds():
    found = attempt(ITEM, FINE)
    assert (found.holds, found.verdict, found.why, found.counts) == (True, "TLE", "", "held")
    assert found.plain().keys() >= {"name", "language", "expected", "verdict", "holds", "why"}


@pytest.mark.parametrize(
    ("change", "answer", "why"),
    [
        ({}, {"verdict": "AC"}, "it came to AC"),
        ({}, {**FINE, "stdout": "HOLE /x\n"}, "HOLE /x"),
        ({}, {**FINE, "stderr": "a the-secret b"}, "'the-secret' was printed"),
        ({"forbidden": ("root:",)}, {**FINE, "stdout": "root:x"}, "'root:' was printed"),
        ({"prints": "done"}, FINE, "'done' was not printed"),
        ({"printed_bytes": 3}, {**FINE, "stdout": "ab"}, "2 bytes were printed, not 3"),
        ({"strays": 1}, FINE, "0 processes left behind were counted, not 1"),
        ({}, Outage("it broke"), "Outage: it broke"),
        ({}, Refused("no-command", "x"), "Refused: "),
    ],
)
def test_what_does_not(change, answer, why):
    found = attempt(replace(ITEM, **change), answer)
    assert (found.holds, found.counts) == (False, "failed")
    assert why in found.why


def test_a_service_that_raises():
    def broken(_job):
        raise UnicodeDecodeError("utf-8", b"x", 0, 1, "told")

    found = attempt(ITEM, broken)
    assert (found.holds, found.verdict.startswith("Outage: the service raised")) == (False, True)


def test_a_slot_that_does_not_answer_any_more():
    assert "does not answer" in attempt(ITEM, FINE, hello="").why


def test_what_the_next_program_finds():
    def answer(job):
        left = "HOLE" if "TAG" not in job.files[0].text and "left" in str(job.files) else ""
        return {"verdict": "AC", "stdout": left}

    item = replace(ITEM, verdicts=("AC",), program="leave", after="leave-look")
    assert "the next program: HOLE" in attempt(item, answer).why


def _connect(place):
    socket.create_connection(("127.0.0.1", int(place["PORT"]))).close()


def _send(place):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.sendto(b"x", ("127.0.0.1", int(place["UDP"])))


def _connect_unix(address):
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(address)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda place: Path(place["CANARY"]).write_text("x"), "the canary was changed"),
        (lambda place: Path(place["CANARY"]).unlink(), "the canary was changed"),
        (lambda place: Path(place["CANARY"]).chmod(0o600), "the canary was changed"),
        (lambda place: Path(place["TREE"], "a").unlink(), "the canary's folder was changed"),
        (_connect, "something came to the TCP listener"),
        (_send, "something came to the UDP listener"),
        (lambda place: _connect_unix(place["SOCKET"]), "something came to the path listener"),
        (lambda place: _connect_unix("\0" + place["ABSTRACT"]), "came to the abstract listener"),
    ],
)
def test_bait_that_was_taken(spoil, why):
    assert why in spied(ITEM, spoil).why


@pytest.mark.parametrize("carried", ["argument", "environment"])
def test_a_process_that_is_left(carried):
    started = []

    def leave(place):
        tag = place["TAG"]
        words = [tag] if carried == "argument" else ["x"]
        more = {"WORD": tag} if carried == "environment" else {}
        command = ["bash", "-c", "sleep 20; true", *words]
        started.append(subprocess.Popen(command, env={**os.environ, **more}))

    try:
        assert "left behind" in spied(ITEM, leave).why
    finally:
        for process in started:
            process.kill()
            process.wait()


def test_memory_and_reading_are_measured():
    watch = host.Watch()
    watch.dip_mb, watch.read_mb = 5000.0, 100.0
    alone = replace(ITEM, alone=True)
    assert len(judge.measured(alone, watch)) == 2
    assert judge.measured(ITEM, watch) == []
    watch.dip_mb = watch.read_mb = 1.0
    assert judge.measured(alone, watch) == []


def test_a_watch_sees_reading():
    with host.Watch() as watch, Path("/dev/zero").open("rb") as file:
        file.read(32 << 20)
    assert watch.read_mb >= 32


def test_time_above_the_limit():
    item = replace(ITEM, limits={"wall_s": 1.0})
    assert judge.slow(item, 100.0) == ["it took 100.0 s, not 14.0"]
    assert judge.slow(item, 2.0) == []
    assert judge.slow(replace(item, within_s=1.5), 2.0) == ["it took 2.0 s, not 1.5"]


@pytest.mark.parametrize(("beside_s", "holds"), [(1.1, True), (2.5, False)])
def test_cpu_time_that_a_neighbour_changes(beside_s, holds):
    one_try = [1.0, beside_s, beside_s]  # alone, then both at once
    times = iter(2 * [1.0, 1.0, *(suite.TRIES * one_try)])
    item = replace(ITEM, program="compute", beside="compute-beside", steady=True)
    found = attempt(item, lambda _: {**FINE, "cpu_s": next(times)})
    assert found.holds is holds
    assert ("CPU time" in found.why) is not holds


def test_a_known_gap_is_neither_held_nor_failed():
    item = replace(ITEM, known_gap="reason")
    for answer in (FINE, {"verdict": "AC"}):
        found = attempt(item, answer)
        assert (found.holds, found.counts) == (None, "known gap")
        assert "reason" in found.why


def test_what_would_harm_is_not_run():
    fake = Fake(lambda _: FINE)
    place = suite.Place("process", fake, fake, "x")
    found = asyncio.run(suite.attempt(replace(ITEM, never_on={"process": "it kills"}), place))
    assert (found.holds, found.counts, fake.jobs) == (None, "not run", [])
    assert "it kills" in found.why


def test_a_language_that_is_absent_is_not_run():
    fake = Fake(lambda _: Refused("no-command", "the sandbox has no program 'python'"))
    lacks = asyncio.run(suite.absent(fake, ["python"]))
    place = suite.Place("fake", fake, fake, "x", lacks)
    found = asyncio.run(suite.attempt(ITEM, place))
    assert (found.verdict, found.holds, found.counts) == ("absent", None, "not run")
    assert "has no program" in found.why


def test_an_outage_does_not_make_a_language_absent():
    answers = iter([Outage("busy"), {"verdict": "AC"}])
    assert asyncio.run(suite.absent(Fake(lambda _: next(answers)), ["python"])) == {}


def some(*holds):
    return [judge.Found(ITEM, "TLE", held) for held in holds]


def test_thresholds():
    assert judge.threshold("bubblewrap", some(True, None)) == ""
    assert "1 item failed" in judge.threshold("bubblewrap", some(True, False))
    assert judge.threshold("process", some(*[False] * 25, True)) == ""
    assert "only 24 items fail" in judge.threshold("process", some(*[False] * 24))
    with pytest.raises(ConfigError, match="no item"):
        judge.threshold("bubblewrap", some(None))


def test_items_run_alone_first_and_come_back_in_order():
    chosen = [replace(ITEM, name=str(n), alone=n % 2 == 0) for n in range(6)]
    heard, before = [], os.environ.get(bait.VARIABLE)
    bench = suite.Bench("fake", lambda _: Fake(lambda _: FINE), 2, heard.append)
    found = asyncio.run(suite.run(bench, chosen))
    assert [one.item.name for one in found] == list("012345")
    assert [one.item.name for one in heard[:3]] == ["0", "2", "4"]
    assert os.environ.get(bait.VARIABLE) == before


def test_a_choice():
    assert {item.language for item in items.select(["python"])} == {"python"}
    assert [item.key for item in items.select([], ["python/spin"])] == ["python/spin"]
    for choice in ((["cobol"], []), ([], ["python/spim"])):
        with pytest.raises(CallerError, match=r"there are|did you mean"):
            items.select(*choice)


@pytest.mark.parametrize("language", items.names())
def test_every_program_belongs_to_an_item(language):
    """And each item's programs are there, whatever it is filled with."""
    suffix = items.language(language).suffix
    folder = Path(items.__file__).parent / "programs" / language
    used = set()
    for item in items.items(language):
        names = {item.program, item.after, item.beside} - {""}
        used |= {name + suffix for name in names} | set(item.files.values())
    assert {path.name for path in folder.iterdir()} == used


@pytest.mark.parametrize("item", items.select(), ids=lambda item: item.key)
def test_an_item_can_be_made_into_a_job(item):
    with bait.trap("word") as trap:
        for program in {"", item.after, item.beside}:
            job = items.job(item, trap, program)
            assert not any(re.search("@[A-Z]+@", file.text) for file in job.files)
            carried = job.command if job.build else dict(job.variables).values()
            assert trap.tag in carried
    assert item.tries
    assert isinstance(item.bounds(), Limits)
    assert (set(item.verdicts) == {"IDLE"}) <= (item.bounds().wall_s < 5)
