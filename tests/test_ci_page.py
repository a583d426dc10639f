"""docs/ci.md: its examples are valid, and their commands do what it says."""

import re
import subprocess
import sys
import tomllib
from dataclasses import fields

import pytest
from ci_examples import PAGE, block, example
from ci_runner import ACTION, ROOT, runner_at
from schemas import junit_faults

from backfeed.engine.gate.policy import PassRate, Policy, parse

GOOD = {"id": "a", "instruction": "Double x.", "response": "def f(x): return 2 * x"}
BAD = {"id": "b", "instruction": "Sort.", "response": "```python\ndef f(x: return sorted(x)\n```"}
POLICY = "[level]\nparsed = 1.0\n"


@pytest.fixture
def runner(tmp_path):
    """A repository with a policy and one good row."""
    made = runner_at(tmp_path)
    (made.repo / "gate.toml").write_text(POLICY)
    made.commit([GOOD], name="data/train.jsonl")
    return made


@pytest.mark.package("check_jsonschema")
@pytest.mark.parametrize(
    ("service", "schema"),
    [("GitHub", "vendor.github-workflows"), ("GitLab", "vendor.gitlab-ci")],
)
def test_the_examples_are_what_ci_services_take(tmp_path, service, schema):
    path = tmp_path / "ci.yml"
    path.write_text(block("yaml", service))
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(path)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout


def test_pre_commit_would_read_the_example(tmp_path):
    path = tmp_path / ".pre-commit-config.yaml"
    path.write_text(block("yaml", "pre-commit"))
    command = [sys.executable, "-m", "pre_commit", "validate-config", str(path)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("service", ["GitHub", "GitLab", "pre-commit"])
def test_each_example_is_to_be_filled_in_at_one_place(service):
    text = block("yaml", service)
    marked = [line for line in text.splitlines() if "example.org" in line]
    assert len(marked) == 1
    assert marked[0].endswith("# <- where it comes from")
    assert not re.search(r"\b(OWNER|VERSION|TAG)\b", text)


def step_of(since):
    """What the example gives the action, with what GitHub would fill in for changed-only."""
    workflow = example("GitHub")
    (step,) = [one for one in workflow["jobs"]["gate"]["steps"] if one.get("id") == "gate"]
    known = {
        "${{ env.BACKFEED }}": workflow["env"]["BACKFEED"],
        "${{ github.base_ref && format('origin/{0}', github.base_ref) }}": since,
    }
    return {key.replace("-", "_"): known.get(text, text) for key, text in step["with"].items()}


def test_the_example_names_inputs_that_there_are():
    (step,) = [one for one in example("GitHub")["jobs"]["gate"]["steps"] if one.get("id") == "gate"]
    assert set(step["with"]) <= set(ACTION["inputs"])


@pytest.mark.bwrap
@pytest.mark.slow
def test_of_a_pull_request_the_new_rows_are_judged_and_of_a_push_all(runner):
    runner.commit([BAD], name="data/train.jsonl")
    runner.git("update-ref", "refs/remotes/origin/main", "HEAD")
    runner.commit([BAD, GOOD], name="data/train.jsonl")
    assert runner.run(**step_of("origin/main")) == 0, runner.said
    assert "1 row new or changed since origin/main" in runner.said
    assert runner.run(**step_of("")) == 1, runner.said
    assert "FAILED: 1 of 2 rows" in runner.said
    assert (runner.repo / ".backfeed/report.html").exists()


@pytest.mark.bwrap
@pytest.mark.slow
def test_the_commands_for_gitlab_judge_and_leave_the_report(runner):
    job, variables = example("GitLab")["gate"], example("GitLab")["variables"]
    for name in ("apt-get", "pip"):
        runner.program(name, f'echo "{name} $*" >> "$RUNNER_TEMP/log"')
    runner.commit([GOOD, BAD], name="data/train.jsonl")
    script = "\n".join([*job["before_script"], *job["script"]])
    assert runner.step({"id": "job", "run": script, "env": variables}) == 1, runner.said
    assert f"pip install --quiet {variables['BACKFEED']}" in (runner.home / "log").read_text()
    report = runner.repo / job["artifacts"]["reports"]["junit"]
    assert junit_faults(report) == []
    assert 'failures="1"' in report.read_text()
    assert all((runner.repo / path).is_dir() for path in job["cache"]["paths"])


def test_the_profile_for_other_machines_is_that_of_the_action():
    (page,) = re.findall(r"^abi .*?^}$", PAGE, re.DOTALL | re.MULTILINE)
    (step,) = [one for one in ACTION["runs"]["steps"] if one["id"] == "sandbox"]
    quoted = re.search(r"printf '%s\\n' ('abi.*?) \\?\n\s+\|", step["run"], re.DOTALL)[1]
    lines = re.findall(r"'(.*?)'", quoted)
    assert page.replace("/usr/bin/bwrap", "/opt/backfeed/bwrap").splitlines() == lines


def test_the_example_of_a_policy_is_one():
    policy = parse(tomllib.loads(block("toml", "The policy")), "docs/ci.md")
    assert policy.depth == "test"


@pytest.mark.parametrize("key", [one.name for kind in (Policy, PassRate) for one in fields(kind)])
def test_each_key_of_a_policy_is_documented(key):
    assert re.search(rf"(^|`|\[){key}(\b| =|\])", PAGE, re.MULTILINE)


def test_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)#]+)\)", PAGE):
        assert (ROOT / "docs" / target).exists(), target
