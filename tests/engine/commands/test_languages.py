"""How far each language goes, by what its plug-in offers."""

import json
import shutil

import pytest

from backfeed.engine import languages
from backfeed.engine.commands import _languages
from backfeed.engine.requests import Job


def test_a_grade_is_what_is_offered_without_a_gap(backfeed):
    found = {one["name"]: one for one in json.loads(backfeed("list", "languages", "--json").out)}
    assert found["python"]["grade"] == "proven"
    assert found["python"]["tests"] == ["script", "doctest", "unittest", "pytest", "stdio"]
    assert found["kotlin"] | {"about": ""} == {
        "name": "kotlin", "grade": "parsed", "tests": [], "missing": [], "about": "",
    }  # fmt: skip
    assert {one["grade"] for one in found.values()} <= {"known", *_languages.GRADES}


class Offers:
    """A plug-in that runs by a program, and cannot be changed."""

    kinds = ("script",)
    hello = "x"

    def parse(self, code):
        return {"word": "ok"}

    def check(self, batch):
        return []

    def run_job(self, code):
        return Job(command=("backfeed-nowhere", code))


@pytest.mark.parametrize(
    ("left_out", "grade"), [("", "tested"), ("kinds", "run"), ("run_job", "analyzed")]
)
def test_what_is_left_out_ends_the_chain(monkeypatch, left_out, grade):
    plugin = type("Fewer", (), {k: v for k, v in vars(Offers).items() if k != left_out})()
    monkeypatch.setattr(languages, "load", lambda name: plugin)
    found = _languages._graded("x")
    assert found["grade"] == grade
    assert found["missing"] == ([] if left_out == "run_job" else ["backfeed-nowhere"])


def test_a_missing_program_is_named_with_the_remedy(backfeed, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda word, path=None: None)
    lines = backfeed("list", "languages").out.splitlines()
    [go] = [line for line in lines if line.startswith("go ")]
    assert "missing here: go (try `make toolchains`)" in go
