"""Rounds of repair in `agree`: what is asked, what stays, what a doubt comes to."""

import pytest
from stages.test_agree import agreed, code, numbers, posed, text

from backfeed.engine.errors import Refused
from backfeed.engine.methods.notes import noted
from backfeed.engine.records import Test as Tested
from backfeed.engine.requests import Prompt
from backfeed.engine.stages._repair import LONGEST, Doubt, _shown

ROWS = {"A": "++-", "B": "+++", "C": "-++", "D": "++-", "stub": "---"}
WRONG, STANDS = Doubt("4", wrong=True, reason="says 4"), Doubt("3", wrong=False, reason="says 3")


def prompts(asked):
    return [request for request in asked if isinstance(request, Prompt)]


def test_an_answer_is_shown_what_it_failed_and_mends_itself():
    asked = []
    found = agreed(posed(3, "A"), ROWS, text("B"), asked=asked)
    assert (found.rejected, found.code, found.response) == (None, code("B"), text("B"))
    assert numbers(found) == [0, 1, 2]
    assert noted(found)["repairs"] == [
        {"cases": [2], "before": "++-", "after": "+++", "kept": True}
    ]
    [prompt] = prompts(asked)
    assert (prompt.name, prompt.role, prompt.fields["code"]) == (
        "repair/answer", "strong", code("A"),
    )  # fmt: skip
    assert prompt.fields["failures"] == [
        {"number": 3, "code": "assert f() # 2\n",
         "said": "WA AssertionError: no (line 1 of the test)"}
    ]  # fmt: skip
    assert found.lineage.prompt.startswith("repair/answer@")
    assert found.lineage.model == "model of strong"


LOST = [
    (text("D"), {"after": "++-", "kept": False}),  # no better
    (text("C"), {"after": "-++", "kept": False}),  # it fails what was passed
    ("I see nothing wrong.", {"after": "++-", "failed": "no-block"}),
    ("```python\ndef f(", {"after": "++-", "failed": "truncated"}),
    (Refused("filter"), {"after": "++-", "failed": "filter"}),
]


@pytest.mark.parametrize(("reply", "said"), LOST)
def test_what_is_no_better_does_not_take_its_place(reply, said):
    found = agreed(posed(3, "A"), ROWS, reply)
    assert (found.rejected.reason, found.code) == ("no-agreement", code("A"))
    assert noted(found)["repairs"] == [{"cases": [2], "before": "++-", **said}]
    assert found.lineage.prompt == ""


def test_an_answer_that_passes_more_but_not_what_was_passed_is_no_better():
    rows = {"A": "++---", "B": "-++++", "stub": "-----"}
    found = agreed(posed(5, "A"), rows, text("B"))
    assert (noted(found)["repairs"][0]["kept"], found.code) == (False, code("A"))


def test_a_reply_that_was_cut_doubts_nothing():
    asked = []
    cut = {"text": "DOUBT 3: it says 4.", "finish": "length"}
    found = agreed(posed(3, "A"), ROWS, cut, asked=asked)
    assert (noted(found)["repairs"][0]["failed"], len(prompts(asked))) == ("truncated", 1)


def test_rounds_are_bounded():
    asked = []
    replies = [text("D")] * 3
    found = agreed(posed(3, "A"), ROWS, *replies, asked=asked, repairs=3)
    assert (found.rejected.reason, len(prompts(asked))) == ("no-agreement", 3)
    asked.clear()
    agreed(posed(3, "B"), ROWS, asked=asked, repairs=3)
    assert prompts(asked) == []


def test_a_second_round_goes_on_from_the_first():
    rows = {"A": "+---", "B": "++--", "C": "++++", "stub": "----"}
    found = agreed(posed(4, "A"), rows, text("B"), text("C"), repairs=2)
    assert [one["after"] for one in noted(found)["repairs"]] == ["++--", "++++"]
    assert (found.rejected, found.code) == (None, code("C"))


def test_a_doubt_that_the_judge_shares_drops_the_test():
    asked = []
    found = agreed(posed(3, "A"), ROWS, "DOUBT 3: the exercise says 4.", WRONG, asked=asked)
    assert (found.rejected, found.response, numbers(found)) == (None, text("A"), [0, 1])
    assert noted(found)["agreement"]["dropped"] == {"doubted": [2]}
    assert noted(found)["repairs"] == [
        {"cases": [2], "before": "++-", "after": "++-", "doubted": [2], "dropped": [2]}
    ]
    assert found.lineage.model == "model of judge"
    _, judged = prompts(asked)
    assert (judged.name, judged.role) == ("repair/doubt", "judge")
    assert judged.fields == {
        "language": "python", "entry_point": "f", "problem": "Write f().",
        "code": "assert f() # 2\n",
    }  # fmt: skip


@pytest.mark.parametrize("reply", [STANDS, Refused("filter")])
def test_a_doubt_that_the_judge_does_not_share_changes_nothing(reply):
    found = agreed(posed(3, "A"), ROWS, "DOUBT 3: it says 4.", reply)
    assert found.rejected.reason == "no-agreement"
    assert noted(found)["repairs"][0]["dropped"] == []


def test_without_doubt_no_test_is_dropped():
    asked = []
    found = agreed(posed(3, "A"), ROWS, "DOUBT 3: it says 4.", asked=asked, doubt=False)
    assert (found.rejected.reason, len(prompts(asked))) == ("no-agreement", 1)


def test_only_tests_that_were_failed_and_that_a_model_wrote_can_be_doubted():
    sample = posed(3, "A")
    own = Tested("script", "author", code=sample.tests[2].code)
    asked = []
    said = "DOUBT 3: it says 4.\nDOUBT 1: no.\nDOUBT 77: no."
    found = agreed(sample.but(tests=(*sample.tests[:2], own)), ROWS, said, asked=asked)
    assert (found.rejected.reason, len(prompts(asked))) == ("no-agreement", 1)


def test_both_may_be_wrong():
    rows = {"A": "++--", "B": "+++-", "stub": "----"}
    reply = f"DOUBT 4: it says 4.\n\n{text('B')}"
    found = agreed(posed(4, "A"), rows, reply, WRONG)
    assert (found.rejected, found.response, numbers(found)) == (None, text("B"), [0, 1, 2])
    assert found.lineage.model == "model of strong model of judge"


def test_an_answer_that_saw_the_tests_has_no_vote():
    """Two would agree on three of five cases; one of them was written in sight of the tests."""
    rows = {"A": "++---", "D": "++---", "B": "+++--", "E": "+++--", "stub": "-----"}
    found = agreed(posed(5, "A", "D", "B"), rows, text("E"))
    assert noted(found)["agreement"]["group"] == [0, 2]
    assert found.rejected.reason == "no-agreement"
    assert agreed(posed(5, "E", "B"), rows).rejected is None


def test_no_more_failures_are_shown_than_are_to_be():
    asked = []
    agreed(posed(3, "A"), {"A": "---", "stub": "---"}, "No.", asked=asked, shown=2)
    assert [one["number"] for one in prompts(asked)[0].fields["failures"]] == [1, 2]


def test_long_tests_are_cut_and_programs_shown_by_what_they_read():
    assert _shown(Tested("script", code="x" * 2 * LONGEST)) == "x" * LONGEST + "\n[cut]"
    assert _shown(Tested("script", setup="CREATE", code="SELECT")) == "CREATE\nSELECT"
    shown = _shown(Tested("stdio", stdin="1\n", stdout="2\n"))
    assert shown == "reads:\n1\n\nhas to write (token):\n2\n"
