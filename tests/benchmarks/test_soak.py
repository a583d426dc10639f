"""The soak: what it runs, what it counts, and that it says so when something stays."""

import importlib.util
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

PATH = Path(__file__).parents[2] / "benchmarks" / "soak.py"


@pytest.fixture(scope="module")
def soak():
    spec = importlib.util.spec_from_file_location("soak", PATH)
    module = sys.modules["soak"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_thousand_programs_hold_each_kind_and_are_mixed(soak):
    kinds = soak.plan()
    assert len(kinds) == 1000
    assert Counter(kinds) == {kind: kind.share for kind in soak.KINDS}
    assert len({kind.name for kind in kinds[:300]}) == len(soak.KINDS)


def test_no_two_python_programs_are_the_same(soak):
    first = soak.KINDS[0]
    assert first.make(1).content() != first.make(2).content()


def good(soak, done=1000):
    tally = soak.Tally()
    for _ in range(done):
        tally.note(soak.KINDS[0], {"verdict": "AC"})
    return tally


def failing(soak, tally, **more):
    return [row["what"] for row in soak.judged(tally, 1000, more) if row["holds"] == "no"]


def test_what_is_not_so_is_said(soak):
    assert failing(soak, good(soak), mounts=0) == []
    assert failing(soak, good(soak), mounts=1) == ["mounts more than at the start"]
    assert failing(soak, good(soak, 999)) == ["programs answered"]
    lost = good(soak)
    lost.lost.append("an outage")
    assert failing(soak, lost) == ["lost"]
    wrong = good(soak)
    wrong.words["fails", "AC"] += 1
    assert failing(soak, wrong) == ["another verdict than their kind's"]


@pytest.mark.parametrize(("rss", "growth"), [([], 0), ([50], 0), ([9, 9, 9, 9, 50, 52, 44], -0.12)])
def test_memory_is_held_against_that_of_the_first_5000(soak, rss, growth):
    assert soak.Tally(rss_mb=rss).growth() == pytest.approx(growth)


@pytest.mark.slow
@pytest.mark.bwrap
@pytest.mark.parametrize("launcher", ["c", "python"])
def test_nothing_is_lost_and_nothing_stays(launcher):
    command = [sys.executable, str(PATH), "--programs", "400", "--launcher", launcher, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    told = json.loads(done.stdout)
    assert {row["what"]: row["is"] for row in told["rows"] if row["holds"] != "yes"} == {}
    assert (done.returncode, told["left"], told["wrong"]) == (0, {}, {})
