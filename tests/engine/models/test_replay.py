"""Replay: the rows of a run again, from its book alone."""

import asyncio

import pytest
from stub_model import Ask, Reply, prompt, run, service

from backfeed.engine.errors import ConfigError, Missing
from backfeed.engine.lanes import close_all
from backfeed.engine.models import echo, replay


def replayed(place, role="default"):
    return replay.PLUGIN.service(str(place), {"role": role})


def drawing(_body, number):
    """One in four replies is malformed, all others differ."""
    return Reply("no json" if number % 4 == 0 else f'{{"title": "t{number}", "score": 1}}')


def test_the_same_bytes_without_the_server(server, tmp_path):
    server.script = drawing
    live = run(tmp_path / "live", service(server.url), samples=20)
    asked = len(server.asked)
    server.script = lambda *_: pytest.fail("it was asked")
    again = run(tmp_path / "again", replayed(tmp_path / "live"), samples=20)
    assert again.files() == live.files()
    assert (len(server.asked), again.report.complete) == (asked, True)


def test_a_book_that_was_not_sealed_replays_too(server, tmp_path):
    server.script = lambda body, _: Reply(status=500) if "code 7" in str(body) else Reply()
    run(tmp_path / "live", service(server.url), samples=20)
    assert not list((tmp_path / "live" / "answers").glob("sealed-*"))
    again = run(tmp_path / "again", replayed(tmp_path / "live"), samples=20)
    assert len(again.texts()) == 19


def test_what_the_book_lacks_is_unfinished_at_once_and_named(server, tmp_path):
    run(tmp_path / "live", service(server.url), samples=3)
    ran = run(tmp_path / "again", replayed(tmp_path / "live"), samples=5)
    assert (len(ran.corpus()), len(ran.corpus("unfinished"))) == (3, 2)
    why = ran.corpus("unfinished")[0].rejected.detail
    assert "has no answer of toy to the prompt keywords/extract (first asked)" in why
    assert "retried" not in ran.counts
    assert not ran.report.complete


def test_facts_are_replayed_as_facts(server, tmp_path):
    server.script = lambda *_: Reply(status=400, error={"error": "what?"})
    run(tmp_path / "live", service(server.url), samples=2)
    assert (
        run(tmp_path / "again", replayed(tmp_path / "live"), samples=2).reasons()
        == ["bad-request"] * 2
    )


def test_each_role_is_the_model_that_it_was(server, tmp_path):
    server.script = lambda body, _: Reply(f'{{"title": "{body["temperature"]}", "score": 1}}')
    stages = [Ask("strong"), Ask("default")]
    desks = {
        "model:strong": service(server.url),
        "model:default": service(server.url, temperature=0),
    }
    live = run(tmp_path / "live", desks, samples=3, stages=stages)
    assert replay.PLUGIN.roles(str(tmp_path / "live")) == ["default", "strong"]
    desks = {f"model:{role}": replayed(tmp_path / "live", role) for role in ("default", "strong")}
    again = run(tmp_path / "again", desks, samples=3, stages=stages)
    assert again.files() == live.files()


def test_echo_is_replayed_by_its_own_keys(tmp_path):
    live = run(tmp_path / "live", echo.PLUGIN.service("", {"bad_share": 0.5}), samples=9)
    again = run(tmp_path / "again", replayed(tmp_path / "live"), samples=9)
    assert again.files() == live.files()


def test_the_book_is_not_touched(server, tmp_path):
    run(tmp_path / "live", service(server.url), samples=3)
    book = tmp_path / "live" / "answers"
    before = {path.name: path.read_bytes() for path in book.iterdir()}
    run(tmp_path / "again", replayed(book), samples=3)
    assert {name: (book / name).read_bytes() for name in before} == before


def test_a_book_in_a_folder_that_cannot_be_written_to(server, tmp_path, monkeypatch):
    run(tmp_path / "live", service(server.url), samples=3)
    monkeypatch.setattr("os.access", lambda *_: False)
    assert len(run(tmp_path / "again", replayed(tmp_path / "live"), samples=3).texts()) == 3


def test_a_miss_names_its_attempt(server, tmp_path):
    run(tmp_path / "live", service(server.url), samples=1)
    made = replayed(tmp_path / "live")
    [answer] = asyncio.run(made.answer([prompt().but(attempt=2, draw="d")]))
    assert isinstance(answer, Missing)
    assert "(attempt 2)" in str(answer)
    asyncio.run(close_all([made]))


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda place: replayed(place / "nowhere"), "there is no answer book"),
        (lambda place: replay.PLUGIN.service("", {}), "write it as replay:BOOK"),
        (
            lambda place: replay.PLUGIN.service(str(place), {"temperature": 1}),
            "write it as replay:BOOK",
        ),
        (lambda place: replayed(place, "judge"), "no answers for 'judge', only for default"),
    ],
)
def test_what_cannot_be_replayed_is_refused_before_work(server, tmp_path, make, told):
    run(tmp_path, service(server.url))
    with pytest.raises(ConfigError, match=told):
        make(tmp_path)


def test_a_book_that_no_model_has_used(tmp_path):
    run(tmp_path, Unnoted())
    with pytest.raises(ConfigError, match="does not say which model answered"):
        replayed(tmp_path)


class Unnoted(echo.EchoService):
    """A service that tells nothing of its keys."""

    def __init__(self):
        super().__init__(echo.Settings())
        self.form = ""
