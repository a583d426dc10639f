"""What every reader of data sets keeps."""

import bz2
import csv
import gzip
import json
import lzma
from collections import Counter

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conformance.everything import can_be_loaded, every, loaded
from workbooks import workbook

from backfeed.engine.errors import InputError
from backfeed.engine.readers import _rows

ROWS = [
    {"id": "1", "instruction": "é ☃ 𝄞", "response": "two\nlines"},
    {"id": "2", "instruction": 'a "b", c;\td', "response": "c"},
]
NAMES = [name for name in every("readers") if can_be_loaded("readers", name)]
SUFFIXES = [(name, end) for name in NAMES for end in loaded("readers", name).suffixes]


def lines(path):
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))


def array(path):
    path.write_text(json.dumps(ROWS))


def parquet(path):
    pq.write_table(pa.Table.from_pylist(ROWS), path)


def arrow(path):
    with pa.ipc.new_file(str(path), pa.Table.from_pylist(ROWS).schema) as file:
        file.write_table(pa.Table.from_pylist(ROWS))


def sheet(path):
    workbook(path, [list(ROWS[0]), *(list(row.values()) for row in ROWS)])


def table(path):
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, ROWS[0], delimiter="\t" if path.suffix == ".tsv" else ",")
        writer.writeheader()
        writer.writerows(ROWS)


WRITERS = {
    ".jsonl": lines, ".ndjson": lines, ".json": array, ".parquet": parquet, ".pq": parquet,
    ".csv": table, ".tsv": table, ".arrow": arrow, ".ipc": arrow, ".feather": arrow,
    ".xlsx": sheet, ".xlsm": sheet,
}  # fmt: skip
PACKERS = {
    ".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress,
    ".zst": lambda raw: pa.compress(raw, "zstd", asbytes=True),
}  # fmt: skip

suffixes = pytest.mark.parametrize(("name", "suffix"), SUFFIXES)


@pytest.fixture
def good(tmp_path, suffix):
    """A file of that suffix with two rows."""
    end = next((end for end in PACKERS if suffix.endswith(end)), "")
    plain = suffix.removesuffix(end)
    if plain not in WRITERS:
        pytest.fail(f"conformance/test_readers.py cannot write {plain}: add it to WRITERS")
    path = tmp_path / f"rows{plain}"
    WRITERS[plain](path)
    if plain == suffix:
        return path
    packed = tmp_path / f"rows{suffix}"
    packed.write_bytes(PACKERS[end](path.read_bytes()))
    return packed


def read(name, path):
    return list(loaded("readers", name).read(path))


def as_samples(name, path):
    """The rows as a run takes them."""
    rows = _rows.numbered(loaded("readers", name), path)
    return list(_rows.samples(rows, _rows.Reading(path.name)))


@suffixes
def test_rows_come_in_file_order(name, good):
    assert [dict(row) for row in read(name, good)] == ROWS


@suffixes
def test_rows_become_samples(name, good):
    first, second = as_samples(name, good)
    assert (first.instruction, first.response) == ("é ☃ 𝄞", "two\nlines")
    assert second.instruction == 'a "b", c;\td'


@suffixes
def test_a_file_that_is_not_there_is_the_callers_mistake(name, suffix, tmp_path):
    with pytest.raises(InputError, match="nowhere"):
        read(name, tmp_path / f"nowhere{suffix}")


@suffixes
def test_a_folder_is_no_file(name, suffix, tmp_path):
    (tmp_path / f"folder{suffix}").mkdir()
    with pytest.raises(InputError, match="folder"):
        read(name, tmp_path / f"folder{suffix}")


BAD = {
    "zeros": bytes(5000),
    "picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20,
    "zip": b"PK\x03\x04" + bytes(range(256)),
    "prose": b"Dear reader,\nthese are no rows; they are words.\n",
}


@suffixes
@pytest.mark.parametrize("content", BAD.values(), ids=list(BAD))
def test_what_is_no_such_file_is_refused(name, suffix, content, tmp_path):
    path = tmp_path / f"bad{suffix}"
    path.write_bytes(content)
    with pytest.raises(InputError, match="bad"):
        as_samples(name, path)


@suffixes
def test_what_was_cut_off_is_not_taken_for_whole(name, suffix, good):
    """The caller's mistake, or a row that says that it cannot be read."""
    good.write_bytes(good.read_bytes()[:-9])
    try:
        rows = read(name, good)
    except InputError as error:
        rows = [str(error)]
    assert rows != ROWS
    assert rows[:1] == ROWS[:1] or good.name in str(rows[0])


def test_no_two_read_files_of_one_name():
    ends = Counter(suffix for _, suffix in SUFFIXES)
    assert [suffix for suffix, count in ends.items() if count > 1 or suffix[0] != "."] == []
