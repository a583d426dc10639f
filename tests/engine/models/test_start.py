"""An address where nobody is: a wrong one, a server that still starts, one that has gone."""

import asyncio
import socket
from contextlib import suppress
from types import SimpleNamespace

import pytest
from aiohttp import web
from stub_model import StubModel, good, prompt, run, service

from backfeed.engine.errors import Outage, ServiceRefusal, Unreachable
from backfeed.engine.models._endpoint import Cut

NOBODY = "http://127.0.0.1:9/v1"


def answers(made, *prompts):
    """What the service says to each, one after the other, without a desk."""

    async def main():
        try:
            return [await made.answer([one]) for one in prompts]
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


def test_it_is_tried_again_for_as_long_as_is_set(capsys):
    made = service(NOBODY, start_s=0.6)
    with pytest.raises(Unreachable, match=r"was tried [23] times"):
        answers(made, prompt())
    assert "it is tried for 1 s" in capsys.readouterr().err


def test_a_server_that_still_starts_is_waited_for(monkeypatch):
    port = free_port()
    made = service(f"http://127.0.0.1:{port}/v1")

    async def reply(_request):
        said = {"role": "assistant", "content": "{}"}
        return web.json_response({"choices": [{"message": said}]})

    async def main():
        knocked = asyncio.Event()
        monkeypatch.setattr("sys.stderr", SimpleNamespace(write=lambda _: knocked.set()))
        asked = asyncio.ensure_future(made.answer([prompt()]))
        await knocked.wait()
        app = web.Application()
        app.router.add_post("/v1/chat/completions", reply)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        found = await asked
        await made.close()
        await runner.cleanup()
        return found

    assert asyncio.run(main())[0]["text"] == "{}"


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
