"""Benchmarks as an input: files of tasks, together one artefact for stages to read."""

import json
from pathlib import Path

import msgspec
import pytest

from backfeed.engine.errors import InputError
from backfeed.engine.inputs import Wanted, open_inputs
from backfeed.engine.methods.benchmarks import Task
from backfeed.engine.recipe import Input, Recipe

ROW = {"task_id": "T/1", "prompt": "Add one.", "code": "def f(x): return x + 1"}


def opened(tmp_path, *files):
    recipe = Recipe("r", (), inputs={"against": Input("benchmarks")})
    return open_inputs(recipe, Wanted({"against": [*map(str, files)]}, tmp_path / "cache"))


def write(path, *rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_the_tasks_of_all_files_are_one_artefact(tmp_path):
    one = write(tmp_path / "one.jsonl", ROW)
    two = tmp_path / "two.json"
    two.write_text(json.dumps([{**ROW, "task_id": "T/2"}, {"n": 1}]))
    found = opened(tmp_path, one, two)
    lines = Path(found.files["against"]).read_bytes().splitlines()
    tasks = [msgspec.json.decode(line, type=Task) for line in lines]
    assert [(task.name, task.file) for task in tasks] == [("T/1", "one.jsonl"), ("T/2", "two.json")]
    assert [pin["address"] for pin in found.plain["against"]["pinned"]] == [str(one), str(two)]


def test_another_benchmark_is_another_artefact(tmp_path):
    one = opened(tmp_path, write(tmp_path / "a.jsonl", ROW)).files
    assert opened(tmp_path, write(tmp_path / "a.jsonl", {**ROW, "prompt": "Two."})).files != one


def test_a_file_may_be_given_a_name(tmp_path):
    """A folder, too; a file whose own name holds the sign is that file."""
    (tmp_path / "d").mkdir()
    odd = write(tmp_path / "a=b.jsonl", ROW)
    write(tmp_path / "d/x.jsonl", ROW)
    write(tmp_path / "d/y.jsonl", {**ROW, "task_id": "T/2"})
    found = opened(tmp_path, f"mine={tmp_path / 'd'}", odd)
    lines = Path(found.files["against"]).read_bytes().splitlines()
    tasks = [msgspec.json.decode(line, type=Task) for line in lines]
    assert [(task.name, task.file) for task in tasks] == [
        ("T/1", "mine"), ("T/2", "mine"), ("T/1", "a=b.jsonl"),
    ]  # fmt: skip
    pins = [pin["address"] for pin in found.plain["against"]["pinned"]]
    assert pins == [f"mine={tmp_path / 'd/x.jsonl'}", f"mine={tmp_path / 'd/y.jsonl'}", str(odd)]
    other = opened(tmp_path, f"yours={tmp_path / 'd'}", odd)
    assert other.files["against"] != found.files["against"]


def test_a_named_file_that_is_not_there_is_told_without_its_name(tmp_path):
    with pytest.raises(InputError, match=r"there is no file .*/none.jsonl"):
        opened(tmp_path, f"mine={tmp_path / 'none.jsonl'}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1}\n', "holds no task of a benchmark: its columns are a; a task has a prompt"),
        ("", "its columns are none"),
        ('{"prompt": "Add."}\n{"prompt', "line 2"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path, text, message):
    (tmp_path / "b.jsonl").write_text(text)
    with pytest.raises(InputError, match=message):
        opened(tmp_path, tmp_path / "b.jsonl")
