"""PHP: its tables, and what programs come to in the sandbox."""

import asyncio
import json
from dataclasses import replace

import pytest

from backfeed.analyzers import _php_outcome, _php_source
from backfeed.analyzers.php import PLUGIN
from backfeed.engine.errors import Refused
from backfeed.engine.records import File, Sample
from backfeed.engine.records import Test as Tested
from backfeed.engine.requests import CodeCheck, Limits, Outcome, rejoined
from backfeed.engine.stages._runs import run_tests

BARE = "function add($x, $y) { return $x + $y; }\n"
ADD = f"<?php\n\n{BARE}"
WRONG = BARE.replace("+", "*")
HOLDS = "if (add(1, 2) !== 3) { throw new Exception('no'); }\n"
ASSERTS = "assert(add(1, 2) === 3);\n"


@pytest.fixture
def ran(answer):
    """What one test comes to, on some code."""

    def do(code, test, setup=""):
        tests = (Tested("script", code=test, setup=setup),)
        sample = Sample(language="php", code=code, tests=tests)
        found = rejoined(run_tests(sample, code, Limits(cpu_s=2.0), check="test"), answer)
        return found.word, found.executed

    return do


@pytest.mark.bwrap
@pytest.mark.parametrize(
    ("code", "test", "word", "executed"),
    [
        (ADD, HOLDS, "AC", 1),
        (BARE, f"<?php\n{HOLDS}", "AC", 1),
        (ADD, "if (add(1, 2) !== 4) { throw new Exception('no'); }", "WA", 0),
        (ADD, "add(1, 2);", "NONE", 0),
        (ADD, ASSERTS + "assert(add(2, 2) == 4, 'no');", "AC", 2),
        (ADD, "assert(add(1, 2) === 4, new LogicException('no'));", "WA", 0),
        (ADD, "if (add(1, 2) !== 3) exit(1);\necho 'well'; exit;", "AC", 1),
        (ADD, "if (add(1, 2) !== 4) exit(1);\necho 'well'; exit;", "WA", 0),
        (ADD, "add(1, 2) === 3 or die('no');", "AC", 1),
        (ADD, "add(1, 2) === 4 or die('no');", "WA", 0),
        (ADD, "assert(add(1, 2 === 3);", "NONE", 0),
        ("$n = 3; function f() { global $n; return $n; }", "assert(f() + $n === 6);", "AC", 1),
        ("function add($x", HOLDS, "RE", 0),
        ("function add($x, $y) { return intdiv($x, 0); }", HOLDS, "RE", 0),
        ("function add($x, $y) { while (true); }", HOLDS, "TLE", 0),
        ("function f() {}\nfunction f() {}\n" + BARE, HOLDS, "RE", 0),
        ("function add($x, $y) { return Carbon\\Carbon::now(); }", HOLDS, "NONE", 0),
        ("function add($x, $y) { return Missing::now(); }", HOLDS, "RE", 0),
        ("function add($x, $y) { return curl_init(); }", HOLDS, "NONE", 0),
        ("class A { const int X = 1; }\n" + BARE, HOLDS, "NONE", 0),
        ("require 'vendor/autoload.php';\n" + BARE, HOLDS, "AC", 1),
        ("function add($x, $y) { return (int) bcadd($x, $y); }", HOLDS, "AC", 1),
    ],
)
def test_what_a_test_comes_to(ran, code, test, word, executed):
    assert ran(code, test) == (word, executed)


@pytest.mark.bwrap
@pytest.mark.parametrize(
    ("code", "test"),
    [
        ("function add($x, $y) { exit; }", HOLDS),
        ("function add($x, $y) { die(0); }", ASSERTS),
        ("exit(0);", HOLDS),
        ("throw new \\BackfeedEnded(0);", HOLDS),
        ("function add($x, $y) { throw new \\BackfeedEnded(0); }", HOLDS),
        ("ini_set('zend.assertions', '0'); assert_options(ASSERT_ACTIVE, 0); " + WRONG, ASSERTS),
        ("register_shutdown_function(fn() => exit(0)); " + WRONG, HOLDS),
        ("set_exception_handler(fn() => exit(0)); " + WRONG, HOLDS),
        ("$GLOBALS['backfeed_error'] = null; unset($GLOBALS['backfeed_file']); " + WRONG, HOLDS),
        ("function backfeed_holds() { return true; } " + WRONG, ASSERTS),
        ("namespace App; function assert() { return true; } " + WRONG, ASSERTS),
        ('file_put_contents(\'php://fd/3\', \'{"word": "", "tests": []}\'); exit;', HOLDS),
        ("file_put_contents('php://fd/3', '{}'); " + BARE, HOLDS),
        ("readfile('backfeed_spec.json'); exit(0);", HOLDS),
        ("posix_kill(posix_getpid(), 9);", HOLDS),
        ("pcntl_exec('/bin/true');", HOLDS),
    ],
)
def test_an_answer_that_cheats_has_not_passed(ran, code, test):
    assert ran(code, test)[0] in ("WA", "RE", "SIG", "FORGED")


SUITE = """\
use PHPUnit\\Framework\\TestCase;

class AddTest extends TestCase
{
    public function testAdds(): void
    {
        $this->assertSame(3, add(1, 2));
    }

    public function testNothing(): void
    {
        add(1, 2);
    }
}
"""


@pytest.mark.bwrap
def test_suites_in_a_script_are_run(ran):
    assert ran(ADD, SUITE) == ("AC", 1)
    assert ran(WRONG, SUITE)[0] == "WA"


SPACED = """\
<?php
declare(strict_types=1);

namespace App;

use InvalidArgumentException as Wrong;

function half(int $x): int
{
    return $x % 2 ? throw new Wrong('odd') : $x / 2;
}
"""


@pytest.mark.bwrap
@pytest.mark.parametrize(
    "test",
    [
        "assert(half(4) === 2);\ntry { half(3); exit(1); } catch (Wrong $error) { }",
        "<?php\nassert(\\App\\half(4) === 2);",
        "<?php\nnamespace Other;\nuse function App\\half;\nassert(half(4) === 2);",
    ],
)
def test_a_test_is_in_the_namespace_of_the_answer(ran, test):
    assert ran(SPACED, test)[0] == "AC"


def test_the_names_that_an_answer_uses_are_there_once():
    found = _php_source.in_one_program(SPACED, "use A\\Wrong;\nf();")
    assert found == "<?php namespace App; use A\\Wrong;\nf();"
    assert _php_source.in_one_program(ADD, "f();") == "<?php f();"


@pytest.mark.parametrize(
    ("code", "later"),
    [
        ("<?php class A { const string X = 'a'; }", True),
        ("<?php class A { public private(set) int $n = 0; }", True),
        ("<?php class A { public int $n { get => 1; } }", True),
        ("<?php echo new A(1)->b();", True),
        ("<?php echo 'a' |> strlen(...);", True),
        ("<?php class A { const X = 1; public int $n = 0; }", False),
        ("<?php echo (new A(1))->b(), A::f(), $a || $b;", False),
    ],
)
def test_what_a_later_php_reads_is_known(code, later):
    assert _php_source.newer(code) == later


def test_tests_that_are_switched_off_are_switched_on():
    kept = "        if ($x) { $this->markTestSkipped('x'); }\n"
    text = "        $this->markTestSkipped('x');\n    self::markTestIncomplete(\n'y'\n);\n"
    assert PLUGIN.switched_on(File("ATest.php", text + kept)).text == "\n\n" + kept


@pytest.mark.parametrize(
    ("test", "guards"),
    [
        ("if (f()) throw new Exception('x');\nf() or die('x');\nexit(1);", 3),
        ("exit;\nexit(0);\n// throw\n# die('x')\n$x = $thrown;", 0),
    ],
)
def test_statements_that_end_a_test_are_counted(test, guards):
    assert PLUGIN.guards(test) == guards


@pytest.mark.parametrize(
    ("code", "stub"),
    [
        ("function f($x) { return $x; }", "function f($x) {}"),
        ("function f(): int { return 1; }", "function f(): int { return 0; }"),
        ("function f(): ?A { return $a; }", "function f(): ?A { return null; }"),
        ("function f(): array { return [1]; }", "function f(): array { return []; }"),
        ("class A { public function f() { g(); } }", "class A { public function f() {} }"),
        ("$f = fn($x) => $x * 2;", "$f = fn($x) => null;"),
        ("$f = function () use ($x) { return 1; };", "$f = function () use ($x) {};"),
    ],
)
def test_every_form_of_a_function_is_emptied(code, stub):
    assert PLUGIN.stub(f"<?php {code}", "") == f"<?php {stub}"
    assert PLUGIN.stub(code, "") == f"<?php {stub}"


@pytest.mark.parametrize(
    ("body", "rules"),
    [
        ("throw new \\BadFunctionCallException('Implement the f function');", ["stub"]),
        ("// your code here", ["stub"]),
        ("// Write your code here\n    return $x + 1;", []),
        ("throw new \\InvalidArgumentException('no year');", []),
        ("return 1;", []),
    ],
)
def test_a_body_that_nobody_wrote_is_seen(body, rules):
    found = PLUGIN.fit(f"function f($x)\n{{\n    {body}\n}}\n", "Write f.", "f")
    assert [one["rule"] for one in found] == rules


def test_the_name_that_is_asked_for_is_found():
    assert PLUGIN.entry_point("Write it.", BARE) == "add"
    code = "class Clock { function __construct() {} function add() {} }"
    assert PLUGIN.entry_point("A `Clock` that can `add`.", code) == "add"


@pytest.mark.parametrize(
    ("kind", "message", "lacks"),
    [
        ("Error", 'Class "Carbon\\Carbon" not found', True),
        ("Error", 'Class "App\\Missing" not found', False),
        ("Error", 'Class "NumberFormatter" not found', True),
        ("Error", 'Class "Foo" not found', False),
        ("Error", "Call to undefined function App\\array_find()", True),
        ("Error", "Call to undefined function half_of()", False),
        ("Error", "Call to undefined method ATest::assertIsList()", True),
        ("Error", "Call to undefined method Clock::assertIsList()", False),
        ("ParseError", "syntax error", False),
    ],
)
def test_what_is_not_there_is_told_from_what_is_wrong(kind, message, lacks):
    job = PLUGIN.test_job({"code": SPACED, "tests": [{"code": HOLDS, "setup": ""}]})
    result = {"executed": 1, "phase": "test", "error": {"type": kind, "message": message}}
    [found] = _php_outcome.excused(job, [result])
    assert (found["error"]["type"] == "ModuleNotFoundError") == lacks


@pytest.mark.bwrap
@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("echo Carbon\\Carbon::now();", "the sandbox lacks a package: Carbon\\Carbon"),
        ("echo curl_init();", "the sandbox lacks a package: curl_init"),
        ("class A { const int X = 1; }", "the sandbox lacks a package: a later php"),
        ("echo Missing::now();", ""),
        ("throw new Exception('no');", ""),
        ("exit(3);", ""),
    ],
)
def test_why_a_program_says_nothing_of_its_answer(answer, code, why):
    job = PLUGIN.run_job(code)
    assert PLUGIN.lacking(job, job.decode(answer(job))) == why


@pytest.mark.bwrap
def test_without_its_framework_nothing_is_known(answer):
    job = PLUGIN.test_job({"code": ADD, "tests": [{"code": SUITE, "setup": ""}]})
    bare = replace(job, command=(*job.command[:-1], "-d", "include_path=.", job.command[-1]))
    [found] = PLUGIN.results(bare, bare.decode(answer(bare)))
    assert found["error"]["message"] == "phpunit 9"


@pytest.mark.bwrap
def test_half_a_character_is_no_hindrance(box):
    asking = PLUGIN.check([CodeCheck("php", "f(1)" + ";" + "# \ud800\n"), CodeCheck("php", ")")])
    job = next(asking)
    [told] = asyncio.run(box.answer([job]))
    with pytest.raises(StopIteration) as found:
        asking.send(job.decode(told))
    assert [one["word"] for one in found.value.value] == ["ok", "invalid"]


def test_the_word_of_a_record_must_be_ours():
    job = PLUGIN.test_job({"code": ADD, "tests": [{"code": HOLDS, "setup": ""}]})
    tests = [{"executed": 1, "error": None, "phase": "test"}]
    forged = json.dumps({"word": "x", "tests": tests})
    assert PLUGIN.results(job, Outcome("AC", report=forged)) == []


def test_without_an_interpreter_nothing_is_known():
    asking = PLUGIN.check([CodeCheck("php", ADD)])
    assert next(asking).command[0] == "php"
    with pytest.raises(StopIteration) as told:
        asking.throw(Refused("no-command", "the sandbox has no program 'php'"))
    assert [one["word"] for one in told.value.value] == ["unknown"]
