"""The benchmark of `check` at size: rows that are made are others, and all steps are told of."""

import ast
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from backfeed.engine.methods.minhash import jaccard, shingles
from backfeed.engine.stages.deduplicate import structure

FOLDER = Path(__file__).parents[2] / "benchmarks"
ANSWERS = (
    "def total(numbers):\n    result = 0\n    for number in numbers:\n        result += number\n"
    "    return result\n",
    "function total(numbers) {\n  let result = 0;\n  for (const number of numbers) {\n"
    "    result += number;\n  }\n  return result;\n}\n",
    "Take the numbers one after another, and add each of them to what there is so far.",
)


@pytest.fixture
def rows(tmp_path):
    place = tmp_path / "own.jsonl"
    lines = [
        {"instruction": f"Write a function {n} that adds all numbers of a list up.", "output": text}
        for n, text in enumerate(ANSWERS)
    ]
    place.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return place


@pytest.fixture
def varied():
    sys.path.insert(0, str(FOLDER))
    try:
        spec = importlib.util.spec_from_file_location("_varied", FOLDER / "_varied.py")
        module = importlib.util.module_from_spec(spec)
        sys.modules["_varied"] = module
        spec.loader.exec_module(module)
        yield module
    finally:
        sys.path.remove(str(FOLDER))


def test_rows_are_made_again_as_they_were_and_none_is_like_another(varied, rows, tmp_path):
    one, two = (list(varied.Rows([rows], tmp_path / "cache").made(30)) for _ in range(2))
    assert one == two
    assert len({row["id"] for row in one}) == 30
    told = [[turn["content"] for turn in row["messages"]] for row in one]
    begins = ("def ", "function ")
    by_answer = [[said for said in told if said[-1].startswith(word)] for word in begins]
    assert all(len(said) == 10 for said in by_answer)
    for language, said in zip(("python", "javascript"), by_answer, strict=True):
        texts = [shingles("\n".join(one)) for one in said]
        built = [set(structure(one[-1], language, 1)) for one in said]
        assert max(jaccard(a, b) for n, a in enumerate(texts) for b in texts[:n]) < 0.8
        assert len(set(map(frozenset, built))) == 10
    for said in by_answer[0]:
        ast.parse(said[-1])


@pytest.mark.parametrize("language", ["bash", "c", "cpp", "go", "java", "javascript", "php",
                                      "ruby", "rust", "typescript", "python"])  # fmt: skip
def test_a_function_parses_in_its_language(varied, language):
    import _edits
    from _planted import repeatable

    rng = repeatable("test")
    for size in (1, 5, 30):
        code = varied.function(language, "extra", size=size, rng=rng)
        code = f"<?php\n{code}" if language == "php" else code
        assert _edits.unbroken(code, language), code


def test_texts_are_held_against_benchmarks_and_the_index_is_made_once(rows, tmp_path):
    tasks = tmp_path / "tasks.jsonl"
    text = "Write a function 0 that adds all numbers of a list up."
    task = {"task_id": 1, "text": text, "code": ANSWERS[0], "test_list": ["assert total([1]) == 1"]}
    tasks.write_text(json.dumps(task) + "\n", encoding="utf-8")
    command = [sys.executable, str(FOLDER / "contamination.py"), str(tasks), "--of", str(rows)]
    done = subprocess.run([*command, "--rows", "60", "--json"], capture_output=True, text=True)
    told = json.loads(done.stdout)
    words, trees = told["searches"]
    assert (words["rows"], trees["rows"]) == (60, 3)
    assert 0 < words["found"] < 60
    assert len(words["mib_by_quarter"]) == 4
    assert told["index_made"]["tasks"] == told["index_there"]["tasks"] == 1
    assert (told["index_made"]["is_new"], told["index_there"]["is_new"]) == (True, False)


@pytest.mark.bwrap
def test_each_step_is_told_with_its_rows(rows):
    command = [sys.executable, str(FOLDER / "check.py"), str(rows), "--rows", "40", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    steps = {one["step"]: one for one in told["steps"]}
    names = ["+".join(sorted(name.split("+"))) for name in steps]
    assert names == [
        "extract+inspect+parse", "deduplicate", "analyze+fit", "near_duplicates", "writing",
    ]  # fmt: skip
    assert told["rows"] == 40
    assert told["steps"][0]["rows"] == 40
    assert sum(told["languages"].values()) == 40
    assert told["cpu_s"] > 0
    assert all(len(one["all_mib_by_quarter"]) == 4 for one in told["steps"])
