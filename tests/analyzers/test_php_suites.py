"""PHP: exercises with suites of their own in the form that Exercism has, and how they are run."""

import pytest

from backfeed.analyzers.php import PLUGIN
from backfeed.engine.records import File, Sample
from backfeed.engine.records import Test as Tested
from backfeed.engine.requests import Limits, rejoined
from backfeed.engine.stages._runs import run_tests

LEAP = """\
<?php

declare(strict_types=1);

function isLeap(int $year): bool
{
    if ($year < 0) {
        throw new InvalidArgumentException('no year');
    }
    return $year % 4 === 0 && ($year % 100 !== 0 || $year % 400 === 0);
}
"""
LEAP_TEST = """\
<?php

declare(strict_types=1);

use PHPUnit\\Framework\\TestCase;

class LeapTest extends TestCase
{
    public static function setUpBeforeClass(): void
    {
        require_once 'Leap.php';
    }

    public function testNotDivisibleByFour(): void
    {
        $this->assertFalse(isLeap(2015));
    }

    public function testDivisibleByFour(): void
    {
        $this->markTestSkipped('for later');
        $this->assertTrue(isLeap(1996));
    }

    /**
     * @dataProvider centuries
     */
    public function testCenturies(int $year, bool $leap): void
    {
        $this->assertSame($leap, isLeap($year));
    }

    public static function centuries(): array
    {
        return ['not by 400' => [1900, false], 'by 400' => [2000, true]];
    }

    public function testNoYear(): void
    {
        $this->expectException(InvalidArgumentException::class);
        $this->expectExceptionMessage('no year');
        isLeap(-1);
    }
}
"""
CLOCK = """\
<?php

declare(strict_types=1);

class Clock
{
    private int $minutes;

    public function __construct(int $hour, int $minute = 0)
    {
        $this->minutes = (($hour * 60 + $minute) % 1440 + 1440) % 1440;
    }

    public function add(int $minutes): self
    {
        return new self(0, $this->minutes + $minutes);
    }

    public function __toString(): string
    {
        return sprintf('%02d:%02d', intdiv($this->minutes, 60), $this->minutes % 60);
    }
}
"""
CLOCK_TEST = """\
<?php

declare(strict_types=1);

use PHPUnit\\Framework\\Attributes\\DataProvider;
use PHPUnit\\Framework\\Attributes\\Test;
use PHPUnit\\Framework\\Attributes\\TestDox;
use PHPUnit\\Framework\\Attributes\\TestWith;
use PHPUnit\\Framework\\TestCase;

final class ClockTest extends TestCase
{
    private Clock $clock;

    protected function setUp(): void
    {
        $this->clock = new Clock(8);
    }

    /** uuid: a577bacc-106b-496e-9792-b3083ea8705e */
    #[Test]
    #[TestDox('On the hour')]
    public function onTheHour(): void
    {
        self::assertSame('08:00', (string) $this->clock);
    }

    #[Test]
    #[DataProvider('times')]
    public function adds(int $minutes, string $expected): void
    {
        self::assertEquals($expected, (string) $this->clock->add($minutes));
    }

    public static function times(): iterable
    {
        yield 'a minute' => [1, '08:01'];
        yield 'back' => [-1, '07:59'];
    }

    #[TestWith([24, '00:00'])]
    #[TestWith([-1, '23:00'])]
    public function testRollsOver(int $hour, string $expected): void
    {
        self::assertEquals($expected, (string) new Clock($hour));
        self::assertEquals(new Clock($hour), new Clock($hour + 24));
    }
}
"""
EXERCISES = {"Leap": (LEAP, LEAP_TEST, 5), "Clock": (CLOCK, CLOCK_TEST, 5)}
exercises = pytest.mark.parametrize("name", EXERCISES)


@pytest.fixture
def come(answer):
    """What tests come to on an answer's file."""

    def do(path, code, *tests):
        test = Tested("framework", framework="phpunit", files=tests)
        sample = Sample(language="php", code=code, files=(File(path, code),), tests=(test,))
        return rejoined(run_tests(sample, code, Limits(cpu_s=2.0), check="test"), answer)

    return do


@pytest.fixture
def suited(come):
    """What the tests of an exercise come to, on some code."""

    def do(name, code, tests=""):
        text = tests or EXERCISES[name][1]
        return come(f"{name}.php", code, File(f"{name}Test.php", text))

    return do


@pytest.mark.bwrap
@exercises
def test_a_right_answer_passes_every_test(suited, name):
    code, _, tests = EXERCISES[name]
    found = suited(name, code)
    assert (found.word, found.executed) == ("AC", tests), found.detail


@pytest.mark.bwrap
@exercises
def test_a_stub_and_mutants_fail(suited, name):
    code = EXERCISES[name][0]
    assert suited(name, PLUGIN.stub(code, "")).verdict == "failed"
    assert suited(name, "<?php\n").verdict == "failed"
    assert "WA" in {suited(name, mutant).word for _, mutant in PLUGIN.mutants(code, "", 4)}


WRONG = LEAP.replace("% 4 ", "% 5 ")
LOOSE = WRONG.replace("<?php", "").replace("declare(strict_types=1);", "")
TELLING = """\
register_shutdown_function(function () {
    file_put_contents('php://fd/3', '{"word": "", "tests": [{"executed": 5, "error": null}]}');
    exit(0);
});
"""
ALWAYS = """\
namespace PHPUnit\\Framework\\Constraint {
    class IsTrue extends Constraint {
        function evaluate($other, string $description = '', bool $returnResult = false): ?bool
        {
            return true;
        }
        function toString(): string { return ''; }
    }
    class IsFalse extends IsTrue {}
}
"""
EQUAL = """\
final class Equal extends SebastianBergmann\\Comparator\\Comparator
{
    public function accepts($expected, $actual) { return true; }
    public function assertEquals($e, $a, $delta = 0.0, $canonicalize = false, $ignore = false) {}
}
SebastianBergmann\\Comparator\\Factory::getInstance()->register(new Equal());
"""


@pytest.mark.bwrap
@pytest.mark.parametrize(
    "code",
    [
        WRONG,
        LEAP.replace("throw", "exit(0); throw"),
        "<?php exit(0);",
        "<?php function isLeap($year) { die; }",
        "<?php function isLeap($y) { throw new PHPUnit\\Framework\\SkippedTestError('x'); }",
        "<?php class LeapTest extends PHPUnit\\Framework\\TestCase {}" + LOOSE,
        f"<?php {ALWAYS} namespace {{ {LOOSE} }}",
        "<?php namespace PHPUnit\\Framework { class Assert {} }",
        f"<?php {TELLING}{LOOSE}",
        f"<?php {EQUAL}{LOOSE}",
    ],
)
def test_an_answer_that_cheats_its_suite_has_not_passed(suited, code):
    found = suited("Leap", code)
    assert found.word in ("WA", "RE", "FORGED"), found.detail


@pytest.mark.bwrap
def test_an_answer_that_compares_for_the_tests_has_not_passed(suited):
    never = CLOCK.replace("% 1440)", "% 1439)").replace("<?php", "")
    code = f"<?php {never.replace('declare(strict_types=1);', '')}{EQUAL}"
    assert suited("Clock", code).word == "WA"


@pytest.mark.bwrap
def test_classes_of_a_namespace_are_found_by_their_files(come):
    code = CLOCK.replace("class Clock", "namespace Acme\\Time;\n\nfinal class Clock")
    tests = CLOCK_TEST.replace("use PHPUnit", "use Acme\\Time\\Clock;\nuse PHPUnit", 1)
    assert come("src/Clock.php", code, File("tests/ClockTest.php", tests)).word == "AC"


@pytest.mark.bwrap
@pytest.mark.parametrize(
    ("before", "after", "word", "detail"),
    [
        ("assertFalse(isLeap(2015))", "assertIsList([])", "NONE", "a later phpunit: assertIsList"),
        ("isLeap(2015)", "isLeap(2015", "NONE", "the test itself is at fault"),
        ("$this->assertFalse(isLeap(2015));", "isLeap(2015);", "AC", ""),
        ("'no year'", "'a year'", "WA", "AssertionError: Failed asserting that exception"),
    ],
)
def test_what_tests_say_is_told(suited, before, after, word, detail):
    found = suited("Leap", LEAP, LEAP_TEST.replace(before, after, 1))
    assert (found.word, detail in found.detail) == (word, True), found.detail


@pytest.mark.bwrap
def test_a_warning_of_php_fails_no_test_that_does_not_expect_it(suited):
    warned = LEAP.replace("    if (", "    echo $undefined;\n    if (")
    assert suited("Leap", warned).word == "AC"
    expecting = LEAP_TEST.replace("$this->assertFalse(", "$this->expectWarning(); (")
    assert suited("Leap", LEAP, expecting).word == "WA"


@pytest.mark.bwrap
def test_where_a_test_failed_is_told(suited):
    found = suited("Leap", WRONG)
    assert (found.detail, found.line) == (
        "AssertionError: Failed asserting that true is false.",
        16,
    )
