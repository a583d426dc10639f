"""Scores of a model: kept by name, refused ones left out, a bound for IFD."""

import pytest

from backfeed.plugin import ConfigError, Message, NamedScore, Refused, Sample, Score, rejoined
from backfeed.plugins.infinity.score_answers import ScoreAnswers

SAMPLE = Sample(id="a", messages=(Message("user", "Name a prime."), Message("assistant", "7.")))


def scored(values, sample=SAMPLE, **settings):
    def answer(request):
        assert isinstance(request, Score)
        assert (request.prompt, request.answer) == ("Name a prime.", "7.")
        if request.kind not in values:
            raise Refused("too-long", "no")
        return values[request.kind]

    [found] = rejoined(ScoreAnswers(**settings).each(sample), answer)
    return found


def told(found):
    return {one.name: one.value for one in found.scores}


def test_each_kind_is_a_score():
    assert told(scored({"loss": 2.5, "ifd": 0.8}, kinds=("loss", "ifd"))) == {
        "loss": 2.5,
        "ifd": 0.8,
    }


def test_scores_of_another_model_have_a_suffix():
    first = scored({"loss": 2.5})
    again = scored({"loss": 1.5}, first, suffix="_tuned")
    assert told(again) == {"loss": 2.5, "loss_tuned": 1.5}
    assert told(scored({"loss": 2.0}, again)) == {"loss_tuned": 1.5, "loss": 2.0}


def test_what_is_refused_has_no_score():
    found = scored({"loss": 2.5}, kinds=("loss", "reward"))
    assert told(found) == {"loss": 2.5}
    assert found.rejected is None


def test_an_instruction_that_does_not_help_is_rejected():
    lost = scored({"ifd": 1.0}, kinds=("ifd",), most_ifd=1.0)
    assert (lost.rejected.reason, lost.rejected.detail) == ("ifd", "IFD 1, below 1 goes on")
    assert scored({"ifd": 0.99}, kinds=("ifd",), most_ifd=1.0).rejected is None


def test_a_row_without_an_answer_is_not_asked_about():
    bare = Sample(id="b", messages=(Message("user", "Hm?"),), scores=(NamedScore("x", 1.0),))
    assert scored({}, bare) == bare


def test_without_a_kind_nothing_is_asked():
    assert scored({}, kinds=()) == SAMPLE
    assert ScoreAnswers(kinds=()).asks == ()


def test_a_bound_for_what_is_not_asked_is_refused():
    with pytest.raises(ConfigError, match="has to name 'ifd'"):
        ScoreAnswers(most_ifd=1.0)
