"""The stage that makes tests from code: its dialogue, by hand, and once in a sandbox."""

import json

import pytest
from stages.dialogue import computed, outcome, spec

from backfeed.engine.records import Lineage, Sample, Test
from backfeed.engine.requests import Compute, Job, rejoined
from backfeed.engine.stages.record_tests import ELSEWHERE, RecordTests
from backfeed.sandboxes import process

CODE = '''def double(x):
    """Double a number.

    >>> double(2)
    4
    """
    return 2 * x
'''
SAMPLE = Sample(id="a", language="python", code=CODE, entry_point="double")
BARE = SAMPLE.but(code="def double(x):\n    return 2 * x\n")


def recorded(sample, here, there=None, *, wrap="", asked=None, end=None, **settings):
    """The one sample that comes of what calls f(1), f(2), ... came to, in both places.

    None is a call without a value; `end` is how programs end elsewhere, if not well.
    """
    calls = [f"f({n})" for n in range(1, len(here) + 1)]

    def answer(request):
        (asked if asked is not None else []).append(request)
        if isinstance(request, Compute) and request.arguments[1] == "inputs":
            return calls
        if isinstance(request, Compute):
            return computed(request)
        if end is not None and request.variables:
            return end
        known = dict(zip(calls, (there or here) if request.variables else here, strict=True))
        told = [known[call] for call in spec(request)["calls"]]
        values = [{"skip": "object"} if r is None else {"wrap": wrap, "repr": r} for r in told]
        return outcome(report=json.dumps({"calls": values}))

    [found] = rejoined(RecordTests(**settings).each(sample), answer)
    return found


def test_examples_become_a_doctest_and_calls_a_script():
    found = recorded(SAMPLE, ["2", "4"])
    shown, calls = found.tests
    assert (shown.kind, shown.oracle, shown.code) == ("doctest", "doc", ">>> double(2)\n4\n")
    assert (calls.kind, calls.oracle) == ("script", "recorded")
    assert calls.code == "assert f(1) == 2\nassert f(2) == 4\n"


@pytest.mark.parametrize(("stage", "kept"), [("cut_units", 1), ("backfeed", 0)])
def test_what_was_cut_with_it_stays_a_test(stage, kept):
    given = Test("script", "doc", code="assert double(2) == 4")
    found = recorded(BARE.but(tests=(given,), lineage=Lineage(stage)), ["2", "4"])
    assert [test.oracle for test in found.tests] == ["doc"] * kept + ["recorded"]


def test_calls_run_twice_in_other_surroundings():
    asked = []
    recorded(SAMPLE, ["1", "2"], asked=asked, cpu_s=3.0)
    one, two = [request for request in asked if isinstance(request, Job)]
    assert (one.variables, two.variables, one.files) == ((), ELSEWHERE, two.files)
    assert (one.limits.cpu_s, one.limits.wall_s) == (3.0, 11.0)
    assert spec(one) == {"code": CODE, "calls": ["f(1)", "f(2)"]}


def test_examples_are_told_to_the_one_who_thinks_of_calls():
    asked = []
    recorded(SAMPLE, ["1"], asked=asked, tried=7)
    [inputs] = [r for r in asked if isinstance(r, Compute) and r.arguments[1] == "inputs"]
    assert inputs.arguments == ("python", "inputs", CODE, "double", ((">>> double(2)\n",), 7))


def test_calls_that_are_known_to_fit_are_told_too():
    asked = []
    noted = BARE.but(extra=json.dumps({"calls": ["double(7)"]}))
    recorded(noted, ["1", "2"], asked=asked)
    [inputs] = [one for one in asked if getattr(one, "arguments", ("", ""))[1] == "inputs"]
    assert inputs.arguments[4][0] == (">>> double(7)\n",)


def test_a_value_that_is_not_the_same_twice_is_not_recorded():
    found = recorded(BARE, ["2", "4", "6"], ["2", "9", "6"])
    assert found.tests[0].code == "assert f(1) == 2\nassert f(3) == 6\n"


def test_a_call_without_a_value_is_not_recorded():
    found = recorded(BARE, [None, "4", "6"])
    assert found.tests[0].code == "assert f(2) == 4\nassert f(3) == 6\n"


def test_an_iterator_is_recorded_as_what_it_gives():
    found = recorded(BARE, ["[1]", "[2]"], wrap="list")
    assert found.tests[0].code == "assert list(f(1)) == [1]\nassert list(f(2)) == [2]\n"


def test_how_many_calls_may_come_to_the_same_is_a_setting():
    found = recorded(BARE, ["1", "2", "1", "1", "1", "1"], same=0.9)
    assert len(found.tests[0].code.splitlines()) == 6


def test_different_values_come_first_and_no_more_than_wanted():
    found = recorded(BARE, ["1", "1", "2", "1", "3"], most=4)
    assert found.tests[0].code.splitlines() == [
        "assert f(1) == 1", "assert f(3) == 2", "assert f(5) == 3", "assert f(2) == 1",
    ]  # fmt: skip


NOTHING = [
    (["1"], None),
    (["1", "2", "3"], None),  # what they were given
    (["1", "1", "1"], None),
    (["1", "2", "1", "1", "1", "1"], None),  # the same in five of six calls
    ([None, None], None),
    ([], None),
    (["1", "2"], outcome("TLE")),
    (["1", "2"], outcome("RE")),
    (["1", "2"], outcome("FORGED")),
    (["1", "2"], outcome(report="no json")),
    (["1", "2"], outcome(report="{}")),
]


@pytest.mark.parametrize(("here", "end"), NOTHING)
def test_code_that_shows_nothing_is_rejected_unless_it_has_examples(here, end):
    told = recorded(BARE, here, end=end).rejected
    assert (told.stage, told.reason) == ("record_tests", "no-tests")
    kept = recorded(SAMPLE, here, end=end)
    assert ([test.oracle for test in kept.tests], kept.rejected) == (["doc"], None)


def test_a_call_that_takes_too_much_takes_a_quarter_with_it():
    asked = []

    def answer(request):
        if isinstance(request, Compute):
            return [f"f({n})" for n in range(8)] if request.arguments[1] == "inputs" else []
        calls = spec(request)["calls"]
        asked.append(len(calls))
        if "f(5)" in calls:
            return outcome("TLE")
        told = [{"wrap": "", "repr": f"1{call[2]}"} for call in calls]
        return outcome(report=json.dumps({"calls": told}))

    [found] = rejoined(RecordTests().each(BARE), answer)
    assert asked == [8, 8, 4, 4, 4, 4, 2, 2, 2, 2]
    assert [line[-1] for line in found.tests[0].code.splitlines()] == list("012367")


def test_without_calls_nothing_is_run():
    asked = []
    recorded(BARE, [], asked=asked)
    assert [type(request) for request in asked] == [Compute, Compute]


def test_a_language_without_a_recorder_is_told():
    found = recorded(SAMPLE.but(language="cobol"), [])
    assert (found.rejected.reason, found.rejected.detail) == ("no-recorder", "for cobol")


def test_what_is_recorded_is_what_the_code_does():
    """With the real harness, as a plain process: the code is ours."""
    box = process.PLUGIN.service({"named": True, "slots": 1})
    [found] = rejoined(RecordTests().each(SAMPLE), lambda r: computed(r, box))
    box.shut()
    lines = found.tests[1].code.splitlines()
    assert "assert double(2) == 4" in lines
    assert len(lines) == len(set(lines)) > 3
    names: dict = {}
    exec(CODE + found.tests[1].code, names)
