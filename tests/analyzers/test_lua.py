"""Lua: answers and tests as one chunk, busted, and what they come to in the sandbox."""

import pytest

from backfeed.analyzers import _lua_source
from backfeed.analyzers.lua import PLUGIN
from backfeed.engine.records import File, Sample
from backfeed.engine.records import Test as Tested
from backfeed.engine.requests import CodeCheck, Limits, Outcome, rejoined
from backfeed.engine.stages._runs import run_tests

ADD = "local function add(a, b)\n  return a + b\nend\n"
MODULE = "local M = {}\n\nfunction M.add(a, b)\n  return a + b\nend\n\nreturn M\n"
TEST = "assert(add(1, 2) == 3)\nassert(add(2, 2) == 4, 'not 4')\n"
SUITE = """\
local answer = require('answer')

describe('add', function()
  it('adds', function()
    assert.are.equal(3, answer.add(1, 2))
  end)

  pending('adds more', function()
    assert.are.same({ 4 }, { answer.add(2, 2) })
  end)
end)
"""
UNIT = """\
local lu = require('luaunit')
function test_adds()
  lu.assertEquals(add(1, 2), 3)
end
os.exit(lu.LuaUnit.run())
"""
RECORD = '{"word": "x", "tests": [{"executed": 3, "phase": "test", "error": null}]}'


def test_what_a_module_gives_is_left_out_and_lines_stay():
    text, before = _lua_source.joined("local M = {}\nreturn {\n  M\n}\n", "assert(M)\n")
    lines = text.splitlines()
    assert "return" not in text
    assert (before, lines[before:]) == (6, ["assert(M)"])
    assert "__backfeed_test__" in lines[before - 1]


def test_a_stub_does_nothing():
    assert PLUGIN.stub(MODULE, "add") == MODULE.replace("return a + b", "return")
    assert PLUGIN.stub("local function f() end\n", "f") == "local function f() return end\n"
    assert PLUGIN.stub("print(1 + 1)\n", "") == "return\n"
    program = f"{ADD}for i = 1, 3 do\n  print(add(i, i))\nend\n"
    assert PLUGIN.stub(program, "") == "local function add(a, b)\n  return\nend\n\n"


def test_what_is_asked_for_is_a_function_or_the_script():
    assert PLUGIN.entry_point("Write `add`.", MODULE) == "add"
    assert PLUGIN.entry_point("Write a program.", f"{ADD}print(add(1, 2))\n") == ""


@pytest.mark.parametrize(
    "code",
    [
        "function add(a, b)\nend\n",
        "function add(a, b)\n  -- TODO\n  return nil\nend\n",
        "function add(a, b)\n  error('not implemented')\nend\n",
        "local M = {}\nM.add = function(a, b) end\nreturn M\n",
    ],
)
def test_a_function_that_does_nothing_is_a_stub(code):
    assert [one["rule"] for one in PLUGIN.fit(code, "Write add.", "add")] == ["stub"]


def test_mutants_of_a_script_lie_outside_of_functions_too():
    found = PLUGIN.mutants("local n = io.read('n')\nprint(n + 1)\n", "", 20)
    assert any("n - 1" in one for _, one in found)


def test_the_word_of_a_record_must_be_ours():
    job = PLUGIN.test_job({"code": ADD, "tests": [{"code": TEST, "setup": ""}]})
    assert PLUGIN.results(job, Outcome("AC", report=RECORD)) == []


@pytest.fixture
def ran(answer):
    def do(code, *tests):
        sample = Sample(language="lua", code=code, entry_point="add", tests=tests)
        return rejoined(run_tests(sample, code, Limits(), check="test"), answer)

    return do


def script(code, setup=""):
    return Tested("script", code=code, setup=setup)


def suite(code, *files):
    files = tuple(File(*file) for file in files)
    return Tested("framework", framework="busted", code=code, files=files)


@pytest.mark.bwrap
@pytest.mark.parametrize(
    ("test", "word", "executed"),
    [
        (TEST, "AC", 2),
        ("assert(add(1, 2) == 4)\n", "WA", 1),
        ("if add(1, 2) ~= 3 then error('no') end\nos.exit(0)\n", "AC", 1),
        ("for i = 1, 5 do assert(add(i, 1) == i + 1) end\nreturn true\n", "AC", 5),
        ("local ok = pcall(add, {}, 1)\nassert(not ok)\n", "AC", 1),
        ("print(add(1, 2))\n", "NONE", 0),
        ("assert(add(1, 2):go())\n", "RE", 0),
        ("assert(require('nowhere.thing'))\n", "NONE", 0),
        ("assert(add(1, 2) == )\n", "NONE", 0),
        ("os.exit(add(1, 2) == 4)\n", "WA", 0),
        (UNIT, "AC", 2),
        (UNIT.replace(", 3", ", 4"), "WA", 0),
    ],
)
def test_tests_of_many_forms_are_run(ran, test, word, executed):
    found = ran(ADD, script(test))
    assert (found.word, found.executed) == (word, executed), found.detail


@pytest.mark.bwrap
def test_what_a_test_says_is_told(ran):
    found = ran(ADD.replace("a + b", "a * b + 1"), script(TEST))
    assert (found.word, found.detail, found.line) == ("WA", "AssertionError: not 4", 2)
    found = ran("function add(a, b)\n  return a.x.y\nend\n", script(TEST))
    assert found.word == "RE"
    assert "attempt to index a number value" in found.detail


@pytest.mark.bwrap
@pytest.mark.parametrize(
    "code",
    [
        MODULE.replace("return M", "local add = M.add\nreturn M"),
        f"setmetatable(_G, {{ __newindex = function(_, k) error(k) end }})\n{ADD}",
        "function add(a, b) return a + b end\nassert(add(0, 0) == 0)\n",
        f"local print, type = print, type\n{ADD}return add",
    ],
)
def test_an_honest_answer_passes_in_many_forms(ran, code):
    found = ran(code, script(TEST))
    assert (found.word, found.executed) == ("AC", 2), found.detail


ATTACKS = (
    "os.exit(0)",
    "function add() os.exit(0) end",
    "function add() os.exit(true, true) end",
    "os.exit = function() end",
    "assert = function(...) return ... end",
    "local function assert() end",
    "local assert, error, os = print, print, { exit = print }",
    "local _ENV = setmetatable({ assert = print }, { __index = _G })\nfunction add() return 8 end",
    "__backfeed_test__ = function() end",
    "__backfeed_test__()\nos.exit(0)",
    "local function __backfeed_test__() return _G, print, print, os end",
    "error = print\npcall = print\nxpcall = print",
    "debug.sethook(function() os.exit(0) end, 'l')",
    f"io.open('/dev/fd/3', 'w'):write('{RECORD}')\nos.exit(0)",
    f"io.open('/dev/fd/3', 'w'):write('{RECORD}')",
    f"print('{RECORD}')",
)


@pytest.mark.bwrap
@pytest.mark.parametrize("attack", ATTACKS)
def test_an_answer_does_not_pass_by_anything_but_its_answer(ran, attack):
    found = ran(f"function add() return 8 end\n{attack}\n", script(TEST))
    assert found.verdict == "failed", (found.word, found.detail)


@pytest.mark.bwrap
def test_a_suite_is_run_with_what_was_switched_off(ran):
    found = ran(MODULE, suite(SUITE))
    assert (found.word, found.executed) == ("AC", 2), found.detail
    found = ran(MODULE.replace("a + b", "3"), suite(SUITE))
    assert (found.word, found.executed, found.line) == ("WA", 2, 9), found.detail
    assert found.detail.startswith("AssertionError: adds more: ")
    assert ran(MODULE.replace("return M", ""), suite(SUITE)).word in ("RE", "WA")


@pytest.mark.bwrap
def test_a_suite_that_lacks_something_is_not_verified(ran):
    assert ran(f"require('nowhere')\n{MODULE}", suite(SUITE)).word == "NONE"
    assert ran(MODULE, suite("describe('none', function() end)\n")).word == "NONE"


@pytest.mark.bwrap
@pytest.mark.parametrize(
    "attack",
    [
        "os.exit(0)",
        "M.add = function() os.exit(0) end",
        "require('luassert').are.equal = print",
        "for _, one in pairs(require('luassert.namespaces').assertion) do"
        " one.callback = function() return true end end",
        "getmetatable(require('luassert')).__index = function() return print end",
        "assert = setmetatable({}, { __index = function() return print end })",
        "require('busted').subscribe({ 'failure' }, function() return nil, false end,"
        " { priority = 0 })",
        f"io.open('/dev/fd/3', 'w'):write('{RECORD}')\nos.exit(0)",
        "error = print",
    ],
)
def test_an_answer_does_not_talk_a_suite_round(ran, attack):
    code = f"local M = {{ add = function() return 8 end }}\n{attack}\nreturn M\n"
    found = ran(code, suite(SUITE))
    assert found.verdict == "failed", (found.word, found.detail)


@pytest.mark.bwrap
@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("--!strict\nlocal x: number = 1\n", "unknown"),
        ("local x: number = 1\n", "invalid"),
        ("local x = 1ULL\n", "unknown"),
        ("local x = 1abc\n", "invalid"),
        ("print(undefined_name.x)\n", "ok"),
    ],
)
def test_code_comes_to_its_word(answer, code, word):
    batch = [CodeCheck("lua", code)]
    assert [one["word"] for one in rejoined(PLUGIN.check(batch), answer)] == [word]


@pytest.mark.bwrap
def test_a_program_that_lacks_something_is_not_verified(ran):
    test = Tested("stdio", stdin="", stdout="3\n")
    assert ran("require('no.such')\n", test).word == "NONE"
