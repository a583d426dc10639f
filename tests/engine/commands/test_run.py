"""Runs by command: inputs, settings, the directory that a run leaves, and coming back to it."""

import json
import signal
import subprocess
import sys
import time

import pytest

from backfeed.engine.config import read_toml
from backfeed.engine.output import read_rows

ROW = {
    "id": "a",
    "language": "python",
    "instruction": "Double x.",
    "response": "def f(x): return 2 * x",
}
BROKEN = {**ROW, "id": "b", "response": "def f(x: return"}


def corpus(directory):
    return {path.name: path.read_bytes() for path in sorted((directory / "corpus").iterdir())}


def ids(directory, folder="corpus"):
    return [sample.source_id for sample in read_rows(directory / folder)]


def test_writes_a_directory_that_did_not_exist(backfeed, quick, tmp_path):
    said = backfeed("run", "quick.toml", quick(), "-o", "deep/er/out")
    out = tmp_path / "deep/er/out"
    assert said.code == 0
    assert ids(out) == ["a"]
    assert "deep/er/out: 1 accepted (none 1), 0 rejected, 0 unfinished" in said.out
    told = json.loads((out / "summary.json").read_text())
    assert told["accepted"] == 1
    assert told["drops"]["given"]["python"]["filtered"] == 1


def test_tells_what_the_columns_were_taken_for(backfeed, quick):
    said = backfeed("run", "quick.toml", quick(), "-o", "out")
    assert (
        "rows.jsonl: read as instruction-response: id, language, instruction, response" in said.err
    )


def test_the_same_command_goes_on(backfeed, quick, tmp_path):
    for _ in range(2):
        assert backfeed("run", "quick.toml", quick(), "-o", "out").code == 0
    before = corpus(tmp_path / "out")
    (tmp_path / "out/corpus").rename(tmp_path / "away")
    assert backfeed("run", "quick.toml", quick(), "-o", "out").code == 0
    assert corpus(tmp_path / "out") == before


@pytest.mark.parametrize(
    ("args", "key"),
    [
        (["quick.toml", "rows.jsonl", "--limit", "1"], "stop.limit: None -> 1"),
        (["quick.toml", "rows.jsonl", "--accepted", "7"], "stop.accepted: None -> 7"),
        (["quick.toml", "rows.jsonl", "--seed", "3"], "seed: 0 -> 3"),
        (["quick.toml", "rows.jsonl", "--set", "accept.level=ran"], "'none' -> 'ran'"),
        (["quick.toml", "other.jsonl"], "sha256"),
        (["quick.toml", "rows.jsonl", "--columns", "input=id"], "given.columns.input"),
    ],
)
def test_another_command_in_the_same_directory_is_refused(backfeed, quick, args, key):
    quick(), quick("other.jsonl", [BROKEN])
    assert backfeed("run", "quick.toml", "rows.jsonl", "-o", "out").code == 0
    said = backfeed("run", *args, "-o", "out")
    assert said.code == 2
    assert key in said.err
    assert "--update" in said.last
    assert backfeed("run", *args, "-o", "out", "--update").code == 0


def test_recipe_toml_runs_again_elsewhere(backfeed, quick, tmp_path):
    args = ("--limit", "2", "--seed", "5", "--columns", "instruction=id")
    rows = [{**ROW, "id": name} for name in "abc"]
    assert backfeed("run", "quick.toml", quick(rows=rows), "-o", "out", *args).code == 0
    assert backfeed("run", "out/recipe.toml", "-o", "again").code == 0
    assert corpus(tmp_path / "out") == corpus(tmp_path / "again")
    assert read_toml(tmp_path / "out/recipe.toml") == read_toml(tmp_path / "again/recipe.toml")


def test_everything_is_pinned(backfeed, quick, tmp_path):
    backfeed("run", "quick.toml", quick(), "-o", "out", "--accepted", "9")
    found = read_toml(tmp_path / "out/recipe.toml")
    [pin] = found["given"]["inputs"]["dataset"]["pinned"]
    assert len(pin["sha256"]) == 64
    assert found["stop"] == {"accepted": 9}
    assert found["step"] == [{"use": "accept", "name": "accept", "level": "none", "types": {}}]
    assert found["versions"] == {"accept": 2}


@pytest.mark.parametrize("args", [["rows.jsonl"], ["--dataset", "rows.jsonl"]])
def test_the_first_input_takes_words_and_its_flag(backfeed, quick, tmp_path, args):
    quick()
    assert backfeed("run", "quick.toml", *args, "-o", "out").code == 0
    assert ids(tmp_path / "out") == ["a"]


def test_help_of_a_recipe_shows_its_inputs(backfeed, quick):
    said = backfeed("run", "quick.toml", "--help")
    assert "--dataset INPUT" in said.out
    assert "rows of any kind" in said.out


def test_limit_reads_so_many(backfeed, quick, tmp_path):
    rows = [{**ROW, "id": str(n)} for n in range(5)]
    assert backfeed("run", "quick.toml", quick(rows=rows), "-o", "out", "--limit", "2").code == 0
    assert ids(tmp_path / "out") == ["0", "1"]


def test_several_inputs_in_order(backfeed, quick, tmp_path):
    quick("b.jsonl", [{**ROW, "id": "b"}]), quick("a.jsonl")
    assert backfeed("run", "quick.toml", "b.jsonl", "a.jsonl", "-o", "out").code == 0
    assert ids(tmp_path / "out") == ["b", "a"]


def test_a_run_without_rows_leaves_the_directory_free(backfeed, quick, tmp_path):
    """What could not be read claims nothing."""
    bad = tmp_path / "rows.jsonl"
    bad.write_bytes(b"{]\n{]\n")
    said = backfeed("run", "quick.toml", bad, "-o", "out")
    assert (said.code, "line 1" in said.last) == (2, True)
    assert backfeed("run", "quick.toml", quick(), "-o", "out").code == 0


def test_rows_that_cannot_be_used_are_told_last(backfeed, quick, tmp_path):
    path = quick(rows=[ROW, {"id": "empty", "instruction": "x", "response": ""}])
    said = backfeed("run", "quick.toml", path, "-o", "out")
    assert said.code == 0
    assert said.last == "1 of 2 rows could not be used; the first: empty: the answer is empty"
    assert ids(tmp_path / "out", "rejected") == ["empty"]


READ = ["extract", "parse", "inspect", "deduplicate"]
DEPTHS = [
    ("parse", []),
    ("analyze", ["analyze", "fit"]),
    ("run", ["analyze", "fit", "execute"]),
    ("test", ["analyze", "fit", "execute"]),
    ("prove", ["analyze", "fit", "execute", "prove"]),
]


@pytest.mark.parametrize(("until", "steps"), DEPTHS)
def test_check_leaves_out_what_is_deeper(until, steps):
    from backfeed.engine import recipe
    from backfeed.engine.commands.check import COMMAND

    whole = recipe.load(recipe.find("check"))
    cut = COMMAND.cut(whole, {"until": until})
    assert [step.name for step in cut.steps] == [*READ, *steps, "near_duplicates"]
    tested = {step.stage.until for step in cut.steps if step.name == "execute"}
    assert tested <= {"run" if until == "run" else "test"}


def test_check_leaves_out_what_is_not_asked_for():
    from backfeed.engine import recipe
    from backfeed.engine.commands.check import COMMAND

    whole = recipe.load(recipe.find("check"))
    cut = COMMAND.cut(whole, {"until": "parse", "keep_duplicates": True})
    assert [step.name for step in cut.steps] == ["extract", "parse", "inspect"]
    for until, has_tests in (("parse", False), ("analyze", False), ("run", True), ("test", True)):
        cut = COMMAND.cut(whole, {"until": until, "input_against": ("a.jsonl",)})
        [step] = [step for step in cut.steps if step.name == "decontaminate"]
        assert ("tests" in step.stage.methods) is has_tests


def test_check_tells_right_from_broken(backfeed, quick, tmp_path):
    said = backfeed("check", quick(rows=[ROW, BROKEN]), "-o", "out", "--until", "parse")
    assert said.code == 0
    assert (ids(tmp_path / "out"), ids(tmp_path / "out", "rejected")) == (["a"], ["b"])
    [row] = read_rows(tmp_path / "out/corpus")
    assert row.level == "parsed"


@pytest.mark.bwrap
def test_check_runs_the_tests(backfeed, quick, tmp_path):
    tests = [{"kind": "script", "code": "assert f(2) == 4"}]
    wrong = {**ROW, "id": "wrong", "response": "def f(x): return x", "tests": tests}
    said = backfeed("check", quick(rows=[{**ROW, "tests": tests}, wrong]), "-o", "out")
    assert said.code == 0
    [right], [gone] = (list(read_rows(tmp_path / "out" / f)) for f in ("corpus", "rejected"))
    assert (right.source_id, right.level) == ("a", "tested")
    assert (gone.source_id, gone.rejected.reason) == ("wrong", "WA")
    known = backfeed("check", tmp_path / "rows.jsonl", "-o", "out")
    assert "asked: nothing" in known.out


@pytest.mark.slow
def test_ctrl_c_ends_with_130_and_the_next_run_goes_on(quick, tmp_path):
    rows = [{**ROW, "id": str(n), "response": f"def f(x): return {n} * x"} for n in range(5000)]
    command = [sys.executable, "-m", "backfeed", "check", str(quick(rows=rows)), "--until", "parse"]

    def run(out, stop_after=None):
        with subprocess.Popen(
            [*command, "-o", str(tmp_path / out)], stderr=subprocess.PIPE, text=True
        ) as started:
            if stop_after is not None:
                started.stderr.readline()
                time.sleep(stop_after)
                started.send_signal(signal.SIGINT)
            return started.wait(timeout=120), started.stderr.read()

    code, said = run("out", stop_after=1.0)
    assert code == 130
    assert "run the same command to go on" in said.splitlines()[-1]
    assert "Traceback" not in said
    assert run("out")[0] == run("whole")[0] == 0
    assert corpus(tmp_path / "out") == corpus(tmp_path / "whole")


def test_a_bug_of_a_stage_rejects_its_rows_and_is_told_last(backfeed, quick, tmp_path, monkeypatch):
    from backfeed.engine.stages.accept import Accept

    def each(_self, sample):
        raise ZeroDivisionError(sample.source_id)

    monkeypatch.setattr(Accept, "each", each)
    said = backfeed("run", "quick.toml", quick(), "-o", "out")
    assert said.code == 0
    assert "1 rejected: error:accept:ZeroDivisionError" in said.out
    assert said.last == "bugs, please report them: error:accept:ZeroDivisionError; see out/bugs.log"
    assert "Traceback" in (tmp_path / "out/bugs.log").read_text()


def test_a_run_that_accepts_nothing_says_why(backfeed, quick):
    quick(rows=[ROW, {**ROW, "id": "b"}])
    said = backfeed("run", "strict.toml", "rows.jsonl", "-o", "out")
    assert said.code == 0
    assert "nothing was accepted; 2 rows left at accept: level-none, the first is a;" in said.last
    assert said.last.endswith("backfeed show out --rejected level-none")
