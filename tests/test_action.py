"""The composite action's own commands, run on a repository as a runner of GitHub would."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ci_runner import ACTION, ROOT, STEPS, runner_at
from schemas import junit_faults, sarif_faults

GOOD = [
    {"id": "double", "instruction": "Double x.", "response": "def f(x): return 2 * x"},
    {
        "id": "add",
        "instruction": "Add.",
        "response": "```python\ndef add(a, b):\n    return a + b\n```",
    },
]
BAD = {"id": "bad", "instruction": "Sort.", "response": "```python\ndef f(x: return sorted(x)\n```"}
DATA = "data/train set.jsonl"
SHELLCHECK = shutil.which("shellcheck", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")


@pytest.fixture
def runner(tmp_path):
    return runner_at(tmp_path)


@pytest.mark.bwrap
@pytest.mark.slow
def test_a_bad_row_in_a_commit_fails_and_a_clean_set_passes_against_its_baseline(runner):
    runner.commit(GOOD)
    assert runner.run(dataset=DATA, args="-o 'first run'", junit="rows.xml") == 0, runner.said
    assert runner.outputs["gate"] == {"verdict": "passed", "sarif": "backfeed.sarif"}
    assert runner.outputs["sandbox"] == {"sandbox": "bubblewrap"}
    assert runner.sarif()["runs"][0]["results"] == []
    assert runner.run(dataset=DATA, baseline="first run") == 0, runner.said

    runner.commit([*GOOD, BAD])
    for given in ({}, {"baseline": "first run"}, {"changed_only": "HEAD~1"}):
        assert runner.run(dataset=DATA, junit="rows.xml", **given) == 1, runner.said
        assert runner.outputs["gate"]["verdict"] == "failed"
        (result,) = runner.sarif()["runs"][0]["results"]
        place = result["locations"][0]["physicalLocation"]
        assert result["ruleId"] == "syntax"
        assert place["region"]["startLine"] == 3
        assert place["artifactLocation"] == {
            "uri": "data/train%20set.jsonl",
            "uriBaseId": "%SRCROOT%",
        }
        assert sarif_faults(runner.sarif()) == []
        assert junit_faults(runner.repo / "rows.xml") == []
        assert "::error file=data/train set.jsonl,line=3," in runner.said
    assert "data/train set.jsonl:3" in (runner.home / "summary.md").read_text()

    assert runner.run(dataset=DATA, changed_only="HEAD") == 0, runner.said
    assert runner.run(dataset=DATA, args="-o now") == 1
    assert runner.run(dataset=DATA, baseline="now/summary.json") == 0, runner.said


@pytest.mark.docker
@pytest.mark.slow
def test_where_bubblewrap_does_not_hold_the_rows_are_judged_in_docker(runner):
    runner.program("bwrap", 'echo "bwrap: setting up uid map: Permission denied" >&2; exit 1')
    venv = runner.home / "backfeed/bin"
    venv.mkdir(parents=True)
    (venv / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    (venv / "python").chmod(0o755)
    tests = [{"kind": "script", "code": "assert f(2) == 4"}]
    wrong = {**GOOD[0], "id": "wrong", "response": "def f(x): return 3 * x"}
    runner.commit([{**row, "tests": tests} for row in (GOOD[0], wrong)])
    (runner.repo / "gate.toml").write_text("[level]\ntested = 2\n")
    assert runner.run(dataset=DATA, policy="gate.toml", args="-o out") == 1, runner.said
    assert runner.outputs["sandbox"] == {"sandbox": "docker"}
    assert "bubblewrap does not hold: " in runner.said
    assert "programs run in docker, in the image backfeed-base" in runner.said
    lines = [
        (one["ruleId"], one["locations"][0]["physicalLocation"]["region"]["startLine"])
        for one in runner.sarif()["runs"][0]["results"]
    ]
    assert lines == [("WA", 2)]
    recipe = (runner.repo / "out/recipe.toml").read_text()
    assert 'use = "docker"' in recipe


@pytest.mark.bwrap
@pytest.mark.docker
@pytest.mark.bench
def test_the_action_installs_what_it_needs(runner):
    """Every step as it is, the installation from this repository too: it takes minutes."""
    runner.commit([*GOOD, BAD])
    (runner.home / "bin/backfeed").unlink()
    assert runner.run("install", "sandbox", "gate", dataset=DATA) == 1, runner.said
    assert runner.added == [str(runner.home / "backfeed/bin")]
    assert runner.outputs["sandbox"] == {"sandbox": "bubblewrap"}
    assert runner.outputs["gate"] == {"verdict": "failed", "sarif": "backfeed.sarif"}

    runner.program("bwrap", "exit 1")
    runner.path = f"{runner.home / 'backfeed/bin'}{os.pathsep}{runner.path}"
    assert runner.run("sandbox", "gate", dataset=DATA) == 1, runner.said
    assert runner.outputs["sandbox"] == {"sandbox": "docker"}
    assert runner.outputs["gate"] == {"verdict": "failed", "sarif": "backfeed.sarif"}


@pytest.mark.parametrize(
    ("program", "code", "told"),
    [
        ('case $1 in -c) exit 1 ;; *) echo "Python 3.9.2" ;; esac', 2, "Python 3.9.2 is too old"),
        ('[ "$1" != -m ]', 3, "no virtual environment could be made"),
        (
            'if [ "$2" = venv ]; then mkdir -p "$3/bin"; ln -s /bin/false "$3/bin/python"; fi',
            3,
            "pip could not install some.whl",
        ),
    ],
)
def test_an_installation_that_fails_is_no_verdict(runner, program, code, told):
    runner.program("python3", program)
    assert runner.run("install", dataset=DATA, package="some.whl") == code
    assert f"::error title=backfeed gate::{told}" in runner.said


def test_arguments_are_split_as_a_shell_would(runner):
    runner.program("backfeed", 'printf "<%s>" "$@"')
    args = "-o 'a  folder' --set \"a.b=c d\" x\\ y"
    assert runner.run("gate", dataset="a b\n\nc", junit="x", args=args) == 0
    words = runner.said.strip("<>\n").split("><")
    assert words[:3] == ["gate", "a b", "c"]
    assert words[-5:] == ["-o", "a  folder", "--set", "a.b=c d", "x y"]


def test_a_quote_left_open_is_a_mistake(runner):
    assert runner.run("gate", dataset=DATA, args="-o 'out") == 2
    assert "::error title=backfeed gate::args cannot be read" in runner.said
    assert runner.outputs["gate"] == {"verdict": "error"}


@pytest.mark.parametrize(
    ("code", "verdict"), [(0, "passed"), (1, "failed"), (2, "error"), (3, "error"), (130, "error")]
)
def test_each_exit_code_is_handed_on(runner, code, verdict):
    runner.program("backfeed", f"touch backfeed.sarif; exit {code}")
    assert runner.run("gate", dataset=DATA) == code
    sarif = {} if verdict == "error" else {"sarif": "backfeed.sarif"}
    assert runner.outputs["gate"] == {"verdict": verdict, **sarif}


def test_each_input_reaches_a_step():
    told = json.dumps(ACTION["runs"]["steps"])
    assert [name for name in ACTION["inputs"] if f"inputs.{name} }}" not in told] == []


def test_no_input_is_written_into_a_command():
    """An input in the text of a command could say anything to the shell."""
    assert [step["id"] for step in STEPS.values() if "${{" in step["run"]] == []


@pytest.mark.skipif(not SHELLCHECK, reason="shellcheck is not installed")
@pytest.mark.parametrize("name", STEPS)
def test_each_command_is_sound(name):
    done = subprocess.run(
        [SHELLCHECK, "-s", "bash", "-"],
        input=STEPS[name]["run"], text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.package("check_jsonschema")
def test_github_would_read_the_action():
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.github-actions",
    ]
    done = subprocess.run([*command, str(ROOT / "action.yml")], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout
