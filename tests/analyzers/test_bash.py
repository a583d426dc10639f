"""Bash: what a script is, what ends a test, and what answers come to in the sandbox."""

import pytest

from backfeed.analyzers import _bash_source
from backfeed.analyzers.bash import PLUGIN
from backfeed.engine.records import File, Sample
from backfeed.engine.records import Test as Tested
from backfeed.engine.requests import CodeCheck, Limits, Outcome, rejoined
from backfeed.engine.stages._runs import run_tests

ADD = "add() {\n  echo $(($1 + $2))\n}\n"
TEST = '[[ $(add 1 2) == 3 ]] || exit 1\n[ "$(add 2 2)" = 4 ] || exit 1\n'
DIRECT = 'add 1 2 >out\n[ "$(cat out)" = 3 ] || exit 1\n'
SCRIPT = "#!/usr/bin/env bash\nset -e\ndie() { exit 1; }\nfor x; do ((s += x)); done\necho $s\n"
SUITE = """\
#!/usr/bin/env bats

@test "adds" {
  run bash answer.sh 1 2
  [ "$status" -eq 0 ]
  [ "$output" = "3" ]
}

@test "adds more" {
  [[ $BATS_RUN_SKIPPED == "true" ]] || skip
  run bash answer.sh 2 2
  [ "$output" = "4" ]
}
"""
SOURCED = """\
load helper
source ./answer.sh
@test "adds" {
  run add 1 2
  assert_equal "$output" 3
}
@test "adds more" {
  [ "$(add 2 2)" = "4" ]
}
"""
HELPER = 'assert_equal() {\n  [[ "$1" == "$2" ]] || { echo "$1 is not $2"; return 1; }\n}\n'
RECORD = '{"word": "x", "tests": [{"executed": 3, "phase": "test", "error": null}]}'


def test_of_a_script_the_script_is_asked_for():
    assert PLUGIN.entry_point("Write `die`.", SCRIPT) == ""
    assert PLUGIN.entry_point("Write `add`.", ADD) == "add"
    guarded = ADD + 'if [[ "${BASH_SOURCE[0]}" == "$0" ]]; then add "$@"; fi\n'
    assert PLUGIN.entry_point("Write `add`.", guarded) == "add"


def test_a_stub_does_nothing():
    assert PLUGIN.stub(ADD, "add") == "add() { :; }\n"
    stub = PLUGIN.stub(SCRIPT, "")
    assert ("die() { :; }" in stub, "echo" in stub) == (True, False)
    assert PLUGIN.stub("echo hi\n", "") == ":\n"


def test_mutants_of_a_script_lie_outside_of_functions_too():
    found = [text for _, text in PLUGIN.mutants(SCRIPT, "", 20)]
    assert any("s -= x" in one for one in found)
    assert not any("s -= x" in one for _, one in PLUGIN.mutants(SCRIPT, "die", 20))


def test_a_script_of_comments_is_a_stub():
    assert [one["rule"] for one in PLUGIN.fit("#!/bin/sh\n# add them\n", "Add.", "")] == ["stub"]
    empty = "add() {\n  # add them\n  :\n}\n"
    assert [one["rule"] for one in PLUGIN.fit(empty, "Write add.", "add")] == ["stub"]
    assert PLUGIN.fit("die() { exit 1; }\n[[ $1 ]] || die\n", "Add.", "") == []


@pytest.mark.parametrize(
    ("test", "guards"),
    [
        ("[[ $(f) == 1 ]] || exit 1\nif [ $x != 1 ]; then exit 2; fi", 2),
        ("[[ $(f) == 1 ]]\n[[ $(f) == 2 ]]", 1),
        ("set -eu\n[[ $(f) == 1 ]]\n[[ $(f) == 2 ]]", 2),
        ("set -e\nrun_test() {\n  [[ $(f) = 1 ]]\n  ! [[ $(f) = 2 ]]\n}\nrun_test", 2),
        ("set -e\nif [[ $(f) == 1 ]]; then echo yes; fi", 0),
        ("[[ $(f) == 1 ]] && echo yes || echo no", 0),
        ("fails=0\nexit $fails", 1),
        ("f\nexit 0\n# exit 1", 0),
    ],
)
def test_what_ends_a_test_is_counted(test, guards):
    assert _bash_source.guards(test) == guards


@pytest.mark.parametrize(
    ("said", "absent"),
    [
        ("./main.sh: line 2: no-such-tool: command not found", "no-such-tool"),
        ("./main.sh: line 2: add: command not found", ""),
        ("./main.sh: line 2: count: command not found", ""),
        ("./main.sh: line 2: 3: command not found", ""),
        ("bash: command not found", ""),
    ],
)
def test_a_program_that_is_not_there_is_told_from_a_wrong_name(said, absent):
    assert _bash_source.lacking(said, f"{ADD}count = 3\n") == absent


@pytest.mark.parametrize(
    ("line", "switched"),
    [
        ('  [[ $BATS_RUN_SKIPPED == "true" ]] || skip', ":"),
        ('  skip "not yet"', ":"),
        ("  skip", ":"),
        ('  command -v jq || skip "no jq"', '  command -v jq || skip "no jq"'),
    ],
)
def test_tests_are_switched_on(line, switched):
    text = PLUGIN.switched_on(File("a.bats", f"{line}\nrun\n")).text
    assert text.splitlines()[0].strip() == switched.strip()


def test_the_word_of_a_record_must_be_ours():
    job = PLUGIN.test_job({"code": ADD, "tests": [{"code": TEST, "setup": ""}]})
    assert PLUGIN.results(job, Outcome("AC", report=RECORD)) == []


@pytest.fixture
def ran(answer):
    def do(code, *tests):
        sample = Sample(language="bash", code=code, entry_point="add", tests=tests)
        return rejoined(run_tests(sample, code, Limits(), check="test"), answer)

    return do


def script(code, setup=""):
    return Tested("script", code=code, setup=setup)


def suite(code, *files):
    files = tuple(File(*file) for file in files)
    return Tested("framework", framework="bats", code=code, files=files)


@pytest.mark.bwrap
@pytest.mark.parametrize(
    ("test", "word", "executed"),
    [
        (TEST, "AC", 2),
        (f"{TEST}echo passed\nexit 0\n", "AC", 2),
        ("set -e\n[[ $(add 1 2) == 3 ]]\n[[ $(add 1 1) == 2 ]]\n", "AC", 2),
        ("set -e\n[[ $(add 1 2) == 3 ]]\n[[ $(add 1 1) == 3 ]]\n", "WA", 0),
        ("fails=0\n[[ $(add 1 2) == 4 ]] || fails=1\nexit $fails\n", "WA", 0),
        ("echo $(add 1 2)\n", "NONE", 0),
        ("[[ $(no-such-tool) == 3 ]] || exit 1\n", "NONE", 0),
        ("trap 'echo bye' EXIT\n[[ $(add 1 2) == 4 ]] || exit 1\n", "WA", 0),
    ],
)
def test_tests_of_many_forms_are_run(ran, test, word, executed):
    found = ran(ADD, script(test))
    assert (found.word, found.executed) == (word, executed), found.detail


@pytest.mark.bwrap
def test_what_a_test_says_is_told(ran):
    test = 'check() {\n  [ "$1" = "$2" ] || { echo "$1 is not $2" >&2; exit 1; }\n}\n'
    found = ran(ADD.replace("+", "-"), script(f"{test}check 1 1\ncheck $(add 1 2) 3\n"))
    assert (found.word, found.detail, found.line) == ("WA", "AssertionError: -1 is not 3", 5)


@pytest.mark.bwrap
@pytest.mark.parametrize(
    "before",
    [
        "set -euo pipefail\ntrap 'rm -f out' EXIT\n",
        "shopt -s extglob\nIFS=,\nset -o noglob\n",
        'test() { echo mine; }\n[[ "${BASH_SOURCE[0]}" == "$0" ]] && add "$@"\n',
    ],
)
def test_what_an_honest_answer_sets_does_no_harm(ran, before):
    assert ran(before + ADD, script(TEST), script(DIRECT)).word == "AC"


@pytest.mark.bwrap
@pytest.mark.parametrize(
    "attack",
    [
        "exit 0",
        "trap 'builtin exit 0' EXIT",
        "add() { exit 0; }",
        "add() { builtin exit 0; }",
        "add() { exec true; }",
        "add() { eval '[() { :; }'; eval 'test() { :; }'; }",
        "exit() { :; }",
        "[() { :; }\ntest() { :; }\nreadonly -f [ test",
        "builtin() { :; }\nunset() { :; }\ncommand() { :; }\n[() { :; }",
        "source() { :; }\ntrap() { :; }\neval() { :; }",
        "shopt -s expand_aliases\nalias [[=true [=true exit=true source=true",
        "backfeed_tell() { :; }\nbackfeed_phase=test\nbackfeed_tell 0 0\nexit 0",
        f"echo '{RECORD}' >&3\nexit 0",
        f"for fd in {{3..20}}; do echo '{RECORD}' 2>/dev/null >&$fd; done",
        "kill -9 $$",
    ],
)
def test_an_answer_does_not_pass_by_anything_but_its_answer(ran, attack):
    code = f"add() {{ echo 8; }}\n{attack}\n"
    for test in (TEST, DIRECT):
        found = ran(code, script(test))
        assert found.verdict == "failed", (test, found.word, found.detail)


@pytest.mark.bwrap
def test_a_suite_is_run_with_all_its_tests(ran):
    right, wrong = "echo $(($1 + $2))\n", "echo $(($1 * $2))\n"
    assert (ran(right, suite(SUITE)).word, ran(right, suite(SUITE)).executed) == ("AC", 2)
    found = ran("echo 3\n", suite(SUITE))
    assert (found.word, found.executed, found.line) == ("WA", 2, 12)
    assert found.detail.startswith("AssertionError: adds more: ")
    assert ran(wrong, suite(SUITE)).word == "WA"


@pytest.mark.bwrap
def test_of_a_suite_the_helpers_lie_beside_it(ran):
    given = ("helper.bash", HELPER)
    assert ran(ADD, suite(SOURCED, given)).word == "AC"
    assert ran(ADD.replace("+", "*"), suite(SOURCED, given)).word == "WA"


@pytest.mark.bwrap
def test_what_a_suite_leaves_out_by_itself_is_not_counted(ran):
    tests = SUITE.replace("[[ $BATS_RUN_SKIPPED ==", "command -v no-such-tool || skip no; [[ a ==")
    found = ran("echo $(($1 + $2))\n", suite(tests))
    assert (found.word, found.executed) == ("AC", 1), found.detail


@pytest.mark.bwrap
def test_a_program_that_an_answer_lacks_fails_no_suite(ran):
    assert ran("no-such-tool\n", suite(SUITE)).word == "NONE"


@pytest.mark.bwrap
@pytest.mark.parametrize(
    "attack",
    [
        "exit 0",
        "echo 'ok 1 adds' >&3; echo 'ok 2 adds more' >&3",
        "echo 3; kill -9 $PPID",
        "(($1 == 1)) && { echo 3; printf '@test \"a\" {\\n}\\n' >answer.bats; } || echo 5",
        f"echo 3\necho '{RECORD}' >&3",
        "(($1 == 1)) && { echo 3; printf 'not ok 1\\n1..0\\n' >&3; } || echo 4",
    ],
)
def test_an_answer_does_not_talk_a_suite_round(ran, attack):
    found = ran(f"{attack}\n", suite(SUITE))
    assert found.verdict == "failed", (found.word, found.detail)


@pytest.mark.bwrap
@pytest.mark.parametrize(
    "attack",
    [
        "assert_equal() { :; }",
        "run() { output=3; }",
        "[() { :; }\ntest() { :; }",
        "skip",
        "exit 0",
        "readonly output=3",
    ],
)
def test_an_answer_that_a_suite_reads_does_not_change_it(ran, attack):
    code = f"add() {{ echo 8; }}\n{attack}\n"
    late = SOURCED.replace(
        "load helper\nsource ./answer.sh", f"{HELPER}\nsetup() {{ . answer.sh; }}"
    )
    for tests in (SOURCED, late):
        found = ran(code, suite(tests, ("helper.bash", HELPER)))
        assert found.verdict == "failed", (found.word, found.detail)


@pytest.mark.bwrap
@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("#!/bin/zsh\nfor x ($list) print $x\n", "unknown"),
        ("#!/bin/sh\nfor x ($list) print $x\n", "invalid"),
        ("case $1 in\n  +([0-9])) echo ;;\nesac\n", "invalid"),
        ("shopt -s extglob\ncase $1 in\n  +([0-9])) echo ;;\nesac\n", "ok"),
        ("[[ $x == ]] && echo\n", "invalid"),
        ("cat <<EOF\nnever closed\n", "ok"),
        ('@test "a {b}" {\n  true\n}\n', "ok"),
        ('@test "a" {\n  if true\n}\n', "invalid"),
    ],
)
def test_code_comes_to_its_word(answer, code, word):
    batch = [CodeCheck("bash", code)]
    assert [one["word"] for one in rejoined(PLUGIN.check(batch), answer)] == [word]


@pytest.mark.bwrap
def test_a_program_that_lacks_something_is_not_verified(ran):
    test = Tested("stdio", stdin="", stdout="3\n")
    assert ran("no-such-tool\n", test).word == "NONE"
    assert ran("no-such-tool\necho 3\n", test).word == "AC"
    assert ran("x = 3\necho $x\n", test).word == "WA"
