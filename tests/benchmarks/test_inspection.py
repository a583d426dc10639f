"""The benchmark of inspection: what is planted, and what counts as found."""

import importlib.util
import random
import sys
from pathlib import Path

import pytest

from backfeed.engine.records import Sample

FOLDER = Path(__file__).parents[2] / "benchmarks"
CODE = {
    "python": "def double(x):\n    return 2 * x\n",
    "go": "package a\n\nfunc Double(x int) int {\n\treturn 2 * x\n}\n",
    "typescript": "export const double = (x: number): number => 2 * x;\n",
}


@pytest.fixture(scope="module")
def inspection():
    sys.path.insert(0, str(FOLDER))
    try:
        spec = importlib.util.spec_from_file_location(
            "inspection_benchmark", FOLDER / "inspection.py"
        )
        module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(FOLDER))
    return module


def test_there_are_ten_kinds_and_ten_of_each_are_planted(inspection):
    assert len(inspection.KINDS) == 10
    assert inspection.PLANTED == 100


def test_what_is_planted_stands_in_its_line_and_is_drawn_by_the_seed(inspection):
    for kind, (name, _) in inspection.KINDS.items():
        sample = Sample(id="a", language="go", code=CODE["go"])
        one, again = (inspection.plant(sample, kind, random.Random(3)) for _ in range(2))
        assert one == again != inspection.plant(sample, kind, random.Random(4))
        assert name in one.sample.code.split("\n")[one.line - 1]


@pytest.mark.parametrize("language", CODE)
def test_nearly_all_that_is_planted_is_found(inspection, language):
    rng = random.Random(11)
    sample = Sample(id="a", language=language, code=CODE[language])
    assert inspection.inspected(sample) == {}
    planted = [inspection.plant(sample, kind, rng) for kind in inspection.KINDS for _ in range(10)]
    missed = [one for one in planted if one.line not in inspection.inspected(one.sample)]
    assert len(missed) <= 3, [one.sample.code.split("\n")[one.line - 1] for one in missed]


def test_no_more_than_expected_counts_as_found(inspection):
    counts = {"ruff": {"a.py": inspection.Counter({"S1": 3}), "b.py": inspection.Counter()}}
    bandit = sys.modules["_bandit"]
    line = bandit._line(["a.py", "b.py"], {"a.py": 2, "b.py": 1}, counts, rule="")
    assert line == {"expected": 3, "ruff": 2, "ruff_extra": 1}


def test_each_rule_that_is_measured_is_one_of_ours(inspection):
    from backfeed.analyzers import _rules

    assert {f"python-{rule}" for rule in sys.modules["_bandit"].ABOUT} <= set(_rules.rules())
