"""The answer book: what is put is found, the first wins, and faults are told."""

import asyncio
import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from verbs import get, put, with_book

from backfeed.engine import _sealed
from backfeed.engine.answers import Book
from backfeed.engine.errors import ConfigError, RunConflict, StoreFault

WRITER = Path(__file__).with_name("book_writer.py")
A, B, C = (letter * 20 for letter in (b"a", b"b", b"c"))

texts = st.text(st.characters(exclude_categories=["Cs"]))
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | texts
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    max_leaves=20,
)  # fmt: skip
books = st.dictionaries(st.binary(min_size=20, max_size=20), plain, min_size=1, max_size=30)
any_folder = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def many(count: int) -> dict[bytes, str]:
    return {os.urandom(20): f"answer {n} " * (n % 40) for n in range(count)}


@any_folder
@given(answers=books)
def test_what_is_put_is_found_live_and_sealed(tmp_path_factory, answers):
    folder = tmp_path_factory.mktemp("book")
    assert put(folder, answers) == answers
    assert get(folder, *answers, b"-" * 20) == answers
    assert with_book(folder, Book.seal) == len(answers)
    assert get(folder, *answers, b"-" * 20) == answers


def test_the_first_answer_wins(tmp_path):
    assert put(tmp_path, {A: 1, B: 2}) == {A: 1, B: 2}
    assert put(tmp_path, {A: 9, C: 3}) == {A: 1, C: 3}
    assert get(tmp_path, A, B, C) == {A: 1, B: 2, C: 3}


def test_the_first_of_one_turn_wins(tmp_path):
    async def both(book):
        return await asyncio.gather(book.put_many("m", {A: 1}), book.put_many("m", {A: 2}))

    assert with_book(tmp_path, both) == [{A: 1}, {A: 1}]


def test_what_is_given_out_is_what_is_read_later(tmp_path):
    given_out = put(tmp_path, {A: (1, {2: "x"}, float("nan"))})
    assert given_out == {A: [1, {"2": "x"}, None]} == get(tmp_path, A)


def test_what_utf8_cannot_say_is_replaced(tmp_path):
    assert put(tmp_path, {A: ["\ud800", "\U0001f600"]}) == {A: ["�", "😀"]}


def test_a_new_book_may_be_opened_by_many_at_once(tmp_path):
    def open_and_close(folder):
        book = Book(folder)
        asyncio.run(book.close())

    with ThreadPoolExecutor(8) as threads:
        for number in range(30):
            list(threads.map(open_and_close, [tmp_path / str(number)] * 8))


def test_two_processes_give_out_the_same_answers(tmp_path):
    command = [sys.executable, str(WRITER), str(tmp_path)]
    writers = [
        subprocess.Popen([*command, name, "400"], stdout=subprocess.PIPE, text=True)
        for name in ("one", "two")
    ]
    one, two = (writer.communicate(timeout=60)[0].splitlines() for writer in writers)
    keys = [number.to_bytes(20) for number in range(400)]
    assert one == two == list(get(tmp_path, *keys).values())
    assert {writer.returncode for writer in writers} == {0}


def test_a_long_answer_is_kept_once_under_its_hash(tmp_path):
    long = os.urandom(100_000).hex()
    put(tmp_path, {A: long, B: long, C: "short"})
    assert len(list((tmp_path / "payloads").iterdir())) == 1
    with_book(tmp_path, Book.seal)
    assert get(tmp_path, A, B) == {A: long, B: long}


def test_sealed_answers_may_be_forgotten(tmp_path):
    put(tmp_path, {A: 1, B: 2})
    with_book(tmp_path, Book.seal)
    put(tmp_path, {C: 3})
    assert with_book(tmp_path, lambda book: book.forget([A, C, b"-" * 20])) == 2
    assert get(tmp_path, A, B, C) == {B: 2}
    assert put(tmp_path, {A: 9}) == {A: 9}


def test_a_seal_after_a_forgetting_overwrites_no_file(tmp_path):
    for number in range(3):
        put(tmp_path, {bytes([number]) * 20: number})
        with_book(tmp_path, Book.seal)
    (tmp_path / "sealed-00001.parquet").unlink()
    put(tmp_path, {C: "c"})
    with_book(tmp_path, Book.seal)
    names = sorted(path.name for path in tmp_path.glob("sealed-*"))
    assert names == ["sealed-00000.parquet", "sealed-00002.parquet", "sealed-00003.parquet"]


@pytest.mark.parametrize("in_memory", [0, 2**30])
def test_a_large_sealed_book_is_read_by_group(tmp_path, monkeypatch, in_memory):
    monkeypatch.setattr(_sealed, "BYTES_IN_MEMORY", in_memory)
    monkeypatch.setattr(_sealed, "GROUPS_IN_MEMORY", 2)
    answers = many(1000)
    put(tmp_path, answers)
    with_book(tmp_path, Book.seal)
    assert get(tmp_path, *answers) == answers


def test_answers_are_counted_and_listed_by_service(tmp_path):
    put(tmp_path, {A: 1}, "model")
    with_book(tmp_path, Book.seal)
    put(tmp_path, {B: 2}, "model")
    put(tmp_path, {C: 3}, "sandbox")
    assert with_book(tmp_path, Book.counts) == {"model": 2, "sandbox": 1}
    assert with_book(tmp_path, lambda book: dict(book.each("model"))) == {A: 1, B: 2}


def test_a_book_keeps_notes(tmp_path):
    with_book(tmp_path, lambda book: book.note("model:strong", "x"))
    assert with_book(tmp_path, Book.notes) == {"version": "1", "model:strong": "x"}


def test_a_book_that_another_run_uses_is_neither_sealed_nor_rewritten(tmp_path):
    put(tmp_path, {A: 1})
    held = Book(tmp_path)
    assert with_book(tmp_path, Book.seal) == 0
    with pytest.raises(RunConflict, match="in use by another process"):
        with_book(tmp_path, lambda other: other.forget([A]))
    assert held.get_many([A]) == {A: 1}
    asyncio.run(held.close())
    assert with_book(tmp_path, Book.seal) == 1


def test_a_commit_that_is_cancelled_is_made_up_for_at_the_end(tmp_path):
    async def cut_short(book):
        put_ = asyncio.ensure_future(book.put_many("m", {A: 1}))
        await asyncio.sleep(0)
        book._committing.cancel()
        put_.cancel()

    with_book(tmp_path, cut_short)
    assert get(tmp_path, A) == {A: 1}


def test_a_book_outlives_the_loop_that_it_was_used_in(tmp_path):
    book = None

    async def first():
        nonlocal book
        book = Book(tmp_path)
        asyncio.ensure_future(book.put_many("m", {A: 1}))  # noqa: RUF006
        await asyncio.sleep(0)

    async def second():
        held = await asyncio.wait_for(book.put_many("m", {B: 2}), 5)
        await book.close()
        return held

    asyncio.run(first())
    assert asyncio.run(second()) == {B: 2}
    assert get(tmp_path, A, B) == {A: 1, B: 2}


def test_a_bad_answer_hurts_no_other_of_its_group(tmp_path):
    async def both(book):
        puts = (book.put_many("m", {A: object()}), book.put_many("m", {B: 2}))
        return await asyncio.gather(*puts, return_exceptions=True)

    bad, good = with_book(tmp_path, both)
    assert "m gave an answer that is not plain data" in str(bad)
    assert good == {B: 2}


def test_a_book_of_another_version_is_refused(tmp_path):
    with_book(tmp_path, lambda book: book.note("version", "99"))
    with pytest.raises(ConfigError, match=r"is of version 99, this Backfeed reads version 1"):
        with_book(tmp_path, Book.counts)


@pytest.mark.parametrize("name", ["live.sqlite", "sealed-00000.parquet"])
def test_a_damaged_file_is_told_with_its_remedy(tmp_path, name):
    put(tmp_path, many(50))
    with_book(tmp_path, Book.seal)
    for left in tmp_path.glob("live.sqlite-*"):
        left.unlink()
    (tmp_path / name).write_bytes(b"PAR1" + b"x" * 9000 + b"PAR1")
    with pytest.raises(StoreFault, match=r"damaged .*move it away"):
        with_book(tmp_path, Book.counts)


def test_a_payload_that_is_gone_is_told(tmp_path):
    put(tmp_path, {A: os.urandom(100_000).hex()})
    for path in (tmp_path / "payloads").iterdir():
        path.unlink()
    with pytest.raises(StoreFault, match="No such file"):
        get(tmp_path, A)


def confined(*options: str, count: int = 5, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Let the writer run where the folder is small or read-only."""
    box = ["bwrap", "--dev-bind", "/", "/", *options]
    command = [*box, sys.executable, str(WRITER), str(folder), "one", str(count)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.bwrap
def test_a_read_only_book_is_told_with_its_remedy(tmp_path):
    put(tmp_path, {A: 1})
    done = confined("--ro-bind", str(tmp_path), str(tmp_path), folder=tmp_path)
    last = done.stderr.splitlines()[-1]
    assert "StoreFault" in last
    assert "read-only" in last
    assert "name a directory with -o" in last


@pytest.mark.bwrap
def test_a_full_disk_is_told_and_what_was_given_out_was_stored(tmp_path):
    small = ("--size", "1500000", "--tmpfs", str(tmp_path))
    done = confined(*small, count=200_000, folder=tmp_path)
    assert "StoreFault" in done.stderr
    assert "the disk is full; free some space" in done.stderr
    assert set(done.stdout.split()) == {"one"}


def test_a_file_that_may_not_grow_is_told(tmp_path):
    command = f"ulimit -f 4000; exec {sys.executable} {WRITER} {tmp_path} one 200000"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert "StoreFault: writing the answer book" in done.stderr
    given_out = len(done.stdout.split())
    keys = [number.to_bytes(20) for number in range(given_out)]
    assert len(get(tmp_path, *keys)) == given_out > 100


def test_answers_are_in_the_database_when_they_are_given_out(tmp_path):
    async def look(book):
        await book.put_many("m", {A: 1})
        with sqlite3.connect(tmp_path / "live.sqlite") as other:
            return other.execute("SELECT COUNT(*) FROM answers").fetchone()[0]

    assert with_book(tmp_path, look) == 1
