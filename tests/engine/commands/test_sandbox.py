"""`backfeed sandbox test`: what it says, and how it ends."""

import json

import pytest

from backfeed.engine.commands import _sandbox
from backfeed.engine.errors import ConfigError
from backfeed.sandboxes.selfcheck import items, judge, suite

KEYS = {"name", "row", "language", "expected", "verdict", "holds", "why", "seconds"}


@pytest.fixture
def came_to(monkeypatch):
    """The suite comes to this, whatever is asked."""

    def come_to(**words):
        async def run(bench, chosen):
            return [judge.Found(item, *words.get(item.name, ("AC", True, ""))) for item in chosen]

        monkeypatch.setattr(suite, "run", run)

    return come_to


def test_a_table_and_a_last_line(backfeed, came_to):
    came_to(spin=("TLE", False, "it came to \x1b[2J"), sleep=("absent", None, "no Python"))
    words = [part for name in ("spin", "sleep", "heap") for part in ("--item", f"python/{name}")]
    said = backfeed("sandbox", "test", *words)
    lines = said.out.splitlines()
    assert lines[0].split() == ["ok", "1", "heap", "python", "MLE", "AC"]
    assert lines[1].split()[:4] == ["NO", "11", "spin", "python"]
    assert lines[1].endswith("it came to ?[2J")
    assert lines[-1] == "bubblewrap: 1 held, 1 failed, 0 known gaps, 1 not run"
    assert (said.code, said.last) == (1, "backfeed: 1 item failed on bubblewrap")


def test_all_that_holds_is_well(backfeed, came_to):
    came_to(flood=("AC", None, "known gap (x): y"))
    said = backfeed("sandbox", "test", "bubblewrap", "--language", "python", "--json")
    found = json.loads(said.out)
    assert said.code == 0
    assert len(found) == len(items.items("python"))
    assert all(one.keys() >= KEYS for one in found)
    assert {one["counts"] for one in found} == {"held", "known gap"}


def test_where_nothing_isolates_holes_must_be_found(backfeed, came_to):
    came_to()
    said = backfeed("sandbox", "test", "process")
    assert said.code == 1
    assert "only 0 items fail on process" in said.last


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["bubblewarp"], "did you mean 'bubblewrap'?"),
        (["--language", "cobol"], "the suite has no language 'cobol'"),
        (["--item", "spim"], "did you mean 'spin'?"),
        (["--image", "x"], "--image is for docker"),
        (["--workers", "0"], "0 is not in the range"),
        (["docker", "--image", "backfeed-none"], "backfeed-none"),
    ],
)
def test_the_callers_mistakes(backfeed, words, told):
    said = backfeed("sandbox", "test", *words)
    assert said.code == 2
    assert told in said.err


def test_a_backend_that_does_not_work(backfeed, monkeypatch):
    def broken(*words, **more):
        raise ConfigError("bubblewrap is not installed: apt-get install bubblewrap")

    monkeypatch.setattr(_sandbox.services, "open_sandbox", broken)
    said = backfeed("sandbox", "test")
    assert said.code == 2
    assert "apt-get install bubblewrap" in said.last


def test_containers_have_the_large_image_if_it_is_there(monkeypatch):
    asked = []

    def opened(name, settings, jobs):
        asked.append(settings.get("image"))
        if settings.get("image") == _sandbox.LARGE_IMAGE:
            raise ConfigError("there is no such image")
        return "service"

    monkeypatch.setattr(_sandbox.services, "open_sandbox", opened)
    assert _sandbox._opener(_sandbox.Chosen("docker"))(1) == "service"
    assert asked == [_sandbox.LARGE_IMAGE, None]


def test_progress_is_one_line(capsys):
    heard = _sandbox.Progress(2)
    for held in (True, False):
        heard(judge.Found(items.items("python")[0], "AC", held))
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "2/2, 1 failed" in said


@pytest.mark.slow
def test_the_negative_control(backfeed):
    """Where nothing isolates, the suite finds holes."""
    said = backfeed("sandbox", "test", "process", "--language", "python", "--json")
    found = json.loads(said.out)
    assert said.code == 0, said.err
    assert sum(one["holds"] is False for one in found) >= 25
    never = [one for one in found if one["verdict"] == "not run"]
    assert all("would harm this machine" in one["why"] for one in never)
    assert never
