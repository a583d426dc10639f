"""Tests that need a real vLLM: `make test-vllm`, in a venv of its own, never in `make test`."""

import asyncio
import os

import pytest
from serving import ENGINE

os.environ.setdefault("OMP_NUM_THREADS", "2")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("TORCHDYNAMO_DISABLE", "1")  # compiling takes longer than all tests


def pytest_configure(config):
    """The libraries around vLLM warn of each other; those are not our warnings."""
    config.addinivalue_line("filterwarnings", "default")


@pytest.fixture(scope="session")
def taught(tmp_path_factory):
    """A folder with a model that knows the lessons of `lessons.py`."""
    import lessons
    import tiny

    folder = tmp_path_factory.mktemp("models") / "tiny"
    loss = tiny.make(folder, lessons.TAUGHT)
    assert loss < tiny.KNOWN, "it has not learnt its lessons"
    return folder


@pytest.fixture(scope="session")
def engine(taught):
    """Its engine, held so that services of many tests share it."""
    from backfeed.engine.models import _vllm_engine, _weights

    weights = _weights.found(str(taught))
    held = _vllm_engine.shared(weights.folder, weights.mark, ENGINE)
    yield held
    asyncio.run(_vllm_engine.let_go(held))


@pytest.fixture
def make(engine, taught):
    """Services over it: `make()` answers prompts, `make("scorer")` gives scores."""
    from backfeed.engine.models import vllm

    def do(method="service", **settings):
        told = {"engine": ENGINE, **settings}
        return getattr(vllm.PLUGIN, method)(str(taught), told)

    return do


@pytest.fixture(scope="session")
def server(taught, tmp_path_factory):
    """The address of a vLLM server over the same model, which is called `tiny` there."""
    import serving

    log = tmp_path_factory.mktemp("server") / "log"
    with serving.served(taught, log) as url:
        yield url


@pytest.fixture
def forgetful(server):
    """The address of a gateway before it, that drops `response_format` without a word."""
    import gateway

    with gateway.forgetful(server) as url:
        yield url
