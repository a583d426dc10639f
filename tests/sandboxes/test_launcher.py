"""The launcher in C: where it comes from, and what happens where there is none."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from backfeed.engine import files
from backfeed.engine.errors import BackfeedError, ConfigError
from backfeed.engine.records import File
from backfeed.engine.requests import Job
from backfeed.sandboxes import _launcher, bubblewrap


@pytest.fixture
def nothing_made(monkeypatch, tmp_path):
    """No launcher is known yet."""
    monkeypatch.setattr(files.platformdirs, "user_cache_path", lambda _: tmp_path)
    monkeypatch.setattr(_launcher, "_beside", lambda: tmp_path / "beside")
    _launcher.binary.cache_clear()
    yield tmp_path
    _launcher.binary.cache_clear()


def test_it_is_made_once_and_kept(nothing_made, monkeypatch):
    made = _launcher.binary()
    assert made.startswith(b"\x7fELF")
    assert (nothing_made / "launcher" / _launcher.mark()).read_bytes() == made
    _launcher.binary.cache_clear()
    monkeypatch.setattr(_launcher, "compiler", lambda: None)
    assert _launcher.binary() == made


def test_one_that_lies_beside_its_source_is_taken(nothing_made):
    _launcher.make(nothing_made / "beside")
    assert _launcher.binary() == (nothing_made / "beside" / _launcher.mark()).read_bytes()
    assert not (nothing_made / "launcher").exists() or not list(
        (nothing_made / "launcher").iterdir()
    )


def test_without_a_compiler_python_does_it(nothing_made, monkeypatch):
    monkeypatch.setattr(_launcher, "compiler", lambda: None)
    assert _launcher.binary() == b""
    assert _launcher.chosen("") == b""
    with pytest.raises(ConfigError, match="no launcher in C"):
        _launcher.chosen("c")
    with pytest.raises(BackfeedError, match="no C compiler"):
        _launcher.make(nothing_made)
    assert bubblewrap.PLUGIN.probe()["launched_by"] == "Python"


def test_a_compiler_that_fails_is_no_compiler(nothing_made, monkeypatch):
    monkeypatch.setattr(_launcher, "FLAGS", ("--no-such-flag",))
    with pytest.raises(BackfeedError, match="no-such-flag"):
        _launcher.make(nothing_made)
    assert _launcher.binary() == b""


def test_its_name_hangs_on_its_source(monkeypatch):
    before = _launcher.mark()
    monkeypatch.setattr(_launcher, "launcher_source", lambda: {"main.c": "int main() {}"})
    assert _launcher.mark() != before


def test_one_can_be_asked_for():
    assert _launcher.chosen("python") == b""
    assert _launcher.chosen("c") == _launcher.binary()
    with pytest.raises(ConfigError, match="launcher is c or python"):
        _launcher.chosen("rust")


def test_a_launcher_that_cannot_work_is_not_used(monkeypatch):
    """One for another machine, for instance."""
    monkeypatch.setattr(_launcher, "binary", lambda: b"\x7fELF no launcher")
    assert bubblewrap.PLUGIN.probe()["launched_by"] == "Python"


def test_whoever_launches_programs_is_told():
    assert bubblewrap.PLUGIN.probe()["launched_by"] == "C"


def of_launchers():
    """The state letters of the processes that launchers of this machine have started."""
    found = {}
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            name = (place / "cmdline").read_bytes().split(b"\0")[0]
            state, parent = (place / "stat").read_text().rpartition(")")[2].split()[:2]
            found[place.name] = (name, state, parent)
    launchers = {pid for pid, (name, _, _) in found.items() if name == b"launcher"}
    return [state for _, state, parent in found.values() if parent in launchers]


def test_networks_are_made_ahead_by_a_process_that_lives(backend):
    job = Job(files=(File("main.py", "print(1)"),), command=("python", "main.py"))

    async def watched():
        service = backend.service({"slots": 1, "launcher": "c"})
        try:
            told = [(await service.answer([job]))[0]["verdict"] for _ in range(8)]
            return told, of_launchers()
        finally:
            await service.close()

    told, states = asyncio.run(watched())
    assert told == ["AC"] * 8
    assert len(states) >= 2
    assert "Z" not in states
