"""Answers of a model, and conversations that go on by role play."""

import json

import pytest

from backfeed.plugin import ConfigError, Message, Refused, Sample, Who, notes, rejoined
from backfeed.plugins.infinity.extend_turns import ExtendTurns
from backfeed.plugins.infinity.respond import Respond

ASKED = (Message("user", "Name three uses of baking soda."),)
ANSWERED = (*ASKED, Message("assistant", "Baking, cleaning, deodorising."))


def row(messages=ASKED, **changes):
    return Sample(id="row", kind="general", messages=messages).but(**changes)


def driven(stage, sample, said, asked=None):
    """What a stage makes of a row, with replies in order; None is a refusal."""
    replies = iter(said)

    def answer(request):
        if isinstance(request, Who):
            return request.role
        (asked if asked is not None else []).append(request)
        reply = next(replies)
        if reply is None:
            raise Refused("filtered", "no")
        plain = reply if request.name == "chat/answer" else json.dumps({"message": reply})
        return {"text": plain}

    [found] = rejoined(stage.each(sample), answer)
    return found


def test_an_answer_is_asked_for():
    found = driven(Respond(), row(), [" Baking, cleaning, deodorising. "])
    assert found.messages == ANSWERED
    assert found.lineage.prompt.startswith("chat/answer@")
    assert driven(Respond(), found, []) == found


@pytest.mark.parametrize(
    ("said", "reason", "detail"),
    [
        ("I'm sorry, but I cannot help with that.", "no-answer", "it apologises: 'sorry'"),
        ("...", "no-answer", "it says nothing"), ("To you, as is.", "no-answer", "it says nothing"),
        (None, "filtered", "no"),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_rejected(said, reason, detail):
    lost = driven(Respond(), row(), [said])
    assert (lost.rejected.reason, lost.rejected.detail) == (reason, detail)


def test_a_long_answer_may_apologise():
    assert driven(Respond(), row(), ["Sorry, it is long: " + "bake " * 90]).rejected is None


def test_an_answer_in_another_alphabet_is_one():
    assert driven(Respond(), row(), ["烘焙、清洁、除味。"]).rejected is None


def test_a_row_without_a_question_is_rejected():
    assert driven(Respond(), row(()), []).rejected.reason == "no-instruction"


def talk(least, most, said, **settings):
    return driven(ExtendTurns(chance=1.0, least=least, most=most, **settings), row(ANSWERED), said)


MORE = [
    "How does it clean?",
    "It scrubs.",
    "Does it harm steel?",
    "Not if rinsed.",
    "And glass?",
    "It may cloud.",
]


@pytest.mark.parametrize("rounds", [1, 2, 3, 4])
def test_so_many_rounds_alternate(rounds):
    found = talk(rounds, rounds, MORE)
    assert [one.role for one in found.messages] == ["user", "assistant"] * rounds
    assert [one.content for one in found.messages[2:]] == MORE[: 2 * rounds - 2]
    assert notes.noted(found)["rounds"] == rounds


def test_two_to_four_rounds_are_drawn():
    drawn = set()
    for n in range(40):
        found = driven(ExtendTurns(chance=1.0), row(ANSWERED, id=str(n)), MORE)
        drawn.add(notes.noted(found)["rounds"])
    assert drawn == {2, 3, 4}


@pytest.mark.parametrize(
    "said",
    [
        ["How does it clean?", "It scrubs.", " "], ["How does it clean?", "It scrubs.", None],
        ["How does it clean?", "It scrubs.", "How does it clean?"],
        ["How does it clean?", "It scrubs.", "And glass?", "Sorry, no."],
        ["How does it clean?", "It scrubs.", "And glass?", None],
    ],
)  # fmt: skip
def test_a_turn_that_is_none_ends_the_conversation_before_it(said):
    found = talk(4, 4, said)
    assert [one.content for one in found.messages[2:]] == ["How does it clean?", "It scrubs."]
    assert notes.noted(found)["rounds"] == 2


def test_who_asks_and_who_answers_see_all_that_was_said():
    asked = []
    driven(ExtendTurns(chance=1.0, least=2, most=2), row(ANSWERED), MORE, asked)
    assert [(one.name, one.role) for one in asked] == [
        ("chat/ask", "user"), ("chat/answer", "strong"),
    ]  # fmt: skip
    assert [turn["role"] for turn in asked[1].fields["turns"]] == ["user", "assistant", "user"]


def test_few_are_drawn_and_a_row_that_waits_is_not():
    drawn = sum(
        len(driven(ExtendTurns(chance=0.2), row(ANSWERED, id=str(n)), MORE).messages) > 2
        for n in range(200)
    )
    assert 20 <= drawn <= 60
    assert driven(ExtendTurns(chance=1.0), row(), []) == row()


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(ConfigError, match="chance = 2"):
        ExtendTurns(chance=2)
    with pytest.raises(ConfigError, match="least = 3, most = 2"):
        ExtendTurns(least=3, most=2)
    with pytest.raises(ConfigError, match="role is empty"):
        Respond(role="")
