"""The stage that finds which answer and tests agree: its dialogue, by hand."""

import json

import msgspec
import pytest
from stages.dialogue import outcome, report, spec

from backfeed.engine.errors import ConfigError, Refused
from backfeed.engine.methods.notes import noted, with_notes
from backfeed.engine.records import Message, Sample
from backfeed.engine.records import Test as Tested
from backfeed.engine.requests import Compute, Job, Prompt, Who, rejoined
from backfeed.engine.stages.agree import Agree

OUTCOMES = {
    "+": outcome(report=report(1)),
    "-": outcome("RE", report=report(1, "AssertionError")),
    "~": outcome("FLAKY", detail="two runs disagree"),
    "?": outcome("RE", report=report(0, "SyntaxError", phase="reading")),
}


def code(name):
    return f"def f():\n    return {name!r}\n"


def text(name):
    return f"As {name}:\n\n```python\n{code(name)}```\n"


def posed(cases, *names, **more):
    """A problem with candidates of these names, and as many tests."""
    tests = tuple(Tested("script", "model", code=f"assert f() # {n}\n") for n in range(cases))
    sample = Sample(
        id="a", language="python", entry_point="f", question_type="generate", tests=tests,
        messages=(Message("user", "Write f()."), Message("assistant", text(names[0]))),
        code=code(names[0]),
    ).but(**more)  # fmt: skip
    return with_notes(
        sample, candidates=list(map(text, names)), cases=[f"case {n}" for n in range(cases)]
    )


def joined(signs):
    """One program of several tests; one that is flaky tells nothing of the others."""
    if len(signs) == 1 or "~" in signs:
        return OUTCOMES["~" if "~" in signs else signs[0]]
    told = [test for sign in signs for test in json.loads(OUTCOMES[sign]["report"])["tests"]]
    return outcome("AC" if set(signs) == {"+"} else "RE", report=json.dumps({"tests": told}))


def agreed(sample, rows, *replies, asked=None, **settings):
    """The one sample, where each code comes to its row of signs; `stub` is the emptied one's."""
    left = iter(replies)

    def answer(request):
        if isinstance(request, Compute):
            return request.function(*request.arguments)
        if isinstance(request, Who):
            return f"model of {request.role}"
        (asked if asked is not None else []).append(request)
        if isinstance(request, Prompt):
            said = next(left)
            if isinstance(said, Exception):
                raise said
            if isinstance(said, dict):
                return said
            plain = said if isinstance(said, str) else msgspec.json.encode(said).decode()
            return {"text": plain, "finish": "stop"}
        told = spec(request)
        [name] = [name for name in rows if code(name) == told["code"]] or ["stub"]
        return joined([rows[name][int(test["code"].split()[-1])] for test in told["tests"]])

    [found] = rejoined(Agree(**settings).each(sample), answer)
    return found


def told(found):
    """The verdict of the last check, and its first finding."""
    check = found.checks[-1]
    return check.name, check.verdict, check.findings[0].message


def numbers(found):
    return [int(test.code.split()[-1]) for test in found.tests]


def test_the_answer_and_the_tests_that_agree_are_kept():
    rows = {"A": "+---", "B": "+++-", "C": "+++-", "stub": "----"}
    found = agreed(posed(4, "A", "B", "C"), rows)
    assert (found.rejected, found.code, found.response) == (None, code("B"), text("B"))
    assert numbers(found) == [0, 1, 2]
    assert noted(found)["cases"] == ["case 0", "case 1", "case 2"]
    assert told(found) == (
        "agree", "passed",
        "2 of 3 answers pass 3 of 4 cases that count (of 4); score 6",
    )  # fmt: skip
    why = noted(found)["agreement"]
    assert (why["passed"], why["stub"], why["chosen"]) == (["+---", "+++-", "+++-"], "----", 1)
    assert (why["group"], why["score"], why["unmet"]) == ([1, 2], 6, [3])


def test_one_answer_that_passes_all_agrees_and_says_that_it_is_one():
    found = agreed(posed(3, "A"), {"A": "+++", "stub": "---"})
    assert told(found)[1:] == (
        "passed", "1 of 1 answers pass 3 of 3 cases that count (of 3); score 3",
    )  # fmt: skip


def test_one_answer_that_fails_a_case_does_not_throw_the_case_away():
    found = agreed(posed(4, "A"), {"A": "+++-", "stub": "----"}, repairs=0)
    assert (found.rejected.stage, found.rejected.reason) == ("agree", "no-agreement")
    assert "+++-" in found.rejected.detail
    assert "case 4: WA AssertionError: no" in found.rejected.detail
    assert [one.check for one in found.evidence] == ["agree"]
    assert found.checks[-1].verdict == "failed"


def test_half_of_the_cases_are_not_thrown_away_even_by_many():
    rows = {"A": "++---", "B": "++---", "stub": "-----"}
    assert agreed(posed(5, "A", "B"), rows, repairs=0).rejected.reason == "no-agreement"


def test_the_same_answer_twice_is_one():
    asked = []
    found = agreed(posed(4, "A", "A"), {"A": "+++-", "stub": "----"}, repairs=0, asked=asked)
    assert (found.rejected.reason, len(asked)) == ("no-agreement", 2)


def test_tests_that_an_emptied_answer_passes_do_not_count():
    found = agreed(posed(4, "A"), {"A": "+++-", "stub": "+--+"})
    assert (found.rejected, numbers(found)) == (None, [1, 2])
    assert noted(found)["agreement"]["dropped"] == {"stub": [0, 3]}


def test_tests_that_cannot_be_run_do_not_count():
    found = agreed(posed(3, "A", "B"), {"A": "++?", "B": "++?", "stub": "--?"})
    assert (numbers(found), noted(found)["agreement"]["dropped"]) == ([0, 1], {"broken": [2]})


def test_a_flaky_answer_does_not_pass():
    found = agreed(posed(3, "A", "B"), {"A": "++~", "B": "+++", "stub": "---"})
    assert found.code == code("B")
    assert noted(found)["agreement"]["passed"] == ["++~", "+++"]


def test_with_too_few_cases_there_is_nothing_to_agree_on():
    found = agreed(posed(3, "A"), {"A": "+++", "stub": "++-"})
    assert (found.rejected, numbers(found)) == (None, [2])
    assert told(found)[1:] == ("unverified", "1 of 3 cases count, 2 have to")


def test_where_no_case_counts_all_stay_for_execute_to_tell():
    found = agreed(posed(2, "A"), {"A": "++", "stub": "++"})
    assert (found.checks[-1].verdict, numbers(found)) == ("unverified", [0, 1])


def test_tests_that_no_model_wrote_count_always():
    sample = posed(5, "A", "B")
    own = sample.tests[4]
    sample = sample.but(tests=(*sample.tests[:4], Tested("script", "author", code=own.code)))
    rows = {"A": "++++-", "B": "++++-", "stub": "-----"}
    assert agreed(sample, rows, repairs=0).rejected.reason == "no-agreement"
    assert agreed(posed(5, "A", "B"), rows, repairs=0).rejected is None
    passed_by_all = {"A": "+++++", "B": "+++++", "stub": "----+"}
    assert numbers(agreed(sample, passed_by_all)) == [0, 1, 2, 3, 4]
    assert numbers(agreed(posed(5, "A", "B"), passed_by_all)) == [0, 1, 2, 3]


def test_answers_that_do_not_parse_are_out():
    sample = posed(2, "A")
    broken = "So:\n\n```python\ndef f(:\n```\n"
    both = with_notes(sample, candidates=[broken, text("A")])
    found = agreed(both, {"A": "++", "stub": "--"})
    assert (found.response, noted(found)["agreement"]["candidates"]) == (text("A"), 1)
    alone = with_notes(sample.but(code="def f(:\n"), candidates=[broken])
    assert agreed(alone, {}).rejected.reason == "syntax"


def test_a_row_without_noted_candidates_is_one():
    found = agreed(posed(2, "A").but(extra=""), {"A": "++", "stub": "--"})
    assert (found.rejected, found.response) == (None, text("A"))


def test_a_sandbox_that_declines_says_nothing():
    sample = posed(2, "A")

    def answer(request):
        if isinstance(request, Job):
            raise Refused("too-large")
        return request.function(*request.arguments)

    [found] = rejoined(Agree().each(sample), answer)
    assert (found.rejected, found.checks[-1].verdict) == (None, "unverified")


IDLE = [
    {"tests": ()}, {"code": ""}, {"language": "cobol"},
]  # fmt: skip


@pytest.mark.parametrize("changes", IDLE)
def test_what_cannot_be_run_is_unverified(changes):
    found = agreed(posed(2, "A").but(**changes), {})
    assert told(found) == ("agree", "unverified", "there is nothing to run")


def test_answers_in_prose_are_left_alone():
    sample = posed(2, "A", question_type="understand")
    assert agreed(sample, {}) == sample


# The types that show code.


def test_of_refactored_code_the_code_that_was_given_is_the_reference():
    sample = with_notes(posed(4, "A", question_type="refactor"), given=code("old"))
    rows = {"A": "+++-", "old": "+++-", "stub": "----"}
    found = agreed(sample, rows)
    assert (found.rejected, numbers(found)) == (None, [0, 1, 2])
    assert noted(found)["agreement"]["dropped"] == {"reference": [3]}
    worse = agreed(sample, rows | {"A": "+-++"}, repairs=0)
    assert worse.rejected.reason == "no-agreement"
    harder = agreed(with_notes(sample, directions=["constraints"]), rows, repairs=0)
    assert harder.rejected.reason == "no-agreement"


def test_a_fault_that_no_test_shows_is_none():
    sample = with_notes(posed(2, "A", question_type="debug"), given=code("old"))
    rows = {"A": "++", "stub": "--"}
    assert agreed(sample, rows | {"old": "+-"}).rejected is None
    hidden = agreed(sample, rows | {"old": "++"})
    assert (hidden.rejected.reason, hidden.rejected.detail) == (
        "fault-not-shown", "the faulty code comes to ++",
    )  # fmt: skip


def turned(*numbers):
    """A row whose answers are tests of given code, as `write_tests` turns it round."""
    tests = [f"assert f() # {n}\n" for n in numbers]
    texts = [f"So:\n\n```python\n{test}```\n" for test in tests]
    sample = posed(1, "A", question_type="test").but(
        messages=(Message("user", "Test f."), Message("assistant", texts[0])),
        tests=(Tested("script", "model", code=tests[0]),),
    )
    return with_notes(sample, candidates=texts, given=code("A"))


TURNED = [
    ("++", "--", 0, "passed"),
    ("-+", "--", 1, "passed"),
    ("++", "+-", 1, "passed"),
    ("+-", "+-", 0, "unverified"),
    ("??", "??", -1, "unverified"),
]


@pytest.mark.parametrize(("own", "stub", "chosen", "verdict"), TURNED)
def test_of_tests_one_is_kept_that_tells_the_code_from_an_empty_one(own, stub, chosen, verdict):
    found = agreed(turned(0, 1), {"A": own, "stub": stub})
    assert (found.checks[-1].verdict, found.rejected, found.code) == (verdict, None, code("A"))
    assert noted(found)["agreement"]["chosen"] == chosen
    assert f"f() # {max(chosen, 0)}" in found.response
    assert numbers(found) == [max(chosen, 0)]


def test_tests_that_the_given_code_fails_are_rejected():
    found = agreed(turned(0, 1), {"A": "--", "stub": "--"})
    assert found.rejected.reason == "tests-fail"
    assert found.rejected.detail.startswith("--: WA")


@pytest.mark.parametrize(
    "settings", [{"share": 0}, {"alone": 1.5}, {"repairs": -1}, {"least_cases": 0}, {"shown": 0}]
)
def test_settings_that_make_no_sense(settings):
    with pytest.raises(ConfigError, match="agree"):
        Agree(**settings)


def test_a_program_of_all_tests_that_is_cut_short_is_taken_apart():
    asked = []
    rows = {"A": "++~+", "B": "++++", "stub": "----"}
    found = agreed(posed(4, "A", "B"), rows, asked=asked, repairs=0)
    assert noted(found)["agreement"]["passed"] == ["++~+", "++++"]
    assert len(asked) == 1 + 4 + 1 + 1
