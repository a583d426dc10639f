"""A sandbox for the tests of analyzers: what it answers to what running tests asks."""

import asyncio

import pytest

from backfeed.engine.services import open_sandbox


@pytest.fixture(scope="session")
def box():
    made = open_sandbox("bubblewrap", {}, jobs=2)
    yield made
    asyncio.run(made.close())


@pytest.fixture(scope="session")
def answer(box):
    def do(request):
        async def one():
            [found] = await box.answer([request])
            return found

        return asyncio.run(one())

    return do
