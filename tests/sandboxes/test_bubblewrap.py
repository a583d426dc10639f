"""What is bubblewrap's own: how it starts, what it says when it cannot, its control group."""

import asyncio
import threading

import pytest

from backfeed.engine import registry
from backfeed.engine.errors import ConfigError
from backfeed.engine.requests import Job
from backfeed.sandboxes import _cgroup, bubblewrap

pytestmark = pytest.mark.bwrap


def test_it_is_registered():
    assert registry.load("sandboxes", "bubblewrap") is bubblewrap.PLUGIN
    assert "selfcheck" not in registry.names("sandboxes")


def test_probe_says_what_is_in_force():
    found = bubblewrap.PLUGIN.probe()
    assert found["backend"] == "bubblewrap"
    assert "bubblewrap" in found


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"slot": 1}, "did you mean 'slots'"),
        ({"cold_share": 2}, "between 0 and 1"),
        ({"slots": -1}, "slots"),
        ({"python": "/no/python"}, "/no/python"),
    ],
)
def test_settings(settings, words):
    with pytest.raises(ConfigError, match=words):
        bubblewrap.PLUGIN.service(settings)


def test_without_bubblewrap(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ConfigError, match="apt-get install bubblewrap"):
        bubblewrap.PLUGIN.service({})


def test_a_sandbox_that_cannot_start_says_why_and_leaves_nothing(monkeypatch):
    before = threading.active_count()
    monkeypatch.setattr(bubblewrap, "command", lambda *_: ["/bin/false"])
    with pytest.raises(ConfigError, match="does not start"):
        bubblewrap.PLUGIN.service({})
    assert threading.active_count() == before


@pytest.mark.parametrize(
    ("mark", "words"), [("/nowhere", "apparmor-profiles"), ("/", "systempaths=unconfined")]
)
def test_a_refusal_names_the_remedy(monkeypatch, mark, words):
    monkeypatch.setattr(bubblewrap, "CONTAINERS", (mark,))
    assert words in bubblewrap._with_remedy("bwrap: setting up uid map: Permission denied")
    assert bubblewrap._with_remedy("bwrap: something else") == "bwrap: something else"


class Entered:
    """A group that is entered as systemd's are: by a word before the command."""

    def __init__(self, folder):
        self._folder = folder

    def enter(self):
        words = ("/usr/bin/env", "BY=systemd")
        return _cgroup.Entry(words, {"OURS": "secret"}, divided=str(self._folder))

    def bound(self, memory_mb):
        (self._folder / "bound").write_text(str(memory_mb))

    def mark(self):
        return 0.0

    def remove(self):
        (self._folder / "removed").touch()


def test_a_slot_begins_in_the_group_that_systemd_makes(monkeypatch, tmp_path):
    monkeypatch.setattr(_cgroup, "make", lambda: Entered(tmp_path))
    crew = bubblewrap.PLUGIN.service({"slots": 1})
    try:
        code = "import os\nprint({'BY', 'OURS'} & {*os.environ})"
        [found] = asyncio.run(crew.answer([Job(command=("python", "-c", code))]))
    finally:
        crew.shut()
    assert found["stdout"] == "set()\n"
    assert (tmp_path / "slot" / "cgroup.procs").read_text() == "0"
    assert (tmp_path / "cgroup.subtree_control").read_text() == "+memory +pids"
    assert (tmp_path / "bound").exists()
    assert (tmp_path / "removed").exists()


def test_nothing_is_left_of_a_group():
    group = _cgroup.make()
    if group is not None:
        group.bound(64)
        group.remove()
        assert not any(path.exists() for path in group.paths)
    assert _cgroup.mode() in {"cgroup1", "cgroup2", "cgroup2 of systemd", "none"}
