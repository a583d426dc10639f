"""The benchmark of contaminated rows: what it counts as found, as missed, and as wrongly found."""

import json
import sys
from argparse import Namespace
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
TASK = "Write a function that waters the tulips of every second row of a garden, and says how long."


@pytest.fixture
def measured(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import _decontaminate

    yield _decontaminate
    for name in ("_decontaminate", "_sets"):
        sys.modules.pop(name, None)


def label(name, kind, task=None):
    return {"id": name, "kind": kind, "task": task, "contaminated": task is not None}


def test_shares_tasks_methods_and_misses(measured):
    labels = [
        label("a", "exact", "MBPP/7"), label("b", "exact", "HumanEval/1"),
        label("c", "exact", "M/1"),
        label("d", "clean"), label("e", "clean"),
    ]  # fmt: skip
    told = {
        "a": ("7 of mbpp.jsonl by exact 1.00", ("exact", "tree")),
        "b": ("HumanEval/2 of h.jsonl by ngrams 0.70", ("ngrams",)),
        "c": ("", ()), "d": ("", ()), "e": ("9 of mbpp.jsonl by tests 1.00", ("tests",)),
    }  # fmt: skip
    found = measured.score(labels, told)
    assert found["found_by_kind"] == {"clean": 0.5, "exact": 0.666667}
    assert found["right_task"] == {"exact": 1}
    assert found["by_method"]["exact"] == {"exact": 1, "tree": 1, "ngrams": 1}
    assert [(one["id"], one["expected"]) for one in found["misses"]] == [
        ("c", "found"), ("e", "clean"),
    ]  # fmt: skip


def test_a_row_without_an_answer_is_an_answer_alone(measured):
    assert measured.row_of({"id": "a", "instruction": "Go on.", "response": " "}) == {
        "id": "a", "messages": [{"role": "assistant", "content": "Go on."}],
    }  # fmt: skip


@pytest.mark.slow
def test_a_set_is_run_and_scored(measured, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    rows = [("x", f"Hello. {TASK}"), ("y", "Sort a list of names by their length.")]
    labels = [label("x", "exact", "T/1"), label("y", "clean")]
    for name, lines in (
        ("rows", [{"id": i, "instruction": t, "response": "I cannot."} for i, t in rows]),
        ("labels", labels),
        ("against", [{"task_id": "T/1", "prompt": TASK}]),
    ):
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (tmp_path / f"{name}.jsonl").write_text(text)
    against = [tmp_path / "against.jsonl"]
    options = Namespace(against=against, sandbox="process", embedder="", set_=[])
    found = measured.measure(tmp_path, tmp_path / "out", options)
    assert found["found_by_kind"] == {"clean": 0.0, "exact": 1.0}
    assert found["misses"] == []
