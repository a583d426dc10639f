"""The stage that tests the tests: its dialogue, by hand."""

import pytest
from stages.dialogue import computed, outcome, report, spec

from backfeed.engine import languages
from backfeed.engine.errors import Refused
from backfeed.engine.languages import ALIKE
from backfeed.engine.records import Sample
from backfeed.engine.records import Test as Tested
from backfeed.engine.requests import Compute, Limits, rejoined
from backfeed.engine.stages.prove import ELSEWHERE, Prove

CODE = "def f(x):\n    return x + 1\n"
SAMPLE = Sample(
    id="a", language="python", code=CODE, entry_point="f", level="tested",
    tests=(Tested("script", "author", code="assert f(1) == 2\n"),),
)  # fmt: skip
PASSED = outcome(report=report(1))
KILLED = outcome("RE", report=report(1, "AssertionError"))
DEAD = outcome("RE", report=report(0, "NameError"))


def proved(sample, mutants, again=PASSED, asked=None, **settings):
    """The one sample that comes of what the second run and each mutant come to."""

    def answer(request):
        if isinstance(request, Compute):
            return [("number", f"mutant {n}") for n in range(len(mutants))]
        (asked if asked is not None else []).append(request)
        code = spec(request)["code"]
        found = again if code == sample.code else mutants[int(code.split()[1])]
        if isinstance(found, Exception):
            raise found
        return found

    [found] = rejoined(Prove(**settings).each(sample), answer)
    return found


def told(found):
    check = found.checks[-1]
    return check.name, check.verdict, check.findings[0].message


def test_tests_that_notice_nine_of_ten_mutants_prove():
    found = proved(SAMPLE, [KILLED] * 9 + [PASSED])
    assert (found.level, found.rejected) == ("proven", None)
    assert told(found) == ("prove", "passed", "9 of 10 usable mutants killed (10 made)")


def test_what_became_of_mutants_is_told_by_operator():
    ends = {"number": [KILLED, PASSED], "string": [KILLED, DEAD], "condition": [KILLED]}
    pairs = [(name, end) for name, those in ends.items() for end in those]
    made = [(name, f"mutant {n}") for n, (name, _) in enumerate(pairs)]
    asked = []

    def answer(request):
        if isinstance(request, Compute):
            return [*made, (ALIKE, "never run")]
        asked.append(code := spec(request)["code"])
        return PASSED if code == CODE else pairs[int(code.split()[1])][1]

    [found] = rejoined(Prove(least=1).each(SAMPLE), answer)
    assert asked == [CODE, *(code for _, code in made)]
    assert [(one.rule, one.message) for one in found.checks[-1].findings] == [
        ("mutants", "3 of 4 usable mutants killed (5 made)"),
        ("mutants-by", "condition: 1 of 1 usable mutants killed (1 made)"),
        ("mutants-by", "number: 1 of 2 usable mutants killed (2 made)"),
        ("mutants-by", "string: 1 of 1 usable mutants killed (2 made)"),
        ("mutants-by", "equivalent-looking: 0 of 0 usable mutants killed (1 made)"),
    ]


SHARES = [
    ([KILLED] * 7 + [PASSED] * 3, "proven", "7 of 10 usable mutants killed (10 made)"),
    ([KILLED] * 6 + [PASSED] * 4, "tested", "6 of 10 usable mutants killed (10 made)"),
    ([KILLED] * 5, "proven", "5 of 5 usable mutants killed (5 made)"),
    ([KILLED] * 4, "tested", "4 of 4 usable mutants killed (4 made)"),
    ([KILLED] * 5 + [DEAD] * 5, "proven", "5 of 5 usable mutants killed (10 made)"),
    ([KILLED] * 4 + [DEAD] * 6, "tested", "4 of 4 usable mutants killed (10 made)"),
    ([], "tested", "0 of 0 usable mutants killed (0 made)"),
]


@pytest.mark.parametrize(("mutants", "level", "words"), SHARES)
def test_enough_have_to_be_usable_and_killed(mutants, level, words):
    found = proved(SAMPLE, mutants)
    verdict = "passed" if level == "proven" else "unverified"
    assert (found.level, found.rejected, told(found)) == (level, None, ("prove", verdict, words))


ENDS = [
    (KILLED, 1, 1),
    (PASSED, 0, 1),
    (outcome("TLE"), 1, 1),
    (outcome("MLE"), 1, 1),
    (outcome("FLAKY", detail="x"), 1, 1),
    (outcome("SIG"), 0, 0),
    (outcome("RE"), 0, 0),
    (DEAD, 0, 0),
    (outcome("RE", report=report(1, "KeyError")), 1, 1),
    (Refused("bad-files"), 0, 0),
]


@pytest.mark.parametrize(("end", "killed", "usable"), ENDS)
def test_what_becomes_of_a_mutant(end, killed, usable):
    found = proved(SAMPLE, [end])
    assert told(found)[2] == f"{killed} of {usable} usable mutants killed (1 made)"


def test_the_second_run_is_elsewhere_and_mutants_have_less_time():
    asked = []
    proved(SAMPLE, [KILLED], asked=asked, cpu_s=2.0)
    again, mutant = asked
    assert (again.variables, mutant.variables) == (ELSEWHERE, ())
    assert (mutant.limits.cpu_s, mutant.limits.wall_s) == (2.0, 10.0)


@pytest.mark.parametrize("again", [KILLED, outcome("TLE"), outcome(report=report(0))])
def test_a_second_run_that_differs_rejects(again):
    found = proved(SAMPLE, [KILLED] * 9, again)
    assert (found.rejected.stage, found.rejected.reason) == ("prove", "flaky")
    assert found.rejected.detail.startswith("a second run came to ")
    assert (found.checks[-1].verdict, [one.check for one in found.evidence]) == (
        "failed", ["again"],
    )  # fmt: skip


def test_what_was_recorded_from_the_answer_proves_nothing():
    recorded = Tested("script", "recorded", code="assert f(1) == 2\n")
    found = proved(SAMPLE.but(tests=(recorded,)), [KILLED] * 9)
    assert (found.level, found.rejected) == ("tested", None)
    assert told(found)[2] == "every expectation was recorded from the answer itself"
    both = proved(SAMPLE.but(tests=(recorded, *SAMPLE.tests)), [KILLED] * 9)
    assert both.level == "proven"


@pytest.mark.parametrize("level", ["none", "analyzed", "ran"])
def test_what_is_not_tested_is_not_asked_about(level):
    asked = []
    found = proved(SAMPLE.but(level=level), [], asked=asked)
    assert (asked, found.level, told(found)) == ([], level, ("prove", "unverified", "not tested"))


def test_real_mutants_are_asked_for():
    """As many as wanted, of the code and the name."""
    calls = []

    def answer(request):
        if isinstance(request, Compute):
            calls.append(request.arguments)
            return computed(request)
        return PASSED if spec(request)["code"] == CODE else KILLED

    [found] = rejoined(Prove(most=3, least=1).each(SAMPLE), answer)
    assert calls == [("python", "mutants", CODE, "f", 3)]
    assert found.level == "proven"


@pytest.mark.parametrize(
    ("took", "given"), [(0.1, 1.0), (0.6, 2.0), (1.9, 4.0), (4.9, 16.0), (40.0, 50.0)]
)
def test_a_slow_answer_has_slow_mutants(took, given):
    asked = []
    proved(SAMPLE, [KILLED] * 5, again=outcome(report=report(1), cpu_s=took), asked=asked)
    assert {job.limits.cpu_s for job in asked[1:]} == {given}


def test_the_second_run_sees_its_files_the_other_way_round():
    asked = []
    proved(SAMPLE, [KILLED] * 5, asked=asked)
    again, mutant = [[file.path for file in job.files] for job in asked[:2]]
    assert again == mutant[::-1] != mutant


@pytest.mark.parametrize(("end", "runs"), [(KILLED, 1), (PASSED, 3), (DEAD, 3)])
def test_where_tests_are_programs_the_first_that_kills_a_mutant_is_the_last(
    monkeypatch, end, runs
):  # fmt: skip
    monkeypatch.setattr(type(languages.load("python")), "joins", False)
    tests = tuple(Tested("script", "author", code=f"assert f({n})\n") for n in range(3))
    asked = []
    proved(SAMPLE.but(tests=tests), [end] * 5, asked=asked)
    assert len(asked) == len(tests) + 5 * runs


def test_what_passed_once_may_be_slow_the_second_time():
    asked = []
    proved(SAMPLE, [KILLED] * 5, asked=asked)
    assert (asked[0].limits.cpu_s, asked[0].limits.wall_s) == (
        2 * Limits().cpu_s,
        2 * Limits().wall_s,
    )
