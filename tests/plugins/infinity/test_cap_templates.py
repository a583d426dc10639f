"""No more than a few rows of one seed or one template."""

import json
from collections import Counter

import pytest
from selecting import NAMES, alive, run

from backfeed.plugin import ConfigError, Message, Origin, Sample
from backfeed.plugins.infinity._templates import masked, opening
from backfeed.plugins.infinity.cap_templates import CapTemplates


def row(name, question, **extra):
    return Sample(
        id=name, kind="general", origin=Origin(source="pool"), extra=json.dumps(extra),
        messages=(Message("user", question), Message("assistant", "Yes.")),
    )  # fmt: skip


def reasons(found):
    return Counter(one.rejected.reason for one in found if one.rejected)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Tom has 3 apples.", "Ann has 12 apples."),
        ("Mary Ann's dog eats 3 bones.", "Peter's dog eats 1,200 bones."),
        ('What does "black sheep" mean?', 'What does "piece of cake" mean?'),
        ("Is Paris the capital of France?", "Is New York the capital of Peru?"),
        ("Fix it:\n```\nx = 1\n```", "Fix it:\n```py\ny()\n```\n"),
        ("She paid $3.50 for two pens.", "She paid €12 for seven pens."),
    ],
)
def test_what_changes_is_masked(one, other):
    assert masked(one) == masked(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Write a poem about dogs.", "Write a poem about cats."),
        ("What is 3 + 4?", "Why is 3 + 4?"),
        ("Tom has 3 apples.", "Tom has 3 pens."),
        ("", "3"),
    ],
)
def test_what_does_not_is_left(one, other):
    assert masked(one) != masked(other)


def test_an_opening_is_shorter_than_its_template():
    assert opening("write the story of <n> dogs", 4) == ""
    assert opening("write the story of <n> dogs", 3) == "write story <n>"


@pytest.mark.parametrize("count", [4, 5, 6, 40])
def test_a_template_is_capped(count):
    pool = [row(str(n), f"{NAMES[n % 6]} has {n} apples. How many?") for n in range(count)]
    found, result = run(CapTemplates(), pool)
    assert len(alive(found)) == min(count, 5)
    assert result.metrics["capped_template"] == max(count - 5, 0)


def test_an_opening_is_capped():
    begins = "In this task you are given a short text and you have to say whether it is {}"
    pool = [row(str(n), begins.format(f"{'un' * n}kind, or about cats")) for n in range(8)]
    found, _ = run(CapTemplates(), pool)
    assert reasons(found) == {"opening": 3}
    found, _ = run(CapTemplates(openings=False), pool)
    assert reasons(found) == {}


def test_a_seed_is_capped_by_its_source():
    pool = [row(str(n), f"question {'of ' * n}", original_question="Q") for n in range(7)]
    other = [one.but(id=f"x{one.id}", origin=Origin(source="other")) for one in pool[:2]]
    found, _ = run(CapTemplates(openings=False, most=4), [*pool, *other])
    assert reasons(found) == {"seed": 3}


def test_who_stays_is_drawn_and_not_by_order():
    pool = [row(f"row {n}", f"What is {n} + 1?") for n in range(30)]
    there, back = (set(alive(run(CapTemplates(), rows)[0])) for rows in (pool, pool[::-1]))
    assert there == back
    assert there != {f"row {n}" for n in range(5)}


def test_another_seed_draws_others():
    class Seeded:
        def __init__(self, stage):
            self.stage = stage

        def whole(self, table):
            table.seed = 7
            return self.stage.whole(table)

    pool = [row(f"row {n}", f"What is {n} + 1?") for n in range(30)]
    one, other = (set(alive(run(s, pool)[0])) for s in (CapTemplates(), Seeded(CapTemplates())))
    assert one != other


def test_it_says_of_how_many():
    found, _ = run(CapTemplates(), [row(str(n), f"What is {n} + 1?") for n in range(7)])
    [told, _] = [one.rejected.detail for one in found if one.rejected]
    assert told == "7 rows, 5 stay: 'what is <n> <n>'"


def test_an_empty_pool():
    assert run(CapTemplates(), [])[0] == []


@pytest.mark.parametrize("settings", [{"most": 0}, {"words": 2}])
def test_a_setting_that_is_none_is_told(settings):
    [(name, value)] = settings.items()
    with pytest.raises(ConfigError, match=f"cap_templates.{name} = {value}"):
        CapTemplates(**settings)
