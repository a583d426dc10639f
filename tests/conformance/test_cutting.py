"""What every language keeps that source code is turned into problems of.

The `[unit]` of `code/<language>.toml` is a file: one function of it is wanted, the others and what
they import are not, and what it says of itself is enough for a problem.
"""

import asyncio

import pytest
from conformance.test_analyzers import every, snippets

from backfeed.engine import languages
from backfeed.engine.models.extractive import ANSWERS
from backfeed.engine.records import File, Sample
from backfeed.engine.requests import Compute, Limits, rejoined
from backfeed.engine.services import open_sandbox
from backfeed.engine.stages._problems import shown_example, unanswerable
from backfeed.engine.stages._runs import run_tests
from backfeed.engine.stages.cut_units import CutUnits
from backfeed.engine.stages.record_tests import RecordTests

cutters = pytest.mark.parametrize(
    "name", [name for name in every("analyzers") if languages.can(name, "units")], scope="module"
)


@pytest.fixture(scope="module")
def answer():
    """Answers to what stages ask."""
    box = open_sandbox("bubblewrap", {}, jobs=2)

    async def one(request):
        [found] = await box.answer([request])
        return found

    def do(request):
        if isinstance(request, Compute):
            return request.function(*request.arguments)
        return asyncio.run(one(request))

    yield do
    asyncio.run(box.close())


def unit(name):
    """The unit that is wanted of the file."""
    known = snippets(name)["unit"]
    found = languages.call(name, "units", known["file"], (5, 20, 80))
    [mine] = [one for one in found if one.name == known["name"]]
    assert (mine.reason, mine.detail) == ("", "")
    return mine


def cut(name):
    """It as a sample."""
    mine = unit(name)
    return Sample(id="a", kind="code", language=name, code=mine.code, entry_point=mine.name)


@cutters
def test_a_unit_is_cut_from_a_file(name):
    known, mine = snippets(name)["unit"], unit(name)
    lines = known["file"].split("\n")
    assert mine.name in "\n".join(lines[mine.first_line - 1 : mine.first_line + 1])
    assert mine.first_line < mine.last_line <= len(lines)
    assert 5 <= mine.size <= 20
    assert "unused" not in mine.code
    word = languages.call(name, "parse", mine.code)["word"]
    assert word == "ok"


@cutters
def test_what_cannot_be_a_unit_says_why(name):
    known = snippets(name)["unit"]
    for bounds, reason in (((90, 99, 80), "too-short"), ((1, 2, 80), "too-long")):
        found = languages.call(name, "units", known["file"], bounds)
        assert (known["name"], reason) in [(one.name, one.reason) for one in found]
    assert not [u for u in languages.call(name, "units", "", (5, 20, 80)) if not u.reason]


@cutters
def test_a_problem_is_written_from_what_it_says(name):
    sample = cut(name)
    fields = {
        "language": name, "snippet": sample.code, "entry_point": sample.entry_point,
        "example": f"{sample.entry_point}(1) // 2",
    }  # fmt: skip
    reply = ANSWERS["reverse/generate"](fields)
    assert reply["suitable"], reply
    assert unanswerable(reply["problem"], sample) == ""
    found = languages.call(name, "keywords", sample.code, sample.entry_point, reply["problem"])
    assert found["task"]
    assert found["knowledge"]


@pytest.mark.bwrap
@cutters
def test_calls_are_recorded_and_tell_a_stub_from_it(name, answer):
    [made] = rejoined(RecordTests().each(cut(name)), answer)
    assert made.rejected is None, made.rejected
    assert sample_tests(made, made.code, answer).word == "AC"
    assert made.tests[-1].oracle == "recorded"
    assert made.tests[-1].code.count(made.entry_point) >= 4
    stub = languages.call(name, "stub", made.code, made.entry_point)
    assert sample_tests(made, stub, answer).verdict == "failed"
    assert made.entry_point in shown_example(made)


@pytest.mark.bwrap
@cutters
def test_what_stands_beside_tests_it(name, answer):
    """The file `beside` of `[unit]` has tests of it, and some that need more than it."""
    if not languages.can(name, "tests_beside"):
        assert "beside" not in snippets(name)["unit"]
        return
    known = snippets(name)["unit"]
    file = Sample(
        kind="code", language=name, code=known["file"], support=(File("beside", known["beside"]),)
    )
    made = [one for one in rejoined(CutUnits().each(file), answer) if one.rejected is None]
    [mine] = [one for one in made if one.entry_point == known["name"]]
    assert [test.oracle for test in mine.tests] == ["doc"]
    assert mine.support == ()
    assert sample_tests(mine, mine.code, answer).word == "AC"
    stub = languages.call(name, "stub", mine.code, mine.entry_point)
    assert sample_tests(mine, stub, answer).word == "WA"
    [whole] = rejoined(RecordTests().each(mine), answer)
    assert whole.tests[0] == mine.tests[0]
    assert {test.oracle for test in whole.tests[1:]} >= {"recorded"}


def sample_tests(sample, code, answer):
    return rejoined(run_tests(sample, code, Limits(), check="test"), answer)
