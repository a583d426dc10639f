"""The engine's tests do not wait long before they try again."""

import pytest

from backfeed.engine import pace


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    monkeypatch.setattr(pace, "FIRST_PAUSE_S", 0.001)
