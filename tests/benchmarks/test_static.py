"""The benchmark of the static stages runs, and all its ways judge alike (it ends with 1 if not)."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "static.py"


@pytest.mark.slow
@pytest.mark.bwrap
def test_a_short_measurement():
    command = [sys.executable, BENCHMARK, "--json", "--snippets", "30", "--rounds", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    found = json.loads(done.stdout)
    assert [row["snippets"] for row in found] == [30, 20, 20]
    assert all(row["faulty"] >= row["snippets"] // 5 for row in found)
