"""C and C++: what running a test of theirs comes to."""

import asyncio

import pytest

from backfeed.analyzers import c, cpp
from backfeed.engine.records import Sample
from backfeed.engine.records import Test as Tested
from backfeed.engine.requests import Job, Limits, Outcome, rejoined
from backfeed.engine.services import open_sandbox
from backfeed.engine.stages._runs import run_tests

ADD = "int add(int x, int y) { return x + y; }\n"
ASSERTED = "#include <assert.h>\nint main(void) { assert(add(1, 2) == 3); return 0; }\n"


@pytest.fixture(scope="module")
def ran():
    """What one test comes to, on some code."""
    box = open_sandbox("bubblewrap", {}, jobs=2)

    def answer(job):
        async def do():
            [found] = await box.answer([job])
            return found

        return asyncio.run(do())

    def do(code, test, *, language="cpp", **more):
        tests = (Tested("script", "author", code=test, **more),)
        sample = Sample(language=language, code=code, tests=tests)
        return rejoined(run_tests(sample, code, Limits(cpu_s=5.0), check="test"), answer)

    yield do
    asyncio.run(box.close())


@pytest.mark.bwrap
@pytest.mark.parametrize("language", ["c", "cpp"])
@pytest.mark.parametrize(
    ("code", "test", "word", "executed"),
    [
        (ADD, ASSERTED, "AC", 1),
        (ADD, "#define NDEBUG\n" + ASSERTED.replace("3", "4"), "WA", 1),
        ("#include <stdlib.h>\nint add(int x, int y) { exit(0); }\n", ASSERTED, "FORGED", 0),
        ("#include <stdlib.h>\nint add(int x, int y) { abort(); }\n", ASSERTED, "SIG", 0),
        (ADD, "int main(void) { if (add(1, 2) != 3) return 1; return 0; }\n", "AC", 1),
        (ADD, "int main(void) { if (add(1, 2) != 4) return 1; return 0; }\n", "RE", 0),
        (ADD, "int main(void) { add(1, 2); return 0; }\n", "NONE", 0),
        ("int add(int x { return 1; }\n", ASSERTED, "CE", 0),
        ("#include <nowhere/lib.h>\n" + ADD, ASSERTED, "NONE", 0),
    ],
)
def test_what_a_test_comes_to(ran, language, code, test, word, executed):
    found = ran(code, test, language=language)
    assert (found.word, found.executed) == (word, executed), found.detail


@pytest.mark.bwrap
def test_what_is_thrown_and_what_is_missing_is_told(ran):
    include = "#include <stdexcept>\n"
    thrown = 'int main() { if (add(1, 2) != 4) throw std::runtime_error("case \\"0\\""); }\n'
    found = ran(include + ADD, thrown)
    assert (found.word, found.detail) == ("RE", 'exception: case "0"')
    absent = ran('#include "boost/none/such.hpp"\n' + ADD, ASSERTED)
    assert absent.detail == "the sandbox lacks a package: boost/none/such.hpp"
    wrong = ran(
        "#include <string>\n" + ADD, ASSERTED.replace("3", '\n std::string("a").size() + 1')
    )
    assert wrong.word == "WA"
    told = ran("int add(int x) { return y; }", ASSERTED).detail
    assert "error:" in told
    assert "not declared in this scope" in told


def test_a_record_needs_its_word():
    spec = {"code": ADD, "tests": [{"kind": "script", "code": ASSERTED, "setup": ""}]}
    job = cpp.PLUGIN.test_job(spec)
    forged = '{"word": "guess", "tests": [{"executed": 9, "error": null, "phase": "test"}]}'
    for report in (forged, "", "[]", "{", '{"tests": []}'):
        assert cpp.PLUGIN.results(job, Outcome(verdict="AC", report=report)) == []
    assert job != c.PLUGIN.test_job(spec)
    assert isinstance(job, Job)


def test_libraries_are_linked_for_headers():
    job = cpp.PLUGIN.run_job("#include <openssl/md5.h>\nint main() {}\n")
    assert {"-lssl", "-lcrypto"} <= set(job.build.command)
