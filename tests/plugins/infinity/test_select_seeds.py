"""Which seeds are chosen: each rule by itself on made numbers, and how they are joined."""

import math

import numpy as np
import pytest
from selecting import alive, run

from backfeed.plugin import ConfigError, Labels, Message, NamedScore, Sample
from backfeed.plugins.infinity import _seeds
from backfeed.plugins.infinity._seeds import Ragged
from backfeed.plugins.infinity.select_seeds import SelectSeeds

NONE = {"tail_low": 10_000, "tail_all": 10_000, "tail_most": 10_000}


def row(name, *fine, coarse=("any",), **scores):
    said = (Message("user", f"Do {name}."), Message("assistant", "Done."))
    return Sample(
        id=name, messages=said, labels=Labels(fine, coarse),
        scores=tuple(NamedScore(one, value) for one, value in scores.items()),
    )  # fmt: skip


def labelled(**counts):
    """So many rows with each label, each with one."""
    return [row(f"{label}-{n}", label) for label, count in counts.items() for n in range(count)]


def by_label(rows):
    found = {}
    for one in rows:
        if one.rejected is None:
            found[one.labels.fine[0]] = found.get(one.labels.fine[0], 0) + 1
    return found


@pytest.mark.parametrize(
    ("count", "least", "most"),
    [(19, 0, 0), (20, 20, 20), (200, 200, 200), (201, 45, 90), (500, 130, 205), (501, 0, 0)],
)
def test_the_long_tail_keeps_twenty_to_two_hundred_and_a_third_up_to_five_hundred(
    count, least, most
):
    found, _ = run(SelectSeeds(rules=("tail",)), labelled(it=count))
    assert least <= by_label(found).get("it", 0) <= most


def test_the_long_tail_is_exact_over_many_labels():
    counts = {"noise": 19, "rare": 20, "known": 200, "often": 600}
    found, result = run(SelectSeeds(rules=("tail",)), labelled(**counts))
    assert by_label(found) == {"rare": 20, "known": 200}
    assert result.metrics["rule/tail"] == 220
    assert result.metrics["coverage"] == 0.5


def test_one_label_in_the_tail_is_enough_or_the_rarest_counts():
    rows = [row(f"{n}", "often", "rare" if n < 20 else "odd") for n in range(40)]
    rows += [row(f"more-{n}", "often") for n in range(600)]
    rows += [row("both", "rare", "noise", "often")]
    any_of = alive(run(SelectSeeds(rules=("tail",)), rows)[0])
    assert len(any_of) == 41
    rarest = alive(run(SelectSeeds(rules=("tail",), tail_by="rarest"), rows)[0])
    assert rarest == any_of
    mixed = [*labelled(middle=400), *(row(f"two-{n}", "middle", "top") for n in range(90))]
    mixed += labelled(top=500)
    stage = SelectSeeds(rules=("tail",), tail_share=1.0, tail_by="rarest")
    assert by_label(run(stage, mixed)[0]) == {"middle": 490}


def test_more_than_four_labels():
    rows = [row(str(n), *(f"label {k}" for k in range(n))) for n in range(8)]
    assert alive(run(SelectSeeds(rules=("many",)), rows)[0]) == ["5", "6", "7"]
    assert alive(run(SelectSeeds(rules=("many",), more_than=6), rows)[0]) == ["7"]


def test_a_loss_is_high_inside_its_class():
    low = [row(f"low-{n}", coarse=("easy",), loss=1.0 + n / 1000) for n in range(60)]
    high = [row(f"high-{n}", coarse=("hard",), loss=5.0 + n / 1000) for n in range(60)]
    odd = row("odd", coarse=("easy",), loss=2.0)
    rows = [*low, *high, odd, row("unknown")]
    stage = SelectSeeds(rules=("loss",), guard=0)
    found, result = run(stage, rows)
    assert alive(found) == ["odd"]
    assert result.metrics["without/loss"] == 1
    values = np.array([1.0 + n / 1000 for n in range(60)] + [2.0])
    assert values.mean() + 1.96 * values.std() < 2.0
    top = SelectSeeds(rules=("loss",), loss_sd=0, loss_top=0.1, guard=0)
    kept = alive(run(top, rows)[0])
    assert sorted(kept) == sorted([f"high-{n}" for n in range(54, 60)] + ["odd"] +
                                  [f"low-{n}" for n in range(55, 60)])  # fmt: skip


def test_what_resists_training_is_kept_and_what_is_learnt_by_heart_is_not():
    rows = [row(f"{n}", loss=3.0, loss_tuned=3.0 - n / 10) for n in range(20)]
    found, result = run(SelectSeeds(rules=("hard",), hard_most=19, guard=0.1), rows)
    assert alive(found) == [str(n) for n in range(18)]
    worn = {one.id: one.rejected for one in found if one.rejected}
    assert (worn["18"].reason, worn["19"].reason) == ("over-fit", "not-selected")
    assert worn["18"].detail.startswith("loss 3 before, 1.2 after")
    assert result.metrics["over_fit"] == 1
    grown = [*rows, row("grown", loss=2.0, loss_tuned=2.5)]
    assert alive(run(SelectSeeds(rules=("hard",), hard_most=1, guard=0), grown)[0]) == ["grown"]


def test_rules_are_a_union_then_the_guard_then_the_quota():
    many = [f"l{n}" for n in range(5)]
    rows = [
        row("both", *many, coarse=("a",), loss=9.0), row("many", *many, coarse=("b",)),
        row("more", *many, coarse=("b",)), *(row(f"n{k}", coarse=("b",)) for k in range(4)),
        *(row(f"w{k}", coarse=("a",), loss=1.0) for k in range(40)),
    ]  # fmt: skip
    found, result = run(SelectSeeds(rules=("many", "loss"), quotas={"b": 1}), rows)
    kept = alive(found)
    assert len(kept) == 2
    assert "both" in kept
    lost = next(one for one in found if one.id in {"many", "more"} and one.rejected)
    assert (lost.rejected.reason, lost.rejected.detail) == ("over-quota", "enough rows of 'b'")
    told = {one.name: one.value for one in found[0].scores}
    assert (told["seeds/many"], told["seeds/loss"]) == (1.0, 1.0)
    assert told["depth"] == pytest.approx(math.log(5) * 9.0, abs=1e-6)
    assert result.metrics["over_quota"] == 1
    assert result.metrics["selected"] == 2


def test_a_rejected_row_says_what_was_looked_at():
    rows = [row("a", "sorting", "lists", loss=1.5), row("b", "sorting")]
    found, _ = run(SelectSeeds(), rows)
    assert found[0].rejected.detail == (
        "labels and the rows that have them: sorting 2, lists 1; loss 1.5"
    )
    assert found[1].rejected.reason == "not-selected"


def test_an_empty_pool_has_no_seeds():
    found, result = run(SelectSeeds(quota=3), [])
    assert found == []
    assert result.metrics["selected"] == 0


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"rules": ("luck",)}, "'luck'; there are tail, many, loss, hard"),
        ({"tail_by": "all"}, "'any' or 'rarest'"),
        ({"guard": 1.5}, "guard = 1.5: it is a share"),
        ({"tail_low": 300}, "tail_low = 300"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, told):
    with pytest.raises(ConfigError, match=told):
        SelectSeeds(**settings)


def test_a_quota_for_a_class_that_nobody_has_is_refused():
    with pytest.raises(ConfigError, match="no row is of 'Magic'; there are any"):
        run(SelectSeeds(quotas={"Magic": 3}), [row("a")])


def test_sweeps_are_those_of_going_over_the_rows_again_and_again():
    rng = np.random.default_rng(7)
    lists = [sorted(set(rng.integers(0, 12, rng.integers(0, 5)).tolist())) for _ in range(300)]
    flat = np.array([one for mine in lists for one in mine], np.int64)
    ends = np.concatenate([[0], np.cumsum([len(mine) for mine in lists])]).astype(np.int64)
    order = rng.permutation(300)
    found = _seeds.sweeps(Ragged(flat, ends), order)
    left, sweep = [int(k) for k in order if lists[k]], 0
    while left:
        seen, rest = set(), []
        for k in left:
            if set(lists[k]) - seen:
                seen |= set(lists[k])
                assert found[k] == sweep
            else:
                rest.append(k)
        left, sweep = rest, sweep + 1
    assert all(found[k] == np.iinfo(np.int64).max for k in range(300) if not lists[k])


def test_the_published_composite_scores():
    assert round(_seeds.composite(46.1, 66.0, 8.9), 2) == 67.03
    assert round(_seeds.composite(35.3, 50.0, 9.0), 2) == 58.43
