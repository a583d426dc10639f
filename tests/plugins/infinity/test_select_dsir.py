"""Rows are drawn towards targets: the right ones, as many as were asked for, none lost."""

import json
from collections import Counter

import numpy as np
import pytest
from selecting import alive, chat_of, pool, row, run, sum_of, tasks

from backfeed.engine.conformance import same_requests
from backfeed.engine.methods import dsir
from backfeed.plugin import ConfigError, InputError, NamedScore, Read, Refused
from backfeed.plugins.infinity import _texts
from backfeed.plugins.infinity._drawing import How
from backfeed.plugins.infinity.select_dsir import SelectDsir

SUMS = [sum_of(n) for n in range(1000, 1060)]
CHATS = [chat_of(n) for n in range(1000, 1060)]


@pytest.fixture
def target(tmp_path):
    return tasks(tmp_path / "target", gsm8k=SUMS)


def test_the_rows_that_are_like_the_target_are_chosen(target):
    rows = pool(40, 400)
    found, result = run(SelectDsir(k=40), rows, target=target)
    assert [one.id for one in found] == [one.id for one in rows]
    kept = Counter(name.split()[0] for name in alive(found))
    assert kept == {"sum": 40}
    assert result.metrics["selected/gsm8k"] == result.metrics["wanted/gsm8k"] == 40
    assert 5 * result.metrics["kl_selected/gsm8k"] < result.metrics["kl_random/gsm8k"]
    assert result.metrics["kl_selected/gsm8k"] < result.metrics["kl_pool/gsm8k"]


def test_a_row_that_is_not_chosen_says_its_weight_and_place(target):
    rows = pool(3, 9)
    found, _ = run(SelectDsir(k=3, draw="top", smoothing=0), rows, target=target)
    raw = dsir.spread(dsir.counts(dsir.features([one.instruction for one in rows])))
    ratio = dsir.log_ratio(dsir.spread(dsir.counts(dsir.features(SUMS))), raw)
    weights = dsir.log_weights(dsir.features([one.instruction for one in rows]), ratio)
    places = dsir.ranks(weights, np.ones(12, bool))
    for one, weight, place in zip(found, weights, places, strict=True):
        assert one.scores == (NamedScore("dsir/gsm8k", pytest.approx(weight, abs=1e-6)),)
        if one.rejected is None:
            assert place <= 3
        else:
            assert (one.rejected.stage, one.rejected.reason) == ("select_dsir", "not-selected")
            assert one.rejected.detail == f"gsm8k: log w={weight:.2f}, rank {place} of 12"


def test_a_sample_is_drawn_and_not_only_the_top(target):
    """Of rows that weigh the same, another seed draws others; the same draws the same."""
    rows = [row(str(n), sum_of(7)) for n in range(60)]
    draws = [alive(run(SelectDsir(k=20, seed=n), rows, target=target)[0]) for n in (1, 1, 2)]
    assert draws[0] == draws[1] != draws[2]
    assert {len(one) for one in draws} == {20}
    top = alive(run(SelectDsir(k=20, draw="top"), rows, target=target)[0])
    assert top == [str(n) for n in range(20)]


def test_a_larger_sample_holds_the_smaller_one(target):
    rows = pool(50, 50)
    small, large = (alive(run(SelectDsir(k=k), rows, target=target)[0]) for k in (20, 30))
    assert set(small) < set(large)


def test_targets_share_by_their_size_by_proportions_or_by_number(tmp_path):
    two = tasks(tmp_path / "two", gsm8k=SUMS, chat=CHATS[:20])
    rows = pool(60, 60)

    def selected(**settings):
        metrics = run(SelectDsir(k=40, **settings), rows, target=two)[1].metrics
        return metrics["selected/gsm8k"], metrics["selected/chat"]

    sizes = [len(dsir.features(said).ids) for said in (SUMS, CHATS[:20])]
    first = int(40 * sizes[0] / sum(sizes))
    assert selected() == (first, 40 - first)
    assert selected(proportions={"gsm8k": 1, "chat": 3}) == (10, 30)
    assert selected(quotas={"gsm8k": 7}) == (7, 40)
    assert selected(quotas={"gsm8k": 7, "chat": 0}) == (7, 0)


def test_no_row_is_chosen_twice(tmp_path):
    two = tasks(tmp_path / "two", one=SUMS, other=SUMS)
    found, result = run(SelectDsir(quotas={"one": 30, "other": 30}), pool(50, 0), target=two)
    assert len(alive(found)) == 50
    assert [result.metrics[f"selected/{name}"] for name in ("one", "other")] == [30, 20]


def test_a_target_draws_from_its_domain_and_leaves_the_others(tmp_path):
    two = tasks(tmp_path / "two", gsm8k=SUMS, humaneval=["Write a function that adds numbers."])
    rows = [*pool(20, 20, "math"), *pool(0, 30, "chat"), *pool(0, 10, "code")]
    stage = SelectDsir(share=0.5, domains={"gsm8k": "math", "humaneval": "code", "mmlu": "math"})
    found, result = run(stage, rows, target=two)
    kept = Counter(one.question_type for one in found if one.rejected is None)
    assert kept == {"math": 20, "chat": 30, "code": 5}
    scored = {one.question_type: [score.name for score in one.scores] for one in found}
    assert scored == {"math": ["dsir/gsm8k"], "code": ["dsir/humaneval"], "chat": []}
    assert result.metrics["wanted/humaneval"] == 5


def test_the_pool_of_a_domain_is_its_own(tmp_path):
    """Rows of other domains change no weight."""
    said = tasks(tmp_path / "t", gsm8k=SUMS)
    stage = SelectDsir(k=5, domains={"gsm8k": "math"})
    mine = pool(10, 10, "math")
    alone, beside = (run(stage, rows, target=said)[0] for rows in (mine, [*mine, *pool(0, 9)]))
    assert [one.scores for one in alone] == [one.scores for one in beside[:20]]


def test_short_rows_are_told_apart(target):
    rows = [row("short", "How many pens?"), row("empty", ""), row("long", sum_of(1))]
    found, _ = run(SelectDsir(share=1), rows, target=target)
    assert [one.rejected and (one.rejected.reason, one.rejected.detail) for one in found] == [
        ("too-short", "4 tokens, of 5 at least"), ("too-short", "0 tokens, of 5 at least"), None,
    ]  # fmt: skip
    assert alive(run(SelectDsir(share=1, least_tokens=0), rows, target=target)[0]) == [
        "short", "empty", "long",
    ]  # fmt: skip


def test_the_answer_counts_if_it_is_asked_for(tmp_path):
    said = tasks(tmp_path / "t", gsm8k=["Count."] * 9)
    rows = [row("a", "Say something nice to me.", answer="answer 3 answer 4"),
            row("b", "Say something nice to me.", answer="I would rather not")]  # fmt: skip
    assert alive(run(SelectDsir(k=1, text="both", draw="top"), rows[::-1], target=said)[0]) == ["a"]
    scores = [one.scores[0].value for one in run(SelectDsir(k=1), rows, target=said)[0]]
    assert scores[0] == scores[1]


def test_quotas_that_grew_are_followed(tmp_path, target):
    grown = tmp_path / "quotas"
    rows = pool(60, 60, "math")
    stage = SelectDsir(k=20, domains={"gsm8k": "math"})
    for factors, wanted in (({"math": 1.44}, 29), ({"gsm8k": 1.2, "math": 9}, 24), ({}, 20)):
        grown.write_text(json.dumps({"factors": factors, "rounds": []}))
        metrics = run(stage, rows, target=target, quotas=grown)[1].metrics
        assert metrics["selected/gsm8k"] == wanted


def test_with_smoothing_words_that_the_target_lacks_count_for_less(tmp_path):
    rows = [row("chat", chat_of(1)), row("sum", sum_of(1))]
    few = tasks(tmp_path / "t", gsm8k=SUMS[:2])
    bare, raised, named = (
        [one.scores[0].value for one in run(SelectDsir(smoothing=n), rows, target=few)[0]]
        for n in (0, None, len(dsir.features(SUMS[:2]).ids) / 20_000)
    )
    assert bare[0] < raised[0] < raised[1]
    assert raised == named


def test_the_smoothing_of_a_large_target_is_bounded():
    counts = np.full(dsir.BUCKETS, 100)
    assert How().smooth(counts) == 3
    assert How().smooth(counts // 50) == 1
    assert How(smoothing=0.0).smooth(counts) == 0


def test_it_asks_and_draws_the_same_each_time(target):
    def answer(request):
        if isinstance(request, Read):
            return {"target": target}.get(request.name)
        return request.function(*request.arguments)

    assert same_requests(SelectDsir(k=5), pool(9, 9), answer) == []


def test_without_a_target_all_rows_go_on():
    rows = pool(3, 3)
    found, result = run(SelectDsir(), rows)
    assert (found, result.metrics) == (rows, {})


def test_a_second_selection_renews_the_score(target):
    scored = [one.but(scores=(NamedScore("a", 1.0), NamedScore("dsir/gsm8k", 9.0)))
              for one in pool(4, 4)]  # fmt: skip
    found, _ = run(SelectDsir(share=1), scored, target=target)
    assert {tuple(score.name for score in one.scores) for one in found} == {("a", "dsir/gsm8k")}
    assert all(one.scores[1].value != 9 for one in found)


def test_rows_that_no_worker_could_read_are_rejected(target, monkeypatch):
    """Two at a time go to a worker; the batch that kills it is told, and the others are drawn."""
    monkeypatch.setattr(_texts, "AT_ONCE", 2)
    monkeypatch.setattr(_texts.dsir, "features", broken(dsir.features))
    rows = [*pool(5, 5), row("bad", "BAD words that kill a worker")]
    found, _ = run(SelectDsir(share=1), rows, target=target)
    assert found[-1].rejected.reason == "not-scored"
    assert (found[-1].rejected.detail, found[-1].scores) == ("compute-dies: features", ())
    assert len(alive(found)) == 10


def broken(features):
    def function(texts):
        if any("BAD" in text for text in texts):
            raise Refused("compute-dies", "features")
        return features(texts)

    return function


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"text": "answer"}, "select_dsir.text = 'answer': it is prompt or both"),
        ({"draw": "best"}, "it is sample or top"),
        ({"share": 0}, "give a share"),
        ({"k": -1}, "k = -1: it is 0 or more"),
        ({"quotas": {"gsm8k": -2}}, "gsm8k = -2: it is 0 or more"),
        ({"domains": {"gsm8k": "maths"}}, "gsm8k = 'maths'; there are code, math"),
        ({"fit_grams": 0}, "fit_grams = 0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        SelectDsir(**settings)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"quotas": {"gsm8": 3}}, "names 'gsm8', which is no target: there are gsm8k"),
        ({"proportions": {"math": 1}}, "select_dsir.proportions names 'math'"),
        ({"domains": {"math": "math"}}, "the target 'gsm8k' belongs to no domain"),
    ],
)
def test_settings_that_do_not_fit_the_targets_are_refused(settings, message, target):
    with pytest.raises(ConfigError, match=message):
        run(SelectDsir(**settings), pool(1, 1), target=target)


def test_a_target_that_says_nothing_is_refused(tmp_path):
    with pytest.raises(InputError, match="the target 'gsm8k' has no row with a question"):
        run(SelectDsir(), pool(1, 1), target=tasks(tmp_path / "t", gsm8k=["", " "]))


@pytest.mark.parametrize("text", ["{", '{"factors": {"math": "much"}}', '{"factors": {"a": -1}}'])
def test_quotas_of_another_form_are_refused(tmp_path, target, text):
    (tmp_path / "quotas").write_text(text)
    with pytest.raises(InputError, match="the quotas in quotas"):
        run(SelectDsir(), pool(1, 1), target=target, quotas=tmp_path / "quotas")
