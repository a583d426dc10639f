"""The stage that writes a problem for a snippet: its dialogue, by hand."""

import json

import pytest

from backfeed.engine.errors import InvalidReply
from backfeed.engine.prompts import mark
from backfeed.engine.records import Lineage, Sample
from backfeed.engine.records import Test as Tested
from backfeed.engine.requests import Prompt, Who, rejoined
from backfeed.engine.stages._problems import Problem, unanswerable
from backfeed.engine.stages.reverse import Reverse

CODE = "def double(x):\n    return 2 * x\n"
SAMPLE = Sample(
    id="a", language="python", code=CODE, entry_point="double",
    lineage=Lineage("cut", ("f",), seed=7),
    tests=(Tested("doctest", "doc", code=">>> double(2)\n4\n"),),
)  # fmt: skip
GOOD = "Write `double(x)`, which doubles a number.\n\n>>> double(2)\n4"


def reversed_(*replies, sample=SAMPLE, asked=None, **settings):
    """The one sample that comes of replies (texts, or the fields of a problem) in turn."""
    left = iter(replies)

    def answer(request):
        (asked if asked is not None else []).append(request)
        if isinstance(request, Who):
            return "writer"
        said = next(left)
        text = said if isinstance(said, str) else json.dumps({"suitable": True, **said})
        return {"text": text, "finish": "stop"}

    [found] = rejoined(Reverse(**settings).each(sample), answer)
    return found


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
