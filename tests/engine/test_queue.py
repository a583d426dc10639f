"""Who is asked for first, and what is asked while answers are stored."""

import asyncio
from dataclasses import dataclass

from verbs import By, length, many, stream

from backfeed.engine.answers import Book
from backfeed.engine.desk import Desk
from backfeed.engine.pace import Item, Queue, ordinal
from backfeed.engine.pulse import Pulse
from backfeed.engine.requests import Embed


def item(place, name=""):
    return Item(name.encode(), Embed(name), place)


def taken(queue):
    return [queue.pop().key.decode() for _ in range(len(queue))]


def test_requests_for_the_first_rows_come_first():
    queue = Queue()
    for place, name in [(3, "c"), (1, "a"), (1, "b")]:
        queue.add(item(place, name))
    assert taken(queue) == ["a", "b", "c"]


def test_one_that_comes_back_is_first_of_its_row():
    queue = Queue()
    for place, name in [(1, "b"), (2, "c")]:
        queue.add(item(place, name))
    queue.add(item(1, "a"), again=True)
    assert taken(queue) == ["a", "b", "c"]


def test_a_desk_asks_for_the_first_rows_first():
    async def main():
        service = By(length)
        desk = Desk("embedder", service, None, pulse=Pulse())

        async def one(place):
            ordinal.set(place)
            return await desk.ask(Embed(str(place)))

        await asyncio.gather(*(one(place) for place in (5, 3, 4)))
        return service.batches

    assert asyncio.run(main()) == [["3"], ["4"], ["5"]]


@dataclass(frozen=True)
class Twice:
    """Asks a second time about the first row."""

    version: int = 1

    def each(self, sample):
        yield from Embed(sample.code)
        if sample.code == "code 0":
            yield from Embed("again")
        return [sample]


def test_a_second_question_about_an_early_row_does_not_wait_for_all_first_ones():
    service = By(lambda r: asyncio.sleep(0.001, 1), parallel=2)
    stream(many(40), Twice(), service=service, window=30)
    assert service.batches.index(["again"]) < 6


def test_the_service_is_free_while_answers_are_stored(tmp_path):
    class Slow(Book):
        async def put_many(self, service, answers):
            await asyncio.sleep(0.02)
            return await super().put_many(service, answers)

    async def main():
        service = By(length)
        book = Slow(tmp_path)
        desk = Desk("embedder", service, book, pulse=Pulse())
        waits = [desk.ask(Embed(text)) for text in "abcd"]
        await asyncio.sleep(0.01)
        asked = len(service.batches)
        await asyncio.gather(*waits)
        await book.close()
        return asked

    assert asyncio.run(main()) == 2
