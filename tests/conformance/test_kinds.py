"""No kind of plug-in is left out."""

from pathlib import Path

import pytest
from conformance.everything import every, is_ours

from backfeed.engine import registry


@pytest.mark.parametrize("kind", registry.KINDS)
def test_a_kind_that_has_plugins_has_its_tests(kind):
    here = Path(__file__).parent
    assert (here / f"test_{kind}.py").exists() or not every(kind)


def test_the_example_from_outside_is_tested_as_ours_are():
    outside = {kind for kind in registry.KINDS for name in every(kind) if not is_ours(kind, name)}
    assert {"stages", "recipes"} <= outside


@pytest.mark.parametrize("kind", registry.KINDS)
def test_nothing_that_is_installed_is_left_out(kind):
    assert set(registry.names(kind)) <= set(every(kind))
