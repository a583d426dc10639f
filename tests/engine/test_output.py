"""What a run leaves: files of a fixed size, ids of their own, whole folders."""

import pytest
from verbs import Half, Measure, many, run, step

from backfeed.engine import output
from backfeed.engine.output import read_rows, write_artefacts, write_json, write_rows
from backfeed.engine.records import Evidence, Sample
from backfeed.engine.state import State
from backfeed.engine.store import DiskTable, Shards


def table(folder, rows):
    shards = Shards(folder)
    for row in rows:
        shards.add(row)
    shards.flush()
    return DiskTable.of(folder)


def state(folder, rows, gone=()):
    table(folder / "step" / "rejected", gone)
    return State(table(folder / "rows", rows), left=[folder / "step"])


@pytest.mark.parametrize(("count", "files"), [(0, [0]), (7, [7]), (10, [10]), (25, [10, 10, 5])])
def test_files_are_named_by_how_many_there_are(tmp_path, monkeypatch, count, files):
    monkeypatch.setattr(output, "ROWS_PER_FILE", 10)
    write_rows(tmp_path / "out", state(tmp_path, many(count)))
    found = sorted((tmp_path / "out" / "corpus").iterdir())
    names = [f"train-0000{n}-of-0000{len(files)}.parquet" for n in range(len(files))]
    assert [path.name for path in found] == names
    assert [len(DiskTable([path])) for path in found] == files


def test_very_long_rows_make_smaller_files(tmp_path, monkeypatch):
    monkeypatch.setattr(output, "BYTES_PER_FILE", 1)
    write_rows(tmp_path / "out", state(tmp_path, many(5000)))
    assert len(list((tmp_path / "out" / "corpus").iterdir())) > 1


def test_an_id_stands_once_in_a_directory(tmp_path):
    seen = Evidence("ran", {"verdict": "AC"})
    same = Sample(id="x", evidence=(seen,))
    write_rows(tmp_path / "out", state(tmp_path, [same, same], [same.no("a", "b")]))
    folders = ("corpus", "rejected", "evidence")
    ids = [batch["id"].to_pylist() for name in folders for batch in parts(tmp_path / "out" / name)]
    assert ids == [["x", "x-2"], ["x-3"], ["x", "x-2", "x-3"]]


def parts(folder):
    return DiskTable(sorted(folder.iterdir())).batches(["id"])


def test_accepted_rows_are_of_a_split_and_others_of_none(tmp_path):
    rows = [Sample(id="a"), Sample(id="b", split="test")]
    write_rows(tmp_path / "out", state(tmp_path, rows, [Sample(id="c").no("a", "b")]))
    assert [row.split for row in read_rows(tmp_path / "out" / "corpus")] == ["train", "test"]
    assert [row.split for row in read_rows(tmp_path / "out" / "rejected")] == [""]


def test_what_was_written_is_counted(tmp_path):
    rows = [Sample(id="a", level="ran"), Sample(id="b"), Sample(id="c", level="ran")]
    written = write_rows(tmp_path / "out", state(tmp_path, rows, [Sample().no("a", "b")]))
    counts = (written.accepted, written.rejected, written.unfinished, written.evidence)
    assert (counts, written.levels) == ((3, 1, 0, 0), {"none": 1, "ran": 2})


def test_a_second_writing_replaces_the_first(tmp_path):
    write_rows(tmp_path / "out", state(tmp_path / "1", many(3)))
    write_rows(tmp_path / "out", state(tmp_path / "2", many(1)))
    assert [row.code for row in read_rows(tmp_path / "out" / "corpus")] == ["code 0"]
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["corpus", "evidence", "rejected", "unfinished"]


def test_artefacts_get_the_names_of_the_recipe(tmp_path):
    done = run(tmp_path, step(Measure()), step(Half()), samples=many(4))
    write_artefacts(tmp_path, done.report.state, {"count": "count.txt", "absent": "x"})
    assert (tmp_path / "count.txt").read_text() == "4"
    assert not (tmp_path / "x").exists()


def test_json_is_for_people_too(tmp_path):
    write_json(tmp_path / "a.json", {"b": 1, "a": [1]})
    assert (tmp_path / "a.json").read_text() == '{\n  "a": [\n    1\n  ],\n  "b": 1\n}\n'
