"""Ruby: its tables, and what programs and suites come to in the sandbox."""

import asyncio
import json
from dataclasses import replace

import pytest

from backfeed.analyzers import _ruby_outcome
from backfeed.analyzers.ruby import PLUGIN
from backfeed.engine.errors import Refused
from backfeed.engine.records import File, Sample
from backfeed.engine.records import Test as Tested
from backfeed.engine.requests import CodeCheck, Limits, Outcome, rejoined
from backfeed.engine.stages._runs import run_tests

ADD = "def add(x, y)\n  x + y\nend\n"
HOLDS = "raise 'no' unless add(1, 2) == 3\n"
EQUAL = "assert_equal 3, add(1, 2)\n"


@pytest.fixture
def come(answer):
    """What the tests of a sample come to."""

    def do(sample):
        return rejoined(run_tests(sample, sample.code, Limits(cpu_s=2.0), check="test"), answer)

    return do


@pytest.fixture
def ran(come):
    """What one test comes to, on some code."""

    def do(code, test, setup=""):
        tests = (Tested("script", code=test, setup=setup),)
        found = come(Sample(language="ruby", code=code, tests=tests))
        return found.word, found.executed

    return do


@pytest.mark.bwrap
@pytest.mark.parametrize(
    ("code", "test", "word", "executed"),
    [
        (ADD, HOLDS, "AC", 1),
        (ADD, "raise 'no' unless add(1, 2) == 4", "WA", 0),
        (ADD, "add(1, 2)", "NONE", 0),
        (ADD, "def f = raise('no') if add(1, 2) == 3", "AC", 1),
        (ADD, EQUAL + "refute add(1, 1) == 3", "AC", 2),
        (ADD, "assert_equal 4, add(1, 2)", "WA", 0),
        (ADD, "exit 1 if add(1, 2) != 3\nputs 'well'\nexit", "AC", 1),
        (ADD, "exit 1 if add(1, 2) != 4", "WA", 0),
        (ADD, "abort 'no' if add(1, 2) != 4", "WA", 0),
        (ADD, "raise 'no' unless add(1, 2 == 3", "NONE", 0),
        ("add = ->(x, y) { x + y }", "raise 'no' unless add.(1, 2) == 3", "AC", 1),
        ("X = Set.new([DATA.read.to_i])\n__END__\n3\n", "raise unless X === 3", "AC", 1),
        ("def add(x, y", HOLDS, "RE", 0),
        ("def add(x, y) = x / 0", HOLDS, "RE", 0),
        ("loop {}", HOLDS, "TLE", 0),
        ("require 'nokogiri'\n" + ADD, HOLDS, "NONE", 0),
        ("require_relative 'nokogiri'\n" + ADD, HOLDS, "RE", 0),
        ("P = Data.define(:x)\n" + ADD, HOLDS, "NONE", 0),
        ("def add(*) = plus(*)\ndef plus(x, y) = x + y", HOLDS, "NONE", 0),
        ("puts 1 if __FILE__ == $0\n" + ADD, "raise if __FILE__ != $0", "AC", 1),
    ],
)
def test_what_a_test_comes_to(ran, code, test, word, executed):
    assert ran(code, test) == (word, executed)


@pytest.mark.bwrap
@pytest.mark.parametrize(
    ("code", "test"),
    [
        ("def add(x, y) = exit", HOLDS),
        ("def add(x, y) = exit!(true)", HOLDS),
        ("at_exit { exit!(true) }\ndef add(x, y) = 4", HOLDS),
        ("fork { }\ndef add(x, y) = 4", HOLDS),
        ("class Integer\n  def ==(other) = true\nend\ndef add(x, y) = 4", HOLDS),
        ("def raise(*) = nil\ndef add(x, y) = 4", HOLDS),
        ("def self.raise(*) = nil\ndef add(x, y) = 4", HOLDS),
        ("def abort(*) = nil\ndef add(x, y) = 4", "abort 'no' if add(1, 2) != 3"),
        ("def assert_equal(*) = true\ndef add(x, y) = 4", EQUAL),
        ("module Minitest::Assertions\n  def assert_equal(*) = 1\nend\ndef add(x, y) = 4", EQUAL),
        ("class L\n  def ==(other) = true\nend\ndef add(x, y) = L.new", EQUAL),
        ("class L\n  def ==(o) = o.is_a?(Integer)\nend\ndef add(x, y) = L.new", EQUAL),
        ("(3..30).each { |n| IO.for_fd(n).write('{\"tests\": []}') rescue 0 }\nexit!(true)", HOLDS),
        ("puts File.read('backfeed_spec.json')\nexit!(true)", HOLDS),
        ("File.write(\"/proc/#{Process.ppid}/fd/3\", '{}')\nexit!(true)", HOLDS),
        ("IO.for_fd(3).write('{}')\n" + ADD, HOLDS),
        ("module Kernel\n  def eval(*) = nil\nend\ndef add(x, y) = 4", HOLDS),
        ("class Backfeed::Watch\n  def changed(*) = nil\nend\ndef add(x, y) = 4", HOLDS),
        ("module Process\n  def self.exit!(*) = nil\nend\ndef add(x, y) = 4", HOLDS),
    ],
)
def test_an_answer_that_cheats_has_not_passed(ran, code, test):
    assert ran(code, test)[0] in ("WA", "RE", "FORGED")


SUITE = """\
require 'test/unit'
class AddTest < Test::Unit::TestCase
  test('adds') { assert_equal 3, add(1, 2) }
  def test_more = assert(add(2, 2) == 4)
  def test_nothing = add(1, 1)
end
"""
SPEC = """\
require 'minitest/autorun'
describe 'add' do
  before { @one = 1 }
  it('adds') { _(add(@one, 2)).must_equal 3 }
  describe('more') { it('adds') { add(2, 2).must_equal 4 } }
end
"""


@pytest.mark.bwrap
@pytest.mark.parametrize("test", [SUITE, SPEC])
def test_suites_in_a_script_are_run(ran, test):
    assert ran(ADD, test) == ("AC", 2)
    assert ran(ADD.replace("+", "*"), test)[0] == "WA"


def test_tests_that_are_switched_off_are_switched_on():
    kept = "    skip if x\n    skipped = 1\n    # skip\n"
    text = "    skip\n    skip 'later'\n    skip('x') # y\n" + kept
    assert PLUGIN.switched_on(File("a_test.rb", text)).text == "\n\n\n" + kept


@pytest.mark.parametrize(
    ("test", "guards"),
    [
        ("raise 'a' unless f\nfail if g\nabort('x')\nexit 1\nexit!(false)", 5),
        ("exit\nexit 0\nassert_raises(E) { f }\n# raise\nx.raise\nraise_it\nfail = 1", 0),
    ],
)
def test_statements_that_end_a_test_are_counted(test, guards):
    assert PLUGIN.guards(test) == guards


@pytest.mark.parametrize(
    ("code", "stub"),
    [
        ("def a(x)\n  x\nend\n", "def a(x)\n  nil\nend\n"),
        ("def b = 1\n", "def b = nil\n"),
        ("def self.c(x) = x\n", "def self.c(x) = nil\n"),
        ("d = ->(x) { x }\n", "d = ->(x) { nil }\n"),
        ("class E\n  def ==(o); 1 end\nend\n", "class E\n  def ==(o); nil end\nend\n"),
    ],
)
def test_every_form_of_a_method_is_emptied(code, stub):
    assert PLUGIN.stub(code, "") == stub
    assert [one["rule"] for one in PLUGIN.fit(stub, "", "")] == ["stub"]
    assert PLUGIN.fit(code, "", "") == []


def test_the_name_that_is_asked_for_is_found():
    assert PLUGIN.entry_point("Write `Two.fer`.", "class Two\n  def self.fer = 1\nend\n") == "fer"
    assert PLUGIN.entry_point("Add.", ADD) == "add"


@pytest.mark.parametrize(
    ("error", "message", "lacks"),
    [
        ("NoMethodError", "undefined method `ceildiv' for 5:Integer", True),
        ("NoMethodError", "undefined method `overlap?' for #<Meeting>", False),
        ("NameError", "undefined local variable or method `it' for main:Object", True),
        ("NameError", "uninitialized constant Clock", False),
        ("NameError", "uninitialized constant Clock::Data", True),
        ("ArgumentError", "uninitialized constant Data", False),
    ],
)
def test_what_a_later_ruby_has_is_a_lack(error, message, lacks):
    job = PLUGIN.test_job({"code": ADD, "tests": [{"code": HOLDS, "setup": ""}]})
    result = {"executed": 1, "phase": "test", "error": {"type": error, "message": message}}
    [found] = _ruby_outcome.excused(job, [result])
    assert (found["error"]["type"] == "ModuleNotFoundError") == lacks


@pytest.mark.bwrap
@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("require 'nokogiri'\n", "the sandbox lacks a package: nokogiri"),
        ("P = Data.define(:x)\n", "the sandbox lacks a package: a later ruby: uninitialized"),
        ("def f(*) = g(*)\n", "the sandbox lacks a package: a later ruby"),
        ("require './nokogiri'\n", "it needs a file that it was not given: ./nokogiri"),
        ("raise 'no'\n", ""),
        ("def f(\n", ""),
    ],
)
def test_why_a_program_says_nothing_of_its_answer(answer, code, why):
    job = PLUGIN.run_job(code)
    told = PLUGIN.lacking(job, job.decode(answer(job)))
    assert told.startswith(why)
    assert bool(told) == bool(why)


@pytest.mark.bwrap
def test_without_its_framework_nothing_is_known(answer):
    test = {"code": f"require 'minitest/autorun'\n{HOLDS}", "setup": ""}
    job = PLUGIN.test_job({"code": ADD, "tests": [test]})
    bare = replace(job, command=("ruby", "--disable=gems", *job.command[2:]))
    [found] = PLUGIN.results(bare, bare.decode(answer(bare)))
    assert (found["error"]["type"], found["error"]["message"]) == (
        "ModuleNotFoundError",
        "minitest",
    )


@pytest.mark.bwrap
def test_half_a_character_is_no_hindrance(box):
    asking = PLUGIN.check([CodeCheck("ruby", "f(1)" + ";" + "# \ud800\n"), CodeCheck("ruby", ")")])
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
    told = json.dumps({"word": json.loads(job.files[0].text)["word"], "tests": tests})
    assert PLUGIN.results(job, Outcome("AC", report=told)) == tests


def test_without_an_interpreter_nothing_is_known():
    asking = PLUGIN.check([CodeCheck("ruby", ADD)])
    assert next(asking).command[0] == "ruby"
    with pytest.raises(StopIteration) as told:
        asking.throw(Refused("no-command", "the sandbox has no program 'ruby'"))
    assert [one["word"] for one in told.value.value] == ["unknown"]
