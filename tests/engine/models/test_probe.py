"""Before the first reply of some form: does the server hold to the schema that it is sent?"""

import asyncio
import json

import pytest
from stub_model import HELD, Ask, Reply, StubModel, is_probe, prompt, run, service

from backfeed.engine.errors import ServiceRefusal


@pytest.fixture
def server(server):
    server.probed = True
    return server


def schemas(body, _number):
    """A server that holds to schemas."""
    return Reply(HELD) if is_probe(body) else Reply()


def probed(url, **settings):
    return service(url, probe=True, **settings)


def test_one_small_request_comes_before_all_others(server, tmp_path):
    server.script = schemas
    ran = run(tmp_path, probed(server.url), samples=20)
    assert [is_probe(body) for body in server.asked] == [True] + 20 * [False]
    assert len(ran.texts()) == 20
    sent = server.asked[0]["response_format"]
    assert (sent["type"], sent["json_schema"]["strict"]) == ("json_schema", True)


@pytest.mark.parametrize("said", ["It is composite: 7 * 13.", '{"answer": "no"}', "", "[1]"])
def test_a_server_that_ignores_the_schema_is_refused_before_work(server, tmp_path, said):
    server.script = lambda *_: Reply(said)
    with pytest.raises(ServiceRefusal, match=r'reply_format = "json_object" or "text"'):
        run(tmp_path, probed(server.url), samples=20)
    assert all(is_probe(body) for body in server.asked)


@pytest.mark.parametrize("settings", [{"probe": False}, {"reply_format": "json_object"}])
def test_it_can_be_left_out(server, tmp_path, settings):
    run(tmp_path, service(server.url, **{"probe": True, **settings}))
    assert not any(is_probe(body) for body in server.asked)


def test_who_asks_for_plain_texts_asks_no_probe(server, tmp_path):
    run(tmp_path, probed(server.url), stages=[Ask(plain=True)])
    assert len(server.asked) == 1


@pytest.mark.parametrize("reply", [Reply("no", finish="length"), Reply(None, refusal="no")])
def test_a_reply_that_tells_nothing_is_let_pass(server, tmp_path, reply):
    server.script = lambda body, _: reply if is_probe(body) else Reply()
    assert len(run(tmp_path, probed(server.url), samples=3).texts()) == 3


def test_it_is_paid_for_and_not_in_the_book(server, tmp_path):
    server.script = schemas
    ran = run(tmp_path, probed(server.url), samples=3)
    assert ran.report.spent["requests"] == 4
    assert ran.report.answers == {"model:default": 3}
    assert probed(server.url).identity == service(server.url).identity


def test_a_run_that_has_all_its_answers_asks_nothing(server, tmp_path):
    server.script = schemas
    run(tmp_path, probed(server.url), samples=3)
    run(tmp_path, probed(server.url), samples=3)
    assert len(server.asked) == 4


def test_a_server_that_fails_at_first_is_probed_again(server, tmp_path):
    server.script = lambda body, n: Reply(status=503) if n < 2 else schemas(body, n)
    ran = run(tmp_path, probed(server.url), samples=30)
    assert len(ran.texts()) == 30
    assert sum(map(is_probe, server.asked)) <= 6


def test_those_that_wait_share_a_failure():
    asked = []

    async def main():
        with StubModel(lambda *_: Reply(status=500, after_s=0.05)) as stub:
            stub.probed = True
            made = probed(stub.url)
            found = await asyncio.gather(
                *(made.answer([prompt(str(n))]) for n in range(9)), return_exceptions=True
            )
            await made.close()
            asked.extend(stub.asked)
        return found

    assert {type(one).__name__ for one in asyncio.run(main())} == {"Outage"}
    assert len(asked) == 1


def test_no_field_but_response_format_holds_a_server_to_a_schema(server, tmp_path):
    """Fields such as guided_json are ignored by newer servers, without a word."""
    server.script = schemas
    run(tmp_path, probed(server.url, seed=1, top_p=0.5), samples=2)
    known = {"model", "messages", "temperature", "max_tokens", "top_p", "seed", "response_format"}
    for body in server.asked:
        assert body.keys() <= known
        text = json.dumps(body)
        assert "guided" not in text
        assert "structured_outputs" not in text
        assert "Length" not in text
