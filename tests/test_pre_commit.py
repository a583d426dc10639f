"""The hook of pre-commit, as it is declared, and installed in a repository as the docs say."""

import re
import subprocess
import sys

import pytest
import yaml
from ci_examples import example
from ci_runner import ROOT, runner_at

GOOD = {"id": "a", "instruction": "Double x.", "response": "def f(x): return 2 * x"}
BAD = {"id": "b", "instruction": "Sort.", "response": "```python\ndef f(x: return sorted(x)\n```"}


def pre_commit(*words, at=ROOT, **env):
    command = [sys.executable, "-m", "pre_commit", *words]
    return subprocess.run(
        command, cwd=at, env=env or None, capture_output=True, text=True, check=False
    )


def test_pre_commit_would_read_the_hooks():
    done = pre_commit("validate-manifest", str(ROOT / ".pre-commit-hooks.yaml"))
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


@pytest.mark.bwrap
@pytest.mark.bench
def test_a_commit_with_a_bad_row_is_refused(tmp_path, monkeypatch):
    """The example of the docs, with this repository for the address: it is installed, and runs."""
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "kept"))
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    config = example("pre-commit")
    config["repos"][0] |= {"repo": str(ROOT), "rev": head.stdout.strip()}
    runner = runner_at(tmp_path)
    (runner.repo / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    (runner.repo / "gate.toml").write_text("[level]\nparsed = 1.0\n")
    runner.commit([GOOD], name="data/train.jsonl")
    passed = pre_commit("run", "--all-files", at=runner.repo)
    assert (passed.returncode, "Passed" in passed.stdout) == (0, True), passed.stdout
    runner.commit([GOOD, BAD], name="data/train.jsonl")
    refused = pre_commit("run", "--all-files", at=runner.repo)
    assert refused.returncode == 1
    assert "data/train.jsonl: FAILED: 1 of 2 rows breaks 2 clauses of gate.toml" in refused.stdout
    assert "data/train.jsonl:2:" in refused.stdout
    assert "syntax: row b: parse: line 1: invalid syntax" in refused.stdout
