"""The hostile suite on each backend that isolates, an item a test.

What the machine must look like afterwards is looked at by the suite itself.
"""

import asyncio

import pytest

from backfeed.engine import services
from backfeed.sandboxes.selfcheck import bait, items, judge, suite

MORE = {"bubblewrap": {}, "docker": {"image": "backfeed-tools"}}
MARKS = {"bubblewrap": pytest.mark.bwrap, "docker": pytest.mark.docker}


@pytest.fixture(scope="session", params=[pytest.param(name, marks=MARKS[name]) for name in MORE])
def place(request):
    """A slot and two neighbours, and which languages they have."""
    name = request.param
    settings = {"cold_share": 0.0, **MORE[name]}
    made = [services.open_sandbox(name, settings, jobs=slots) for slots in (1, 2)]
    lacks = asyncio.run(suite.absent(made[0], items.names()))
    with bait.secret() as secret:
        yield suite.Place(name, *made, secret, lacks)
    for service in made:
        asyncio.run(service.close())


@pytest.mark.parametrize("item", items.select(), ids=lambda item: item.key)
def test_item(place, item):
    found = asyncio.run(suite.attempt(item, place))
    if found.verdict == judge.ABSENT:
        pytest.skip(found.why)
    assert found.holds is not False, found.why
    assert found.counts in {judge.HELD, judge.GAP}


def test_every_row_has_an_item():
    assert set(range(1, 69)) - {item.row for item in items.select()} == set()
