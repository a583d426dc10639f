"""Tests that teach a model: `make test-train`, in a venv of its own, never in `make test`."""

import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")


def pytest_configure(config):
    """The libraries around torch warn of each other; those are not our warnings."""
    config.addinivalue_line("filterwarnings", "default")


def pytest_ignore_collect(config):
    """They are collected only when this folder is named."""
    named = any(Path(__file__).parent.name in Path(arg).parts for arg in config.args)
    return None if named else True
