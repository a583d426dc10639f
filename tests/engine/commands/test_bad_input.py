"""What users get wrong, and what the world does: one clear message, the right exit code."""

import ctypes
import json
import os
import shutil
import sqlite3
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from backfeed.engine import cli
from backfeed.engine.readers import _text

ROW = {
    "id": "a",
    "language": "python",
    "instruction": "Double x.",
    "response": "def f(x): return 2 * x",
}
LINE = json.dumps(ROW).encode() + b"\n"

# The input's name, its bytes, and what must stand in the message: value, reason, remedy.
FILES = [
    ("a.jsonl", b"", ["a.jsonl", "is empty", "there is no row"]),
    ("a.jsonl", b"\x89PNG\r\n\x1a\n\0\0", ["a.jsonl", "binary file", "name a file of rows"]),
    ("a.jsonl", "caf\u00e9".encode("latin1") * 9, ["a.jsonl", "not UTF-8", "iconv"]),
    ("a.jsonl", LINE.decode().encode("utf-16"), ["a.jsonl", "UTF-16", "iconv"]),
    ("a.jsonl", b"not json\n", ["a.jsonl", "none of its 1 rows can be read", "line 1"]),
    ("a.jsonl", b'{"text": 1}\n', ["a.jsonl", "the columns are text", "--columns"]),
    ("a.parquet", b"PAR1 of a kind", ["a.parquet", "not a Parquet file", "fetch it again"]),
    ("a.xlsx", b"PK\x03\x04", ["a.xlsx", "not a workbook", "save it as CSV"]),
    ("a.json", b'{"data": [', ["a.json", "none of its 1 rows", "line 1"]),
]


@pytest.mark.parametrize(("name", "content", "words"), FILES)
def test_files(backfeed, quick, tmp_path, name, content, words):
    quick()
    (tmp_path / name).write_bytes(content)
    said = backfeed("run", "quick.toml", name, "-o", "out")
    assert said.code == 2
    assert [word for word in words if word not in said.last] == []
    assert not (tmp_path / "out").exists()


CALLS = [
    (["run", "quick.toml", "absent.jsonl"], ["there is no file absent.jsonl"]),
    (["run", "quick.toml", "empty"], ["empty is a folder without a file of rows", ".jsonl"]),
    (["run", "quick.toml"], ["the input 'dataset' is needed", "rows of any kind"]),
    (["run", "typo.toml", "a.jsonl"], ["no setting 'levle'", "did you mean 'level'?"]),
    (["run", "typo2.toml", "a.jsonl"], ["'stpe'", "did you mean"]),
    (["run", "quick.toml", "a.jsonl", "--set", "accept.levle=none"], ["did you mean 'level'?"]),
    (["run", "quick.toml", "a.jsonl", "--set", "acept.level=none"], ["did you mean 'accept'?"]),
    (["run", "quick.toml", "a.jsonl", "--set", "accept"], ["step.key=value"]),
    (["run", "quick.toml", "a.jsonl", "--columns", "respnse=x"], ["did you mean 'response'?"]),
    (["run", "quick.toml", "a.jsonl", "--columns", "id=key"], ["no column 'key'"]),
    (["run", "quick.toml", "a.jsonl", "--limit", "0"], ["--limit", "0"]),
    (["run", "quick.toml", "a.jsonl", "--book", "old"], ["old", "version 0", "--book"]),
    (["run", "process.toml", "a.jsonl"], ["process", "--sandbox process"]),
    (["check", "a.jsonl", "--sandbox", "bubblewrp"], ["did you mean 'bubblewrap'?"]),
    (["run", "nothing.toml", "a.jsonl"], ["has no [[step]]"]),
    (["run", "quick.toml", "a.jsonl", "--format", "alpacka"], ["did you mean 'alpaca'?"]),
    (["run", "quick.toml", "a.jsonl", "--format", "mbpp"], ["not those of 'mbpp'", "--format"]),
    (["run", "quick.toml", "a.jsonl", "--format", "parquet"], ["a.jsonl", "not a Parquet file"]),
    (["run", "quick.toml", "*.parquet"], ["no file matches '*.parquet'", ".jsonl"]),
    (["run", "quick.toml", "hf:a:b:c:d"], ["hf:a:b:c:d", "write hf:NAME[@REVISION]"]),
]
RECIPES = {
    "typo.toml": '[inputs.dataset]\nkind = "rows"\n[[step]]\nuse = "accept"\nlevle = "none"\n',
    "typo2.toml": '[[stpe]]\nuse = "accept"\n',
    "nothing.toml": '[inputs.dataset]\nkind = "rows"\n',
    "process.toml": '[inputs.dataset]\nkind = "rows"\n[sandbox]\nuse = "process"\n'
    '[[step]]\nuse = "execute"\n',
}


@pytest.mark.parametrize(("args", "words"), CALLS, ids=lambda v: " ".join(v[1:]))
def test_calls(backfeed, quick, tmp_path, args, words):
    quick(), (tmp_path / "a.jsonl").write_bytes(LINE), (tmp_path / "empty").mkdir()
    for name, text in RECIPES.items():
        (tmp_path / name).write_text(text)
    book_of_version(tmp_path / "old", "0")
    said = backfeed(*args, "-o", "out")
    assert said.code == 2
    assert [word for word in words if word not in said.err] == []
    assert said.err.startswith("backfeed: ") or "read as" in said.err
    assert "Traceback" not in said.err


def book_of_version(folder, version):
    folder.mkdir()
    with sqlite3.connect(folder / "live.sqlite") as database:
        database.execute("CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
        database.execute("INSERT INTO meta VALUES ('version', ?)", (version,))
    database.close()


def test_a_line_of_200_mb_is_passed_over(backfeed, quick, tmp_path, monkeypatch):
    """In small: the limit is lowered instead of the disk filled."""
    monkeypatch.setattr(_text, "LINE_BYTES", 10_000)
    long = LINE.replace(b"Double", b"D" * 20_000)
    (tmp_path / "a.jsonl").write_bytes(LINE + long + LINE)
    quick()
    said = backfeed("run", "quick.toml", "a.jsonl", "-o", "out")
    assert said.code == 0
    assert "1 rejected: line-too-long 1" in said.out
    assert said.last.startswith(
        "1 of 3 rows could not be used; the first: a.jsonl:2: line 2 has 20,"
    )
    assert said.last.endswith("split the row")


def test_parquet_that_breaks_off_in_the_middle(backfeed, quick, tmp_path):
    rows = [{**ROW, "instruction": f"{n:x}" * 40} for n in range(4000)]
    path = tmp_path / "a.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path, compression="zstd", row_group_size=400)
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2 : len(raw) // 2 + 400] = b"\xff" * 400
    path.write_bytes(raw)
    quick()
    said = backfeed("run", "quick.toml", path, "-o", "out")
    assert said.code == 2
    assert "fetch it again" in said.last


def test_a_file_stands_where_the_directory_should(backfeed, quick, tmp_path):
    (tmp_path / "out").touch()
    said = backfeed("run", "quick.toml", quick(), "-o", "out")
    assert said.code == 3
    assert said.last == "backfeed: out is a file: name a directory with -o"


@pytest.mark.tool("unshare")
@pytest.mark.parametrize("size", ["64k", "320k"])
def test_a_full_disk(quick, tmp_path, size):
    rows = [{**ROW, "id": str(n), "response": os.urandom(500).hex()} for n in range(1500)]
    full = tmp_path / "full"
    full.mkdir()
    mount = f'mount -t tmpfs -o size={size} tmpfs {full} && exec "$@"'
    alone = ["unshare", "--map-root-user", "--mount", "sh", "-c", mount, "sh"]
    command = [sys.executable, "-m", "backfeed", "run", "quick.toml", str(quick(rows=rows))]
    done = subprocess.run(
        [*alone, *command, "-o", str(full / "out")],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 3
    last = done.stderr.splitlines()[-1]
    assert "the disk is full; free some space, or name another directory with -o" in last
    assert "Traceback" not in done.stderr


def test_a_directory_that_may_not_be_written_to(quick, tmp_path):
    """The folder is another user's; root, who may write anywhere, puts that right off."""
    place = Path(tempfile.mkdtemp(prefix="backfeed-"))
    try:
        shutil.copy(quick(), place)
        shutil.copy(tmp_path / "quick.toml", place)
        (place / "closed").mkdir()
        (place / "closed").chmod(0o555)
        if os.geteuid() == 0:
            os.chown(place / "closed", 60001, 60001)
        code, said = as_user(place, ["run", "quick.toml", "rows.jsonl", "-o", "closed/out"])
    finally:
        shutil.rmtree(place)
    assert code == 3
    assert said.endswith("permission denied; name a directory with -o that can be written to\n")
    assert "closed/out" in said.splitlines()[-1]


def put_off_rights():
    """No capabilities: what belongs to others is as closed as it looks."""
    version3 = struct.pack("Ii", 0x20080522, 0)
    assert ctypes.CDLL(None).capset(version3, bytes(24)) == 0


def as_user(place, args):
    """Run a command in a child of this process that has put off what only root may."""
    read, write = os.pipe()
    if (child := os.fork()) == 0:
        os.dup2(write, 2)
        sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115
        os.chdir(place)
        put_off_rights()
        os._exit(cli.run(args))
    os.close(write)
    with os.fdopen(read) as said:
        text = said.read()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), text
