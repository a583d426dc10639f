"""What verification says of skills, and the ledger of sets that it rests on."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from backfeed.engine.errors import InputError
from backfeed.engine.methods import graph_ledger
from backfeed.engine.methods.graph_feedback import LEAST, MOST, weights
from backfeed.engine.methods.graph_ledger import UsedSet, fresh, mark_of

SETS = [
    UsedSet("a", 0, "go", ("task:sort", "knowledge:heap")),
    UsedSet("b", 3, "", ("task:merge",)),
    UsedSet("c", 3, "python", ()),
]


def weighed(tried, passed, **rules):
    rules = {"strength": 1.0, "least_tries": 5, **rules}
    return weights(np.array(tried, float), np.array(passed, float), **rules).tolist()


def test_low_yields_weigh_less_and_high_ones_more():
    low, middle, high = weighed([50, 50, 50], [2, 25, 49])
    assert low < 0.3
    assert middle == pytest.approx(1.0, abs=0.05)
    assert high > 1.7


def test_little_known_is_left_alone():
    assert weighed([4, 0, 90], [0, 0, 60])[:2] == [1.0, 1.0]
    assert weighed([4, 0, 90], [0, 0, 60], least_tries=3)[0] < 1.0


def test_bad_luck_kills_no_skill():
    unlucky, failing = weighed([5, 500, 500], [0, 0, 400])[:2]
    assert unlucky > failing == LEAST > 0


def test_strength_says_how_much_it_counts():
    tried, passed = [40, 40], [10, 30]
    assert weighed(tried, passed, strength=0.0) == [1.0, 1.0]
    (weak, _), (strong, _) = (weighed(tried, passed, strength=s) for s in (0.5, 2.0))
    assert strong < weak < 1.0
    assert all(LEAST <= one <= MOST for one in weighed(tried, passed, strength=50.0))


@pytest.mark.parametrize("least_tries", [0, 1, 5])
@pytest.mark.parametrize(("tried", "passed"), [([], []), ([0, 0], [0, 0]), ([9, 9], [0, 0])])
def test_weights_are_always_weights(tried, passed, least_tries):
    found = weighed(tried, passed, least_tries=least_tries)
    assert all(LEAST <= one <= MOST for one in found)


def test_the_ledger_is_read_as_it_was_written(tmp_path):
    (tmp_path / "used").write_bytes(graph_ledger.to_bytes(SETS))
    assert graph_ledger.load(tmp_path / "used") == SETS
    assert graph_ledger.to_bytes(SETS) == graph_ledger.to_bytes(list(SETS))
    assert graph_ledger.load(None) == []


@pytest.mark.parametrize("data", [b"", b"hello", graph_ledger.to_bytes(SETS)[:200]])
def test_a_broken_ledger_is_told(data, tmp_path):
    (tmp_path / "used").write_bytes(data)
    with pytest.raises(InputError, match="used is no ledger of used sets"):
        graph_ledger.load(tmp_path / "used")


def test_a_foreign_table_is_no_ledger(tmp_path):
    pq.write_table(pa.table({"id": ["a"]}), tmp_path / "used")
    with pytest.raises(InputError, match="used is no ledger"):
        graph_ledger.load(tmp_path / "used")


def test_a_set_is_known_in_any_order():
    assert mark_of(["a", "b"]) == mark_of(["b", "a"]) != mark_of(["a,b"])
    assert len({mark_of(names) for names in (["a"], ["a", "b"], ["ab"], [])}) == 4


@pytest.mark.parametrize(("judged", "left"), [(0, 3), (2, 1), (3, 0), (4, 3)])
def test_what_a_graph_has_not_counted_is_fresh(judged, left):
    assert len(fresh(SETS, judged)) == left
