"""The stage that writes tests apart from answers: its dialogue, by hand."""

import msgspec
import pytest

from backfeed.engine.errors import ConfigError, InvalidReply, Refused
from backfeed.engine.methods.notes import noted, with_notes
from backfeed.engine.records import Message, Sample
from backfeed.engine.records import Test as Tested
from backfeed.engine.requests import Compute, Who, rejoined
from backfeed.engine.stages._answers import Question
from backfeed.engine.stages._suites import ProgramCase, Programs, ScriptCase, Scripts, cases_of
from backfeed.engine.stages.write_tests import WriteTests

CODE = "def double(x):\n    return 2 * x\n"
SAMPLE = Sample(
    id="a", language="python", entry_point="double", question_type="generate", code=CODE,
    messages=(Message("user", "Write `double(x)`."), Message("assistant", f"SECRET {CODE}")),
)  # fmt: skip
TWO, NEGATIVE = "assert double(1) == 2\n", "assert double(-1) == -2\n"


def scripts(*codes, **more):
    return Scripts(
        tuple(ScriptCase(f"case {n}", code=code, **more) for n, code in enumerate(codes))
    )


def programs(*pairs, **more):
    return Programs(tuple(ProgramCase("", stdin, stdout) for stdin, stdout in pairs), **more)


def written(sample, *replies, asked=None, **settings):
    """The one sample that comes of the suites in turn."""
    left = iter(replies)

    def answer(request):
        if isinstance(request, Compute):
            return request.function(*request.arguments)
        if isinstance(request, Who):
            return "big"
        (asked if asked is not None else []).append(request)
        said = next(left)
        if isinstance(said, Exception):
            raise said
        return {"text": msgspec.json.encode(said).decode(), "finish": "stop"}

    [found] = rejoined(WriteTests(**settings).each(sample), answer)
    return found


def test_each_case_of_a_suite_is_a_test():
    found = written(SAMPLE, scripts(TWO, NEGATIVE))
    assert [(test.kind, test.oracle, test.code) for test in found.tests] == [
        ("script", "model", TWO), ("script", "model", NEGATIVE),
    ]  # fmt: skip
    assert noted(found)["cases"] == ["case 0", "case 1"]
    assert (found.lineage.prompt.partition("@")[0], found.code) == ("tests/script", CODE)


def test_who_writes_tests_does_not_see_the_answer():
    asked = []
    written(SAMPLE, scripts(TWO), asked=asked)
    sent = str(asked[0].content())
    assert "Write `double(x)`." in sent
    assert "SECRET" not in sent
    assert "return 2 * x" not in sent


def test_suites_are_asked_for_side_by_side_and_the_same_case_counts_once():
    asked = []
    found = written(
        SAMPLE,
        scripts(TWO, "assert double(1) == 2 \n\n"),
        scripts(NEGATIVE, TWO),
        asked=asked,
        suites=2,
    )
    assert [test.code for test in found.tests] == [TWO, NEGATIVE]
    assert noted(found)["suites"] == {"asked": 2, "replies": 2, "left_out": 2}
    assert len(asked) == 2


def test_spaces_at_the_ends_of_lines_make_no_other_case():
    found = written(SAMPLE, scripts(TWO + NEGATIVE, TWO.replace("\n", "  \n") + NEGATIVE))
    assert [test.code for test in found.tests] == [TWO + NEGATIVE]


def test_a_suite_that_did_not_come_is_told():
    found = written(SAMPLE, Refused("filter"), InvalidReply("length"), scripts(TWO), suites=3)
    assert (len(found.tests), noted(found)["suites"]["replies"]) == (1, 1)


def test_no_more_than_the_most_of_a_suite_are_taken():
    many = [f"assert double({n}) == {2 * n}\n" for n in range(20)]
    assert [test.code for test in written(SAMPLE, scripts(*many), most=3).tests] == many[:3]


USELESS = [
    "", "assert True\n", f"{CODE}\nassert double(1) == 2\n",
    f"assert double(1) == 2{' ' * 9000}#\n",
]  # fmt: skip


@pytest.mark.parametrize("code", USELESS)
def test_a_case_that_cannot_be_of_use_is_left_out(code):
    found = written(SAMPLE, scripts(code, NEGATIVE))
    assert [test.code for test in found.tests] == [NEGATIVE]
    assert noted(found)["suites"]["left_out"] == 1


def test_a_row_without_a_usable_case_goes_on_untested():
    found = written(SAMPLE, scripts(""))
    assert (found.tests, found.rejected, found.checks[-1].verdict) == ((), None, "unverified")
    assert found.checks[-1].findings[0].message == "no reply held a usable case"


def test_tests_that_a_row_has_stay():
    own = Tested("script", "author", code="assert double(0) == 0\n")
    found = written(SAMPLE.but(tests=(own,)), scripts(TWO))
    assert (found.tests[0], noted(found)["cases"]) == (own, ["", "case 0"])


def test_a_case_in_a_fence_is_taken_out_of_it():
    assert written(SAMPLE, scripts(f"```python\n{TWO}```")).tests[0].code == TWO


WHOLE = SAMPLE.but(entry_point="", messages=(Message("user", "Read numbers, write their sum."),))


def test_whole_programs_are_tested_by_what_they_write():
    asked = []
    found = written(WHOLE, programs(("1 2\n", "3\n"), ("1\n", ""), compare="float"), asked=asked)
    [test] = found.tests
    assert (test.kind, test.stdin, test.stdout, test.compare) == ("stdio", "1 2\n", "3\n", "float")
    assert asked[0].name == "tests/program"


def test_a_checker_comes_with_each_of_its_cases():
    judge = "import sys\nsys.exit(0)\n"
    found = written(
        WHOLE, programs(("1\n", "1\n"), ("2\n", "2\n"), compare="checker", checker=judge)
    )
    assert [(test.compare, test.code) for test in found.tests] == [("checker", judge)] * 2
    assert written(WHOLE, programs(("1\n", "1\n"), compare="checker")).tests == ()


def test_sql_has_its_tables_in_the_setup_of_each_case():
    asked = []
    sample = WHOLE.but(language="sql", messages=(Message("user", "Sum it up."),))
    suite = scripts("SELECT total = 3 FROM answer;\n", setup="CREATE TABLE t (n INTEGER);\n")
    [test] = written(sample, suite, asked=asked).tests
    assert (test.kind, test.setup) == ("script", "CREATE TABLE t (n INTEGER);\n")
    assert "`answer`" in asked[0].fields["form"]


def test_a_language_whose_tests_nobody_runs_is_unverified():
    found = written(SAMPLE.but(language="haskell"))
    assert found.checks[-1].findings[0].message == "no tests can be run in haskell"


@pytest.mark.parametrize("kind", ["understand", "knowledge"])
def test_answers_in_prose_need_no_tests(kind):
    sample = SAMPLE.but(question_type=kind)
    assert written(sample) == sample


def test_an_answer_that_is_a_test_becomes_the_test_of_the_code_that_is_given():
    sample = with_notes(SAMPLE.but(question_type="test", code=TWO), given=CODE)
    found = written(sample)
    assert (found.code, found.messages) == (CODE, sample.messages)
    assert found.tests == (Tested("script", "model", code=TWO),)


def test_tests_of_nothing_are_rejected():
    assert written(SAMPLE.but(question_type="test")).rejected.reason == "no-given"


def test_a_method_is_known_by_its_own_name():
    question = Question("python", "Box.size")
    cases, left_out = cases_of([scripts("assert Box().size() == 0\n")], question, 9)
    assert (len(cases), left_out) == (1, 0)


def test_no_suite_cannot_be_asked_for():
    with pytest.raises(ConfigError, match=r"write_tests\.suites = 0"):
        WriteTests(suites=0)
