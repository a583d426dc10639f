"""A run: its faults keep what is paid, and a directory has one owner."""

import asyncio
import sqlite3

import pytest
from verbs import By, Double, Measure, length, many, raises, run, step

from backfeed.engine import job
from backfeed.engine.answers import Book
from backfeed.engine.errors import (
    InputError,
    Outage,
    RunConflict,
    ServiceRefusal,
    StoreFault,
)
from backfeed.engine.files import FolderLock
from backfeed.engine.output import read_rows
from backfeed.engine.records import Evidence, Sample
from backfeed.engine.store import DiskTable

ROWS = many(120)


def test_rows_that_the_world_lets_down_are_tried_again_alone(tmp_path):
    broken = By(raises(Outage("gone"), at="17"), parallel=30)
    first = run(tmp_path, step(Measure()), samples=ROWS, service=broken)
    bad = [row.code for row in ROWS if "17" in row.code]
    assert (first.codes("unfinished"), first.report.complete) == (bad, False)
    assert next(read_rows(tmp_path / "unfinished")).rejected.detail == "gone"
    second = run(tmp_path, step(Measure()), samples=ROWS)
    assert sorted(second.service.asked) == sorted(bad)
    assert second.codes() == [row.code for row in ROWS]


def test_a_service_that_refuses_us_ends_the_run(tmp_path):
    service = By(raises(ServiceRefusal("401: no such key")))
    with pytest.raises(ServiceRefusal, match="no such key"):
        run(tmp_path, step(Measure()), samples=ROWS, service=service)
    assert service.closed == 1


def test_a_full_disk_ends_the_run_and_the_next_one_goes_on(tmp_path, monkeypatch):
    write, left = Book._write, iter(range(5))

    def full(book, entries):
        if next(left, None) is None:
            raise StoreFault("the disk is full")
        return write(book, entries)

    monkeypatch.setattr(Book, "_write", full)
    first = By(length, parallel=4)
    with pytest.raises(StoreFault, match=r"^the disk is full$"):
        run(tmp_path, step(Measure()), samples=ROWS, service=first)
    monkeypatch.undo()
    with sqlite3.connect(tmp_path / "answers" / "live.sqlite") as book:
        kept = book.execute("SELECT COUNT(*) FROM answers").fetchone()[0]
    second = run(tmp_path, step(Measure()), samples=ROWS)
    assert sum(second.service.sizes) == len(ROWS) - kept < len(ROWS)
    assert second.files() == run(tmp_path / "clean", step(Measure()), samples=ROWS).files()


def run_rows(directory, rows):
    plan = job.Plan(
        job.Recipe("test", (step(Measure()),)), directory, {"embedder": By(length)}, rows, "rows"
    )
    return asyncio.run(job.execute(plan))


def test_an_input_that_cannot_be_read_is_told(tmp_path):
    def rows():
        yield from many(5)
        raise InputError("line 6 is no JSON")

    with pytest.raises(InputError, match="line 6"):
        run_rows(tmp_path, rows)
    assert len(run_rows(tmp_path, lambda: many(3)).state.rows) == 3


def test_a_directory_has_one_writer(tmp_path):
    held = FolderLock(tmp_path / ".work" / "lock")
    held.own()
    with pytest.raises(RunConflict, match=f"{tmp_path} is in use by another process"):
        run(tmp_path, step(Measure()), samples=ROWS)
    held.close()
    assert run(tmp_path, step(Measure()), samples=ROWS).report.complete


def test_two_runs_share_a_book(tmp_path):
    first = run(tmp_path / "a", step(Measure()), samples=ROWS, book=tmp_path / "book")
    second = run(tmp_path / "b", step(Measure()), samples=ROWS, book=tmp_path / "book")
    assert (sum(first.service.sizes), sum(second.service.sizes)) == (len(ROWS), 0)


def test_another_recipe_is_refused_with_what_differs(tmp_path):
    one, two = {"step": [{"use": "measure", "least": 1}]}, {"step": [{"use": "measure"}]}
    run(tmp_path, step(Measure()), samples=ROWS, resolved=one)
    with pytest.raises(RunConflict, match=r"step\.0\.least: 1 -> None"):
        run(tmp_path, step(Measure()), samples=ROWS, resolved=two)
    assert run(tmp_path, step(Measure()), samples=ROWS, resolved=two, update=True).report.complete


def test_services_are_closed_when_the_book_cannot_be_opened(tmp_path):
    (tmp_path / "answers").mkdir()
    (tmp_path / "answers" / "live.sqlite").write_bytes(b"x" * 9999)
    service = By(length)
    with pytest.raises(StoreFault, match="damaged"):
        run(tmp_path, step(Measure()), samples=ROWS, service=service)
    assert service.closed == 1


def test_equal_rows_get_ids_of_their_own(tmp_path):
    done = run(tmp_path, step(Measure()), samples=[Sample(code="a")] * 3)
    ids = [row.id for row in read_rows(tmp_path / "corpus")]
    assert ids == [ids[0], f"{ids[0]}-2", f"{ids[0]}-3"]
    assert done.service.batches == [["a"]]


def test_rows_that_utf8_cannot_say_are_mended(tmp_path):
    assert run(tmp_path, step(Double()), samples=[Sample(code="a\ud800")]).codes() == ["a�", "a�'"]


def test_evidence_lies_beside_the_rows(tmp_path):
    seen = Evidence("test", {"verdict": "AC", "cpu_s": 0.5})
    run(tmp_path, step(Double()), samples=[Sample(code="a", evidence=(seen,))])
    [found] = (row for batch in evidence(tmp_path) for row in batch.to_pylist())
    assert (found["check"], found["verdict"]) == ("test", "AC")
    assert found["data"] == '{"cpu_s":0.5,"verdict":"AC"}'


def evidence(directory):
    return DiskTable(sorted((directory / "evidence").iterdir())).batches()
