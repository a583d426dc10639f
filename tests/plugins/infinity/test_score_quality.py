"""The score that asks no model."""

import math

import pytest
from pool_rows import GENERAL, ROOT, needs_shared

from backfeed.plugin import ConfigError, Message, NamedScore, Sample, rejoined
from backfeed.plugins.infinity import _worth
from backfeed.plugins.infinity.score_quality import ScoreQuality


def scored(*turns, scores=(), **settings):
    roles = ("user", "assistant")
    messages = tuple(Message(roles[n % 2], text) for n, text in enumerate(turns))
    row = Sample(messages=messages, scores=scores)
    [found] = rejoined(ScoreQuality(**settings).each(row), lambda a: a.function(*a.arguments))
    return found


def value(*turns):
    [score] = scored(*turns).scores
    return score.value


LIST = "List five animals that live in the sea."
GOOD = "1. Whale\n2. Shark\n3. Octopus\n4. Dolphin\n5. Sea turtle"


@pytest.mark.parametrize(
    ("asked", "better", "worse"),
    [
        (LIST, GOOD, "Whale"),
        (LIST, GOOD, LIST),
        (
            "Write an email to a guest who is late.",
            "Dear Ann,\n\nWe hope that you are well. Your table is ready, and we keep it for you"
            " until eight. Please call us if you need more time.\n\nBest wishes,\nTom",
            "The guest is late.",
        ),
    ],
)
def test_a_better_answer_scores_more(asked, better, worse):
    assert value(asked, better) > value(asked, worse)


def test_it_is_between_zero_and_one():
    assert 0 < value("Hi", "x") < value(LIST, GOOD * 200) < 1


def test_features_say_what_they_are_called():
    told = dict(zip(_worth.NAMES, _worth.features(LIST, f"{GOOD}."), strict=True))
    assert (told["several"], told["ends"], told["begins"]) == (1, 1, 1)
    assert told["items"] == pytest.approx(math.log(6))
    told = dict(zip(_worth.NAMES, _worth.features("Sort it.", "no no no no no no"), strict=True))
    assert (told["repeated"], told["echo"], told["begins"]) == (0.75, 0, 0)
    told = dict(zip(_worth.NAMES, _worth.features(LIST, LIST), strict=True))
    assert (told["echo"], told["answered"], told["new_words"]) == (1, 1, 0)


def test_every_feature_has_a_weight_and_bad_ones_no_good_one():
    table = _worth.weights()
    assert {*table} == {*_worth.NAMES, "bias"}
    assert all(table[name]["weight"] <= 0 for name in ("echo", "repeated", "flaws"))
    assert all(table[name]["weight"] >= 0 for name in ("sentences", "items", "several", "answered"))


def test_a_row_keeps_its_other_scores():
    found = scored(LIST, GOOD, scores=(NamedScore("loss", 1.5), NamedScore("quality", 9.0)))
    assert [one.name for one in found.scores] == ["loss", "quality"]
    assert found.scores[1].value < 1


def test_of_several_turns_it_is_the_mean():
    one, other = value(LIST, GOOD), value("And two birds?", "Eagle")
    assert value(LIST, GOOD, "And two birds?", "Eagle") == pytest.approx(
        (one + other) / 2, abs=1e-4
    )


@pytest.mark.parametrize(("least", "kept"), [(None, True), (0.0, True), (1.0, False)])
def test_what_scores_less_is_rejected_if_asked_for(least, kept):
    found = scored(LIST, GOOD, least=least)
    assert (found.rejected is None) == kept
    assert kept or found.rejected.reason == "low-quality"


def test_a_row_without_an_answer_has_no_score():
    assert scored(LIST).scores == ()


def test_a_bound_that_is_none_is_told():
    with pytest.raises(ConfigError, match="least = 50"):
        ScoreQuality(least=50)


@needs_shared
@pytest.mark.may_skip(reason="reads data that are not part of the repository")
def test_strong_answers_score_more_than_weak_ones_on_pairs_that_were_not_fitted():
    import importlib.util

    spec = importlib.util.spec_from_file_location("quality", ROOT / "benchmarks" / "quality.py")
    benchmark = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(benchmark)
    first, second = benchmark.halves(GENERAL)
    assert {row["pair"] for row in first}.isdisjoint(row["pair"] for row in second)
    assert benchmark.measured(second)["auc"] >= 0.75
    assert benchmark.fitted(first) == {
        name: pytest.approx(told, abs=1e-3) for name, told in _worth.weights().items()
    }
