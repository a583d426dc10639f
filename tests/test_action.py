"""The composite action's own commands, run on a repository as a runner of GitHub would."""

import json
import os
import re
import stat
import subprocess
import sys
import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path

import pytest
import yaml
from schemas import junit_faults, sarif_faults

from backfeed.engine.gate.policy import PassRate, Policy, parse

ROOT = Path(__file__).parents[1]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
GOOD = [
    {"id": "double", "instruction": "Double x.", "response": "def f(x): return 2 * x"},
    {
        "id": "add",
        "instruction": "Add.",
        "response": "```python\ndef add(a, b):\n    return a + b\n```",
    },
]
BAD = {"id": "bad", "instruction": "Sort.", "response": "```python\ndef f(x: return sorted(x)\n```"}


@dataclass
class Runner:
    """Runs the action in a repository: what stands in its files, and what it said."""

    repo: Path
    home: Path
    inputs: dict = field(default_factory=dict)
    said: str = ""
    outputs: dict = field(default_factory=dict)

    def run(self, **inputs):
        """All steps but the installation, as `uses: backfeed` would; the last exit code."""
        known = {key: str(value.get("default", "")) for key, value in ACTION["inputs"].items()}
        self.inputs = {**known, **{key.replace("_", "-"): value for key, value in inputs.items()}}
        self.said, self.outputs = "", {}
        for step in ACTION["runs"]["steps"]:
            if step["id"] != "install" and (code := self.step(step)):
                return code
        return 0

    def step(self, step):
        output = self.home / f"{step['id']}.out"
        output.write_text("")
        given = {key: self._value(text) for key, text in step.get("env", {}).items()}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.repo,
            env={**self._environment(), **given, "GITHUB_OUTPUT": str(output)},
            capture_output=True,
            text=True,
            check=False,
        )
        self.said += done.stdout + done.stderr
        self.outputs[step["id"]] = dict(
            line.split("=", 1) for line in output.read_text().splitlines()
        )
        return done.returncode

    def _environment(self):
        path = f"{self.home / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return {
            **os.environ,
            "PATH": path,
            "RUNNER_TEMP": str(self.home),
            "GITHUB_ACTIONS": "true",
            "GITHUB_STEP_SUMMARY": str(self.home / "summary.md"),
            "CI": "true",
        }

    def _value(self, text):
        def found(match):
            where, _, name = match[1].partition(".")
            if where == "steps":
                step, _, key = name.partition(".outputs.")
                return self.outputs[step].get(key, "")
            return self.inputs[name] if where == "inputs" else str(ROOT)

        return re.sub(r"\$\{\{ ([\w.-]+) \}\}", found, text)

    def commit(self, rows):
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (self.repo / "data").mkdir(exist_ok=True)
        (self.repo / "data/train set.jsonl").write_text(text)
        self.git("add", "data")
        self.git("commit", "-qm", "rows")

    def git(self, *words):
        subprocess.run(["git", *words], cwd=self.repo, check=True, capture_output=True)

    def sarif(self):
        return json.loads((self.repo / self.outputs["gate"]["sarif"]).read_text())


@pytest.fixture
def runner(tmp_path):
    for name in ("repo", "home", "home/bin"):
        (tmp_path / name).mkdir()
    program = tmp_path / "home/bin/backfeed"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m backfeed "$@"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    made = Runner(tmp_path / "repo", tmp_path / "home")
    made.git("init", "-q")
    made.git("config", "user.name", "Somebody")
    made.git("config", "user.email", "somebody@example.org")
    return made


@pytest.mark.bwrap
@pytest.mark.slow
def test_a_bad_row_in_a_commit_fails_and_a_clean_set_passes_against_its_baseline(runner):
    runner.commit(GOOD)
    data = "data/train set.jsonl"
    assert runner.run(dataset=data, args="-o 'first run'", junit="rows.xml") == 0, runner.said
    assert runner.outputs["gate"] == {"verdict": "passed", "sarif": "backfeed.sarif"}
    assert runner.outputs["sandbox"] == {"sandbox": "bubblewrap"}
    assert runner.sarif()["runs"][0]["results"] == []
    assert runner.run(dataset=data, baseline="first run") == 0, runner.said

    runner.commit([*GOOD, BAD])
    for given in ({}, {"baseline": "first run"}, {"changed_only": "HEAD~1"}):
        assert runner.run(dataset=data, junit="rows.xml", **given) == 1, runner.said
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

    assert runner.run(dataset=data, changed_only="HEAD") == 0, runner.said
    assert runner.run(dataset=data, args="-o now") == 1
    assert runner.run(dataset=data, baseline="now/summary.json") == 0, runner.said


@pytest.mark.bwrap
@pytest.mark.slow
def test_a_mistake_is_no_verdict(runner):
    runner.commit(GOOD)
    assert runner.run(dataset="data/none.jsonl") == 2
    assert runner.outputs["gate"] == {"verdict": "error"}
    assert "there is no file data/none.jsonl" in runner.said


STUBS = {
    "backfeed": 'test -e "$RUNNER_TEMP/holds"',
    "sudo": 'echo "sudo $*" >> "$RUNNER_TEMP/log"; case $1 in tee) cat >> "$RUNNER_TEMP/log" ;; '
    "apparmor_parser) {profile} ;; esac",
    "docker": "{docker}",
    "python": 'echo "pip $*" >> "$RUNNER_TEMP/log"',
    "bwrap": "false",
}


@pytest.mark.parametrize(
    ("restricted", "profile", "docker", "told"),
    [
        (
            "1",
            'touch "$RUNNER_TEMP/holds"',
            "true",
            "bubblewrap with an AppArmor profile of its own",
        ),
        ("1", "true", "true", "docker: bubblewrap does not hold on this runner"),
        ("0", "true", "true", "docker: bubblewrap does not hold on this runner"),
        ("1", "false", "false", None),
    ],
)
def test_where_bubblewrap_does_not_hold_another_way_is_taken_and_named(
    runner, restricted, profile, docker, told
):
    """A runner that restricts user namespaces, played by programs that only say what they did."""
    for name, text in STUBS.items():
        path = runner.home / ("backfeed/bin" if name == "python" else "bin") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            "#!/bin/bash\n" + text.replace("{profile}", profile).replace("{docker}", docker)
        )
        path.chmod(0o755)
    (runner.home / "restricted").write_text(restricted)
    (step,) = [one for one in ACTION["runs"]["steps"] if one["id"] == "sandbox"]
    runner.inputs = {"version": ""}
    given = {**step, "env": {**step["env"], "RESTRICTED": str(runner.home / "restricted")}}
    assert runner.step(given) == (0 if told else 3)
    chosen = {"sandbox": told.partition(" ")[0].strip(":")} if told else {}
    assert runner.outputs["sandbox"] == chosen
    wanted = f"programs run in {told}" if told else "neither bubblewrap nor Docker can run programs"
    assert wanted in runner.said
    log = (runner.home / "log").read_text() if (runner.home / "log").exists() else ""
    assert ("  userns,\n" in log) is ("apparmor_parser -r" in log) is (restricted == "1")
    assert ("[docker]" in log) is (chosen == {"sandbox": "docker"})


def test_each_input_reaches_a_step():
    told = json.dumps(ACTION["runs"]["steps"])
    assert [name for name in ACTION["inputs"] if f"inputs.{name} }}" not in told] == []


def test_no_input_is_written_into_a_command():
    """An input in the text of a command could say anything to the shell."""
    assert [step["id"] for step in ACTION["runs"]["steps"] if "${{" in step["run"]] == []


def test_the_shell_accepts_each_command():
    for step in ACTION["runs"]["steps"]:
        done = subprocess.run(["bash", "-n", "-c", step["run"]], capture_output=True, check=False)
        assert done.stderr == b""


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


def test_pre_commit_would_read_the_hooks():
    command = [sys.executable, "-m", "pre_commit", "validate-manifest"]
    hooks = str(ROOT / ".pre-commit-hooks.yaml")
    done = subprocess.run([*command, hooks], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("data/train.jsonl", True), ("a.ndjson.gz", True), ("a.parquet", True), ("a.csv", True),
        ("package.json", False), ("notes.jsonl.md", False),
    ],
)  # fmt: skip
def test_the_hook_is_for_files_of_rows(name, meant):
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert bool(re.search(hook["files"], name)) is meant


def example(kind, number=0):
    """A block of the page about CI."""
    page = (ROOT / "docs/ci.md").read_text()
    return re.findall(rf"^```{kind}\n(.*?)^```", page, re.DOTALL | re.MULTILINE)[number]


@pytest.mark.package("check_jsonschema")
@pytest.mark.parametrize(
    ("number", "schema"), [(0, "vendor.github-workflows"), (1, "vendor.gitlab-ci")]
)
def test_the_examples_are_what_ci_services_take(tmp_path, number, schema):
    path = tmp_path / "ci.yml"
    path.write_text(example("yaml", number))
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(path)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_example_names_inputs_that_there_are():
    steps = yaml.safe_load(example("yaml"))["jobs"]["gate"]["steps"]
    (ours,) = [step for step in steps if step.get("id") == "gate"]
    assert set(ours["with"]) <= set(ACTION["inputs"])


def test_the_example_of_a_policy_is_one():
    policy = parse(tomllib.loads(example("toml")), "docs/ci.md")
    assert policy.depth == "test"


@pytest.mark.parametrize("key", [one.name for kind in (Policy, PassRate) for one in fields(kind)])
def test_each_key_of_a_policy_is_documented(key):
    assert re.search(rf"(^|`|\[){key}(\b| =|\])", (ROOT / "docs/ci.md").read_text(), re.MULTILINE)
