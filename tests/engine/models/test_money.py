"""What a run with a model pays: prices, limits, and what counts when replies are lost."""

import asyncio
import json
import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stub_model import Ask, Reply, StubModel, good, prompt, run, service

from backfeed.engine import services
from backfeed.engine.errors import ConfigError, Stopping
from backfeed.engine.ledger import Ledger
from backfeed.engine.recipe import Recipe, Step

PRICES = {"usd_per_million_in": 100.0, "usd_per_million_out": 100.0}
EACH = 0.11
"""What each reply of this module's server costs, at these prices; it may cost about twice that."""


@pytest.fixture
def server(server):
    server.script = lambda *_: Reply(used=(1000, 100))
    return server


def priced(url, **more):
    return service(url, **PRICES, **{"max_tokens": 100, **more})


def charged(server) -> float:
    """What the server would charge for what it was asked, at these prices."""
    return len(server.asked) * EACH


def test_tokens_and_money_are_told_by_role(server, tmp_path):
    made = priced(server.url)
    stages = [Ask("strong"), Ask("cheap", plain=True)]
    spent = run(tmp_path, made, samples=4, stages=stages).report.spent
    assert (spent["requests"], spent["tokens_in"], spent["tokens_out"]) == (8, 8000, 800)
    assert spent["usd"] == pytest.approx(8 * EACH)
    assert {role: one["requests"] for role, one in spent["roles"].items()} == {
        "strong": 4,
        "cheap": 4,
    }
    assert made.spent_usd == pytest.approx(8 * EACH)


def test_what_the_book_knew_is_not_paid_again(server, tmp_path):
    run(tmp_path, priced(server.url), samples=4)
    shutil.rmtree(tmp_path / ".work")
    spent = run(tmp_path, priced(server.url), samples=4).report.spent
    assert (spent["requests"], len(server.asked)) == (4, 4)


def test_a_limit_without_a_price_is_refused_before_work(server):
    with pytest.raises(ConfigError, match=r"the price of openai:toy is not known"):
        service(server.url).pay_from(Ledger(1.0))


def test_services_refuse_a_limit_without_a_price(server):
    asks = type("Asks", (), {"asks": ("model",), "prompts": (), "version": 1})()
    recipe = Recipe("r", (Step("s", "s", {}, asks),))
    wishes = services.Wishes({"default": "openai:toy"}, server.url)
    with pytest.raises(ConfigError, match="is not known"):
        services.build(recipe, wishes, Ledger(1.0))


def test_a_limit_leaves_a_prefix_and_is_kept(server, tmp_path):
    server.script = lambda *_: Reply(used=(1000, 100), after_s=0.01)
    ran = run(tmp_path, priced(server.url, parallel=5), samples=100, usd=1.2)
    kept = [sample.code for sample in ran.corpus()]
    assert kept == [f"code {n}" for n in range(len(kept))]
    assert 0 < len(kept) < 100
    assert (ran.report.stopped, ran.report.complete) == ("usd", False)
    assert charged(server) <= 1.2


def test_the_limit_is_over_the_life_of_the_directory(server, tmp_path):
    run(tmp_path, priced(server.url), samples=100, usd=1.2)
    before = len(server.asked)
    run(tmp_path, priced(server.url), samples=100, usd=1.2)
    assert charged(server) <= 1.2
    assert len(server.asked) == before


def test_a_larger_limit_goes_on_where_the_smaller_one_ended(server, tmp_path):
    run(tmp_path, priced(server.url), samples=40, usd=1.2)
    ran = run(tmp_path, priced(server.url), samples=40, usd=10.0)
    assert (len(ran.corpus()), len(server.asked)) == (40, 40)
    assert ran.report.spent["usd"] == pytest.approx(charged(server))


@pytest.mark.parametrize(
    ("fault", "lost"),
    [
        (Reply(status=500), False),
        (Reply(status=429), False),
        (Reply(cut=True), True),
        (Reply(raw=b"?"), True),
    ],
    ids=["500", "429", "cut", "no-completion"],
)
def test_a_reply_that_was_lost_may_have_been_charged(server, tmp_path, fault, lost):
    server.script = lambda _, number: fault if number == 0 else Reply(used=(1000, 100))
    spent = run(tmp_path, priced(server.url)).report.spent
    assert (spent["lost_usd"] > 0.1) is lost
    assert spent["usd"] == pytest.approx(EACH)


def test_a_refusal_of_the_request_is_free_and_one_of_the_model_is_not(server, tmp_path):
    replies = [Reply(status=400), Reply(None, refusal="no", used=(1000, 100))]
    server.script = lambda _, number: replies[number]
    assert run(tmp_path, priced(server.url), samples=2).report.spent["usd"] == pytest.approx(EACH)


def test_an_endpoint_that_counts_no_tokens_is_paid_the_most(server, tmp_path):
    server.script = lambda *_: Reply(used=None)
    assert run(tmp_path, priced(server.url)).report.spent["usd"] > 0.1


def test_the_most_that_a_request_can_cost_is_more_than_its_bytes(server):
    made = priced(server.url)
    asked = prompt("ä" * 100)
    most = made._line.price.usd(
        len(json.dumps(made._body(asked), ensure_ascii=False).encode()), 100
    )
    reserved = []

    class Watched(Ledger):
        async def reserve(self, role, usd):
            reserved.append(usd)
            raise Stopping("enough")

    made.pay_from(Watched())
    with pytest.raises(Stopping):
        run_one(made, asked)
    assert reserved[0] >= most


def run_one(made, asked):
    return asyncio.run(made.answer([asked]))


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    limit_usd=st.floats(0.3, 5), parallel=st.integers(1, 30), samples=st.integers(1, 30),
    used=st.lists(st.integers(1, 100), min_size=1, max_size=5),
    faults=st.sets(st.integers(0, 30), max_size=4),
)  # fmt: skip
def test_whatever_replies_cost_and_whatever_fails_the_limit_is_kept(
    tmp_path_factory, limit_usd, parallel, samples, used, faults
):
    def script(_body, number):
        tokens = (1500, used[number % len(used)])
        return Reply(cut=True) if number in faults else Reply(used=tokens, after_s=0.001)

    with StubModel(good) as stub:
        stub.script = script
        made = priced(stub.url, parallel=parallel)
        ran = run(tmp_path_factory.mktemp("run"), made, samples=samples, usd=limit_usd)
    spent = ran.report.spent
    assert spent["usd"] + spent["lost_usd"] <= limit_usd + 1e-6


def test_a_limit_leaves_whole_rows_where_each_is_asked_about_twice(server, tmp_path):
    """The second question about an early row comes before the first about a late one."""
    stages = [Ask("strong"), Ask("cheap", plain=True)]
    made = priced(server.url, parallel=5)
    ran = run(tmp_path, made, samples=100, usd=3.0, stages=stages)
    assert len(ran.corpus()) >= len(server.asked) / 2 - 10
