"""The report: written at the end of a run, and made again from its directory."""

import json

import pytest
import small_run

from backfeed.engine.report.write import NAMES

ROW = {"id": "a", "language": "python", "instruction": "Double x.", "response": "def f(x): return"}


ASK = """
name = "ask"
[inputs.dataset]
kind = "rows"
[[step]]
use = "extract"
[[step]]
use = "parse"
"""


def told(directory):
    return {name: (directory / name).read_bytes() for name in NAMES}


def test_every_run_leaves_one_and_the_same_command_the_same(backfeed, quick, tmp_path):
    assert backfeed("run", "quick.toml", quick(rows=[ROW]), "-o", "out").code == 0
    first = told(tmp_path / "out")
    assert b"Double x." in first["report.html"]
    assert backfeed("run", "quick.toml", quick(rows=[ROW]), "-o", "out").code == 0
    assert told(tmp_path / "out") == first


def test_all_runs_of_a_directory_are_summed(backfeed, quick, tmp_path):
    (tmp_path / "ask.toml").write_text(ASK)
    runs = []
    for rows in ([ROW], [ROW], [ROW, {**ROW, "id": "b", "response": "x = 1"}]):
        backfeed("run", "ask.toml", quick(rows=rows), "-o", "out", "--update")
        runs.append(json.loads((tmp_path / "out/summary.json").read_text()))
    assert [run["all_runs"]["runs"] for run in runs] == [1, 1, 2]
    assert runs[0]["all_runs"] == runs[1]["all_runs"]
    counts = [run["all_runs"]["desks"]["compute"]["asked"] for run in runs]
    assert counts[2] > counts[1] == counts[0] > 0


def test_is_made_again_with_the_same_bytes(backfeed, tmp_path):
    directory = small_run.make(tmp_path / "out")
    said = backfeed("report", "out")
    assert (said.code, said.out.splitlines()) == (0, [f"out/{name}" for name in NAMES])
    first = told(directory)
    for name in NAMES:
        (directory / name).unlink()
    assert backfeed("report", "out").code == 0
    assert told(directory) == first


def test_summary_says_what_it_took(backfeed, quick, tmp_path):
    backfeed("run", "quick.toml", quick(rows=[ROW]), "-o", "out")
    summary = json.loads((tmp_path / "out/summary.json").read_text())
    assert summary["stages"]["accept"] == {
        "in": 1, "made": 0, "out": 1, "rejected": {}, "unfinished": 0,
    }  # fmt: skip
    assert summary["tokens"] == {"in": 0, "out": 0}
    assert (summary["usd"], summary["asked"]) == (0.0, {})
    assert summary["versions"]["stages"] == {"accept": 2}
    assert set(summary["versions"]) == {"backfeed", "python", "stages", "services"}


@pytest.mark.parametrize(
    ("name", "text", "message", "code"),
    [
        ("summary.json", "{", "a file is damaged", 3),
        ("recipe.toml", "=", "recipe.toml cannot be read as TOML", 2),
    ],
)
def test_says_which_file_is_broken(backfeed, tmp_path, name, text, message, code):
    (small_run.make(tmp_path / "out") / name).write_text(text)
    said = backfeed("report", "out")
    assert said.code == code
    assert message in said.last


def test_needs_a_run(backfeed):
    assert "holds no run" in backfeed("report", "no").last
