"""The stage that writes a problem for composed code: its dialogue, by hand."""

import json

import pytest

from backfeed.engine.records import Sample
from backfeed.engine.records import Test as Tested
from backfeed.engine.requests import Prompt, Who, rejoined
from backfeed.engine.stages.rebuild import Rebuild

CODE = "def twice_of_one(x):\n    return twice(one(x))\n"
SAMPLE = Sample(
    language="python", code=CODE, entry_point="twice_of_one",
    tests=(Tested("script", "recorded", code="assert twice_of_one(1) == 4\n"),),
    extra=json.dumps({"parts": ["one", "twice"]}),
)  # fmt: skip
GOOD = "First one, then twice: `def twice_of_one(x)`.\n\n>>> twice_of_one(1)\n4"


def rebuilt(sample=SAMPLE, asked=None, **reply):
    """The one sample that comes of a reply; requests are put into `asked`."""

    def answer(request):
        (asked if asked is not None else []).append(request)
        if isinstance(request, Who):
            return "writer"
        return {"text": json.dumps({"suitable": True, **reply}), "finish": "stop"}

    [found] = rejoined(Rebuild().each(sample), answer)
    return found


def test_the_problem_becomes_the_question_of_the_code():
    found = rebuilt(problem=GOOD)
    assert (found.instruction, found.question_type) == (GOOD, "compose")
    assert CODE.strip() in found.response
    assert found.lineage.prompt.startswith("backfeed/compose@")
    assert found.lineage.model == "writer"


def test_the_model_is_told_parts_code_and_example():
    asked = []
    rebuilt(asked=asked, problem=GOOD)
    [prompt] = [request for request in asked if isinstance(request, Prompt)]
    assert (prompt.name, prompt.role) == ("backfeed/compose", "strong")
    assert prompt.fields["parts"] == ["one", "twice"]
    assert prompt.fields["snippet"] == CODE
    assert prompt.fields["example"] == ">>> twice_of_one(1)\n4"


def test_a_model_may_decline():
    told = rebuilt(suitable=False, reason="no-docstring: one").rejected
    assert (told.stage, told.reason, told.detail) == (
        "rebuild",
        "no-docstring",
        "no-docstring: one",
    )


def test_a_problem_has_to_stand_alone():
    assert rebuilt(problem="Do it.").rejected.reason == "unanswerable"


@pytest.mark.parametrize("extra", ["", "{no json", "[]", "{}", '{"parts": []}', '{"parts": 3}'])
def test_what_was_not_composed_is_rejected_and_no_model_asked(extra):
    asked = []
    found = rebuilt(SAMPLE.but(extra=extra), asked, problem=GOOD)
    assert (found.rejected.reason, asked) == ("not-composed", [])
