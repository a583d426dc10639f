"""Code in which nothing is to be started is not wrong: functions, a library."""

import pytest
from stages.dialogue import outcome

from backfeed.engine.records import Sample
from backfeed.engine.requests import rejoined
from backfeed.engine.stages.execute import Execute

SAID = [
    ("rust", "CE", "error[E0601]: `main` function not found in crate `main`"),
    ("cpp", "CE", "Scrt1.o: in function `_start':\n(.text+0x1b): undefined reference to `main'"),
    ("java", "RE", "error: Main method not found in class A, please define the main method as:"),
    ("go", "CE", "runtime.main_main·f: function main is undeclared in the main package"),
]


def executed(language, seen):
    sample = Sample(id="a", language=language, code="f\n")
    [found] = rejoined(Execute().each(sample), lambda _request: seen)
    return found


@pytest.mark.parametrize(("language", "word", "said"), SAID)
def test_code_without_an_entry_point_is_unverified(language, word, said):
    found = executed(language, outcome(word, stderr=said))
    [check] = found.checks
    assert (found.level, found.rejected, check.verdict) == ("none", None, "unverified")
    assert check.findings[0].message == "it has no entry point: there is nothing to run"


@pytest.mark.parametrize(("language", "word", "said"), SAID)
def test_a_program_that_only_says_so_has_failed(language, word, said):
    other = "CE" if word == "RE" else "RE"
    assert executed(language, outcome(other, stderr=said)).rejected.reason == other
