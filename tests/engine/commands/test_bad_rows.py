"""Rows of all sorts through the command line: each is kept or told, and the numbers add up."""

import dataclasses
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from backfeed.engine import job
from backfeed.engine.readers import _values
from backfeed.engine.seeds import materialise

LINE = b'{"id": "a", "language": "python", "instruction": "Double x.", "response": "x * 2"}\n'
ALPACA = {"instruction": "Double x.", "output": "x * 2"}
TURNS = [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]
TREE = {"role": "prompter", "text": "Q", "replies": [
    {"role": "assistant", "text": "A"}, {"role": "assistant", "text": "B"}]}  # fmt: skip
NULLS = [{"messages": None}, {"messages": [None]}, {"instruction": None, "output": None},
         {"messages": [{"role": None, "content": None}]}, {**ALPACA, "tests": [None]},
         {"instruction": "Q", "instances": None}, {"message_tree_id": "t", "prompt": None},
         {"instruction": "Q", "instances": [{"input": None, "output": None}]}]  # fmt: skip
OTHERS = [{"prompt": "Q", "completion": "A"}, {"messages": TURNS}, {"text": "Q"}, [], None]
ROWS_READ = [
    ("mixed schemas", [ALPACA, *OTHERS], 6, 3, {"unknown-columns": 1, "not-an-object": 2}),
    ("nulls", [*NULLS, ALPACA], 9, 1,
     {"bad-instances": 1, "bad-messages": 2, "bad-tests": 1, "bad-tree": 1, "no-answer": 3}),
    ("duplicate ids", [{**ALPACA, "id": "x"}] * 3, 3, 3, {}),
    ("trees", [{"message_tree_id": "t", "prompt": TREE}, {"message_tree_id": "u", "prompt": {}}],
     2, 2, {"bad-tree": 1}),
    ("deep", [ALPACA, {**ALPACA, "more": json.loads("[" * 300 + "]" * 300)}], 2, 1,
     {"nested-too-deep": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("_name", "rows", "count", "out", "reasons"), ROWS_READ)
def test_each_row_is_kept_or_told(backfeed, quick, tmp_path, _name, rows, count, out, reasons):
    """In and made is out and rejected: made are the samples beyond a row's first."""
    said = backfeed("run", "quick.toml", quick(rows=rows), "-o", "out")
    assert said.code == 0
    told = json.loads((tmp_path / "out/summary.json").read_text())["stages"]["read"]
    assert (told["in"], told["out"], told["rejected"]) == (count, out, reasons)
    assert told["in"] + told["made"] == told["out"] + sum(told["rejected"].values())
    if reasons:
        assert f"{sum(reasons.values())} of {count} rows could not be used; the first" in said.last


@pytest.mark.parametrize(
    ("content", "out", "reasons"),
    [
        (b"\xef\xbb\xbf" + LINE.replace(b"\n", b"\r\n") * 2, 2, {}),
        (LINE + LINE[:20], 1, {"not-json": 1}),
        (LINE + LINE.replace(b"Double", b"D\xe9") + LINE, 2, {"not-utf8": 1}),
        (LINE + b'{"instruction": "\\ud800", "output": "x"}\n', 1, {"not-unicode": 1}),
    ],
    ids=["byte order mark and CRLF", "cut off", "not UTF-8", "half a pair"],
)
def test_bytes_of_all_sorts(backfeed, quick, tmp_path, content, out, reasons):
    quick(), (tmp_path / "a.jsonl").write_bytes(content)
    assert backfeed("run", "quick.toml", "a.jsonl", "-o", "out").code == 0
    told = json.loads((tmp_path / "out/summary.json").read_text())["stages"]["read"]
    assert (told["out"], told["rejected"]) == (out, reasons)


def test_a_cell_of_50_mb_is_told(backfeed, quick, tmp_path, monkeypatch):
    """In small: the limit is lowered."""
    monkeypatch.setattr(_values, "CELL_BYTES", 5000)
    rows = [ALPACA, {**ALPACA, "output": "x" * 20_000}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    quick()
    said = backfeed("run", "quick.toml", "a.parquet", "-o", "out")
    assert said.code == 0
    assert "1 rejected: cell-too-large 1" in said.out
    assert said.last.endswith(
        "a.parquet:2: column 'output' has 20,000 bytes, a cell may have 5,000"
    )


def test_a_folder_of_many_shards(backfeed, quick, tmp_path):
    """They are told together and pinned together; an empty one and one of text are told apart."""
    (tmp_path / "d").mkdir()
    for number in range(300):
        (tmp_path / f"d/{number:05}.jsonl").write_bytes(LINE * 2)
    (tmp_path / "d/00007.jsonl").write_bytes(b"")
    (tmp_path / "d/00011.jsonl").write_bytes(b'{"text": "x"}\n')
    quick()
    said = backfeed("run", "quick.toml", "d", "-o", "out")
    assert said.code == 0
    assert said.err.splitlines()[:3] == [
        "00000.jsonl and 297 more: read as instruction-response: id, language, instruction,"
        " response",
        "00007.jsonl: there is no row in it",
        "00011.jsonl: none of its 1 rows can be used; the columns are text: none that are known for"
        " a problem and its answer; name them: --columns instruction=COLUMN,response=COLUMN",
    ]
    assert "597 in        596 out  1 rejected: unknown-columns 1" in said.out
    assert (tmp_path / "out/recipe.toml").read_text().count("sha256") == 1


def test_a_file_that_changes_while_it_is_read(backfeed, quick, tmp_path, monkeypatch):
    path = quick(rows=[ALPACA] * 3000)

    def changed(seeds, *rest):
        def rows():
            for count, sample in enumerate(seeds.rows()):
                if count == 1000:
                    path.write_bytes(path.read_bytes() + b"{}\n")
                yield sample

        return materialise(dataclasses.replace(seeds, rows=rows), *rest)

    with monkeypatch.context() as patch:
        patch.setattr(job, "materialise", changed)
        said = backfeed("run", "quick.toml", path, "-o", "out")
    assert said.code == 2
    assert "rows.jsonl changed while it was read: run again when nobody writes to it" in said.last
    assert backfeed("run", "quick.toml", path, "-o", "out").code == 0


def test_the_format_can_be_named(backfeed, quick, tmp_path):
    row = {**ALPACA, "messages": TURNS}
    (tmp_path / "rows.txt").write_text(json.dumps(row) + "\n")
    quick()
    said = backfeed("run", "quick.toml", "rows.txt", "--format", "jsonl,messages", "-o", "out")
    assert said.code == 0
    assert said.err.startswith("rows.txt: read as messages: messages; kept as extra: instruction,")
    [kept] = pq.read_table(tmp_path / "out/corpus").to_pylist()
    assert [turn["content"] for turn in kept["messages"]] == ["Q", "A"]
    assert kept["place"] == {"file": "rows.txt", "line": 1}
