"""Files that are opened: the same each time, or told; looked at before work begins."""

import json

import pytest

from backfeed.engine.errors import InputError
from backfeed.engine.readers._open import Looks, RowFile
from backfeed.engine.readers._rows import Reading

ROW = {"instruction": "Double x.", "output": "2 * x"}


def put(path, *rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def opened(path, **more):
    return RowFile.of(path, "jsonl", Reading(path.name, str(path), **more))


def changed(path):
    put(path, ROW, {**ROW, "output": "x + x"})


def touched(path):
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content)


def grown(path):
    with path.open("a") as file:
        file.write(json.dumps(ROW) + "\n")


@pytest.mark.parametrize("change", [changed, grown])
@pytest.mark.parametrize("early", [True, False])
def test_a_file_that_changes_is_told(tmp_path, change, early):
    """Before its first row is read again, or while it is read."""
    file = opened(put(tmp_path / "a.jsonl", *[ROW] * 5000))
    rows = file.samples()
    if not early:
        next(rows)
    change(file.path)
    with pytest.raises(InputError, match=r"a\.jsonl changed while it was read: run again when"):
        list(rows)


def test_a_file_that_is_cut_off_is_no_damaged_file(tmp_path):
    path = put(tmp_path / "a.json", *[ROW] * 5000)
    path.write_text(json.dumps([ROW] * 50_000))
    file = RowFile.of(path, "json", Reading("a.json"))
    rows = file.samples()
    next(rows)
    path.write_text(path.read_text()[:-100_000])
    with pytest.raises(InputError, match="changed while it was read"):
        list(rows)


def test_a_file_that_goes_is_told(tmp_path):
    file = opened(put(tmp_path / "a.jsonl", ROW))
    file.path.unlink()
    with pytest.raises(InputError, match=r"a\.jsonl cannot be read: No such file"):
        list(file.samples())


def test_a_file_that_is_only_touched_is_the_same(tmp_path):
    file = opened(put(tmp_path / "a.jsonl", ROW))
    touched(file.path)
    assert len(list(file.samples())) == len(list(file.samples())) == 1


def test_each_sample_comes_with_its_row(tmp_path):
    seed = {"instruction": "I", "instances": [{"output": "a"}, {"output": "b"}]}
    file = opened(put(tmp_path / "a.jsonl", seed, [], ROW))
    found = list(file.pairs())
    assert [(line, sample.response) for (line, _), sample in found] == [
        (1, "a"), (1, "b"), (2, ""), (3, "2 * x"),
    ]  # fmt: skip
    assert found[0][0] is found[1][0]
    assert found[2][1].rejected.reason == "not-an-object"


def look(*files):
    said = []
    looks = Looks(said.append)
    for file in files:
        looks.at(file)
    looks.end([file.how.name for file in files])
    return said


def test_alike_files_are_told_once(tmp_path):
    files = [opened(put(tmp_path / f"{n}.jsonl", ROW), among=True) for n in range(3)]
    other = opened(put(tmp_path / "x.jsonl", {"prompt": "p", "completion": "c"}), among=True)
    assert look(*files, other) == [
        "0.jsonl and 2 more: read as alpaca: instruction, response=output",
        "x.jsonl: read as prompt-completion: instruction=prompt, response=completion",
    ]


def test_a_file_of_no_use_among_others_is_told(tmp_path):
    good = opened(put(tmp_path / "a.jsonl", ROW), among=True)
    empty = opened(put(tmp_path / "b.jsonl"), among=True)
    text = opened(put(tmp_path / "c.jsonl", {"text": "x"}, {"text": "y"}), among=True)
    said = look(good, empty, text)
    assert said[1] == "b.jsonl: there is no row in it"
    assert said[2].startswith("c.jsonl: none of its 2 rows can be used; the columns are text: none")
    assert [s.rejected.reason for s in text.samples()] == ["unknown-columns"] * 2
    with pytest.raises(InputError, match=r"no file of 2 holds a row of use; b\.jsonl: it is empty"):
        look(empty, text)


@pytest.mark.parametrize(
    ("rows", "message"),
    [([], r"a\.jsonl is empty: there is no row in it"),
     ([{"text": "x"}] * 3, r"a\.jsonl: the columns are text: none that are known"),
     ([{"text": "x"}] * 1500, r"a\.jsonl: the columns are text: none that are known"),
     ([[]], r"a\.jsonl: none of its 1 rows can be read; line 1 is a list")],
)  # fmt: skip
def test_a_file_of_no_use_alone_is_refused(tmp_path, rows, message):
    with pytest.raises(InputError, match=message):
        look(opened(put(tmp_path / "a.jsonl", *rows)))


def test_what_comes_late_is_read(tmp_path):
    rows = [{"text": "x"}, ROW, {"prompt": "p", "completion": "c"}, {"output": "o"}]
    file = opened(put(tmp_path / "a.jsonl", *rows))
    assert look(file) == ["a.jsonl: read as alpaca: instruction, response=output"]
    assert [s.rejected and s.rejected.reason for s in file.samples()] == [
        "unknown-columns", None, None, "unknown-columns",
    ]  # fmt: skip
