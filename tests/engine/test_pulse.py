"""A stop: what is new is refused, what is paid is awaited, and nobody is left hanging."""

import asyncio

from verbs import By, ask, length

from backfeed.engine.answers import Book
from backfeed.engine.desk import Desk
from backfeed.engine.errors import StoreFault
from backfeed.engine.pulse import Pulse
from backfeed.engine.requests import Embed

LETTERS = tuple("abcdefgh")


def kinds(results):
    return [type(one).__name__ if isinstance(one, Exception) else one for one in results]


class Full(Book):
    """A book that cannot be written to."""

    async def put_many(self, service, answers):
        raise StoreFault("the disk is full")


def test_a_book_that_cannot_be_written_stops_everything_at_once(tmp_path):
    async def main():
        book, pulse = Full(tmp_path), Pulse()
        desk = Desk("embedder", By(length, batch=4), book, pulse=pulse)
        futures = [desk.ask(Embed(text)) for text in LETTERS]
        done = await asyncio.wait_for(asyncio.gather(*futures, return_exceptions=True), 1)
        await book.close()
        return kinds(done), str(pulse.fault)

    assert asyncio.run(main()) == (["Stopping"] * 8, "the disk is full")


def test_a_stop_refuses_what_is_new_and_gives_what_is_known(tmp_path):
    service, pulse = By(length), Pulse()
    ask(service, "a", book=tmp_path)

    async def main():
        book = Book(tmp_path)
        desk = Desk("embedder", service, book, pulse=pulse)
        pulse.stop("interrupted")
        futures = [desk.ask(Embed("a")), desk.ask(Embed("b"))]
        done = await asyncio.gather(*futures, return_exceptions=True)
        await book.close()
        return kinds(done)

    assert asyncio.run(main()) == [1, "Stopping"]


def test_a_stop_awaits_what_is_paid_for_but_not_for_ever(monkeypatch):
    monkeypatch.setattr("backfeed.engine.pulse.GRACE_S", 0.05)
    delays = {"a": 0.02, "b": 60}

    async def main():
        pulse, slow = Pulse(), By(lambda r: asyncio.sleep(delays[r.text], 1), parallel=2)
        desk = Desk("embedder", slow, None, pulse=pulse)
        futures = [desk.ask(Embed(text)) for text in delays]
        await asyncio.sleep(0.005)
        pulse.stop("interrupted")
        return kinds(await asyncio.gather(*futures, return_exceptions=True))

    assert asyncio.run(main()) == [1, "Stopping"]
