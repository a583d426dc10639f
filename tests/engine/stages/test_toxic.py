"""Toxic prose: what a classifier is asked of a row, and what is told of its answers."""

import pytest
from stages.dialogue import computed

from backfeed.engine.config import build
from backfeed.engine.conformance import same_requests
from backfeed.engine.errors import ConfigError, Refused
from backfeed.engine.records import Message, Sample
from backfeed.engine.requests import Compute, Score, rejoined
from backfeed.engine.stages._inspecting import PIECE, talk
from backfeed.engine.stages.inspect import Inspect

RUDE = "You are a worthless fool."
CALM = "Kill the child process, then abort."


def row(question="Write a script.", answer=CALM, code=""):
    turns = (Message("user", question), Message("assistant", answer))
    return Sample(id="1", language="python", messages=turns, code=code)


def judged(request):
    """A classifier that knows one word."""
    assert isinstance(request, Score)
    assert (request.prompt, request.role) == ("", "default")
    return 0.9 if request.kind == "class:insult" and "fool" in request.answer else 0.1


def found(sample, answer=judged, toxic=None, **settings):
    asked = []

    def told(request):
        if isinstance(request, Compute):
            return computed(request)
        asked.append((request.kind, request.answer))
        return answer(request)

    stage = build(Inspect, {"toxic": toxic or {"insult": 0.5}, **settings}, "inspect")
    [made] = rejoined(stage.each(sample), told)
    return made, asked


def rules(made):
    told = made.checks[-1].findings
    return [(one.level, one.rule, one.message) for one in told if one.rule.startswith("toxic/")]


def test_what_is_probable_is_a_remark_and_never_repeats_the_text():
    made, asked = found(row(answer=RUDE))
    assert made.rejected is None
    expected = ("warning", "toxic/insult", "probability 0.90, in the answer")
    assert rules(made) == [expected]
    assert asked == [("class:insult", "Write a script."), ("class:insult", RUDE)]


def test_what_is_less_probable_is_not_told():
    assert rules(found(row(answer=RUDE), toxic={"insult": 0.91})[0]) == []
    assert rules(found(row())[0]) == []


def test_each_label_is_asked_for_by_itself():
    made, asked = found(row(answer=RUDE), toxic={"insult": 0.5, "threat": 0.1})
    assert [kind for kind, _ in asked] == ["class:insult", "class:threat"] * 2
    assert [rule for _, rule, _ in rules(made)] == ["toxic/threat", "toxic/insult", "toxic/threat"]


def test_a_level_makes_it_a_reason():
    made, _ = found(row(answer=RUDE), levels={"toxic/*": "error"})
    assert (made.rejected.stage, made.rejected.reason) == ("inspect", "toxic")
    assert made.rejected.detail == "toxic/insult: probability 0.90, in the answer"
    assert rules(found(row(answer=RUDE), levels={"toxic/insult": "off"})[0]) == []


def test_what_the_classifier_does_not_take_is_told():
    def refusing(_request):
        raise Refused("too-long", "900 tokens")

    made, _ = found(row(), refusing)
    expected = {
        ("note", "toxic/not-judged", f"a part of it was refused, in the {where}")
        for where in ("instruction", "answer")
    }
    assert set(rules(made)) == expected


def test_code_is_not_judged():
    code = "def fool():\n    return 'fool'\n"
    for answer in (f"So:\n```python\n{code}```\nDone.", f"So:\n{code}Done."):
        made, asked = found(row(answer=answer, code=code))
        assert rules(made) == []
        assert not any("def " in text for _, text in asked)


def test_long_texts_are_judged_in_pieces():
    text = "\n\n".join([" ".join(f"word{n}" for n in range(1000)), RUDE, "- * -"])
    pieces = [piece for where, piece in talk(row(answer=text)) if where == "answer"]
    assert len(pieces) == 11
    assert max(map(len, pieces)) <= PIECE
    assert pieces[-1] == RUDE


def test_off_it_asks_nothing():
    assert Inspect().asks == ("compute",)
    assert Inspect(toxic={"toxic": 0.5}).asks == ("compute", "scorer")


@pytest.mark.parametrize("toxic", [{"": 0.5}, {"toxic": 0.0}, {"toxic": 1.5}])
def test_labels_and_shares_that_are_none_are_refused(toxic):
    with pytest.raises(ConfigError, match="give a label of the classifier and the least"):
        Inspect(toxic=toxic)


def test_it_is_no_family_but_a_setting():
    with pytest.raises(ConfigError, match=r"for it say toxic = \{toxic = 0\.5\}"):
        Inspect(families=("toxic",))


def test_it_conforms():
    def told(request):
        return computed(request) if isinstance(request, Compute) else judged(request)

    assert same_requests(Inspect(toxic={"insult": 0.5}), [row(), row(answer=RUDE)], told) == []
