"""The benchmark over a model server runs, and counts what it says it counts."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "model_server.py"


@pytest.mark.slow
def test_a_short_measurement():
    command = [sys.executable, BENCHMARK, "--json", "--in-flight", "20", "--seconds", "2"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    found = json.loads(done.stdout)
    assert found["engine"]["requests"] in (40, 60)
    assert 0 < found["engine"]["of_ideal"] <= 1.01
    assert found["engine"]["asked"] > found["engine"]["accepted"] == 160
    assert found["bare"]["requests"] in (40, 60)
