"""What the tests of all plug-ins share."""

import pytest
from conformance.answers import Honest
from stub_model import good
from stub_numbers import numbers, server


@pytest.fixture(scope="session")
def honest():
    """Answers to whatever a stage asks."""
    made = Honest()
    yield made
    made.close()


def said(body, number):
    """A reply to a chat, embeddings, or log-probabilities."""
    return good() if "messages" in body else numbers(body, number)


@pytest.fixture(scope="session")
def model_server():
    """An OpenAI-compatible address on this machine."""
    with server(said) as stub:
        yield stub
