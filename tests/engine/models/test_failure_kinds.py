"""Each way in which a model server really fails: what becomes of the row, and of the money."""

import asyncio
import json

import pytest
from stub_model import Ask, Reply, StubModel, at_first, prompt, run, service

from backfeed.engine.errors import Outage, Throttled
from backfeed.engine.models._endpoint import Cut, wait_s

PRICES = {"usd_per_million_in": 100.0, "usd_per_million_out": 100.0, "max_tokens": 100}

PASSING = {
    "429 with Retry-After": Reply(status=429, headers={"Retry-After": "0.01"}),
    "500": Reply(status=500),
    "connection cut": Reply(cut=True),
    "body that is no JSON": Reply(raw=b"<html>"),
    "body cut short": Reply(raw=b'{"choices": [{"mess'),
}
FORM = {
    "JSON cut short": Reply('{"title": "t", "sc'),
    "JSON that is malformed": Reply("{title: t}"),
    "schema ignored: prose": Reply("The title is t."),
    "schema ignored: other fields": Reply('{"name": "t"}'),
    "schema ignored: other types": Reply('{"title": ["t"], "score": "high"}'),
    "cut at the limit of tokens": Reply('{"title": "t', finish="length"),
    "empty": Reply(""),
    "no content": Reply(None),
}


def params(kinds):
    return pytest.mark.parametrize("reply", kinds.values(), ids=kinds.keys())


@params(PASSING)
def test_what_passes_costs_no_row(server, tmp_path, reply):
    server.script = at_first(reply, 3)
    ran = run(tmp_path, service(server.url), samples=10)
    assert ran.texts() == ["t"] * 10
    assert ran.counts["retried"] == 3


@params(FORM)
def test_a_reply_of_another_form_is_asked_for_again(server, tmp_path, reply):
    server.script = at_first(reply)
    ran = run(tmp_path, service(server.url))
    assert (ran.texts(), len(server.asked)) == (["t"], 2)
    assert "cannot be used" in server.asked[1]["messages"][-1]["content"]


@params(FORM)
def test_after_three_of_them_the_row_is_rejected(server, tmp_path, reply):
    server.script = lambda *_: reply
    ran = run(tmp_path, service(server.url))
    assert (ran.texts(), len(server.asked)) == ([], 3)
    assert ran.reasons() == ["length" if reply.finish == "length" else "invalid-reply"]


def test_an_empty_text_is_no_text(server, tmp_path):
    server.script = at_first(Reply(" \n"))
    ran = run(tmp_path, service(server.url), stages=[Ask(plain=True)])
    assert len(server.asked) == 2
    server.script = lambda *_: Reply("")
    again = run(tmp_path / "again", service(server.url), stages=[Ask(plain=True)])
    assert (len(ran.texts()), again.reasons()) == (1, ["empty-reply"])


def test_a_server_that_hangs_is_given_up_and_asked_again(server, tmp_path):
    server.script = at_first(Reply(after_s=30))
    ran = run(tmp_path, service(server.url, timeout_s=0.3), samples=3)
    assert ran.texts() == ["t"] * 3


@pytest.mark.parametrize(
    "usage",
    [None, {}, {"prompt_tokens": None}, {"prompt_tokens": -5}, {"prompt_tokens": "many"}, [1], "x"],
)
def test_wrong_usage_is_paid_the_most_and_loses_no_reply(server, tmp_path, usage):
    said = {"message": {"content": '{"title": "t", "score": 1}'}, "finish_reason": "stop"}
    server.script = lambda *_: Reply(raw=json.dumps({"choices": [said], "usage": usage}).encode())
    ran = run(tmp_path, service(server.url, **PRICES), usd=5.0)
    assert (ran.texts(), len(server.asked)) == (["t"], 1)
    assert 100 * 100 / 1e6 < ran.report.spent["usd"] < 1
    assert ran.report.spent["tokens_in"] == 0


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "0.5"}, 0.5),
        ({"Retry-After-Ms": "1500", "Retry-After": "9"}, 1.5),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0),
        ({}, None),
    ],
)
def test_how_long_a_server_asks_to_be_left_alone(headers, told):
    with StubModel(lambda *_: Reply(status=429, headers=headers)) as stub:
        error = failure(service(stub.url))
    assert isinstance(error, Throttled)
    assert error.wait_s == told
    assert wait_s(headers) == told


def test_a_connection_that_is_cut_may_have_been_charged():
    with StubModel(lambda *_: Reply(cut=True)) as stub:
        assert isinstance(failure(service(stub.url)), Cut)
    with StubModel(lambda *_: Reply(status=500)) as stub:
        assert not isinstance(failure(service(stub.url)), Cut)


def failure(made):
    """What one request comes to."""

    async def main():
        try:
            await made.answer([prompt()])
        except Outage as error:
            return error
        finally:
            await made.close()

    return asyncio.run(main())
