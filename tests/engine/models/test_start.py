"""An address where nobody is: a wrong one, a server that still starts, one that has gone."""

import asyncio
import socket
from contextlib import suppress
from types import SimpleNamespace

import pytest
from stub_model import Reply, StubModel, good, prompt, run, service

from backfeed.engine.contracts import Gather
from backfeed.engine.errors import NotYet, Outage, ServiceRefusal, Stopping, Unreachable
from backfeed.engine.models._endpoint import Cut
from backfeed.engine.pace import Item, Pace

NOBODY = "http://127.0.0.1:9/v1"


def answers(made, one):
    """What the service says, without a desk."""

    async def main():
        try:
            return await made.answer([one])
        finally:
            await made.close()

    return asyncio.run(main())


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.mark.parametrize(
    ("url", "why"),
    [(NOBODY, "Connection refused"), ("http://no-such-host.invalid/v1", "[Nn]ame")],
)
def test_an_address_where_nobody_is_ends_the_run(tmp_path, url, why):
    told = f"{url} cannot be reached: .*{why}.*tried .* in 0 s: start the server, or name"
    with pytest.raises(Unreachable, match=told):
        run(tmp_path, service(url, start_s=0), samples=100)


@pytest.mark.parametrize("rows", [1, 100])
def test_it_is_tried_with_growing_pauses_for_as_long_as_is_set(tmp_path, capsys, rows):
    """However many requests wait: their tries are not counted against them, or each other."""
    with pytest.raises(Unreachable, match=r"was tried [23] times in 1 s"):
        run(tmp_path, service(NOBODY, start_s=1), samples=rows)
    assert capsys.readouterr().err.count("it is tried for 1 s") == 1


def test_that_nobody_is_there_yet_says_nothing_of_a_request_or_of_the_pace():
    pace, item = Pace(Gather(parallel=64)), Item(b"key", prompt())
    for _ in range(99):
        item.count(NotYet("nobody", 0.1), now=1.0)
        pace.bad(NotYet("nobody", 0.1), sent_at=1.0)
    assert (item.tries, item.failures) == (99, 0)
    assert (pace.parallel, pace.quiet_s(), pace.silent_s, pace.failures) == (64, 0.0, 0.0, 0)


def test_a_stop_does_not_wait_for_it(tmp_path):
    with pytest.raises(Stopping, match="limit of hours"):
        run(tmp_path, service(NOBODY, start_s=20), samples=3, hours=0.5 / 3600)


def test_a_server_that_still_starts_is_waited_for(tmp_path, monkeypatch):
    port, started = free_port(), []

    def start(_line):
        stub = StubModel(lambda _body, _number: Reply(after_s=0.1), port=port)
        started.append(stub.__enter__())

    monkeypatch.setattr("sys.stderr", SimpleNamespace(write=start))
    ran = run(tmp_path, service(f"http://127.0.0.1:{port}/v1", parallel=8), samples=100)
    started[0].__exit__()
    assert (len(ran.texts()), len(started)) == (100, 1)
    assert ran.report.complete
    assert started[0].most == 8


def test_a_proxy_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://user:secret@127.0.0.1:9")
    with pytest.raises(Unreachable, match="reached through the proxy: Connection") as told:
        answers(service("http://model.invalid/v1", start_s=0), prompt())
    assert "secret" not in str(told.value)


def test_a_server_that_has_gone_is_an_outage():
    async def main():
        with StubModel(good) as stub:
            made = service(stub.url, start_s=0)
            await made.answer([prompt()])
        try:
            with suppress(Cut):  # a connection that was kept
                await made.answer([prompt()])
            await made.answer([prompt()])
        finally:
            await made.close()

    with pytest.raises(Outage, match="cannot be reached: Connection refused"):
        asyncio.run(main())


def test_encryption_where_there_is_none_is_the_callers_mistake(server):
    with pytest.raises(ServiceRefusal, match=r"cannot be trusted .*name an http:// address"):
        answers(service(server.url.replace("http://", "https://")), prompt())
