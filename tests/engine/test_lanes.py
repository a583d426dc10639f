"""Lanes: order, fan-out, facts and accidents, and stages with bugs."""

import asyncio
import random

import pytest
from verbs import (
    By,
    Do,
    Double,
    Measure,
    codes,
    fails_first,
    length,
    many,
    raises,
    run,
    step,
    stream,
)

from backfeed.engine.errors import (
    AskFailed,
    BackfeedError,
    ConfigError,
    InputError,
    Outage,
    Refused,
)
from backfeed.engine.requests import Embed, Job


def ask_code(sample):
    yield from Embed(sample.code)
    return [sample]


def test_commits_are_in_the_order_of_the_input():
    rng = random.Random(1)
    slow = By(lambda _: asyncio.sleep(rng.random() / 100, 1), parallel=20)
    assert stream(many(60), Do(ask_code), service=slow).codes == [s.code for s in many(60)]


def test_children_stand_where_their_parent_stood():
    found = stream(codes("a", "b"), Double(), Double(), Measure())
    assert found.codes == ["a", "a'", "a'", "a''", "b", "b'", "b'", "b''"]


def test_what_is_rejected_goes_no_further():
    found = stream(codes("a", "bbb"), Measure(2), Double())
    assert found.codes == ["a", "bbb", "bbb'"]
    assert found.reasons == ["short", "", ""]
    assert found.results[0].tallies.plain().keys() == {"measure"}


def test_a_stage_may_be_a_plain_function():
    assert stream(codes("a"), Do(lambda sample: sample.but(code="b"))).codes == ["b"]


def test_a_fact_is_thrown_into_the_stage():
    def catches(sample):
        try:
            yield from Embed(sample.code)
        except AskFailed as failure:
            return [sample.but(code=failure.reason)]

    assert stream(codes("a"), Do(catches), service=By(raises(Refused("no")))).codes == ["no"]


def test_a_fact_that_a_stage_lets_pass_rejects_its_sample():
    found = stream(codes("a", "b"), Do(ask_code), service=By(raises(Refused("no", "why"), at="a")))
    assert found.reasons == ["no", ""]
    assert found.samples[0].rejected.detail == "why"


def dies(sample):
    raise KeyError(sample.code)
    yield


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (dies, "KeyError"),
        (lambda _: 1 / 0, "ZeroDivisionError"),
        (lambda _: [], "PluginFault"),
        (lambda _: None, "PluginFault"),
        (lambda _: ["text"], "PluginFault"),
        (lambda s: (yield s.code), "PluginFault"),
        (lambda s: (yield from Embed(object())), "TypeError"),
    ],
)
def test_a_bug_of_a_stage_rejects_its_sample_and_is_told(function, name, capfd):
    found = stream(codes("a"), Do(function), Measure())
    assert found.reasons == [f"error:do:{name}"]
    assert f"error:do:{name}" in capfd.readouterr().err


def test_a_bug_is_told_once(capfd):
    stream(many(10), Do(dies))
    assert capfd.readouterr().err.count("error:do:KeyError") == 1


def test_an_accident_leaves_its_sample_unfinished():
    found = stream(codes("a", "b", "c"), Double(), Do(ask_code), service=By(poison("b'")))
    assert found.codes == ["a", "a'", "c", "c'"]
    sample, why = found.results[1].unfinished
    assert (sample.code, why) == ("b", "no")
    assert found.whole


def poison(text):
    return raises(Outage("no"), at=text)


def test_an_accident_is_not_thrown_into_a_stage():
    def catches_all(sample):
        try:
            yield from Embed(sample.code)
        except BackfeedError:
            return [sample.no("do", "caught")]
        return [sample]

    found = stream(codes("a", "b"), Do(catches_all), service=By(poison("b")))
    assert found.codes == ["a"]
    assert found.results[1].unfinished is not None


def test_the_next_run_asks_only_what_is_missing(tmp_path):
    samples, first = many(20), By(poison("code 7"), parallel=9)
    stream(samples, Do(ask_code), service=first, book=tmp_path)
    second = By(length)
    assert stream(samples, Do(ask_code), service=second, book=tmp_path).whole
    assert second.batches == [["code 7"]]


def test_the_generator_of_a_dead_lane_is_closed():
    closed = []

    def tidy(sample):
        try:
            yield from Embed(sample.code)
        finally:
            closed.append(sample.code)
        return [sample]

    stream(codes("a", "b"), Do(tidy), service=By(poison("b")))
    assert closed == ["a", "b"]


def test_a_stage_that_asks_while_it_is_closed_makes_no_row_of_an_accident():
    def untidy(sample):
        try:
            yield from Embed(sample.code)
        finally:
            yield from Embed("more")
        return [sample]

    found = stream(codes("a", "b"), Do(untidy), service=By(poison("b")))
    assert found.codes == ["a"]
    assert found.results[1].unfinished[1] == "no"
    assert "error:do:closing" in found.engine.bugs


def then_fail(samples):
    yield from samples
    raise InputError("the rest cannot be read")


def test_a_source_that_fails_ends_the_run_and_what_is_paid_is_stored(tmp_path):
    service = By(lambda _: asyncio.sleep(0.02, 1), parallel=9)
    with pytest.raises(InputError):
        stream(then_fail(many(5)), Do(ask_code), service=service, book=tmp_path, window=2)
    again = By(length)
    stream(many(4), Do(ask_code), service=again, book=tmp_path)
    assert again.batches == []


@pytest.mark.parametrize("window", [1, 2, 7, 50])
def test_the_window_bounds_what_runs(window):
    running = set()

    def counts(sample):
        running.add(sample.code)
        assert len(running) <= window
        yield from Embed(sample.code)
        running.discard(sample.code)
        return [sample]

    assert stream(many(60), Do(counts), window=window).codes == [s.code for s in many(60)]


def test_a_long_row_waits_until_there_is_room(monkeypatch):
    monkeypatch.setattr("backfeed.engine.flow.PAYLOAD_BYTES", 1000)
    service = By(lambda _: asyncio.sleep(0, 1), parallel=99)
    stream(codes(*(f"{n}" * 600 for n in range(9))), Do(ask_code), service=service)
    assert service.most <= 2


def test_a_commit_that_says_stop_leaves_a_prefix():
    found = stream(many(50), Do(ask_code), stop_after=7)
    assert found.codes == [sample.code for sample in many(7)]
    assert not found.whole


def test_a_service_that_the_run_lacks_is_the_callers_mistake():
    def wants(sample):
        yield from Job()

    with pytest.raises(ConfigError, match="'sandbox'; this run has: embedder"):
        stream(codes("a"), Do(wants))


def test_a_service_that_comes_back_finishes_every_sample(tmp_path):
    service = By(fails_first(Outage("no"), 12), parallel=4)
    assert run(tmp_path, step(Measure()), samples=many(9), service=service).report.complete
