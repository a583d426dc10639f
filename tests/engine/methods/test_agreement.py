"""Scores of answers and tests that agree."""

import pytest

from backfeed.engine.methods.agreement import Agreement, agreement, settles

CHOSEN = [
    (["+++", "++-"], {}, 0, (0, 1, 2), 3),
    (["+--", "++-", "++-"], {}, 1, (0, 1), 4),  # two that agree beat one
    (["+++++", "++---", "++---"], {}, 0, (0, 1, 2, 3, 4), 5),  # unless it passes more than both
    (["++--", "--++"], {}, 0, (0, 1), 2),  # the first of equals
    (["+---", "-++-", "+---"], {}, 1, (1, 2), 2),  # of equal scores, who passes more
    (["---", "---"], {}, 0, (), 0),
    (["~+", "-+"], {}, 0, (1,), 2),  # flaky is not passed
    (["++++"], {"stub": "+---"}, 0, (1, 2, 3), 3),
    (["++-", "+-+"], {"reference": "+-+"}, 1, (0, 2), 2),
    (["+++-"], {"doubted": [3]}, 0, (0, 1, 2), 3),
]


@pytest.mark.parametrize(("rows", "more", "chosen", "passed", "score"), CHOSEN)
def test_the_group_of_the_highest_score_is_taken(rows, more, chosen, passed, score):
    found = agreement(rows, **more)
    assert (found.chosen, found.passed, found.score) == (chosen, passed, score)


DROPPED = [
    (["+-?", "++?"], {}, "broken", (2,)),
    (["+?", "++"], {}, "broken", ()),  # it said something of the second answer
    (["+c", "-c"], {"stub": "-c"}, "broken", (1,)),
    (["cc", "cc"], {}, "broken", ()),  # the answers themselves do not compile
    (["+c"], {"stub": "--"}, "broken", ()),  # the stub does: the answer has another signature
    (["++"], {"stub": "+-"}, "stub", (0,)),
    (["++"], {"reference": "~+"}, "reference", (0,)),
    (["++"], {"doubted": [1]}, "doubted", (1,)),
]


@pytest.mark.parametrize(("rows", "more", "why", "cases"), DROPPED)
def test_cases_that_say_nothing_do_not_count(rows, more, why, cases):
    found = agreement(rows, **more)
    assert found.dropped[why] == cases
    assert not set(cases) & set(found.usable)


SETTLED = [
    (3, 3, 1, True),
    (3, 4, 1, False),  # what a single answer fails may be its own fault
    (3, 4, 2, True),
    (3, 6, 2, True),
    (3, 7, 2, False),  # fewer than half
    (1, 1, 2, False),  # too few cases
    (0, 0, 1, False),
]


@pytest.mark.parametrize(("passed", "usable", "votes", "enough"), SETTLED)
def test_what_is_enough(passed, usable, votes, enough):
    found = Agreement(passed=tuple(range(passed)), usable=tuple(range(usable)))
    assert settles(found, votes=votes) == enough


def test_what_the_group_does_not_pass_is_unmet():
    assert agreement(["+-+-"], stub="---+").unmet == (1,)


def test_no_answers_agree_with_nothing():
    assert agreement([]) == Agreement(dropped=agreement([]).dropped)


def test_right_answers_are_found_among_many_wrong_ones():
    """Wrong answers fail in ways of their own; a tenth of the cases is wrong."""
    right = "++++++++-+"
    wrong = ["+-+++-++-+", "++--++++--", "-+++++-+++", "+++++--+-+"]
    for place in range(4):
        rows = [*wrong[:place], right, *wrong[place:], right]
        found = agreement(rows)
        assert (found.chosen, found.group) == (place, (place, 5))
        assert settles(found, votes=2)
