"""Files in other wrappings: packed, Arrow, workbooks."""

import bz2
import gzip
import json
import lzma

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from workbooks import workbook

from backfeed.engine import registry
from backfeed.engine.errors import InputError
from backfeed.engine.readers import _arrow
from backfeed.engine.readers._text import Unreadable

ROWS = [{"id": str(n), "instruction": f"é ☃ 𝄞 {n}"} for n in range(500)]
LINES = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS).encode()
ARRAY = json.dumps(ROWS).encode()
TABLE = b"id,instruction\n" + b"".join(f"{n},é ☃ 𝄞 {n}\n".encode() for n in range(500))


def zstd(raw):
    """Two frames, one behind the other, as `zstd` and `cat` make them."""
    half = len(raw) // 2
    return b"".join(pa.compress(part, "zstd", asbytes=True) for part in (raw[:half], raw[half:]))


PACK = {"gz": gzip.compress, "zst": zstd, "bz2": bz2.compress, "xz": lzma.compress}
TEXT = {"jsonl": LINES, "json": ARRAY, "csv": TABLE, "tsv": TABLE.replace(b",", b"\t")}


def read(name, path):
    return list(registry.load("readers", name).read(path))


@pytest.mark.parametrize("end", PACK)
@pytest.mark.parametrize("kind", TEXT)
def test_packed(tmp_path, kind, end):
    path = tmp_path / f"a.{kind}.{end}"
    path.write_bytes(PACK[end](TEXT[kind]))
    assert read({"tsv": "csv"}.get(kind, kind), path) == ROWS


@pytest.mark.parametrize("end", PACK)
def test_what_is_packed_is_told_by_its_bytes(tmp_path, end):
    path = tmp_path / "a.jsonl"
    path.write_bytes(PACK[end](b"\xef\xbb\xbf" + LINES))
    assert read("jsonl", path) == ROWS


@pytest.mark.parametrize("end", PACK)
@pytest.mark.parametrize("harm", [lambda raw: raw[:-9], lambda raw: raw[:40] + b"\xff" * 40])
def test_a_damaged_file_is_refused(tmp_path, end, harm):
    path = tmp_path / f"a.jsonl.{end}"
    path.write_bytes(harm(PACK[end](LINES)))
    with pytest.raises(InputError, match=r"a\.jsonl\.\w+ is damaged: .*; fetch it again"):
        read("jsonl", path)


def table():
    return pa.Table.from_pylist(ROWS)


def ipc(path, *, stream, **more):
    made = pa.ipc.new_stream if stream else pa.ipc.new_file
    with made(str(path), table().schema, **more) as writer:
        writer.write_table(table(), max_chunksize=100)


@pytest.mark.parametrize("codec", [None, "zstd", "lz4"])
@pytest.mark.parametrize("stream", [True, False])
def test_arrow(tmp_path, stream, codec):
    path = tmp_path / "a.arrow"
    ipc(path, stream=stream, options=pa.ipc.IpcWriteOptions(compression=codec))
    assert read("arrow", path) == ROWS
    numbered = registry.load("readers", "arrow").numbered(path)
    assert [line for line, _ in numbered] == list(range(1, 501))


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("content", [b"", b"ARROW1", b"no arrow at all" * 100])
def test_what_is_no_arrow_is_refused(tmp_path, stream, content):
    path = tmp_path / "a.arrow"
    ipc(path, stream=stream)
    for bad in (content, path.read_bytes()[:3000]):
        (tmp_path / "b.arrow").write_bytes(bad)
        with pytest.raises(InputError, match=r"b\.arrow is not an Arrow file that can be read"):
            read("arrow", tmp_path / "b.arrow")


def test_few_rows_at_once_if_cells_are_large(tmp_path, monkeypatch):
    """A cell of 50 MB in small: as much is plain data at once as the limit says."""
    monkeypatch.setattr(_arrow, "_BYTES", 5000)
    rows = [{"text": "x" * 1000} for _ in range(64)]
    seen = []

    class Batch:
        nbytes, num_rows = 64_000, 64

        def slice(self, start, count):
            seen.append(count)
            return pa.RecordBatch.from_pylist(rows[start : start + count])

    assert list(_arrow.rows_of(Batch())) == rows
    assert seen == [5] * 12 + [5]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet", use_dictionary=False)
    assert read("parquet", tmp_path / "a.parquet") == rows


def test_a_workbook(tmp_path):
    workbook(
        tmp_path / "a.xlsx",
        [["id", "prompt", "response", None, "type"], [1, " é ☃\n𝄞 ", "x_x000D_y", "?", 2.5],
         [None, None], [2, "b", None, None, None, "beyond"]],
        [],
        [["prompt", "response"], ["c", "d"]],
    )  # fmt: skip
    found = list(registry.load("readers", "xlsx").numbered(tmp_path / "a.xlsx"))
    assert found[0] == (1, {"id": 1, "prompt": " é ☃\n𝄞 ", "response": "x\ry", "type": 2.5})
    assert isinstance(found[1][1], Unreadable)
    assert found[1][1].detail == "a row of sheet 's1' has cells beyond the header's 5"
    assert found[2] == (3, {"prompt": "c", "response": "d"})


def test_two_columns_of_one_name_are_refused(tmp_path):
    twice = pa.table([["1"], ["2"]], names=["a", "a"])
    pq.write_table(twice, tmp_path / "a.parquet")
    with pa.ipc.new_stream(str(tmp_path / "a.arrow"), twice.schema) as writer:
        writer.write_table(twice)
    for name in ("parquet", "arrow"):
        with pytest.raises(InputError, match=rf"a\.{name}: two columns are called 'a'"):
            read(name, tmp_path / f"a.{name}")


def test_two_columns_of_one_name_in_a_sheet_are_refused(tmp_path):
    workbook(tmp_path / "a.xlsx", [["a", None, None, "b", "a"], ["1", "2", "3", "4", "5"]])
    with pytest.raises(InputError, match=r"a\.xlsx, sheet 's1': two columns are called 'a'"):
        read("xlsx", tmp_path / "a.xlsx")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"text" * 100, b"\xd0\xcf\x11\xe0" * 200])
def test_what_is_no_workbook_is_refused(tmp_path, content):
    (tmp_path / "a.xlsx").write_bytes(content)
    with pytest.raises(InputError, match=r"a\.xlsx is not a workbook that can be read"):
        read("xlsx", tmp_path / "a.xlsx")
