"""The stage that turns away what says too little of itself: its dialogue."""

import pytest

from backfeed.engine.models.extractive import ANSWERS
from backfeed.engine.models.extractive import PLUGIN as BACKEND
from backfeed.engine.records import EXTRACTIVE, Sample
from backfeed.engine.requests import Compute, Who, rejoined
from backfeed.engine.stages.describe import Describe

SAID = '''def double(x: int) -> int:
    """Return twice the number that is given.

    >>> double(2)
    4
    """
    return 2 * x
'''
SILENT = "def double(x):\n    return 2 * x\n"


def described(code, writer=EXTRACTIVE, *, language="python", asked=None, **settings):
    sample = Sample(id="a", language=language, code=code, entry_point="double")

    def answer(request):
        (asked if asked is not None else []).append(request)
        if isinstance(request, Who):
            return writer
        assert isinstance(request, Compute)
        return request.function(*request.arguments)

    [found] = rejoined(Describe(**settings).each(sample), answer)
    return found


def test_what_says_enough_goes_on_as_it_is():
    found = described(SAID)
    assert found == Sample(id="a", language="python", code=SAID, entry_point="double")


def test_what_says_nothing_is_rejected_for_the_reason_that_the_backend_has():
    told = described(SILENT).rejected
    assert (told.stage, told.reason) == ("describe", "no-docstring")
    fields = {"language": "python", "snippet": SILENT, "entry_point": "double", "example": "x"}
    assert ANSWERS["reverse/generate"](fields)["reason"] == told.detail


def test_to_a_model_all_go_and_nothing_is_computed():
    asked = []
    assert described(SILENT, "openai:gpt", asked=asked, role="cheap").rejected is None
    assert asked == [Who("cheap")]


def test_a_language_without_comments_that_are_read_is_none():
    assert described("{}", language="json").rejected.reason == "no-describer"


@pytest.mark.parametrize("code", [SAID, SILENT])
def test_it_asks_the_same_of_the_same(code):
    first, second = [], []
    described(code, asked=first), described(code, asked=second)
    assert first == second


def test_the_backend_has_the_name_that_is_asked_for():
    assert BACKEND.service("", {}).name == EXTRACTIVE
