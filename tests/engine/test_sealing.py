"""A long run moves its answers into sealed files while it goes on."""

import asyncio

from verbs import get, with_book

from backfeed.engine import answers as answers_of
from backfeed.engine.answers import Book
from backfeed.engine.errors import StoreFault


def numbered(count, value=None):
    return {number.to_bytes(20): value or {"n": number} for number in range(count)}


async def put_in_parts(book, wanted):
    keys = list(wanted)
    for start in range(0, len(keys), 10):
        await book.put_many("m", {key: wanted[key] for key in keys[start : start + 10]})
        assert book.get_many(keys[: start + 10]) == {k: wanted[k] for k in keys[: start + 10]}


def test_a_long_run_seals_while_it_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(answers_of, "LIVE_MOST", 25)
    with_book(tmp_path, lambda book: put_in_parts(book, numbered(100)))
    assert len(list(tmp_path.glob("sealed-*.parquet"))) == 3
    assert get(tmp_path, *numbered(100)) == numbered(100)
    assert with_book(tmp_path, Book.counts) == {"m": 100}


def test_nothing_is_sealed_while_another_run_is_here(tmp_path, monkeypatch):
    monkeypatch.setattr(answers_of, "LIVE_MOST", 25)
    other = Book(tmp_path)
    with_book(tmp_path, lambda book: put_in_parts(book, numbered(100)))
    assert not list(tmp_path.glob("sealed-*.parquet"))
    assert other.get_many(list(numbered(100))) == numbered(100)
    asyncio.run(other.close())


def test_a_seal_that_fails_loses_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(answers_of, "LIVE_MOST", 25)
    monkeypatch.setattr(Book, "_empty", lambda book: book.absent)  # as if killed between the two
    monkeypatch.setattr(Book, "absent", property(full_disk), raising=False)
    with_book(tmp_path, lambda book: put_in_parts(book, numbered(60)))
    monkeypatch.undo()
    assert get(tmp_path, *numbered(60)) == numbered(60)
    assert list(tmp_path.glob("sealed-*.parquet"))


def full_disk(book):
    raise StoreFault("no space left")
