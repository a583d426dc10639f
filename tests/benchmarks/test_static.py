"""The benchmark of the static stages: its snippets, and that it runs."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "static.py"


@pytest.fixture(scope="module")
def static():
    spec = importlib.util.spec_from_file_location("static", BENCHMARK)
    module = sys.modules["static"] = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARK.parent)
        spec.loader.exec_module(module)
    return module


def test_snippets_are_many_and_different(static, tmp_path):
    for language in static.SUFFIX:
        found = static.snippets(language, 50, tmp_path)
        assert len(set(found)) == 50
        assert found == static.snippets(language, 50, tmp_path)


def test_of_ten_snippets_one_is_wrong(static, tmp_path):
    (tmp_path / "seeds").mkdir()
    rows = [{"language": "go", "text": f"package a\n\nvar x{n} = 1\n" * 20} for n in range(18)]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "seeds" / "go.jsonl").write_text(text)
    found = static.snippets("go", 20, tmp_path)
    assert [n for n, code in enumerate(found) if "package a\n\nvar x" not in code] == [9, 19]


def test_times_are_scaled(static):
    assert static.Took(2.0, 1.0, 10).of(100) == static.Took(20.0, 10.0, 100)


@pytest.mark.slow
@pytest.mark.bwrap
def test_a_short_measurement(tmp_path):
    options = ["--json", "--each", "6", "--sample", "2", "--language", "python", "--data", tmp_path]
    command = [sys.executable, BENCHMARK, *options, "--npm", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=True)
    one, whole = json.loads(done.stdout)
    assert (one["language"], whole["language"]) == ("python", "all in one run")
    assert one["snippets"] == whole["snippets"] == 6
    assert min(one["wall_s"], one["same_wall_s"], one["usual_wall_s"], one["cpu_s"]) > 0
