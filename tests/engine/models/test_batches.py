"""The batch API: one file, one batch, and what comes of each line; nothing is paid twice."""

import json

import pytest
from stub_batches import StubBatches
from stub_model import Reply, good, run, service

from backfeed.engine.errors import ConfigError, ServiceRefusal
from backfeed.engine.models import _batching

PRICES = {"usd_per_million_in": 100.0, "usd_per_million_out": 100.0}


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(_batching, "FIRST_LOOK_S", 0.02)


@pytest.fixture
def batches():
    with StubBatches(good) as stub:
        yield stub


def batched(url, **settings):
    return service(url, **{"mode": "batch", "batch_share": 0.5, **PRICES, **settings})


def notes(folder):
    return [json.loads(path.read_bytes()) for path in (folder / "batches").iterdir()]


def test_all_that_is_gathered_is_one_batch(batches, tmp_path):
    batches.looks = 3
    batches.script = lambda body, _: Reply(json.dumps({"title": str(len(str(body))), "score": 1}))
    ran = run(tmp_path, batched(batches.url), samples=40)
    assert len(batches.made) == 1
    assert (len(batches.asked), len(ran.texts())) == (40, 40)
    live = run(tmp_path / "live", service(batches.url), samples=40)
    assert ran.texts() == live.texts()  # each reply is its own row's, whatever their order
    assert "response_format" in batches.asked[0]


def test_it_costs_its_share_of_the_price(batches, tmp_path):
    batches.script = lambda *_: Reply(used=(1000, 100))
    ran = run(tmp_path, batched(batches.url, max_tokens=100), samples=10, usd=5.0)
    assert ran.report.spent["usd"] == pytest.approx(10 * 0.11 / 2)
    assert (ran.report.spent["requests"], ran.report.spent["lost_usd"]) == (10, 0)
    assert ran.report.stopped == ""


def test_the_whole_batch_is_reserved_before_it_is_made(batches, tmp_path):
    made = batched(batches.url, max_tokens=100)
    with pytest.raises(ConfigError, match="a single request may cost"):
        run(tmp_path, made, samples=10, usd=0.1)
    assert (batches.made, batches.files) == ({}, {})


def test_each_line_is_judged_as_a_reply_is(batches, tmp_path):
    long = {"error": {"message": "this is too long", "code": "context_length_exceeded"}}
    kinds = [Reply(), Reply("no JSON"), Reply(status=400, error=long), Reply(cut=True)]

    def script(body, number):
        return kinds[number % 4] if number < 8 else Reply()

    batches.script = script
    ran = run(tmp_path, batched(batches.url), samples=8)
    assert (len(ran.texts()), ran.reasons()) == (6, ["too-long", "too-long"])
    assert len(batches.asked) == 8 + 4  # the bad reply and the one that came to nothing, again
    assert ran.report.spent["requests"] == 4 + 4


def test_a_run_that_was_cut_short_finds_its_batch_again(batches, tmp_path):
    batches.looks = 10**9
    made = batched(batches.url)
    run_cut(tmp_path, made)
    assert len(batches.made) == 1
    batches.looks = 1
    ran = run(tmp_path, batched(batches.url), samples=20)
    assert (len(ran.texts()), len(batches.made), len(batches.asked)) == (20, 1, 20)
    spent = ran.report.spent
    assert (spent["requests"], spent["lost_usd"]) == (20, pytest.approx(0, abs=1e-9))
    assert spent["usd"] == pytest.approx(20 * 15e-4 / 2)


def run_cut(folder, made):
    """A run that a limit of time ends while its batch is not done."""
    import backfeed.engine.pulse as pulse

    before, pulse.GRACE_S = pulse.GRACE_S, 0.1
    try:
        with pytest.raises(Exception, match="limit of hours"):
            run(folder, made, samples=20, hours=1.5 / 3600)
    finally:
        pulse.GRACE_S = before


def test_a_batch_that_was_made_unknown_to_us_is_found_by_its_file(batches, tmp_path):
    batches.looks = 10**9
    run_cut(tmp_path, batched(batches.url))
    [path] = (tmp_path / "batches").iterdir()
    note = json.loads(path.read_bytes())
    path.write_text(json.dumps({**note, "id": ""}))  # killed before the answer came
    batches.looks = 1
    ran = run(tmp_path, batched(batches.url), samples=20)
    assert (len(ran.texts()), len(batches.made)) == (20, 1)


def test_what_came_is_fetched_again_and_not_paid_again(batches, tmp_path):
    """The book was lost, or never had the answers: the output is still there."""
    import shutil

    first = run(tmp_path, batched(batches.url), samples=5)
    shutil.rmtree(tmp_path / ".work")
    shutil.rmtree(tmp_path / "answers")
    again = run(tmp_path, batched(batches.url), samples=5)
    assert (again.texts(), again.report.spent) == (first.texts(), first.report.spent)
    assert (len(batches.made), len(batches.asked)) == (1, 5)
    assert [note["paid"] for note in notes(tmp_path)] == [True]


def test_an_endpoint_without_batches_is_refused_with_the_remedy(server, tmp_path):
    with pytest.raises(ConfigError, match=r'leave out mode = "batch"'):
        run(tmp_path, batched(server.url), samples=3)


def test_a_batch_that_fails_as_a_whole_says_why(batches, tmp_path):
    batches.status = "failed"
    with pytest.raises(ServiceRefusal, match="refuses the batch batch_0: the model is unknown"):
        run(tmp_path, batched(batches.url), samples=3)
    batches.status = "completed"
    assert len(run(tmp_path, batched(batches.url), samples=3).texts()) == 3


def test_what_an_expired_batch_did_not_come_to_is_asked_again(batches, tmp_path):
    batches.status = "expired"
    batches.script = lambda _, number: Reply(cut=number < 3)
    ran = run(tmp_path, batched(batches.url), samples=10)
    assert (len(ran.texts()), ran.report.spent["requests"]) == (10, 10)


def test_a_server_that_fails_for_a_while_does_not_lose_a_batch(batches, tmp_path):
    batches.looks, batches.faults = 2, [500, 503, 500]
    ran = run(tmp_path, batched(batches.url), samples=5)
    assert (len(ran.texts()), len(batches.made)) == (5, 1)


def test_the_answers_are_the_same_as_those_of_single_requests():
    live, sent = service("http://h/v1"), batched("http://h/v1")
    assert live.identity == sent.identity


def test_several_addresses_have_no_batch():
    with pytest.raises(ConfigError, match="needs one address"):
        batched(["http://a/v1", "http://b/v1"])
