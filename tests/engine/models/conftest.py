"""A model server for each test that wants one."""

import pytest
import stub_numbers
from stub_model import StubModel, good


@pytest.fixture(autouse=True)
def no_key(monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server():
    with StubModel(good) as stub:
        yield stub


@pytest.fixture
def stub():
    """One that gives embeddings and log-probabilities."""
    with stub_numbers.server() as stub:
        yield stub
