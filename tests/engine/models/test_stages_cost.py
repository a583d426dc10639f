"""What each stage asked of models: calls, tokens and money, by desk, from book and server alike."""

import shutil
from dataclasses import dataclass

import pytest
from stub_model import Ask, Reply, Title, prompt, run, service

from backfeed.engine.commands._costs import stages_cost
from backfeed.engine.requests import Asks, Result, over
from backfeed.engine.tally import Tallies, Tally, Used

PRICES = {"usd_per_million_in": 100.0, "usd_per_million_out": 200.0}


@pytest.fixture
def server(server):
    server.script = lambda *_: Reply(used=(1000, 100))
    return server


class Judge(Ask):
    """Another stage that asks."""


@dataclass(frozen=True)
class Over:
    """A `whole` stage that asks for every row."""

    version: int = 1

    def whole(self, table) -> Asks[Result]:
        for _ in (yield from over(table, lambda row: prompt(row.code, reply=Title))):
            pass
        return Result(rows=table)


def used(ran, stage):
    return ran.report.tallies[stage].used


def test_calls_and_tokens_stand_beside_the_stage_that_asked(server, tmp_path):
    ran = run(tmp_path, service(server.url), samples=3, stages=[Ask(), Judge(plain=True)])
    assert used(ran, "ask") == {"model:default": Used(3, 3000, 300)}
    assert used(ran, "judge") == {"model:default": Used(3, 3000, 300)}


def test_what_the_book_knew_counts_as_what_was_asked(server, tmp_path):
    first = run(tmp_path, service(server.url), samples=3)
    shutil.rmtree(tmp_path / ".work")
    again = run(tmp_path, service(server.url), samples=3)
    assert (len(server.asked), used(again, "ask")) == (3, used(first, "ask"))


def test_a_committed_step_remembers_what_it_used(server, tmp_path):
    first = run(tmp_path, service(server.url), samples=3)
    again = run(tmp_path, service(server.url), samples=3)
    assert again.report.asked["model:default"] == {}
    assert used(again, "ask") == used(first, "ask")


def test_a_reply_that_is_asked_again_is_a_call_more(server, tmp_path):
    server.script = lambda _, number: Reply("no" if number == 0 else '{"title": "t", "score": 1}')
    ran = run(tmp_path, service(server.url))
    assert used(ran, "ask")["model:default"] == Used(2, 20, 10)


def test_a_refusal_is_a_call_without_tokens(server, tmp_path):
    server.script = lambda *_: Reply(status=400)
    ran = run(tmp_path, service(server.url))
    assert used(ran, "ask")["model:default"] == Used(1, 0, 0)


def test_a_stage_that_needs_the_set_is_counted_too(server, tmp_path):
    ran = run(tmp_path, service(server.url), samples=4, stages=[Over()])
    assert used(ran, "over") == {"model:default": Used(4, 4000, 400)}


def test_the_worth_of_what_was_used_needs_a_price(server):
    tallies = Tallies({"ask": Tally(used={"model:default": Used(2, 2000, 200)}), "cut": Tally()})
    desks = {"model:default": service(server.url, **PRICES)}
    cost = stages_cost(tallies, desks)["ask"]["model:default"]
    assert cost == {"calls": 2, "tokens_in": 2000, "tokens_out": 200, "usd": 0.24}
    unknown = stages_cost(tallies, {"model:default": service(server.url)})
    assert unknown["ask"]["model:default"]["usd"] is None
    assert list(unknown) == ["ask"]


def test_tallies_with_what_was_used_come_back_from_plain_data():
    tallies = Tallies({"ask": Tally(1, used={"model:strong": Used(1, 2, 3)})})
    assert Tallies.from_plain(tallies.plain()) == tallies
