"""Several addresses of one model: requests are spread, one that is down is left out."""

import asyncio
from contextlib import ExitStack

import pytest
from stub_model import Reply, StubModel, prompt, run, service

from backfeed.engine.errors import ConfigError, ServiceRefusal, Throttled, Unreachable
from backfeed.engine.models import openai
from backfeed.engine.models._replicas import FIRST_REST_S, Replica
from backfeed.engine.services import Wishes, model_specs

HERE = {"start_s": 1, "probe": False}
NOBODY = "http://127.0.0.1:9/v1"


@pytest.fixture
def three():
    with ExitStack() as stack:
        yield [stack.enter_context(StubModel(slow)) for _ in range(3)]


def slow(_body, _number):
    return Reply(after_s=0.02)


def several(*urls, **settings):
    return openai.PLUGIN.service("toy", {"base_url": list(urls), **HERE, **settings})


def asked(servers):
    return [len(one.asked) for one in servers]


def test_requests_are_spread_over_all(three, tmp_path):
    ran = run(tmp_path, several(*(one.url for one in three), parallel=6), samples=60)
    assert (len(ran.texts()), sum(asked(three))) == (60, 60)
    assert min(asked(three)) >= 10
    assert max(one.most for one in three) <= 3


def test_the_one_with_the_least_to_do_is_asked(three, tmp_path):
    three[0].script = lambda *_: Reply(after_s=0.6)
    run(tmp_path, several(*(one.url for one in three), parallel=6), samples=60)
    assert asked(three)[0] < 10


def test_one_that_is_not_there_costs_no_row_and_no_request(three, tmp_path):
    ran = run(tmp_path, several(NOBODY, three[0].url, parallel=6), samples=40)
    assert (len(ran.texts()), len(three[0].asked)) == (40, 40)
    assert ran.counts["asked"] == 40
    assert ran.counts.get("retried", 0) == 0


@pytest.mark.parametrize("fault", [Reply(status=503), Reply(status=429), Reply(cut=True)])
def test_one_that_fails_from_some_time_on_is_left_out(three, tmp_path, fault):
    three[0].script = lambda _, number: Reply() if number < 5 else fault
    ran = run(tmp_path, several(*(one.url for one in three), parallel=6), samples=150)
    assert len(ran.texts()) == 150
    assert len(three[0].asked) < 20


def test_it_serves_again_when_it_is_back(three, tmp_path):
    three[0].script = lambda _, number: Reply(status=503) if number == 0 else Reply()
    settings = {"parallel": 4}
    three[1].script = lambda *_: Reply(after_s=0.1)
    run(tmp_path, several(three[0].url, three[1].url, **settings), samples=150)
    assert len(three[0].asked) > 20


def test_pauses_grow_once_for_all_that_were_under_way_together():
    one = Replica(None)
    one.failed(sent_at=0.0, wait_s=None)
    first = one.rests_until - one.failed_at
    one.failed(sent_at=0.0, wait_s=None)  # was sent before the first had failed
    assert (first, one.failures) == (pytest.approx(FIRST_REST_S), 1)
    one.failed(sent_at=one.failed_at + 1, wait_s=None)
    assert one.rests_until - one.failed_at == pytest.approx(2 * FIRST_REST_S)
    assert not one.may_take(one.failed_at)
    assert one.may_take(one.rests_until)
    one.busy = 1
    assert not one.may_take(one.rests_until)


def test_what_all_refuse_for_now_is_said(three):
    for one in three:
        one.script = lambda *_: Reply(status=429, headers={"Retry-After": "7"})

    async def main():
        made = several(*(one.url for one in three))
        try:
            await made.answer([prompt()])
        finally:
            await made.close()

    with pytest.raises(Throttled) as told:
        asyncio.run(main())
    assert told.value.wait_s == 7
    assert asked(three) == [1, 1, 1]


def test_nobody_anywhere_ends_the_run(tmp_path):
    with pytest.raises(Unreachable, match="start the server, or name its address"):
        run(tmp_path, several(NOBODY, "http://127.0.0.1:10/v1", start_s=0), samples=5)


def test_a_refusal_of_one_ends_the_run(three, tmp_path):
    three[1].script = lambda *_: Reply(status=404)
    with pytest.raises(ServiceRefusal, match="does not know what we ask"):
        run(tmp_path, several(three[0].url, three[1].url), samples=20)


def test_another_replica_asks_nothing_anew(three):
    here, there = three[0].url, three[1].url
    assert several(here, there).identity == service(here).identity
    made = several(here, there).identity
    assert made == several(here, there, three[2].url, here).identity
    assert several(there, here).identity != made
    assert several(there, here, endpoint="x").identity == several(here, endpoint="x").identity


def test_a_wrong_address_among_them_is_refused():
    with pytest.raises(ConfigError, match="'nowhere' is no address"):
        several(NOBODY, "nowhere")


@pytest.mark.parametrize(("urls", "told"), [(["u"], "u"), (["u", "v"], ("u", "v")), ([], None)])
def test_the_command_line_names_one_or_several(urls, told):
    specs = model_specs({}, Wishes({"default": "openai:m"}, tuple(urls)))
    assert specs["default"].get("base_url") == told
