"""A run with something of everything."""

import pytest
import small_run


@pytest.fixture
def run(tmp_path):
    """The directory of that run."""
    return small_run.make(tmp_path / "run")
