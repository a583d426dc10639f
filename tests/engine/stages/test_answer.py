"""The stage that answers problems: its dialogue, by hand; and how replies are read."""

import asyncio

import pytest
from verbs import By

from backfeed.engine.errors import ConfigError, Refused
from backfeed.engine.lanes import Engine
from backfeed.engine.methods.notes import noted, with_notes
from backfeed.engine.records import Message, Sample
from backfeed.engine.requests import Compute, Who, rejoined
from backfeed.engine.stages._answers import MENDABLE, Question, read_answer
from backfeed.engine.stages.answer import Answer

PROBLEM = "Write a function `double(x)` in Python.\n\n```python\ndef double(x):\n```\n"
CODE = "def double(x):\n    return 2 * x\n"
GOOD = f"It adds.\n\n```python\n{CODE}```\n"
OTHER = f"It shifts.\n\n```python\n{CODE.replace('2 * x', 'x << 1')}```\n"
SAMPLE = Sample(
    id="a", language="python", entry_point="double", question_type="generate",
    messages=(Message("user", PROBLEM),),
)  # fmt: skip
ASKED = Question("python", "double", PROBLEM)


def reply(text, finish="stop"):
    return {"text": text, "finish": finish}


def answered(sample, *replies, asked=None, **settings):
    """The one sample that comes of the replies in turn."""
    left = iter(replies)

    def answer(request):
        if isinstance(request, Compute):
            return request.function(*request.arguments)
        if isinstance(request, Who):
            return "big"
        (asked if asked is not None else []).append(request)
        said = next(left)
        if isinstance(said, Exception):
            raise said
        return said if isinstance(said, dict) else reply(said)

    [found] = rejoined(Answer(**settings).each(sample), answer)
    return found


def test_a_problem_is_answered_with_one_tagged_block():
    asked = []
    found = answered(SAMPLE, GOOD, asked=asked)
    assert (found.rejected, found.code, found.response) == (None, CODE, GOOD)
    assert [message.role for message in found.messages] == ["user", "assistant"]
    assert (found.lineage.prompt.partition("@")[0], found.lineage.model) == ("answer/code", "big")
    assert noted(found)["candidates"] == [GOOD]
    [prompt] = asked
    assert (prompt.name, prompt.role, prompt.reply) == ("answer/code", "strong", None)
    assert prompt.fields["problem"] == PROBLEM


def test_each_draw_is_asked_and_the_first_good_one_is_the_answer():
    asked = []
    found = answered(SAMPLE, "```python\n\n```", "```python\n\n```", OTHER, GOOD, asked=asked,
                     answers=3)  # fmt: skip
    assert found.response == OTHER
    assert noted(found)["candidates"] == [OTHER, GOOD]
    assert noted(found)["answers"] == {"asked": 3, "reasons": {"empty": 1}}
    assert [prompt.attempt for prompt in asked] == [0, 1, 0, 0]


BAD = [
    (reply(GOOD[:-5]), "truncated", "a fence that nothing closes, after 51 characters"),
    (reply(GOOD, "length"), "truncated", "the limit of tokens, after 56 characters"),
    (reply(" \n"), "empty", ""),
    (reply("```python\n \n```"), "empty", "its block is empty"),
    (reply("One adds x to itself."), "no-block", ""),
    (reply("```text\n4\n```"), "no-block", ""),
    (reply(f"{GOOD}\nor\n\n{OTHER}"), "several-blocks", "2 blocks"),
    (reply("```java\nclass A { int f() { return 1; } }\n```"), "wrong-language", "blocks in java"),
]


@pytest.mark.parametrize(("said", "reason", "detail"), BAD)
def test_a_reply_of_another_form_is_asked_for_again_and_then_rejected(said, reason, detail):
    asked = []
    found = answered(SAMPLE, said, said, asked=asked)
    assert (found.rejected.stage, found.rejected.reason) == ("answer", reason)
    assert (found.rejected.detail, found.code) == (detail, "")
    assert asked[1].complaint == MENDABLE[reason]
    assert (asked[1].said, len(asked)) == (said["text"], 2)


@pytest.mark.parametrize("said", [said for said, _, _ in BAD])
def test_a_second_reply_may_be_good(said):
    found = answered(SAMPLE, said, GOOD)
    assert (found.rejected, found.response) == (None, GOOD)


LOST = [
    (reply("I'm sorry, but I can't help with that."), "refused", "I'm sorry, but I can't help wit"),
    (reply("As an AI model I do not write code."), "refused", "As an AI model"),
    (Refused("content_filter", "no"), "refused", "content_filter: no"),
    (reply(PROBLEM), "copied", "its code stands in the problem"),
    (reply(f"{GOOD}{'So. ' * 10_000}"), "too-long", "40056 characters"),
]


@pytest.mark.parametrize(("said", "reason", "detail"), LOST)
def test_what_asking_again_does_not_mend_is_asked_once(said, reason, detail):
    asked = []
    found = answered(SAMPLE, said, asked=asked)
    assert (found.rejected.reason, found.rejected.detail[: len(detail)]) == (reason, detail)
    assert len(asked) == 1


def test_the_commonest_reason_is_told():
    two = ["One adds.", "One adds."]
    found = answered(SAMPLE, "I cannot do that.", *two, *two, answers=3)
    assert found.rejected.reason == "no-block"
    assert noted(found)["answers"]["reasons"] == {"no-block": 2, "refused": 1}


MIXED = [
    (f"```\n{CODE}```", ("untagged",)),
    (f"```py\n{CODE}```", ()),
    (f"```ruby\n{CODE}```", ("tagged ruby",)),
    (f"{GOOD}Try it:\n\n```python\nprint(double(2))\n```\n", ("2 blocks, one with double",)),
    (f"{GOOD}It prints\n\n```text\n4\n```\n", ()),
    (f"{GOOD}Once more:\n\n```python\n{CODE}```\n", ()),
    (f"Call it as\n\n```bash\npython3 a.py\n```\n\n{GOOD}", ()),
]


@pytest.mark.parametrize(("text", "notes"), MIXED)
def test_the_right_block_is_found_in_mixed_answers(text, notes):
    draft = read_answer(text, ASKED)
    assert (draft.reason, draft.code, draft.notes) == ("", CODE, notes)


DEFINED = [
    ("javascript", "total", "const total = (a) => a.length;\n", "console.log(total([1]));\n"),
    ("java", "Box", "public class Box {\n    int size() { return 1; }\n}\n",
     "class Main { public static void main(String[] a) { new Box(); } }\n"),
    ("go", "Add", "package main\n\nfunc Add(a, b int) int { return a + b }\n",
     "package main\n\nfunc main() { Add(1, 2) }\n"),
    ("cpp", "add", "int add(int a, int b) { return a + b; }\n",
     "int main() { return add(1, 2); }\n"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "name", "code", "use"), DEFINED)
def test_the_block_that_defines_the_name_counts_in_each_language(language, name, code, use):
    text = f"So:\n\n```{language}\n{use}```\n\nwith\n\n```{language}\n{code}```\n"
    assert read_answer(text, Question(language, name, "p")).code == code


def test_several_blocks_of_sql_are_none():
    text = "```sql\nSELECT 1;\n```\n\n```sql\nSELECT 2;\n```\n"
    assert read_answer(text, Question("sql", "", "Give a number.")).reason == "several-blocks"


def test_imports_that_the_problem_gives_are_carried():
    problem = "Complete:\n\n```python\nimport math\n\n\ndef area(r): ...\n```"
    text = "So:\n\n```python\ndef area(r):\n    return math.pi * r * r\n```\n"
    draft = read_answer(text, Question("python", "area", problem))
    assert draft.code.startswith("import math\n")
    assert draft.notes == ("carried imports: import math",)


PROSE = SAMPLE.but(
    question_type="understand", entry_point="",
    messages=(Message("user", "What does this do?\n\n```python\nx = [1]\ny = x\ny += [2]\n```"),),
)  # fmt: skip


def test_an_answer_in_prose_is_its_whole_text():
    asked = []
    text = "It appends to one list under two names:\n\n```python\ny += [2]\n```\n"
    found = answered(PROSE, text, asked=asked)
    assert (found.response, found.code, found.rejected) == (text, "", None)
    assert asked[0].name == "answer/text"


def test_code_in_prose_that_stands_by_itself_is_checked():
    text = f"Compare:\n\n```python\n{CODE}\nprint(double(2))\n```\nand ```x```.\n"
    assert answered(PROSE, text).code == f"{CODE}\nprint(double(2))\n"


def test_code_that_the_question_shows_is_not_the_answers():
    text = "In\n\n```python\nx = [1]\ny = x\ny += [2]\n```\n\nboth names mean one list.\n"
    assert answered(PROSE, text).code == ""


def test_prose_that_gives_back_the_question_is_no_answer():
    assert answered(PROSE, PROSE.instruction).rejected.reason == "copied"


def test_tests_are_asked_for_in_the_form_of_their_language():
    asked = []
    sample = with_notes(SAMPLE.but(question_type="test"), given=CODE)
    found = answered(sample, "So:\n\n```python\nassert double(2) == 4\n```", asked=asked)
    assert (asked[0].name, found.code) == ("answer/test", "assert double(2) == 4\n")
    assert "`assert`" in asked[0].fields["form"]


def test_tests_in_a_language_without_a_form_are_not_asked_for():
    found = answered(SAMPLE.but(question_type="test", language="cobol"))
    assert found.rejected.reason == "no-form"


@pytest.mark.parametrize("changes", [
    {"code": CODE}, {"messages": (*SAMPLE.messages, Message("assistant", "Yes."))},
])  # fmt: skip
def test_a_row_that_has_an_answer_keeps_it(changes):
    asked = []
    sample = SAMPLE.but(**changes)
    assert (answered(sample, asked=asked), asked) == (sample, [])


def test_a_row_without_a_problem_has_no_answer():
    assert answered(Sample(id="b")).rejected.reason == "no-problem"


def test_draws_are_independent_in_the_engine():
    """The engine marks each draw by its place: a model that samples answers each anew."""

    async def candidates():
        desks = {
            "model:default": By(lambda p: reply(GOOD.replace("adds", f"adds {p.draw}"))),
            "compute": By(lambda request: request.function(*request.arguments)),
        }
        desks["model:default"].name = "big"
        engine, found = Engine(desks, None, window=1), []
        stages = [("answer", Answer(answers=3))]
        await engine.segment([SAMPLE], stages, lambda result: found.extend(result.samples))
        return noted(found[0])["candidates"]

    assert len(set(asyncio.run(candidates()))) == 3


def test_no_answer_cannot_be_asked_for():
    with pytest.raises(ConfigError, match=r"answer\.answers = 0"):
        Answer(answers=0)
