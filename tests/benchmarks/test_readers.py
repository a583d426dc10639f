"""The benchmark of the readers tells what was missed, and knows it by itself."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

from backfeed.engine.records import Message, Sample

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "readers.py"
TURNS = [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}]
GONE = {"text": "B", "role": "assistant", "deleted": True}
TREE = {"text": "Q", "role": "prompter", "replies": [{"text": "A", "role": "assistant"}, GONE]}
ROWS = [
    ({"instruction": "Q", "output": "A"}, (["Q"], ["A"])),
    ({"conversations": TURNS}, (["Q"], ["A"])),
    ({"prompt": TREE}, (["Q"], ["A"])),
    ({"instruction": "Q", "instances": [{"input": "i", "output": "A"}]}, (["Q", "i"], ["A"])),
    ({"text": "only"}, (["only"], [])),
]


@pytest.fixture(scope="module")
def readers():
    spec = importlib.util.spec_from_file_location("benchmark_readers", BENCHMARK)
    module = sys.modules["benchmark_readers"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("row", "found"), ROWS)
def test_the_sides_of_a_row(readers, row, found):
    assert readers.sides(row) == found


@pytest.mark.parametrize(
    ("said", "missed"),
    [(("Q", "A", "x"), (0, 0, 0)), (("", "A", "x"), (1, 0, 1)), (("Q", "", "x"), (0, 1, 1)),
     (("Q", "A", ""), (0, 0, 1))],
)  # fmt: skip
def test_what_is_missed_is_counted(readers, said, missed):
    asked, answered, rest = said
    turns = (Message("user", asked), Message("assistant", answered))
    found = readers.Found("f")
    row = {"instruction": "Q", "output": "A", "more": {"deep": ["x"]}}
    readers.judge(found, row, [Sample(messages=turns, extra=json.dumps({"more": rest}))])
    assert (found.no_instruction, found.no_answer, found.lost_text) == missed


def test_a_file_is_read_both_ways(readers, tmp_path):
    rows = [{"instruction": "Q", "output": "A"}, {"instruction": "Q", "output": ""}]
    (tmp_path / "a.json").write_text(json.dumps(rows))
    found, samples = readers.read(tmp_path / "a.json", "a.json")
    assert (found.rows, found.read, found.out, dict(found.rejected)) == (2, 2, 1, {"no-answer": 1})
    assert (found.no_instruction, found.no_answer, found.lost_text) == (0, 0, 0)
    assert [sample.instruction for sample in samples] == ["Q", "Q"]


def test_a_file_without_sides_is_refused(readers, tmp_path):
    (tmp_path / "a.jsonl").write_text('{"text": "x", "label": true}\n')
    found, _ = readers.read(tmp_path / "a.jsonl", "a.jsonl")
    assert found.shape.startswith("refused: ")
    assert (found.rows, found.two_sided) == (1, 0)
    assert list(readers.leaves(readers.plain_rows(tmp_path / "a.jsonl"))) == ["x"]


@pytest.mark.parametrize(("output", "code"), [("A", 0), (["A"], 1)])
def test_it_says_so_as_json(readers, tmp_path, monkeypatch, capsys, output, code):
    rows = [{"instruction": "Q", "output": "A"}, {"instruction": "R", "output": output}]
    (tmp_path / "a.json").write_text(json.dumps([*rows, {"instruction": "Q", "output": ""}]))
    monkeypatch.setattr("sys.argv", ["readers.py", str(tmp_path), "--json"])
    with pytest.raises(SystemExit) as ended:
        readers.main()
    [told] = json.loads(capsys.readouterr().out)
    assert (ended.value.code, told["whole"], told["rows"]) == (code, not code, 3)
    assert told["rejected"] == ({"no-answer": 1, "not-text": 1} if code else {"no-answer": 1})
