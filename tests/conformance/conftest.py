"""What the tests of all plug-ins share."""

import pytest
from conformance.answers import Honest
from stub_model import StubModel, good


@pytest.fixture(scope="session")
def honest():
    """Answers to whatever a stage asks."""
    made = Honest()
    yield made
    made.close()


@pytest.fixture(scope="session")
def model_server():
    """An OpenAI-compatible address on this machine."""
    with StubModel(good) as stub:
        yield stub
