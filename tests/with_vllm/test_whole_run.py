"""A whole run with a real model: problem -> answer -> tests -> executed verdict.

The replies are planted: a teacher gives them over HTTP in a first run, and the tiny model learns
what it said. The second run has nobody but the model, and has to come to the same rows.
"""

import json
import subprocess
import sys

import pytest
import school
import tiny
from serving import ENGINE
from stub_model import StubModel

from backfeed.engine.output import read_rows

RECIPE = """
name = "school"
[inputs.sources]
kind = "seeds"
[models.default]
use = "extractive"
[[step]]
use = "cut_units"
[[step]]
use = "reverse"
answer = "model"
[[step]]
use = "answer"
[[step]]
use = "write_tests"
[[step]]
use = "parse"
[[step]]
use = "execute"
[[step]]
use = "accept"
"""
PLANTED = {
    "read_limit": ("reverse", "needs-context"),
    "squares": ("answer", "no-block"),
    "largest": ("execute", "WA"),
}
"""Which seeds are rejected, where and why; the others are accepted."""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with seeds and a recipe."""
    folder = tmp_path_factory.mktemp("school")
    (folder / "seeds").mkdir()
    (folder / "seeds" / "seeds.py").write_text(school.SEEDS)
    (folder / "school.toml").write_text(RECIPE)
    return folder


def ran(place, name, *options):
    """Run the recipe, and return the rows: accepted ones and rejected ones."""
    command = [
        sys.executable, "-m", "backfeed", "run", place / "school.toml", place / "seeds",
        "-o", place / name, "--set", "models.default.temperature=0.0", *options,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return [list(read_rows(place / name / folder)) for folder in ("corpus", "rejected")]


@pytest.fixture(scope="module")
def teacher(place):
    """The teacher, after a run in which it was asked."""
    made = school.Teacher()
    with StubModel(made) as stub:
        made.rows = ran(place, "taught", "--model", "openai:teacher", "--base-url", stub.url)
    return made


@pytest.fixture(scope="module")
def pupil(place, teacher):
    """The rows of a run in which the model that learnt from the teacher was asked."""
    loss = tiny.make(place / "pupil", list(teacher.lessons.values()))
    assert loss < tiny.KNOWN, "it has not learnt its lessons"
    options = ", ".join(f"{key} = {json.dumps(value)}" for key, value in ENGINE.items())
    told = ("--set", f"models.default.engine={{{options}}}")
    return ran(place, "recited", "--model", f"vllm:{place / 'pupil'}", *told)


def verdicts(rows):
    return {row.entry_point: (row.rejected.stage, row.rejected.reason) for row in rows}


def said(row):
    """What stands in a row and does not depend on who said it."""
    return (row.entry_point, row.messages, row.code, row.tests, row.level, row.question_type)


@pytest.mark.bwrap
def test_some_are_accepted_and_others_rejected_as_planted(pupil):
    accepted, rejected = pupil
    assert sorted(row.entry_point for row in accepted) == ["clamp", "double_all"]
    assert {row.level for row in accepted} == {"tested"}
    assert verdicts(rejected) == PLANTED


@pytest.mark.bwrap
def test_the_rows_are_those_of_the_teacher(teacher, pupil):
    for taught, recited in zip(teacher.rows, pupil, strict=True):
        assert [said(row) for row in recited] == [said(row) for row in taught]


@pytest.mark.bwrap
def test_rows_name_the_weights_that_answered_and_not_their_place(pupil, place):
    models = {row.lineage.model for rows in pupil for row in rows if row.messages}
    assert len(models) == 1
    (model,) = models
    assert model.startswith("pupil@")
    assert str(place) not in model


@pytest.mark.bwrap
def test_nothing_was_asked_twice(teacher, place):
    told = json.loads((place / "recited" / "summary.json").read_text())
    assert told["asked"]["model:default"] == len(teacher.lessons)
