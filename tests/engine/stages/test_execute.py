"""The stage that runs answers and their tests: its dialogue, by hand."""

import pytest
from stages.dialogue import computed, outcome, report, spec

from backfeed.engine import languages
from backfeed.engine.records import File, Sample
from backfeed.engine.records import Test as Tested
from backfeed.engine.requests import Compute, Limits, rejoined
from backfeed.engine.stages._runs import run_tests
from backfeed.engine.stages.execute import Execute
from backfeed.sandboxes import process

CODE = "def f(x):\n    return x\n"
SAMPLE = Sample(
    id="a", language="python", code=CODE, entry_point="f",
    tests=(Tested("script", code="assert f(1) == 1\nassert f(2) == 2\n"),),
)  # fmt: skip
BARE = SAMPLE.but(tests=())
PASSED, FAILED = outcome(report=report(2)), outcome("RE", report=report(1, "AssertionError"))


def executed(sample, *outcomes, asked=None, **settings):
    """The one sample that comes of the programs' outcomes in turn."""
    left = iter(outcomes)

    def answer(request):
        if isinstance(request, Compute):
            return computed(request)
        (asked if asked is not None else []).append(request)
        return next(left)

    [found] = rejoined(Execute(**settings).each(sample), answer)
    return found


def told(found):
    """The verdict of the last check, and its first finding."""
    check = found.checks[-1]
    return check.name, check.verdict, *[finding.message for finding in check.findings[:1]]


def test_tests_that_pass_and_fail_the_stub_prove_something():
    asked = []
    found = executed(SAMPLE, PASSED, FAILED, asked=asked)
    assert (found.level, found.rejected, told(found)) == ("tested", None, ("test", "passed", "2"))
    assert [check.name for check in found.checks] == ["run", "test"]
    own, stubbed = [spec(job)["code"] for job in asked]
    assert own == CODE
    assert "return x" not in stubbed
    assert [one.check for one in found.evidence] == ["test", "stub"]


def test_tests_that_a_stub_passes_prove_nothing():
    found = executed(SAMPLE, PASSED, PASSED)
    assert (found.level, found.rejected) == ("ran", None)
    assert told(found) == ("test", "unverified", "tests prove nothing: a stub passes them")


@pytest.mark.parametrize("code", ["x = 1\n", "print(input())\n"])
def test_code_without_a_stub_is_tested_all_the_same(code):
    found = executed(SAMPLE.but(code=code, entry_point=""), PASSED)
    assert (found.level, told(found)) == ("tested", ("test", "passed", "2"))


WRONG = [
    (FAILED, "WA", "AssertionError: no (line 1)"),
    (outcome("RE", report=report(1, "KeyError", line=3)), "RE", "KeyError: no (line 3)"),
    (outcome("RE", report=report(0, "AssertionError", phase="code", line=0)), "RE",
     "AssertionError: no"),
    (outcome("TLE"), "TLE", ""),
    (outcome("SIG", detail="signal 11"), "SIG", "signal 11"),
    (outcome("AC"), "FORGED", ""),
    (outcome("AC", report="no json"), "FORGED", ""),
    (outcome("FLAKY", detail="TLE, then AC"), "FLAKY", "TLE, then AC"),
    (outcome("TLE", report=report(2)), "TLE", ""),
]  # fmt: skip


@pytest.mark.parametrize(("seen", "reason", "detail"), WRONG)
def test_an_answer_that_fails_is_rejected_with_its_verdict(seen, reason, detail):
    found = executed(SAMPLE, seen)
    assert (found.rejected.stage, found.rejected.reason) == ("execute", reason)
    assert found.rejected.detail == detail
    assert (found.level, found.checks[-1].verdict) == ("none", "failed")
    assert [one.check for one in found.evidence] == ["test"]


UNSURE = [
    (outcome(report=report(0)), "no assertion ran", "ran"),
    (outcome("RE", report=report(0, "SyntaxError", phase="reading")),
     "the test itself is at fault (reading): SyntaxError: no", "none"),
    (outcome("RE", report=report(0, "NameError", phase="setup")),
     "the test itself is at fault (setup): NameError: no", "none"),
    (outcome("RE", report=report(0, "ModuleNotFoundError")),
     "the sandbox lacks a package: no", "none"),
]  # fmt: skip


@pytest.mark.parametrize(("seen", "why", "level"), UNSURE)
def test_tests_that_did_not_run_reject_nobody(seen, why, level):
    found = executed(SAMPLE, seen)
    assert (found.rejected, found.level, told(found)) == (None, level, ("test", "unverified", why))


def test_tests_that_nobody_can_run_are_told():
    found = executed(SAMPLE.but(tests=(Tested("framework", framework="junit"),)))
    assert found.rejected is None
    assert told(found) == ("test", "unverified", "no runner for tests of kind junit in python")


STDIO = SAMPLE.but(
    entry_point="", code="print(input())\n",
    tests=(Tested("stdio", stdin="1\n", stdout="1\n"), Tested("stdio", stdin="2\n", stdout="2\n")),
)  # fmt: skip


def test_programs_are_compared_by_what_they_write():
    asked = []
    found = executed(STDIO, outcome(stdout="1"), outcome(stdout="2\n"), asked=asked)
    assert (found.level, told(found)) == ("tested", ("test", "passed", "2"))
    assert [job.stdin for job in asked[:2]] == ["1\n", "2\n"]


@pytest.mark.parametrize(
    ("second", "reason", "detail"),
    [(outcome(stdout="3"), "WA", "wrote '3', expected '2\\n'"),
     (outcome(stdout="2", truncated=True), "OLE", "the output was cut"),
     (outcome("RE", stderr="Traceback\nValueError: x"), "RE", "ValueError: x")],
)  # fmt: skip
def test_the_worst_of_several_programs_counts(second, reason, detail):
    found = executed(STDIO, outcome(stdout="1"), second)
    assert (found.rejected.reason, found.rejected.detail) == (reason, detail)
    assert len(found.evidence) == 2


def test_a_program_without_tests_has_to_end_well():
    asked = []
    found = executed(BARE.but(support=(File("a.txt", "x"),)), outcome(), asked=asked, cpu_s=2.0)
    assert (found.level, found.rejected, told(found)) == ("ran", None, ("run", "passed"))
    assert [file.path for file in asked[0].files] == ["a.txt", "main.py"]
    assert (asked[0].limits.cpu_s, asked[0].report) == (2.0, False)


def test_with_until_run_the_tests_are_left_alone():
    found = executed(SAMPLE, outcome(), until="run")
    assert (found.level, [check.name for check in found.checks]) == ("ran", ["run"])


ENDS = [
    (outcome("RE", stderr="Traceback\nValueError: at 0x7f12ab34"), "RE", "ValueError: at 0x..."),
    (outcome("TLE"), "TLE", ""),
    (outcome("MLE", detail="600 MiB"), "MLE", "600 MiB"),
]


@pytest.mark.parametrize(("seen", "reason", "detail"), ENDS)
def test_a_program_that_ends_badly_is_rejected(seen, reason, detail):
    found = executed(BARE, seen)
    assert (found.rejected.reason, found.rejected.detail) == (reason, detail)
    assert (told(found), found.level) == (("run", "failed", detail), "none")


@pytest.mark.parametrize(
    ("changes", "why"),
    [({"code": ""}, "no code"), ({"language": "cobol"}, "no tool chain for cobol"),
     ({"language": ""}, "no tool chain for ?")],
)  # fmt: skip
def test_what_cannot_run_is_unverified_and_nothing_asked(changes, why):
    found = executed(SAMPLE.but(**changes))
    assert (found.rejected, told(found)) == (None, ("run", "unverified", why))


def test_the_docstrings_example_as_it_really_runs():
    """As a plain process: the code is ours."""
    box = process.PLUGIN.service({"named": True, "slots": 1})
    sample = SAMPLE.but(tests=(Tested("script", code="assert f(1) == 2"),))
    [found] = rejoined(Execute().each(sample), lambda request: computed(request, box))
    box.shut()
    told = found.rejected
    assert (told.stage, told.reason, told.detail) == ("execute", "WA", "AssertionError (line 1)")


RAISES = """try:
    f(-1)
except ValueError:
    pass
else:
    {}
"""
NEGATIVE = "    if x < 0:\n        raise ValueError(x)\n"


@pytest.mark.parametrize(
    ("otherwise", "word"),
    [
        ("assert False, 'no error'", "AC"), ("raise AssertionError('no error')", "AC"),
        ("raise AssertionError", "AC"), ("print('no error')", "NONE"), ("assert f(1)", "NONE"),
    ],
)  # fmt: skip
def test_what_must_not_be_reached_has_held_at_the_end_of_a_test(otherwise, word):
    """As plain processes: the code is ours."""
    box = process.PLUGIN.service({"named": True, "slots": 1})
    sample = SAMPLE.but(tests=(Tested("script", code=RAISES.format(otherwise)),))
    right = CODE.replace("    return", NEGATIVE + "    return")
    words = []
    for code in (right, CODE):
        asking = run_tests(sample, code, Limits(), check="test")
        words.append(rejoined(asking, lambda request: computed(request, box)).word)
    box.shut()
    assert words[0] == word
    assert (words[1] == "WA") == (word == "AC")


CHECKER = "import sys\nsys.exit(not {1, 2} >= set(map(int, open(sys.argv[2]).read().split())))\n"


@pytest.mark.parametrize(
    ("ended", "verdict", "detail"),
    [
        ({"exit_code": 0}, "passed", ""),
        ({"exit_code": 1, "stderr": "too much\n"}, "failed", "the checker says: too much"),
        ({"exit_code": 2}, "unverified", "the checker is itself at fault"),
        ({"exit_code": 1, "stderr": "Traceback (most recent call last):\n"}, "unverified",
         "the checker is itself at fault"),
    ],
)  # fmt: skip
def test_a_checker_judges_what_a_program_wrote(ended, verdict, detail):
    asked = []

    def answer(job):
        asked.append(job)
        if "checker.py" not in job.command:
            return outcome(stdout="2 1\n")
        return outcome("RE" if ended["exit_code"] else "AC", **ended)

    test = Tested("stdio", stdin="7\n", stdout="1 2\n", compare="checker", code=CHECKER)
    sample = Sample(language="python", code="print(2, 1)", tests=(test,))
    found = rejoined(run_tests(sample, sample.code, Limits(), check="test"), answer)
    assert (found.verdict, found.detail[: len(detail)]) == (verdict, detail)
    assert [one.check for one in found.evidence] == ["test", "test"]
    files = {file.path: file.text for file in asked[1].files}
    assert files == {
        "checker.py": CHECKER, "input.txt": "7\n", "output.txt": "2 1\n", "expected.txt": "1 2\n",
    }  # fmt: skip


def test_a_program_that_fails_is_not_shown_to_a_checker():
    asked = []

    def answer(job):
        asked.append(job)
        return outcome("TLE")

    test = Tested("stdio", compare="checker", code=CHECKER)
    sample = Sample(language="python", code="while 1: pass", tests=(test,))
    assert rejoined(run_tests(sample, sample.code, Limits(), check="test"), answer).word == "TLE"
    assert len(asked) == 1


def test_a_checker_runs_as_a_program():
    """As plain processes: the code is ours."""
    box = process.PLUGIN.service({"named": True, "slots": 1})
    test = Tested("stdio", stdout="1 2", compare="checker", code=CHECKER)
    for code, word in (("print(2)\nprint(1)", "AC"), ("print(3)", "WA")):
        sample = Sample(language="python", code=code, tests=(test,))
        asking = run_tests(sample, code, Limits(), check="test")
        assert rejoined(asking, lambda request: computed(request, box)).word == word
    box.shut()


def test_a_suite_has_the_time_in_which_its_framework_starts(monkeypatch):
    asked = []
    plugin = languages.load("python")
    monkeypatch.setattr(type(plugin), "suite_s", 2.0, raising=False)
    suite = Tested("framework", framework="pytest", code="def test_f(): pass\n")
    sample = SAMPLE.but(tests=(*SAMPLE.tests, suite))

    def answer(job):
        asked.append(job)
        return PASSED

    limits = Limits(cpu_s=3.0, wall_s=9.0)
    rejoined(run_tests(sample, CODE, limits, check="test"), answer)
    assert [(job.limits.cpu_s, job.limits.wall_s) for job in asked] == [(5.0, 13.0), (3.0, 9.0)]
    asked.clear()
    rejoined(run_tests(sample, CODE, limits, check="test", times=4), answer)
    assert [(job.limits.cpu_s, job.limits.wall_s) for job in asked] == [(14.0, 40.0), (3.0, 9.0)]
