"""Suites of which upstream switched tests off: run as a whole, or left as they stand."""

import json
import re

import pytest

from backfeed.engine import languages
from backfeed.engine.records import File, Sample
from backfeed.engine.records import Test as Tested
from backfeed.engine.requests import Compute, rejoined
from backfeed.engine.stages.execute import Execute
from backfeed.engine.stages.prove import Prove

C = """#include <stdio.h>
static int ran, failed, ignored;
#define TEST_IGNORE() do { ran++; ignored++; return; } while (0)
static void is(int found, int wanted) {
   ran++;
   if (found != wanted) { failed++; printf("a.c:1:add:FAIL: Expected %%d\\n", wanted); }
}
int add(int, int);
static void zero(void) {
   %s
   is(add(0, 0), 0);
}
static void adds(void) {
   %s
   is(add(1, 2), 3);
}
int main(void) {
   zero();
   adds();
   printf("-----\\n%%d Tests %%d Failures %%d Ignored\\n", ran, failed, ignored);
   return failed;
}
"""
BASH = """source ./answer.sh
@test "zero" {
  %s
  [ "$(($(add 0 0)))" = 0 ]
}
@test "adds" {
  %s
  [ "$(add 1 2)" = 3 ]
}
"""
OF = {
    "c": ("unity", "test_add.c", C, "TEST_IGNORE();",
          "int add(int x, int y) {{ return x {} y; }}\n"),
    "bash": ("bats", "add.bats", BASH, '[[ $BATS_RUN_SKIPPED == "true" ]] || skip',
             "add() {{\n  echo $(($1 {} $2))\n}}\n"),
}  # fmt: skip
NOTHING = "tests prove nothing: a stub passes them"
ENDS = [  # The tests that are switched off, the setting, the answer's operator; level and verdict.
    ("adds", "run", "+", "tested", "passed"),
    ("zero adds", "run", "+", "tested", "passed"),
    ("zero adds", "run", "-", "none", "failed"),
    ("zero", "left", "+", "tested", "passed"),
    ("zero", "left", "-", "none", "failed"),
    ("adds", "left", "+", "ran", "unverified"),
    ("adds", "left", "-", "ran", "unverified"),
    ("zero adds", "left", "+", "ran", "unverified"),
]


@pytest.fixture
def executed(answer):
    """What comes of code beside a suite of which tests are switched off, in the sandbox."""

    def do(language, off, code, skips):
        framework, path, text, switch, _ = OF[language]
        said = text % tuple(switch if name in off.split() else "" for name in ("zero", "adds"))
        test = Tested("framework", framework=framework, files=(File(path, said),))
        sample = Sample(id="a", language=language, code=code, entry_point="add", tests=(test,))

        def do(request):
            if isinstance(request, Compute):
                return request.function(*request.arguments)
            return answer(request)

        [found] = rejoined(Execute(skips=skips).each(sample), do)
        return found

    return do


@pytest.mark.bwrap
@pytest.mark.parametrize("language", OF)
@pytest.mark.parametrize(("off", "skips", "sign", "level", "verdict"), ENDS)
def test_what_is_left_on_has_to_tell_an_answer_from_a_stub(
    executed, language, off, skips, sign, level, verdict
):
    found = executed(language, off, OF[language][4].format(sign), skips)
    assert (found.level, found.checks[-1].verdict) == (level, verdict), found.checks[-1]
    why = found.checks[-1].findings[0].message
    if verdict == "unverified":
        assert why == ("no assertion ran" if off == "zero adds" else NOTHING)
    if verdict == "passed":
        assert why == ("2" if skips == "run" else "1")


@pytest.mark.bwrap
@pytest.mark.parametrize("language", OF)
@pytest.mark.parametrize("off", ["", "zero", "adds", "zero adds"])
def test_a_stub_is_never_tested(executed, language, off):
    code = languages.call(language, "stub", OF[language][4].format("+"), "add")
    assert executed(language, off, code, "left").level in ("none", "ran")


SWITCHES = [
    ("bash", "  [ ${BATS_RUN_SKIPPED:-} = true ] || skip\n", "  [ true = true ] || skip\n"),
    ("cpp", "#if defined(EXERCISM_RUN_ALL_TESTS)\nx\n#endif\n", "#if 1\nx\n#endif\n"),
    ("cpp", "  # ifdef EXERCISM_RUN_ALL_TESTS\r\n", "#if 1\r\n"),
    ("cpp", "#ifndef EXERCISM_RUN_ALL_TESTS\n", "#ifndef EXERCISM_RUN_ALL_TESTS\n"),
    ("rust", '#[test]\n#[ignore = "see [1]"]\nfn a() {}', "#[test]\n\nfn a() {}"),
    ("rust", "#[test] #[ignore] fn a() {}", "#[test]  fn a() {}"),
    ("rust", "#[ignored] fn a() {}", "#[ignored] fn a() {}"),
]


@pytest.mark.parametrize(("language", "text", "switched"), SWITCHES)
def test_what_switches_tests_off_is_taken_out(language, text, switched):
    assert languages.load(language).switched_on(File("a", text)).text == switched


@pytest.mark.parametrize(("skips", "left"), [("run", False), ("left", True)])
def test_mutants_are_run_in_the_same_way(skips, left):
    framework, path, text, switch, code = OF["c"]
    test = Tested("framework", framework=framework, files=(File(path, text % (switch, "")),))
    sample = Sample(
        id="a",
        language="c",
        code=code.format("+"),
        entry_point="add",
        tests=(test,),
        level="tested",
    )
    jobs = []

    def do(request):
        if isinstance(request, Compute):
            return request.function(*request.arguments)
        jobs.append(request)
        [word] = re.findall(r"\b[0-9a-f]{24}\b", request.files[-1].text)
        told = {"word": word, "tests": [{"executed": 1, "phase": "test", "error": None}]}
        said = "2 Tests 0 Failures 1 Ignored\n"
        return {"verdict": "AC", "exit_code": 0, "report": json.dumps(told), "stdout": said}

    rejoined(Prove(skips=skips).each(sample), do)
    own = [[file.text for file in job.files if file.path == path] for job in jobs]
    assert len(own) > 2
    assert {f"   {switch}\n" in text for [text] in own} == {left}
