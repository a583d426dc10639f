"""C and C++: what running a test of theirs comes to."""

from dataclasses import replace

import pytest

from backfeed.analyzers import c, cpp
from backfeed.engine.records import File, Sample
from backfeed.engine.records import Test as Tested
from backfeed.engine.requests import CodeCheck, Job, Limits, Outcome, rejoined
from backfeed.engine.stages._runs import run_tests

ADD = "int add(int x, int y) { return x + y; }\n"
ASSERTED = "#include <assert.h>\nint main(void) { assert(add(1, 2) == 3); return 0; }\n"


@pytest.fixture
def ran(answer):
    """What one test comes to, on some code."""

    def do(code, test, *, language="cpp", kind="script", **more):
        tests = (Tested(kind, code=test, **more),)
        sample = Sample(language=language, code=code, tests=tests)
        return rejoined(run_tests(sample, code, Limits(cpu_s=5.0), check="test"), answer)

    return do


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


UNITY = """#include <stdio.h>
static int ran, failed;
#define RUN(name, holds) (ran++, (holds) ? printf("a.c:1:%s:PASS\\n", name) \\
    : (failed++, printf("a.c:1:%s:FAIL: Expected 3\\n", name)))
#define TEST_IGNORE() return 0
int add(int, int);
int main(void) {
   TEST_IGNORE();
   RUN("adds", add(1, 2) == 3);
   printf("-----\\n%d Tests %d Failures 0 Ignored\\n", ran, failed);
   return failed;
}
"""


@pytest.mark.bwrap
@pytest.mark.parametrize(
    ("code", "word", "executed"),
    [
        (ADD, "AC", 1),
        (ADD.replace("+", "*"), "WA", 1),
        ("#include <stdlib.h>\nint add(int x, int y) { exit(0); }\n", "FORGED", 0),
        ("long write(int a, const void *b, unsigned long c) { return 0; }\n" + ADD, "AC", 1),
    ],
)
def test_a_suite_of_its_own_files(ran, code, word, executed):
    found = ran(
        code, "", language="c", kind="framework", framework="unity",
        files=(File("test_add.c", UNITY),),
    )  # fmt: skip
    assert (found.word, found.executed) == (word, executed), found.detail


@pytest.mark.parametrize(
    ("output", "executed", "error"),
    [
        ("All tests passed (7 assertions in 3 test cases)\n", 7, None),
        ("a.cpp:3: FAILED:\n  REQUIRE( f() == 1 )\nwith expansion:\n  2 == 1\n"
         "test cases: 2 | 1 passed | 1 failed\nassertions: 4 | 3 passed | 1 failed\n", 4,
         "REQUIRE( f() == 1 ) with expansion: 2 == 1"),
    ],
)  # fmt: skip
def test_what_catch_says(output, executed, error):
    [found] = cpp.PLUGIN.told(output)
    assert found["executed"] == executed
    assert (found["error"] or {}).get("message") == error
    assert cpp.PLUGIN.told("nothing of the kind") == []


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


@pytest.mark.bwrap
def test_the_header_that_is_made_ready_for_many_is_whole_and_taken(answer):
    """One that is cut off at a limit is left aside, and every snippet reads what it stands for."""
    jobs = []

    def kept(job):
        jobs.append(job)
        return answer(job)

    rejoined(cpp.PLUGIN.check([CodeCheck("cpp", ADD)] * 10), kept)
    [job] = jobs
    taken = f"{cpp.PLUGIN.compiler[0]} {' '.join(cpp.PLUGIN.checks)} -H s_000000*.cpp 2>&1"
    script = File("backfeed_check.sh", f"{cpp.PLUGIN.include}\n{cpp.PLUGIN.prepared}\n{taken}\n")
    outcome = answer(replace(job, files=(*job.files[:-1], script)))
    assert outcome["stdout"].startswith("! ./backfeed_common.h.gch")


@pytest.mark.bwrap
@pytest.mark.parametrize(
    ("before", "after", "word"),
    [("#ifndef A_H\n#define A_H\n", "#endif\n", "unknown"), ("#pragma once\n", "", "unknown"),
     ("", "", "invalid")],
)  # fmt: skip
def test_a_header_may_use_what_was_included_before_it(answer, before, after, word):
    bodies = ("struct a { size_t n; };\n", "struct a { int n }\n")
    batch = [CodeCheck("c", f"{before}{body}{after}") for body in bodies]
    found = rejoined(c.PLUGIN.check(batch), answer)
    assert [one["word"] for one in found] == [word, "invalid"]


@pytest.mark.parametrize(
    ("verdict", "said", "why"),
    [
        ("CE", "main.c:1:10: fatal error: nowhere.h: No such file or directory", "nowhere.h"),
        ("CE", "main.c:1:10: error: expected ';'", ""),
        ("RE", "fatal error: nowhere.h: No such file or directory", ""),
    ],
)
def test_a_program_without_its_header_tells_nothing(verdict, said, why):
    told = c.PLUGIN.lacking(Job(), Outcome(verdict, stderr=said))
    assert told == (f"the sandbox lacks a package: {why}" if why else "")
