"""Files of every format: what is read, what is passed over, what is refused."""

import gzip
import json
import tracemalloc

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from backfeed.engine import registry
from backfeed.engine.errors import InputError
from backfeed.engine.readers import _json, _text
from backfeed.engine.readers._text import Unreadable

TWO = [{"id": "1", "instruction": "é ☃ 𝄞"}, {"id": "2", "instruction": "b"}]
LINES = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in TWO).encode()
ARRAY = json.dumps(TWO, ensure_ascii=False, indent=2).encode()


def read(path):
    name = path.name.removesuffix(".gz").rpartition(".")[2]
    return list(registry.load("readers", {"tsv": "csv"}.get(name, name)).read(path))


def told(row):
    """A row as a test table has it: a bad one as its reason."""
    return row.reason if isinstance(row, Unreadable) else row


GOOD = [
    ("a.jsonl", LINES),
    ("a.jsonl", b"\n\n" + LINES.replace(b"\n", b"\r\n\r\n")),
    ("a.jsonl", LINES.rstrip()),
    ("a.jsonl", b"\xef\xbb\xbf" + LINES),
    ("a.jsonl", gzip.compress(LINES)),
    ("a.jsonl.gz", gzip.compress(LINES)),
    ("a.json", ARRAY),
    ("a.json", b"\xef\xbb\xbf \n" + ARRAY + b"\n"),
    ("a.json", LINES),
    ("a.json.gz", gzip.compress(ARRAY)),
    ("a.csv", "id,instruction\n1,é ☃ 𝄞\n2,b\n".encode()),
    ("a.csv", 'id;"instruction"\r\n1;"é ☃ 𝄞"\r\n\r\n2;b\r\n'.encode()),
    ("a.tsv", "id\tinstruction\n1\té ☃ 𝄞\n2\tb".encode()),
]


@pytest.mark.parametrize(("name", "content"), GOOD)
def test_reads(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    assert read(path) == TWO


def test_reads_parquet(tmp_path):
    pq.write_table(pa.Table.from_pylist(TWO), tmp_path / "a.parquet")
    assert read(tmp_path / "a.parquet") == TWO


def test_reads_cells_that_span_lines(tmp_path):
    (tmp_path / "a.csv").write_text('id,code\n1,"def f(x):\n    return ""a"""\n')
    assert read(tmp_path / "a.csv") == [{"id": "1", "code": 'def f(x):\n    return "a"'}]


PASSED_OVER = [
    ("a.jsonl", b'{"a": 1}\n{"a": \n{"a": 2}\n', [{"a": 1}, "not-json", {"a": 2}]),
    ("a.jsonl", b'{"a": 1}\n{"a": "\xe9"}\n', [{"a": 1}, "not-utf8"]),
    ("a.jsonl", b'[1]\n"text"\n3\n', ["not-an-object"] * 3),
    ("a.jsonl", b'{"a": "\\ud800"}\n', ["not-unicode"]),
    ("a.jsonl", b'{"a": ' + b"[" * 100_000 + b"\n", ["not-json"]),
    ("a.jsonl", b'{"a": 1%s}\n' % (b"0" * 30), [{"a": 10**30}]),
    ("a.json", b'[{"a": 1}, 2, null]', [{"a": 1}, "not-an-object", "not-an-object"]),
    ("a.csv", b"a,b\n1,2\n1\n1,2,3\n", [{"a": "1", "b": "2"}, "ragged", "ragged"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "rows"), PASSED_OVER)
def test_passes_over_rows_that_cannot_be_read(tmp_path, name, content, rows):
    path = tmp_path / name
    path.write_bytes(content)
    assert [told(row) for row in read(path)] == rows


def test_not_a_number_is_read_as_python_writes_it(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"score": NaN}\n')
    [row] = read(tmp_path / "a.jsonl")
    assert row["score"] != row["score"]


def test_names_the_line_and_the_byte(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(b'{"a": 1}\n{"a": "caf\xe9"}\n')
    assert read(tmp_path / "a.jsonl")[1].detail.startswith("line 2, byte 11 is 0xe9: not UTF-8;")


REFUSED = [
    ("a.jsonl", b"\x7fELF\x02\x01\x01\0\0\0", "a.jsonl is a binary file, not text: byte 7 is NUL"),
    ("a.jsonl", b"PAR1....", "name it .parquet"),
    ("a.csv", b"PK\x03\x04....", "zip archive"),
    ("a.json", '[{"a": 1}]'.encode("utf-16"), "is UTF-16, not UTF-8; convert it: iconv"),
    ("a.json", b'[{"a": "\xe9"}]', "is not UTF-8"),
    ("a.json", b'[{"a": 1} {"a": 2}]', "after row 1 stands neither a comma nor the end"),
    ("a.json", b'[{"a": 1}', "after row 1"),
    ("a.json", b'[{"a": 1},', "after row 1"),
    ("a.json", b'[{"a": 1}, {"a": ', "row 2, which begins on line 1, cannot be read: Expecting"),
    ("a.json", b'"text"', "not an array of rows"),
    ("a.json", b"", "not an array of rows"),
    ("a.json", b'{\n "data": [{"a": 1}]\n}', "one object over many lines; a file of rows is [{"),
    ("a.csv", b'a,b\n1,"2\n', "near line"),
    ("a.csv", b"a,b,a\n1,2,3\n", "two columns are called 'a'; name one of them otherwise"),
    ("a.csv", b"a,b\n1,\xe9\n", "line 2, byte 3 is 0xe9: not UTF-8"),
    ("a.jsonl.gz", gzip.compress(LINES * 100)[:-9], "is damaged"),
    ("a.jsonl.gz", gzip.compress(LINES)[:12] + b"xxxxxxxxxxxx", "is damaged"),
    ("a.parquet", b"PAR1 and then nothing of the kind", "is not a Parquet file that can be read"),
    ("a.parquet", b"", "a.parquet"),
]


@pytest.mark.parametrize(("name", "content", "message"), REFUSED)
def test_refuses_a_file_that_is_not_what_it_claims(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match="a\\.") as refused:
        read(path)
    assert message in str(refused.value)


def test_refuses_parquet_with_a_hole(tmp_path):
    path = tmp_path / "a.parquet"
    rows = [{"text": f"{n:x}" * 50} for n in range(5000)]
    pq.write_table(pa.Table.from_pylist(rows), path, compression="zstd", row_group_size=500)
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2 : len(raw) // 2 + 400] = b"\xff" * 400
    path.write_bytes(raw)
    with pytest.raises(InputError, match=r"can(not)? be read"):
        read(path)


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.json", "a.parquet"])
def test_a_folder_and_an_absent_file_cannot_be_read(tmp_path, name):
    (tmp_path / name).mkdir()
    for path in (tmp_path / name, tmp_path / "absent" / name):
        with pytest.raises(InputError, match="cannot be read"):
            read(path)


def test_a_line_without_end_costs_no_memory(tmp_path, monkeypatch):
    """A 200 MB line in small: what is read of it at once is bounded."""
    monkeypatch.setattr(_text, "LINE_BYTES", 1 << 20)
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"a": 1}\n{"a": "' + b"x" * (20 << 20) + b'"}\n{"a": 2}\n')
    tracemalloc.start()
    rows = read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [told(row) for row in rows] == [{"a": 1}, "line-too-long", {"a": 2}]
    assert rows[1].detail == "line 2 has 20,971,530 bytes, 1,048,576 are read; split the row"
    assert peak < 5 << 20


def test_a_row_of_an_array_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(_json, "LINE_BYTES", 1 << 20)
    (tmp_path / "a.json").write_text('[{"a": 1}, {"a": "' + "x" * (8 << 20) + '"}]')
    with pytest.raises(InputError, match="row 2 has no end within 1,048,576 characters"):
        read(tmp_path / "a.json")


PLACES = [
    ("a.jsonl", b'\n{"a": 1}\r\n\n[]\n{"a": 2}', [2, 4, 5]),
    ("a.json", b'[{"a": 1}, {"a":\n2},\n\n {"a": "\\n"}, 3\n]', [1, 1, 4, 4]),
    ("a.json", b'\xef\xbb\xbf\n[\n{"a": 1},\n{"a": 2}]', [3, 4]),
    ("a.json", b'\n{"a": 1}\n{"a": 2}\n', [2, 3]),
    ("a.csv", b'"a\nb",c\n1,"2\n\n3"\n\n1\n"4",5', [3, 7, 8]),
    ("a.csv", b'\xef\xbb\xbfa,b\r\n1,"2\r\n"\r\n3,4\r\n', [2, 4]),
]


@pytest.mark.parametrize(("name", "content", "lines"), PLACES)
def test_a_row_knows_the_line_on_which_it_begins(tmp_path, name, content, lines):
    (tmp_path / name).write_bytes(content)
    reader = registry.load("readers", name[2:])
    assert [line for line, _ in reader.numbered(tmp_path / name)] == lines


def test_lines_are_counted_over_what_was_let_go(tmp_path, monkeypatch):
    monkeypatch.setattr(_json, "_CHUNK", 100)
    rows = [{"n": n, "text": "x" * (n % 90)} for n in range(500)]
    (tmp_path / "a.json").write_text(json.dumps(rows, indent=1))
    found = registry.load("readers", "json").numbered(tmp_path / "a.json")
    assert [line for line, _ in found] == [2 + 4 * n for n in range(500)]


def test_rows_of_parquet_are_numbered(tmp_path):
    pq.write_table(pa.Table.from_pylist([{"a": n} for n in range(200)]), tmp_path / "a.parquet")
    found = registry.load("readers", "parquet").numbered(tmp_path / "a.parquet")
    assert [(line, row["a"]) for line, row in found] == [(n + 1, n) for n in range(200)]


def test_an_array_is_streamed(tmp_path, monkeypatch):
    monkeypatch.setattr(_json, "_CHUNK", 1000)
    rows = [{"n": n, "text": 'ü[{"' * (n % 400)} for n in range(3000)]
    path = tmp_path / "a.json"
    path.write_text(json.dumps(rows, ensure_ascii=False))
    tracemalloc.start()
    count = sum(row == rows[n] for n, row in enumerate(registry.load("readers", "json").read(path)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 3000
    assert peak < 1 << 20
