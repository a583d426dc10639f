"""Ruby: exercises with suites of their own in the form that Exercism has, and how they are run."""

import pytest

from backfeed.analyzers.ruby import PLUGIN
from backfeed.engine.records import File, Sample
from backfeed.engine.records import Test as Tested
from backfeed.engine.requests import Limits, rejoined
from backfeed.engine.stages._runs import run_tests

TWO_FER = """\
class TwoFer
  def self.two_fer(name = 'you')
    raise ArgumentError, 'no name' unless name.is_a?(String)

    "One for #{name}, one for me."
  end
end
"""
TWO_FER_TEST = """\
require 'minitest/autorun'
require_relative 'two_fer'

class TwoFerTest < Minitest::Test
  def test_no_name_given
    # skip
    assert_equal "One for you, one for me.", TwoFer.two_fer
  end

  def test_a_name_given
    skip
    assert_equal "One for Alice, one for me.", TwoFer.two_fer("Alice")
  end

  def test_no_name_at_all
    skip
    assert_raises(ArgumentError) { TwoFer.two_fer(1) }
  end
end
"""
LEAP = """\
module Year
  def self.leap?(year) = (year % 4).zero? && (year % 100 != 0 || (year % 400).zero?)
end
"""
LEAP_TEST = """\
require 'minitest/autorun'
require_relative 'year'

class YearTest < Minitest::Test
  def test_year_not_divisible_by_4
    refute Year.leap?(2015), "Expected 'false', 2015 is not a leap year."
  end

  def test_year_divisible_by_100
    skip
    refute Year.leap?(2100)
  end

  def test_year_divisible_by_400
    skip
    assert Year.leap?(2400), "Expected 'true', 2400 is a leap year."
  end
end
"""
CLOCK = """\
class Clock
  attr_reader :minutes

  def initialize(hour: 0, minute: 0)
    @minutes = (hour * 60 + minute) % 1440
  end

  def +(other) = Clock.new(minute: minutes + other.minutes)

  def ==(other) = minutes == other.minutes

  def to_s = format('%02d:%02d', *minutes.divmod(60))
end
"""
CLOCK_TEST = """\
require 'minitest/autorun'
require_relative 'clock'

class ClockTest < Minitest::Test
  def setup
    @clock = Clock.new(hour: 8)
  end

  def test_adding_does_not_change_it
    skip
    later = @clock + Clock.new(minute: 65)
    assert_equal "09:05", later.to_s
    assert_equal Clock.new(hour: 8), @clock
  end

  def test_rolling_over
    skip
    assert_equal Clock.new(hour: -1), Clock.new(hour: 23)
  end
end
"""
EXERCISES = {
    "two_fer": (TWO_FER, TWO_FER_TEST, 3),
    "year": (LEAP, LEAP_TEST, 3),
    "clock": (CLOCK, CLOCK_TEST, 2),
}
exercises = pytest.mark.parametrize("name", EXERCISES)


def of_files(name, code, tests, **more):
    test = Tested("framework", framework="minitest", files=tests)
    return Sample(language="ruby", code=code, files=(File(name, code),), tests=(test,), **more)


@pytest.fixture
def come(answer):
    """What the tests of a sample come to."""

    def do(sample):
        return rejoined(run_tests(sample, sample.code, Limits(cpu_s=2.0), check="test"), answer)

    return do


@pytest.fixture
def suited(come):
    """What the tests of an exercise come to, on some code."""

    def do(name, code, tests=None):
        tests = tests or File(f"{name}_test.rb", EXERCISES[name][1])
        return come(of_files(f"{name}.rb", code, (tests,)))

    return do


@pytest.mark.bwrap
@exercises
def test_a_right_answer_passes_every_test(suited, name):
    code, _, tests = EXERCISES[name]
    assert (suited(name, code).word, suited(name, code).executed) == ("AC", tests)


@pytest.mark.bwrap
@exercises
def test_a_stub_and_mutants_fail(suited, name):
    code = EXERCISES[name][0]
    assert suited(name, PLUGIN.stub(code, "")).verdict == "failed"
    assert suited(name, "").verdict == "failed"
    mutants = PLUGIN.mutants(code, "", 4)
    assert "WA" in {suited(name, mutant).word for _, mutant in mutants}


WRONG = TWO_FER.replace("One", "Two")


@pytest.mark.bwrap
@pytest.mark.parametrize(
    "code",
    [
        TWO_FER.replace("raise ArgumentError, 'no name'", "exit"),
        "exit!(true)\n",
        "class TwoFer\n  def self.two_fer(*) = exit!(true)\nend\n",
        "class TwoFer\n  def self.two_fer(*) = raise(Minitest::Skip)\nend\n",
        "module Minitest::Assertions\n  def assert_equal(*) = self.assertions += 1\nend\n" + WRONG,
        "class TwoFerTest < Minitest::Test\n  def assert_equal(*) = assert(1)\nend\n" + WRONG,
        "class TwoFerTest < Minitest::Test\n  def self.new(*) = super('to_s')\nend\n" + WRONG,
        "module E\n  def assert_equal(*) = assert(1)\nend\nMinitest::Test.prepend(E)\n" + WRONG,
        "class TwoFerTest < Minitest::Test\n  prepend(Module.new {\n"
        "    def test_no_name_given = assert(1)\n    def test_a_name_given = assert(1)\n  })\nend\n"
        + WRONG,
        "class TwoFerTest < Minitest::Test\n  def self.runnable_methods = []\nend\n"
        "class Mine < Minitest::Test\n  def test_it = assert(1)\nend\n" + WRONG,
        "def Minitest.run_one_method(one, name)\n  Minitest::Result.new(name)\nend\n" + WRONG,
        "class String\n  def ==(other) = true\nend\n" + WRONG,
    ],
)  # fmt: skip
def test_an_answer_that_cheats_its_suite_has_not_passed(suited, code):
    found = suited("two_fer", code)
    assert found.word in ("WA", "RE", "FORGED"), found.detail


@pytest.mark.bwrap
def test_tests_that_are_taken_away_are_missed(suited):
    taken = "def self.method_added(name) = remove_method(name)"
    gone = f"class TwoFerTest < Minitest::Test\n  {taken}\nend\n"
    assert suited("two_fer", gone + TWO_FER).verdict != "passed"


@pytest.mark.bwrap
def test_what_is_private_is_no_test(suited):
    text = TWO_FER_TEST.replace("\nend\n", "\n\n  private\n\n  def test_name = 'x'\nend\n")
    tests = File("two_fer_test.rb", text)
    assert (suited("two_fer", TWO_FER, tests).word) == "AC"


@pytest.mark.bwrap
def test_files_may_lie_in_folders_and_load_each_other(come):
    tests = (
        File("test/year_test.rb", LEAP_TEST.replace("_relative 'year'", " 'test_helper'")),
        File("test/test_helper.rb", "require 'minitest/pride'\nrequire 'year'\n"),
    )
    assert come(of_files("lib/year.rb", LEAP, tests)).word == "AC"


@pytest.mark.bwrap
def test_a_framework_that_is_not_there_is_a_lack(come):
    tests = (File("year_spec.rb", "require 'rspec'\nRSpec.describe('x') { }\n"),)
    found = come(of_files("year.rb", LEAP, tests))
    assert (found.word, found.detail) == ("NONE", "the sandbox lacks a package: rspec")


@pytest.mark.bwrap
def test_where_a_test_failed_is_told(suited):
    found = suited("two_fer", WRONG)
    assert found.line == 12
    assert found.detail.startswith('AssertionError: Expected: "One for Alice')
