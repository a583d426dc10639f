"""A desk gathers, asks once, retries, halves, stores and delivers."""

import asyncio

import pytest
from verbs import By, ask, fails_first, get, length, raises

from backfeed.engine import desk as desks
from backfeed.engine.answers import Book
from backfeed.engine.desk import Desk
from backfeed.engine.errors import (
    Outage,
    PluginFault,
    Refused,
    ServiceRefusal,
    Stopping,
    Throttled,
)
from backfeed.engine.pulse import Pulse
from backfeed.engine.requests import Compute, Embed

LETTERS = tuple("abcdefgh")


def kinds(results):
    return [type(one).__name__ if isinstance(one, Exception) else one for one in results]


def test_equal_requests_are_asked_once_and_all_are_answered():
    service = By(length)
    asked = ask(service, "a", "bb", "a", "a")
    assert asked.results == [1, 2, 1, 1]
    assert service.batches == [["a"], ["bb"]]
    assert asked.desk.counts == {"asked": 2, "shared": 2}


def test_what_is_not_stored_is_asked_each_time():
    async def main():
        service = By(lambda _: 7)
        desk = Desk("compute", service, None, pulse=Pulse())
        return await asyncio.gather(*(desk.ask(Compute(len, ("a",))) for _ in range(3))), service

    answers, service = asyncio.run(main())
    assert (answers, service.sizes) == ([7, 7, 7], [1, 1, 1])


def test_one_look_into_the_book_for_each_turn_of_the_loop(tmp_path, monkeypatch):
    looks = []
    get_many = Book.get_many
    monkeypatch.setattr(
        Book, "get_many", lambda self, keys: looks.append(len(keys)) or get_many(self, keys)
    )
    ask(By(length, parallel=9), *LETTERS, book=tmp_path)
    assert looks == [8]


def test_a_known_answer_is_not_asked_again(tmp_path):
    service = By(length)
    ask(service, "a", "bb", book=tmp_path)
    again = ask(service, "a", "bb", "ccc", book=tmp_path)
    assert again.results == [1, 2, 3]
    assert again.desk.counts == {"known": 2, "asked": 1}


def test_a_batch_leaves_when_it_is_full():
    service = By(length, batch=4, wait_s=60, parallel=2)
    ask(service, *LETTERS, pulse=busy())
    assert service.sizes == [4, 4]


def test_a_batch_leaves_when_its_first_request_has_waited():
    service = By(length, batch=100, wait_s=0.01)
    ask(service, *LETTERS, pulse=busy())
    assert service.sizes == [8]


def test_a_batch_leaves_when_nothing_else_can_fill_it():
    service = By(length, batch=100, wait_s=60)
    ask(service, *LETTERS)
    assert service.sizes == [8]


def test_a_batch_does_not_wait_for_those_who_gather_long():
    async def main():
        ended = asyncio.Event()
        slow = By(lambda _: ended.wait(), batch=2, wait_s=60)
        other = By(length, batch=100, wait_s=60)
        pulse = Pulse()
        first, second = (Desk("embedder", one, None, pulse=pulse) for one in (slow, other))
        held = [first.ask(Embed(text)) for text in ("a", "b")]
        told = await asyncio.gather(*(second.ask(Embed(text)) for text in ("a", "b")))
        ended.set()
        return told, await asyncio.gather(*held)

    assert asyncio.run(main()) == ([1, 1], [True, True])


def test_a_batch_waits_for_what_is_asked_with_an_answer():
    async def lane(desks_, depth):
        for _ in range(depth):
            await asyncio.gather(desks_[0].ask(Embed("a")))
        return await desks_[1].ask(Embed("b" * depth))

    async def main():
        desks_ = [Desk("embedder", one, None, pulse=pulse) for one in (By(length), gathers)]
        await asyncio.gather(*(lane(desks_, depth) for depth in range(1, 5)))

    pulse, gathers = Pulse(), By(length, batch=100, wait_s=60)
    asyncio.run(main())
    assert gathers.sizes == [4]


def busy():
    """A pulse of a run in which another desk is at work."""
    pulse = Pulse()
    pulse.serving = 1
    return pulse


@pytest.mark.parametrize("bad", LETTERS)
def test_a_failing_batch_is_halved_to_the_culprit(bad):
    service = By(raises(Outage("no"), at=bad), batch=8, wait_s=1)
    asked = ask(service, *LETTERS)
    assert kinds(asked.results) == ["Outage" if one == bad else 1 for one in LETTERS]
    assert asked.desk.counts == {"asked": 8, "retried": 5, "failed": 1}
    assert not asked.pulse.stop_reason


def test_one_answer_of_a_batch_may_fail():
    service = By(lambda r: Outage("no") if r.text == "a" else 1, batch=8, wait_s=1)
    assert kinds(ask(service, *LETTERS).results) == ["Outage", *[1] * 7]


def test_a_retry_never_exceeds_what_the_service_bears():
    async def slowly(request):
        await asyncio.sleep(0.002)
        return fail(request)

    fail = fails_first(Outage("no"), 12)
    service = By(slowly, parallel=3)
    assert ask(service, *LETTERS).results == [1] * 8
    assert service.most == 3


def test_an_outage_that_ends_costs_nobody_anything():
    asked = ask(By(fails_first(Outage("no"), 15), parallel=8), *LETTERS)
    assert asked.results == [1] * 8
    assert asked.desk.counts == {"asked": 8, "retried": 15}


def test_a_request_that_is_throttled_is_never_given_up():
    service = By(fails_first(Throttled("slowly", 0.001), 40), parallel=4)
    asked = ask(service, *LETTERS)
    assert asked.results == [1] * 8
    assert asked.desk.counts == {"asked": 8, "retried": 40}


def test_a_throttled_service_is_asked_for_less():
    service = By(raises(Throttled("slowly", 0.05)), parallel=64)
    pulse = Pulse()

    async def main():
        desk = Desk("embedder", service, None, pulse=pulse)
        desk.ask(Embed("a"))
        await asyncio.sleep(0.02)
        first = desk.pace.parallel
        pulse.stop("enough")
        return first

    assert asyncio.run(main()) == 32


def test_a_service_that_is_silent_stops_the_run(monkeypatch):
    monkeypatch.setattr(desks, "SILENCE_S", 0.05)
    gone = By(raises(Outage("gone", 0.03)), parallel=2)
    asked = ask(gone, "a", "b", "c")
    assert asked.pulse.stop_reason == "silent"
    assert str(asked.pulse.fault).startswith("embedder has been silent for")
    assert set(kinds(asked.results)) <= {"Outage", "Stopping"}


def test_an_hour_without_requests_is_no_silence(monkeypatch):
    monkeypatch.setattr(desks, "SILENCE_S", 0.1)

    async def main():
        service = By(fails_first(Outage("gone"), 1))
        desk = Desk("embedder", service, None, pulse=Pulse())
        await asyncio.sleep(0.2)
        first = await desk.ask(Embed("a"))
        await asyncio.sleep(0.2)
        return first, await desk.ask(Embed("b"))

    assert asyncio.run(main()) == (1, 1)


def test_a_refusal_is_a_fact_and_stored(tmp_path):
    service = By(raises(Refused("filtered", "why"), at="a"))
    first = ask(service, "a", "b", book=tmp_path)
    again = ask(service, "a", "b", book=tmp_path)
    assert [str(one) for one in again.results] == [str(one) for one in first.results]
    assert str(first.results[0]) == "filtered: why"
    assert again.desk.counts == {"known": 2}


def test_a_refusal_of_a_batch_is_one_of_its_requests():
    service = By(raises(Refused("filtered"), at="c"), batch=8, wait_s=1)
    assert kinds(ask(service, *LETTERS).results) == [1, 1, "Refused", 1, 1, 1, 1, 1]


def test_a_service_that_refuses_us_ends_the_run_with_its_message():
    asked = ask(By(raises(ServiceRefusal("401: no such key"))), "a", "b")
    assert kinds(asked.results) == ["Stopping", "Stopping"]
    assert isinstance(asked.pulse.fault, ServiceRefusal)
    assert "no such key" in str(asked.pulse.fault)


def test_a_budget_closes_its_desk_and_no_other():
    pulse = Pulse()
    asked = ask(By(raises(Stopping("usd"))), "a", "b", pulse=pulse)
    assert kinds(asked.results) == ["Stopping", "Stopping"]
    assert (asked.desk.closed, pulse.stop_reason) == ("usd", "")


def test_a_request_that_the_service_has_a_bug_about_is_found(capfd):
    service = By(raises(KeyError("oops"), at="c"), batch=8, wait_s=1)
    asked = ask(service, *LETTERS)
    assert kinds(asked.results) == [1, 1, "Bug", 1, 1, 1, 1, 1]
    assert "embedder has a bug: KeyError: 'oops'" in capfd.readouterr().err


def test_a_service_that_knows_nothing_but_bugs_ends_the_run():
    asked = ask(By(raises(KeyError("oops"))), "a")
    assert isinstance(asked.pulse.fault, PluginFault)


def test_a_wrong_number_of_answers_is_a_bug():
    class Short(By):
        async def answer(self, requests):
            return (await super().answer(requests))[1:]

    asked = ask(Short(length, batch=2, wait_s=1), "a", "b")
    assert "gave 0 answers to 1 requests" in str(asked.pulse.fault)


def test_an_answer_that_is_no_plain_data_ends_the_run(tmp_path):
    asked = ask(By(lambda _: object()), "a", book=tmp_path)
    assert kinds(asked.results) == ["Stopping"]
    assert "not plain data" in str(asked.pulse.fault)


def test_an_answer_that_never_comes_is_given_up():
    service = By(lambda r: asyncio.sleep(9 if r.text == "b" else 0, 1), deadline_s=0.01, parallel=9)
    asked = ask(service, *LETTERS)
    assert kinds(asked.results) == [1, "Outage", *[1] * 6]
    assert "no answer in 0 s" in str(asked.results[1])


def test_what_is_asked_when_its_lane_dies_is_stored(tmp_path):
    async def main():
        book = Book(tmp_path)
        desk = Desk("embedder", By(lambda _: asyncio.sleep(0.05, 5)), book, pulse=Pulse())
        future = desk.ask(Embed("a"))
        await asyncio.sleep(0.01)
        future.cancel()
        await desk.drain()
        await book.close()
        return desk._key(Embed("a"))

    key = asyncio.run(main())
    assert get(tmp_path, key) == {key: {"a": 5}}


def test_what_nobody_waits_for_is_not_asked():
    async def main():
        service = By(lambda _: asyncio.sleep(0.01, 1))
        desk = Desk("embedder", service, None, pulse=Pulse())
        futures = [desk.ask(Embed(text)) for text in LETTERS]
        await asyncio.sleep(0)
        for future in futures[3:]:
            future.cancel()
        await desk.drain()
        return service.batches

    assert asyncio.run(main()) == [["a"], ["b"], ["c"]]


def test_cancelling_one_waiter_leaves_the_other_its_answer():
    async def main():
        desk = Desk("embedder", By(length), None, pulse=Pulse())
        one, two = desk.ask(Embed("a")), desk.ask(Embed("a"))
        one.cancel()
        return await two

    assert asyncio.run(main()) == 1
