"""The benchmark of verdicts: what it draws, what counts as the same, what it says of the rest."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

from backfeed.engine.errors import Outage

PATH = Path(__file__).parents[2] / "benchmarks" / "verdicts.py"


@pytest.fixture(scope="module")
def verdicts():
    spec = importlib.util.spec_from_file_location("verdicts", PATH)
    module = sys.modules["verdicts"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def write(path, rows):
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture
def sets(tmp_path):
    """Sets like those beside the repository, of few programs."""
    pack = [
        {"id": "a", "language": "javascript", "needs": [], "program": {"program.js": "f()"}},
        {"id": "b", "language": "cpp", "needs": ["boost"], "program": {"program.cpp": "int main;"}},
        {"id": "c", "language": "rust", "needs": [],
         "program": {"src/main.rs": "fn main(){}\nuse rand::Rng;\nuse md5;\nfn f() {}\n"}},
        {"id": "d", "language": "go", "needs": [], "program": {"x_test.go": "package x"}},
    ]  # fmt: skip
    answer = {"id": "e", "solution": "def f(): return 1", "tests": "def check(f): f()"}
    task = {
        "task_id": "M/1", "entry_point": "f", "prompt": "def f():\n", "test": "def check(f): f()",
        "sample_completion": " return 1\n", "canonical_solution": None,
    }  # fmt: skip
    write(tmp_path / "humanevalpack" / "cases.jsonl", pack)
    write(tmp_path / "humaneval_answers" / "cases.jsonl", [{**answer, "entry_point": "f"}])
    write(tmp_path / "mbxp" / "mbpp.jsonl", [task])
    write(tmp_path / "mbxp" / "mbcpp.jsonl", [{**task, "task_id": "C/1", "prompt": "int f() {"}])
    return tmp_path


def test_each_language_has_its_share(verdicts, sets):
    found = {one.name: one for one in verdicts.drawn(sets, 1000)}
    assert {name: one.language for name, one in found.items()} == {
        "humanevalpack/a": "javascript", "humanevalpack/c": "rust", "humaneval_answers/e": "python",
        "mbxp/M/1/sample_completion": "python", "mbxp/C/1/sample_completion": "cpp",
    }  # fmt: skip
    assert len(verdicts.drawn(sets, 2)) == 2


def test_a_failed_assertion_ends_a_program(verdicts, sets):
    jobs = {one.name: one.job for one in verdicts.drawn(sets, 1000)}
    assert jobs["humanevalpack/a"].files[0].text.startswith("console.assert = ")
    assert jobs["humanevalpack/c"].files[0].text == "fn main(){}\nfn f() {}\n"
    assert jobs["mbxp/M/1/sample_completion"].files[0].text.endswith("\ncheck(f)\n")
    assert jobs["mbxp/C/1/sample_completion"].build.command[0] == "g++"


def test_a_verdict_is_word_code_and_output(verdicts):
    answer = {"verdict": "AC", "exit_code": 0, "stdout": "x", "cpu_s": 0.5}
    assert verdicts.verdict(answer) == verdicts.verdict({**answer, "cpu_s": 0.1})
    assert verdicts.verdict(answer) != verdicts.verdict({**answer, "stdout": "y"})
    took = [verdicts.verdict({**answer, "stdout": f"ok; finished in {t}s\n"}) for t in (0.01, 0.1)]
    assert took[0] == took[1]
    assert verdicts.verdict(Outage("gone"))[0] == "Outage: gone"


def run(verdicts, name, *words):
    some = tuple((*word, "digest") if len(word) == 2 else word for word in words)
    return verdicts.Run(name, name.split()[0], some, (0.2,) * len(words), 1.0)


def test_what_differs_is_told_apart(verdicts, sets):
    programs = verdicts.drawn(sets, 1000)[:3]
    same, wrong = ("AC", 0), ("RE", 1)
    runs = [
        run(verdicts, "one 1", same, same, same),
        run(verdicts, "one 2", same, wrong, same),
        run(verdicts, "two 1", same, same, ("AC", 0, "other")),
    ]
    more, output = verdicts.differences(programs, runs)
    assert (more["output only"], more["between backends only"]) == (False, False)
    assert (output["output only"], output["between backends only"]) == (True, True)
    assert more["verdicts"]["one 2"] == "RE 1 digest"
    rows = verdicts.agreement(programs, runs)
    assert [(row["agree"], row["by word and code"]) for row in rows] == [(3, 3), (2, 2), (2, 3)]


@pytest.mark.parametrize("differ", [False, True])
def test_it_says_whether_a_program_differs(verdicts, sets, capsys, differ):
    programs = verdicts.drawn(sets, 1000)[:1]
    runs = [
        run(verdicts, "one", ("AC", 0)),
        run(verdicts, "two", ("RE", 1) if differ else ("AC", 0)),
    ]
    assert verdicts.show(programs, runs, as_json=True) == differ
    assert len(json.loads(capsys.readouterr().out)["differ"]) == differ
