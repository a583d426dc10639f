"""The stage that asks whether an answer fits its problem: its dialogue, by hand."""

import pytest

from backfeed.engine import languages
from backfeed.engine.records import Message, Sample
from backfeed.engine.requests import Compute, rejoined
from backfeed.engine.stages.fit import Fit


def finding(level, rule, line=3):
    return {"rule": rule, "level": level, "message": "m", "line": line, "column": 0}


def fitted(sample, *findings, asked=None):
    def answer(request):
        (asked if asked is not None else []).append(request)
        return list(findings)

    [found] = rejoined(Fit().each(sample), answer)
    return found


SAMPLE = Sample(
    language="python", code="def f(x):\n    pass\n", entry_point="f",
    messages=(Message("user", "Write f."),),
)  # fmt: skip


def test_the_language_is_asked_about_code_problem_and_name():
    asked = []
    fitted(SAMPLE, asked=asked)
    call = ("python", "fit", SAMPLE.code, "Write f.", "f")
    assert asked == [Compute(languages.call, call)]


def test_an_answer_that_fits():
    found = fitted(SAMPLE, finding("note", "unused"))
    [check] = found.checks
    assert (found.rejected, check.name, check.verdict) == (None, "fit", "passed")
    assert [one.rule for one in check.findings] == ["unused"]


def test_an_answer_that_does_not_is_rejected_by_the_first_error():
    note, *errors = finding("note", "unused"), finding("error", "stub", 2), finding("error", "cut")
    found = fitted(SAMPLE, note, *errors)
    told = found.rejected
    assert (told.stage, told.reason, told.detail) == ("fit", "stub", "line 2: m")
    assert found.checks[0].verdict == "failed"
    assert len(found.checks[0].findings) == 3


@pytest.mark.parametrize("sample", [SAMPLE.but(code=""), SAMPLE.but(language="cobol")])
def test_what_nobody_can_say_is_unverified(sample):
    asked = []
    found = fitted(sample, asked=asked)
    assert (asked, found.rejected, found.checks[0].verdict) == ([], None, "unverified")


def test_a_stub_is_rejected_as_the_docstring_says():
    [found] = rejoined(Fit().each(SAMPLE), lambda request: request.function(*request.arguments))
    assert (found.rejected.stage, found.rejected.reason) == ("fit", "stub")
