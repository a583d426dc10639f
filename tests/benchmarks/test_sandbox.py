"""The benchmark of the sandbox: what it promises, and that its ways of running programs work."""

import asyncio
import importlib.util
import sys
from pathlib import Path

import pytest

from backfeed.engine.requests import Job
from backfeed.sandboxes import bubblewrap

PATH = Path(__file__).parents[2] / "benchmarks" / "sandbox.py"


@pytest.fixture(scope="module")
def sandbox():
    spec = importlib.util.spec_from_file_location("sandbox", PATH)
    module = sys.modules["sandbox"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_promise_is_held_by_the_median_of_the_rounds(sandbox):
    ours = "box, prepared interpreter"
    pythons = {ours: [150.0, 300, 100], sandbox.BARE: [100.0] * 3, sandbox.ONCE: [5.0, 5, 1]}
    compiled = {sandbox.BARE_EXEC: [1.0, 1, 9], "box": [3.0, 5, 5]}
    cats = {"box": [80.0, 70, 60], "box, bare loop": [100.0, 100, 100]}
    found = {r["figure"]: r for r in sandbox.promises(pythons, compiled, cats)}
    assert {name: (row["measured"], row["holds"]) for name, row in found.items()} == {
        "box: Python, times bare subprocess": (1.5, "yes"),
        "box: Python, times docker run": (60, "yes"),
        "box: /bin/cat, of a bare loop": (0.7, "no"),
        "box: compiled, ms over bare exec": (4, "no"),
    }


def test_nothing_is_promised_of_the_launcher_in_python(sandbox):
    assert sandbox.told(f"box{sandbox.PLAIN}: x", "≥ 1", 0.5, holds=False)["holds"] == "-"


def test_a_program_that_goes_wrong_ends_it(sandbox):
    with pytest.raises(SystemExit, match="x: 1 of 2 programs went wrong"):
        sandbox.rated([("x", 2, lambda _: 1)], 1)


def test_a_bare_exec_gives_what_the_program_prints(sandbox):
    assert sandbox.spawned("/usr/bin/pwd") == f"{Path.cwd()}\n".encode()


@pytest.mark.bwrap
def test_a_bare_loop_and_the_engines_way_run_the_same(sandbox, monkeypatch):
    monkeypatch.setattr(sandbox, "CATS", 3)
    service = bubblewrap.PLUGIN.service({"slots": 1, "cold_share": 0})
    job = Job(command=("/bin/cat",), stdin="x\n")
    try:
        assert sandbox.looped(service.slots[0], job) == 3
        assert sandbox.answered(service, [job] * 3, "x\n") == 3
    finally:
        asyncio.run(service.close())
