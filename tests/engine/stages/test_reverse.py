"""The stage that writes a problem for a snippet: its dialogue, by hand."""

import json

import pytest

from backfeed.engine.errors import ConfigError, InvalidReply
from backfeed.engine.methods.notes import noted
from backfeed.engine.prompts import mark
from backfeed.engine.records import EXTRACTIVE, Lineage, Sample
from backfeed.engine.records import Test as Tested
from backfeed.engine.requests import Prompt, Who, rejoined
from backfeed.engine.stages._problems import REPLIES, Problem, unanswerable
from backfeed.engine.stages.reverse import Reverse

CODE = "def double(x):\n    return 2 * x\n"
SAMPLE = Sample(
    id="a", language="python", code=CODE, entry_point="double",
    lineage=Lineage("cut", ("f",), seed=7),
    tests=(Tested("doctest", "doc", code=">>> double(2)\n4\n"),),
)  # fmt: skip
GOOD = "Write `double(x)`, which doubles a number.\n\n>>> double(2)\n4"


def reversed_(*replies, sample=SAMPLE, **settings):
    """The one sample that comes of replies (texts, or the fields of a problem) in turn."""
    [found] = all_reversed(*replies, sample=sample, **settings)
    return found


def all_reversed(*replies, sample=SAMPLE, asked=None, writer="writer", **settings):
    """All samples that come of replies."""
    left = iter(replies)

    def answer(request):
        (asked if asked is not None else []).append(request)
        if isinstance(request, Who):
            return writer
        said = next(left)
        text = said if isinstance(said, str) else json.dumps({"suitable": True, **said})
        return {"text": text, "finish": "stop"}

    return rejoined(Reverse(**settings).each(sample), answer)


def test_the_problem_becomes_the_question_and_the_code_the_answer():
    found = reversed_({"problem": f"\n{GOOD}\n"})
    assert [message.role for message in found.messages] == ["user", "assistant"]
    assert (found.instruction, found.response) == (GOOD, f"```python\n{CODE}```")
    assert (found.question_type, found.rejected) == ("generate", None)
    assert found.lineage == Lineage(
        "reverse", ("f",), f"reverse/generate@{mark('reverse/generate')}", "writer", 7
    )


def test_the_model_is_told_code_name_and_example():
    asked = []
    reversed_({"problem": GOOD}, asked=asked, role="default")
    prompt, who = asked
    assert (prompt.name, prompt.reply, prompt.role) == ("reverse/generate", Problem, "default")
    assert prompt.fields == {
        "language": "python", "snippet": CODE, "entry_point": "double",
        "example": ">>> double(2)\n4",
    }  # fmt: skip
    assert who == Who("default")


REASONS = [
    ("no-docstring: it says nothing", "no-docstring"),
    ("No docstring: it says nothing", "no-docstring"),
    ("trivial", "trivial"),
    ("", "unsuitable"),
    (": nothing", "unsuitable"),
    ("It depends on a file that is not shown.", "unsuitable"),
    ("The code has one problem and it is this: no docstring.", "unsuitable"),
]


@pytest.mark.parametrize(("reason", "counted"), REASONS)
def test_a_model_may_decline(reason, counted):
    told = reversed_({"suitable": False, "reason": reason}).rejected
    assert (told.stage, told.reason, told.detail) == ("reverse", counted, reason)


def test_a_malformed_reply_is_complained_of_and_asked_for_again():
    asked = []
    found = reversed_("no json", {"problem": GOOD}, asked=asked)
    first, second = [request for request in asked if isinstance(request, Prompt)]
    assert (first.attempt, second.attempt, second.said) == (0, 1, "no json")
    assert second.complaint
    assert found.rejected is None


def test_three_malformed_replies_are_enough():
    with pytest.raises(InvalidReply):
        reversed_("no json", '{"suitable": 3}', "[]")


ALONE = [
    (GOOD, ""),
    ("Double a number, as in:\n\n>>> 1\n2", "it does not name double"),
    ("Write redouble(x). Example: redouble(1).", "it does not name double"),
    ("The `double` of a number. Example: 2 of 1.", "it has no signature"),
    ("Write `double(x)`, which doubles a number.", "it has no example"),
    (f"{GOOD} Look at the code above.",
     "it points at code that is not there: 'the code above'"),
    (f"{GOOD} Mend the given snippet.",
     "it points at code that is not there: 'given snippet'"),
    ("Write:\n\ndef double(x): ...\n\nassert double(1) == 2", ""),
    ("Write `double(x) -> int`.", ""),
]  # fmt: skip


@pytest.mark.parametrize(("problem", "why"), ALONE)
def test_a_problem_has_to_stand_alone(problem, why):
    assert unanswerable(problem, SAMPLE) == why
    rejected = reversed_({"problem": problem}).rejected
    told = (rejected.stage, rejected.reason, rejected.detail) if rejected else ("", "", "")
    assert told == (("reverse", "unanswerable", why) if why else ("", "", ""))


def test_the_extractive_backend_is_asked_and_believed_as_before():
    """What it says is taken from the code itself; a model has to tell the names it marks."""
    text = f"{GOOD}\n\nSee `other_thing`, `that_thing`."
    found = reversed_({"problem": text}, writer=EXTRACTIVE)
    assert (found.rejected, found.instruction, found.extra) == (None, text, "")
    assert found.code == CODE
    told = reversed_({"problem": text}).rejected
    assert told.detail == "it never tells other_thing, that_thing"


ANALYSIS = {"behaviour": "It doubles.", "scenarios": ["a", "b"], "points": ["p"]}
WRONG = "def double(x):\n    return 2 + x\n"
HEAD = "def double(x):\n    # ...\n"
TABLES = "CREATE TABLE n (x INTEGER);\nINSERT INTO n VALUES (1), (2);"
TYPED = {
    "generate": {"problem": GOOD},
    "complete": {
        "given": HEAD,
        "problem": f"Finish `double`: it doubles a number.\n\n```python\n{HEAD}```",
    },
    "understand": {"problem": "What does `double([1])` return, and why?"},
    "knowledge": {"problem": "Why does `2 * [1]` in Python make a longer list?"},
    "debug": {
        "given": WRONG, "fault": "+ for *: double(3) is 5",
        "problem": f"`double(3)` gives 5 instead of 6. Mend it.\n\n```python\n{WRONG}```",
    },
    "refactor": {"given": "", "problem": "Make `double` use no digit; its results stay."},
    "test": {"problem": "Write tests with pytest for `double`: numbers, texts and lists."},
    "translate": {
        "entry_point": "Double", "signature": "func Double(x int) int",
        "problem": "Port this Python function to Go:\n\n```go\nfunc Double(x int) int\n```\n\n"
        "`Double(2)` is 4.",
    },
    "sql": {
        "given": TABLES,
        "problem": f"```sql\n{TABLES}\n```\n\nGive twice the `x` of each row, as `y`, sorted.",
    },
}  # fmt: skip
GIVEN = {
    "complete": TYPED["complete"]["given"], "understand": CODE, "debug": WRONG, "refactor": CODE,
    "test": CODE, "translate": CODE, "sql": TABLES,
}  # fmt: skip


def posed(kind, *, sample=SAMPLE, asked=None, **changes):
    """The one row of a type whose answer a model is to write."""
    settings = {"types": {kind: 1}, "answer": "model", "targets": ("go", "python")}
    reply = {**ANALYSIS, **TYPED[kind], **changes}
    return reversed_(reply, sample=sample, asked=asked, **settings)


@pytest.mark.parametrize("kind", REPLIES)
def test_a_problem_of_each_type(kind):
    asked = []
    found = posed(kind, asked=asked)
    assert found.rejected is None
    assert (asked[0].name, asked[0].reply) == (f"reverse/{kind}", REPLIES[kind])
    assert (found.question_type, found.code) == (kind, "")
    assert [message.role for message in found.messages] == ["user"]
    assert found.lineage.prompt == f"reverse/{kind}@{mark(f'reverse/{kind}')}"
    given = GIVEN.get(kind, "")
    assert given.strip() in found.instruction
    told = noted(found)
    assert (told["analysis"], told["snippet"], told["given"]) == (ANALYSIS, CODE, given)


@pytest.mark.parametrize("kind", REPLIES)
def test_the_authors_tests_stay_where_they_fit_the_answer(kind):
    fit = kind in {"generate", "complete", "debug", "refactor"}
    assert posed(kind).tests == (SAMPLE.tests if fit else ())


def test_the_row_is_in_the_language_of_its_answer():
    asked = []
    translated, queried = posed("translate", asked=asked), posed("sql")
    assert asked[0].fields["target"] == "go"
    assert (translated.language, translated.entry_point) == ("go", "Double")
    assert (queried.language, queried.entry_point) == ("sql", "")
    assert (posed("debug").language, posed("debug").entry_point) == ("python", "double")


def test_code_is_not_translated_to_its_own_language():
    asked = []
    found = reversed_(sample=SAMPLE, asked=asked, types={"translate": 1}, answer="model",
                      targets=("python",))  # fmt: skip
    assert (found.rejected.reason, asked) == ("no-target", [])


FLAWS = [
    ("debug", {"given": CODE.replace(" ", "  ")}, "unchanged"),
    ("debug", {"given": " "}, "nothing-given"),
    ("debug", {"given": WRONG.replace("double", "twice")}, "entry-point-lost"),
    ("debug", {"problem": "Look at `double`."}, "unanswerable"),
    ("complete", {"given": f"import math\n{CODE}"}, "unchanged"),
    ("complete", {"given": "return 2 * x"}, "entry-point-lost"),
    ("sql", {"given": ""}, "nothing-given"),
    ("sql", {"given": "x", "problem": "Sum up all orders."}, "unanswerable"),
    ("translate", {"entry_point": " "}, "entry-point-lost"),
    ("translate", {"problem": "Port it to Go."}, "unanswerable"),
    ("knowledge", {"problem": "What is wrong in the code above?"}, "unanswerable"),
    ("understand", {"suitable": False, "reason": "trivial"}, "trivial"),
]


@pytest.mark.parametrize(("kind", "changes", "reason"), FLAWS)
def test_what_is_wrong_with_a_problem_of_a_type(kind, changes, reason):
    told = posed(kind, **changes).rejected
    assert (told.stage, told.reason) == ("reverse", reason)


def test_a_snippet_answers_the_problem_about_its_faulty_self():
    found = reversed_({**ANALYSIS, **TYPED["debug"]}, types={"debug": 1})
    assert (found.code, found.response) == (CODE, f"```python\n{CODE}```")
    assert (noted(found)["fault"], noted(found)["given"]) == ("+ for *: double(3) is 5", WRONG)


def test_types_are_drawn_by_weight():
    settings = {"types": {"understand": 3, "test": 1, "sql": 0}, "answer": "model"}
    stage = Reverse(**settings)
    drawn = [stage._drawn(SAMPLE.but(id=str(n)))[0] for n in range(400)]
    assert 0.7 < drawn.count("understand") / 400 < 0.8
    assert drawn == [stage._drawn(SAMPLE.but(id=str(n)))[0] for n in range(400)]
    assert {*drawn} == {"understand", "test"}
    assert stage.prompts == ("reverse/test", "reverse/understand")


def test_several_problems_of_a_snippet_are_of_different_types():
    kinds = {"understand": 1, "test": 1, "knowledge": 1}
    replies = ["no json"] * 3 + [{**ANALYSIS, "problem": "Explain `double`, and test it."}] * 2
    rows = all_reversed(*replies, types=kinds, answer="model", problems=3)
    assert {row.question_type for row in rows} == kinds.keys()
    assert len({row.id for row in rows} | {SAMPLE.id}) == 4
    assert {row.lineage.parents for row in rows} == {("a",)}
    assert [row.rejected.reason if row.rejected else "" for row in rows] == [
        "invalid-reply", "", "",
    ]  # fmt: skip


BAD = [
    ({"types": {"explain": 1}}, "types has 'explain'; there are: generate, complete"),
    ({"types": {"generate": -1}}, "a weight is 0 or more"),
    ({"types": {}}, "of those with a weight there are 0"),
    ({"problems": 2}, "of those with a weight there are 1"),
    ({"types": {"test": 1}}, "a snippet answers no problem of the type 'test'"),
    ({"answer": "nobody"}, "write 'snippet' or 'model'"),
]


@pytest.mark.parametrize(("settings", "why"), BAD)
def test_settings_that_make_no_sense(settings, why):
    with pytest.raises(ConfigError, match=why):
        Reverse(**settings)
