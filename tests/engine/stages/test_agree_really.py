"""From problem to verdict in the real sandbox: answers and tests as a model may write them.

The replies are planted: right answers and wrong ones, tests that are right, wrong, or worthless.
"""

import asyncio

import msgspec
import pytest
from stages.dialogue import computed

from backfeed.engine import languages
from backfeed.engine.methods.notes import noted, with_notes
from backfeed.engine.records import Message, Sample
from backfeed.engine.requests import CodeCheck, Prompt, Who, rejoined
from backfeed.engine.services import open_sandbox
from backfeed.engine.stages._suites import ProgramCase, Programs, ScriptCase, Scripts
from backfeed.engine.stages.agree import Agree
from backfeed.engine.stages.analyze import Analyze
from backfeed.engine.stages.answer import Answer
from backfeed.engine.stages.execute import Execute
from backfeed.engine.stages.fit import Fit
from backfeed.engine.stages.parse import Parse
from backfeed.engine.stages.prove import Prove
from backfeed.engine.stages.write_tests import WriteTests

pytestmark = [pytest.mark.bwrap, pytest.mark.slow]
CHAIN = (WriteTests(), Agree(cpu_s=20), Parse(), Fit(), Execute(cpu_s=20, wall_s=60))


@pytest.fixture(scope="module")
def box():
    made = open_sandbox("bubblewrap", {}, jobs=1)
    yield made
    asyncio.run(made.close())


@pytest.fixture
def through(box):
    """A row after stages, where a model says these replies in turn."""

    def do(sample, replies, *stages):
        left = iter(replies)

        def answer(request):
            if isinstance(request, Who):
                return "big"
            if isinstance(request, CodeCheck):
                return rejoined(languages.load(request.language).check([request]), answer)[0]
            if not isinstance(request, Prompt):
                return computed(request, box)
            said = next(left)
            plain = said if isinstance(said, str) else msgspec.json.encode(said).decode()
            return {"text": plain, "finish": "stop"}

        for stage in stages:
            if sample.rejected is None:
                [sample] = rejoined(stage.each(sample), answer)
        return sample

    return do


def reply(language, code):
    return f"It does what is asked.\n\n```{language}\n{code}```\n"


def posed(language, name, problem="Write `twice`.", **more):
    messages = (Message("user", f"{problem} {name}"),)
    kind = more.pop("question_type", "generate")
    return Sample(
        id="a", language=language, entry_point=name, question_type=kind, messages=messages, **more
    )


# One expression in each language that doubles a number, another one, one that does not; and a test.
TWICE = {
    "python": (
        "twice", "def twice(x):\n    return @\n",
        "got = twice(@)\nassert got # == @, f'it is {got}'\n",
    ),
    "javascript": (
        "twice", "function twice(x) {\n    return @;\n}\n",
        "const assert = require('assert');\nassert.ok(twice(@) # == @);\n",
    ),
    "java": (
        "twice", "class Solution {\n    int twice(int x) {\n        return @;\n    }\n}\n",
        "class Main {\n    public static void main(String[] a) {\n"
        "        if (!(new Solution().twice(@) # == @)) throw new AssertionError();\n    }\n}\n",
    ),
    "go": (
        "Twice", "package main\n\nfunc Twice(x int) int {\n\treturn @\n}\n",
        'import "testing"\n\nfunc TestTwice(t *testing.T) {\n'
        '\tif !(Twice(@) # == @) {\n\t\tt.Error("no")\n\t}\n}\n',
    ),
    "cpp": (
        "twice", "int twice(int x) {\n    return @;\n}\n",
        "#include <cassert>\nint main() { assert(twice(@) # == @); }\n",
    ),
}  # fmt: skip
RIGHT, ALSO, WRONG = "2 * x", "x + x", "x * x"
CASES = (("3", "==", "6"), ("-1", "==", "-2"), ("2", "==", "4"), ("4", "==", "9"), ("5", "!=", "3"))


def case(form, given, sign, value):
    first, second = form.replace("# ==", sign).split("@", 1)
    return f"{first}{given}{second.replace('@', value)}"


def scripts(form, *cases):
    return Scripts(tuple(ScriptCase("", code=case(form, *one)) for one in cases or CASES))


@pytest.mark.parametrize("language", TWICE)
def test_right_answers_and_right_tests_are_told_from_wrong_ones(language, through):
    name, shape, form = TWICE[language]
    answers = [reply(language, shape.replace("@", each)) for each in (WRONG, RIGHT, ALSO)]
    found = through(posed(language, name), [*answers, scripts(form)], Answer(answers=3), *CHAIN)
    why = noted(found)["agreement"]
    assert (why["passed"], why["stub"]) == (["--+-+", "+++-+", "+++-+"], "----+")
    assert (why["group"], why["score"]) == ([1, 2], 6)
    assert (why["dropped"], why["unmet"]) == ({"stub": [4]}, [3])
    assert (found.rejected, found.level, found.response) == (None, "tested", answers[1])
    assert [test.code for test in found.tests] == [case(form, *one) for one in CASES[:3]]
    assert [(check.name, check.verdict) for check in found.checks] == [
        (name, "passed") for name in ("answer", "agree", "parse", "fit", "run", "test")
    ]


@pytest.mark.parametrize("language", ["python", "cpp"])
def test_a_wrong_answer_is_repaired_from_what_it_failed(language, through):
    name, shape, form = TWICE[language]
    wrong, right = (reply(language, shape.replace("@", each)) for each in (WRONG, RIGHT))
    replies = [wrong, scripts(form, *CASES[:3]), right]
    found = through(posed(language, name), replies, Answer(), *CHAIN)
    assert (found.rejected, found.level, found.response) == (None, "tested", right)
    assert [(one["before"], one["after"]) for one in noted(found)["repairs"]] == [("--+", "+++")]


def test_wrong_answers_alone_are_rejected(through):
    name, shape, form = TWICE["python"]
    wrong = reply("python", shape.replace("@", WRONG))
    replies = [wrong, scripts(form), "I see nothing wrong."]
    found = through(posed("python", name), replies, Answer(), *CHAIN)
    assert (found.rejected.stage, found.rejected.reason) == ("agree", "no-agreement")
    assert found.rejected.detail.startswith("1 of 1 answers pass 1 of 4 cases that count")
    assert "case 1: WA AssertionError: it is 9" in found.rejected.detail


def test_what_agrees_can_be_proven(through):
    code = (
        "def clip(x, low, high):\n    if x < low:\n        return low\n    if x > high:\n"
        "        return high\n    return x\n"
    )
    values = [
        (5, 1, 9, 5),
        (0, 1, 9, 1),
        (10, 1, 9, 9),
        (1, 1, 9, 1),
        (9, 1, 9, 9),
        (-3, -2, 2, -2),
    ]
    suite = Scripts(tuple(
        ScriptCase("", code=f"assert clip({x}, {low}, {high}) == {result}\n")
        for x, low, high, result in values
    ))  # fmt: skip
    found = through(
        posed("python", "clip", "Write `clip`."), [reply("python", code), suite], Answer(), *CHAIN,
        Prove(least=2),
    )  # fmt: skip
    assert (found.level, found.checks[-1].verdict) == ("proven", "passed")


def test_an_answer_that_hangs_on_its_place_agrees_here_and_is_not_proven(through):
    """All of it passes in UTC: the second run of `prove` is elsewhere."""
    code = "import time\n\n\ndef hour(at):\n    return time.localtime(at).tm_hour\n"
    suite = Scripts(tuple(
        ScriptCase("", code=f"assert hour({n * 3600}) == {n}\n") for n in (0, 5, 23)
    ))  # fmt: skip
    sample = posed("python", "hour", "Tell the hour of a time stamp in UTC with `hour`.")
    found = through(sample, [reply("python", code), suite], Answer(), *CHAIN, Prove())
    assert [check.verdict for check in found.checks if check.name == "agree"] == ["passed"]
    assert (found.rejected.stage, found.rejected.reason) == ("prove", "flaky")


# SQL: the tables of each case stand in its setup.
TABLES = "CREATE TABLE orders (name TEXT, total INTEGER);\n"
ROWS = f"{TABLES}INSERT INTO orders VALUES ('Ann', 30), ('Ann', 40), ('Bob', 11);\n"
SPENT = [
    "SELECT name, MAX(total) AS spent FROM orders GROUP BY name;\n",
    "SELECT name, SUM(total) AS spent FROM orders GROUP BY name;\n",
    "SELECT DISTINCT name, (SELECT SUM(total) FROM orders o WHERE o.name = orders.name) AS spent"
    " FROM orders;\n",
]
CHECKS = [
    "SELECT spent = 70 FROM answer WHERE name = 'Ann';\n",
    "SELECT COUNT(*) = 2 FROM answer;\n",
    "SELECT spent = 12 FROM answer WHERE name = 'Bob';\n",
    "SELECT COUNT(*) >= 0 FROM answer;\n",
]


def test_queries_are_told_apart_by_the_rows_that_they_give(through):
    suite = Scripts(tuple(ScriptCase("", ROWS, check) for check in CHECKS))
    replies = [*(reply("sql", code) for code in SPENT), suite]
    sample = posed("sql", "", "What did each customer spend? `orders(name, total)` is there.")
    found = through(sample, replies, Answer(answers=3), *CHAIN, Analyze())
    why = noted(found)["agreement"]
    assert (why["passed"], why["stub"]) == (["-+-+", "++-+", "++-+"], "---+")
    assert (found.rejected, found.code, found.level) == (None, SPENT[1], "tested")
    assert [test.code for test in found.tests] == CHECKS[:2]


# Where many results are right.
CHECKER = """\
import sys

read, wrote = (open(name).read().split() for name in sys.argv[1:3])
if sorted(read) != sorted(wrote) or wrote == read:
    print("no other order", file=sys.stderr)
    sys.exit(1)
"""
OTHER_ORDERS = [
    "print(*reversed(input().split()))\n",
    "first, *rest = input().split()\nprint(*rest, first)\n",
    "print(*sorted(input().split()))\n",
]


def test_a_checker_lets_all_right_outputs_pass(through):
    pairs = [("1 2 3\n", "3 2 1\n"), ("4 1 2 3\n", "1 2 3 4\n"), ("2 1\n", "1 2\n")]
    suite = Programs(tuple(ProgramCase("", *pair) for pair in pairs), "checker", CHECKER)
    replies = [*(reply("python", code) for code in OTHER_ORDERS), suite]
    sample = posed("python", "", "Write the numbers of a line in any other order.")
    found = through(sample, replies, Answer(answers=3), *CHAIN)
    assert noted(found)["agreement"]["passed"] == ["+++", "+++", "-++"]
    assert (found.rejected, found.code, found.level) == (None, OTHER_ORDERS[0], "tested")
    exact = Programs(suite.cases, "token")
    found = through(sample, [*replies[:3], exact], Answer(answers=3), *CHAIN[:1], Agree(repairs=0))
    assert noted(found)["agreement"]["passed"] == ["+-+", "-++", "-++"]


def test_assertions_of_what_right_results_share_let_all_pass(through):
    pair = "def pair(items, total):\n    for i, a in enumerate(@):\n        for b in @[i + 1:]:\n"
    ends = "            if a + b == total:\n                return a, b\n"
    answers = [pair.replace("@", f"sorted(items{more})") + ends for more in ("", ", reverse=True")]
    answers.append("def pair(items, total):\n    return items[0], items[1]\n")
    cases = [
        f"a, b = pair({items}, {total})\nassert a + b == {total}\n"
        for items, total in (([1, 5, 2, 4], 6), ([3, 3], 6), ([7, 1, 2], 3))
    ]
    suite = Scripts(tuple(ScriptCase("", code=code) for code in cases))
    replies = [*(reply("python", code) for code in answers), suite]
    sample = posed("python", "pair", "Give any two numbers of a list with a given sum.")
    found = through(sample, replies, Answer(answers=3), *CHAIN)
    assert noted(found)["agreement"]["passed"] == ["+++", "+++", "++-"]
    assert (found.rejected, found.level) == (None, "tested")


# Problems that show code.
SHAPE = TWICE["python"][1]


@pytest.mark.parametrize(("fault", "reason"), [(WRONG, None), ("x * 2", "fault-not-shown")])
def test_a_fault_has_to_be_shown_by_the_tests(fault, reason, through):
    _, _, form = TWICE["python"]
    sample = with_notes(
        posed("python", "twice", question_type="debug"), given=SHAPE.replace("@", fault)
    )
    replies = [reply("python", SHAPE.replace("@", RIGHT)), scripts(form, *CASES[:3])]
    found = through(sample, replies, Answer(), *CHAIN)
    assert (found.rejected and found.rejected.reason) == reason


def test_tests_that_were_asked_for_are_tested_on_the_code_that_is_given(through):
    given = SHAPE.replace("@", RIGHT)
    sample = with_notes(posed("python", "twice", question_type="test"), given=given)
    texts = ["assert twice(1) == 3\n", "assert twice(5) != 3\n", "assert twice(3) == 6\n"]
    replies = [reply("python", text) for text in texts]
    found = through(sample, replies, Answer(answers=3), *CHAIN)
    assert (found.rejected, found.level, found.code) == (None, "tested", given)
    assert (found.response, found.tests[0].code) == (replies[2], texts[2])
