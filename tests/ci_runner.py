"""Runs the steps of action.yml in a repository, as a runner of GitHub would."""

import json
import os
import re
import stat
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS = {step["id"]: step for step in ACTION["runs"]["steps"]}


@dataclass
class Runner:
    """A repository, a folder for what the runner keeps, and what the steps said and left.

    `path` is the PATH at the start; what a step adds is there for those after it.
    """

    repo: Path
    home: Path
    path: str = os.environ["PATH"]
    inputs: dict = field(default_factory=dict)
    said: str = ""
    outputs: dict = field(default_factory=dict)

    def run(self, *steps, **inputs):
        """The steps named, or all but the installation, as `uses` would; the last exit code."""
        known = {key: str(value.get("default", "")) for key, value in ACTION["inputs"].items()}
        self.inputs = {**known, **{key.replace("_", "-"): value for key, value in inputs.items()}}
        self.said, self.outputs = "", {}
        (self.home / "added").write_text("")
        for name in steps or ("sandbox", "gate"):
            if code := self.step(STEPS[name]):
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
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.said += done.stdout
        self.outputs[step["id"]] = dict(
            line.split("=", 1) for line in output.read_text().splitlines()
        )
        return done.returncode

    @property
    def added(self):
        """The folders that steps added to the PATH, the last first."""
        path = self.home / "added"
        return path.read_text().splitlines()[::-1] if path.exists() else []

    def _environment(self):
        return {
            **os.environ,
            "PATH": os.pathsep.join([*self.added, self.path]),
            "RUNNER_TEMP": str(self.home),
            "GITHUB_PATH": str(self.home / "added"),
            "GITHUB_ACTIONS": "true",
            "GITHUB_STEP_SUMMARY": str(self.home / "summary.md"),
            "CI": "true",
        }

    def _value(self, text):
        def found(match):
            where, _, name = match[1].partition(".")
            if where == "steps":
                step, _, key = name.partition(".outputs.")
                return self.outputs.get(step, {}).get(key, "")
            return self.inputs[name] if where == "inputs" else str(ROOT)

        return re.sub(r"\$\{\{ ([\w.-]+) \}\}", found, text)

    def program(self, name, text):
        """A program of this name, before all others on the PATH."""
        path = self.home / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/bash\n{text}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        if str(path.parent) not in self.path:
            self.path = f"{path.parent}{os.pathsep}{self.path}"

    def commit(self, rows, name="data/train set.jsonl"):
        path = self.repo / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        self.git("add", ".")
        self.git("commit", "-qm", "rows")

    def git(self, *words):
        subprocess.run(["git", *words], cwd=self.repo, check=True, capture_output=True)

    def sarif(self):
        return json.loads((self.repo / self.outputs["gate"]["sarif"]).read_text())


def runner_at(folder):
    """A runner with a new repository, on which the command `backfeed` is this one."""
    (folder / "repo").mkdir()
    (folder / "home").mkdir()
    made = Runner(folder / "repo", folder / "home")
    made.program("backfeed", f'exec {sys.executable} -m backfeed "$@"')
    made.git("init", "-q")
    made.git("config", "user.name", "Somebody")
    made.git("config", "user.email", "somebody@example.org")
    return made
