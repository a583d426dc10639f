"""What the end of a program says that is given nothing."""

import pytest
from stages.dialogue import outcome, report

from backfeed.engine.records import Check, File, Finding, Sample
from backfeed.engine.records import Test as Tested
from backfeed.engine.requests import rejoined
from backfeed.engine.stages.execute import Execute

READS = "names = open('names.txt').read()\nprint(names)\n"
COUNTS = "print(sum(range(9)) / 0)\n"
UNKNOWN = Check("analyze", "unverified", findings=(Finding("a", "note", "Foo is not there"),))


def executed(seen, code=COUNTS, language="python", **more):
    sample = Sample(id="a", language=language, code=code, **more)
    [found] = rejoined(Execute().each(sample), lambda _request: seen)
    return found


def told(sample):
    """Why it was rejected, or else the verdict, rule and message of its last check."""
    if sample.rejected is not None:
        return sample.rejected.reason
    finding = sample.checks[-1].findings[0]
    return sample.checks[-1].verdict, finding.rule, finding.message


@pytest.mark.parametrize(
    ("said", "rule", "why"),
    [
        ("EOFError: x", "not-run", "it reads what it is not given (input, arguments, files, a"),
        ("FileNotFoundError: 'a.csv'", "not-run", "it reads what it is not given"),
        ("socket.gaierror: Temporary failure in name resolution", "not-run", "it reads what"),
        (
            "ModuleNotFoundError: No module named 'toys'",
            "lacks",
            "the sandbox lacks a package: toys",
        ),
        ("ImportError: attempted relative import with", "lacks", "it needs a file that it was not"),
    ],
)
def test_what_a_sandbox_does_not_give_is_nobodys_fault(said, rule, why):
    verdict, found, message = told(executed(outcome("RE", stderr=f"Traceback\n{said}")))
    assert (verdict, found) == ("unverified", rule)
    assert message.startswith(why)


@pytest.mark.parametrize(
    ("word", "said", "rejected"),
    [
        ("RE", "Traceback\nValueError: invalid literal", False),
        ("RE", "", False),
        ("SIG", "", False),
        ("TLE", "", False),
        ("OLE", "", False),
        ("MLE", "", True),
        ("RE", "Traceback\nNameError: name 'x' is not defined", True),
        ("RE", "Traceback\nTypeError: unsupported operand", True),
        ("RE", "Traceback\nTypeError: 'NoneType' object is not iterable", False),
    ],
)
def test_what_reads_and_is_given_nothing_fails_by_its_own_faults_alone(word, said, rejected):
    reads = executed(outcome(word, stderr=said), READS)
    assert (reads.rejected is not None) == rejected
    counts = executed(outcome(word, stderr=said), COUNTS)
    assert counts.rejected.reason == word


def test_a_program_that_waits_has_not_failed():
    why = "it did not end by itself: it waits, as servers and windows do"
    assert told(executed(outcome("IDLE"))) == ("unverified", "not-run", why)


def test_a_test_that_waits_has_failed():
    tests = (Tested("stdio", stdin="1\n", stdout="2\n"),)
    assert told(executed(outcome("IDLE"), READS, tests=tests)) == "IDLE"


@pytest.mark.parametrize(
    ("language", "word", "said"),
    [("java", "CE", "A.java:1: error: x"), ("javascript", "RE", "SyntaxError: x")],
)
def test_what_no_analysis_could_read_is_not_rejected_for_that(language, word, said):
    seen = outcome(word, stderr=said)
    assert told(executed(seen, "x", language)) == word
    why = "it is not known whether it can be read: Foo is not there"
    assert told(executed(seen, "x", language, checks=(UNKNOWN,))) == ("unverified", "not-run", why)


HELPER = (File("helper.py", "def twice(x): return 2 * x\n"),)


@pytest.mark.parametrize("tests", [(), (Tested("stdio", stdin="1\n", stdout="2\n"),)])
def test_a_misspelt_name_of_a_file_beside_it_is_a_failure(tests):
    seen = outcome("RE", stderr="Traceback\nModuleNotFoundError: No module named 'helpers'")
    assert told(executed(seen, "import helpers\n", tests=tests, support=HELPER)) == "RE"
    assert told(executed(seen, "import helpers\n", tests=tests))[1] == "lacks"


@pytest.mark.parametrize(("phase", "said"), [("code", "RE"), ("test", "lacks")])
def test_a_misspelt_name_in_a_test_is_not_held_against_an_answer(phase, said):
    told_by_harness = report(0, "ModuleNotFoundError", phase=phase).replace('"no"', '"helpers"')
    tests = (Tested("script", code="assert twice(1) == 2"),)
    seen = outcome("RE", report=told_by_harness)
    found = told(executed(seen, "import helpers\n", tests=tests, support=HELPER))
    assert said in (found, found[1])


@pytest.mark.parametrize(
    ("language", "said", "detail"),
    [
        ("javascript", "main.js:1\nx\n\nReferenceError: x is not defined\n    at\n\nNode.js v2",
         "ReferenceError: x is not defined"),
        ("java", 'Exception in thread "main" java.lang.ArithmeticException: a\n\tat A.main(A.java)',
         'Exception in thread "main" java.lang.ArithmeticException: a'),
        ("php", "PHP Fatal error:  Uncaught Error: a in main.php:1\n#0 {main}\n  thrown in a.php",
         "PHP Fatal error:  Uncaught Error: a in main.php:1"),
        ("lua", "lua: main.lua:1: a\nstack traceback:\n\t[C]: in ?", "lua: main.lua:1: a"),
        ("python", "Traceback\n  File 'a'\nKeyError: Exception\nValueError: b", "ValueError: b"),
    ],
)  # fmt: skip
def test_what_a_program_died_of_is_told_and_not_where(language, said, detail):
    assert executed(outcome("RE", stderr=said), "x", language).rejected.detail == detail
