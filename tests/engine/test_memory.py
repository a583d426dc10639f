"""A stage that needs the whole table gets it in a process that may map little."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "whole_rows.py"


@pytest.mark.slow
def test_rows_go_through_a_whole_stage_in_little_memory():
    command = [sys.executable, str(BENCHMARK), "--rows", "60000", "--limit-gib", "0.5", "--json"]
    found = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert (found["accepted"], found["rejected"]) == (57_000, 3_000)
