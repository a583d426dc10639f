"""The benchmark of faults: its programs parse, and its score counts what it says."""

import importlib.util
import sys
from pathlib import Path

import pytest

from backfeed.engine import languages

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "faults.py"
LANGUAGES = sorted(path.stem for path in BENCHMARK.with_suffix("").glob("*.toml"))


@pytest.fixture(scope="module")
def faults():
    spec = importlib.util.spec_from_file_location("faults", BENCHMARK)
    module = sys.modules["faults"] = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARK.parent)
        spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_program_parses_and_has_its_own_name(faults, language):
    rows = list(faults.faults(language))
    assert len({row["id"] for row in rows}) == len(rows) >= 16
    told = {row["id"]: languages.call(language, "parse", row["response"]) for row in rows}
    assert {name: one for name, one in told.items() if one["word"] != "ok"} == {}
    assert all(8 <= len(row["response"].strip().splitlines()) <= 40 for row in rows)


def test_what_is_caught_and_flagged_is_counted(faults):
    rows = [
        {"id": "fault go/a", "language": "go", "wrong": "x"},
        {"id": "fault go/b", "language": "go", "wrong": "y"},
        {"id": "good c", "language": "go"}, {"id": "good d", "language": "go"},
    ]  # fmt: skip
    words = {"fault go/a": "rejected", "fault go/b": "unverified", "good c": "rejected",
             "good d": "passed"}  # fmt: skip
    found = {name: faults.Verdict(word, "why") for name, word in words.items()}
    scored = faults.score("go", rows, found)
    assert (scored["faults"], scored["caught"], scored["good"], scored["flagged"]) == (2, 1, 2, 1)
    assert [one["id"] for one in scored["missed"]] == ["go/b"]
    assert [one["id"] for one in scored["alarms"]] == ["c"]


def test_good_files_are_left_out_where_there_are_none(faults, tmp_path):
    assert list(faults.good("go", tmp_path)) == []
