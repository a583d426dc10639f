"""Embeddings from an endpoint: many texts in one request, in order, retried, paid."""

import asyncio
import json
import math
from dataclasses import dataclass

import pytest
from stub_model import Reply, run
from stub_numbers import numbers, vector
from verbs import codes

from backfeed.engine.errors import ConfigError, Outage, Refused, ServiceRefusal, Unreachable
from backfeed.engine.ledger import Ledger
from backfeed.engine.models import openai
from backfeed.engine.records import NamedScore
from backfeed.engine.requests import Embed


@dataclass(frozen=True)
class Look:
    """Puts the first number of a row's embedding into its scores."""

    version: int = 1

    def each(self, sample):
        found = yield from Embed(sample.code)
        return [sample.but(scores=(NamedScore("first", found[0]),))]


def embedder(stub, **settings):
    return openai.PLUGIN.embedder("toy", {"base_url": stub.url, **settings})


def answers(made, *texts):
    """What the service says to all texts at once, without a desk."""

    async def main():
        try:
            return await made.answer([Embed(text) for text in texts])
        finally:
            await made.close()

    return asyncio.run(main())


def looked(tmp_path, made, samples=40):
    """A run that embeds each row's code."""
    ran = run(tmp_path, {"embedder": made}, samples=samples, stages=[Look()])
    return ran, [row.scores[0].value for row in ran.corpus()]


def first(text):
    found = vector(text)
    return round(found[0] / math.hypot(*found), 6)


def test_one_request_for_many_texts_and_each_gets_its_own_vector(stub):
    texts = ["a", "some words here", "ä\n"]
    found = answers(embedder(stub), *texts)
    assert [one[0] for one in found] == [first(text) for text in texts]
    assert stub.asked == [{"model": "toy", "input": texts}]


def test_vectors_have_norm_one(stub):
    [found] = answers(embedder(stub), "many words of a text")
    assert math.hypot(*found) == pytest.approx(1, abs=1e-5)


def test_settings_are_sent_and_stand_in_the_identity(stub):
    made = embedder(stub, dimensions=256, extra={"truncate": True})
    answers(made, "a")
    assert {"dimensions": 256, "truncate": True}.items() <= stub.asked[0].items()
    assert made.identity != embedder(stub, extra={"truncate": True}).identity
    assert made.identity != embedder(stub, dimensions=256).identity
    assert embedder(stub, batch=2, parallel=3).identity == embedder(stub).identity


@pytest.mark.parametrize("batch", [1, 7, 64])
def test_an_answer_does_not_depend_on_its_batch(stub, tmp_path, batch):
    _, found = looked(tmp_path, embedder(stub, batch=batch))
    assert found == [first(f"code {n}") for n in range(40)]
    sizes = [len(body["input"]) for body in stub.asked]
    assert (sum(sizes), max(sizes)) == (40, min(batch, 40))


def test_a_second_run_asks_nothing(stub, tmp_path):
    looked(tmp_path, embedder(stub))
    count = len(stub.asked)
    (tmp_path / ".work").rename(tmp_path / "gone")
    ran, found = looked(tmp_path, embedder(stub))
    assert (len(stub.asked), len(found)) == (count, 40)
    assert ran.report.asked["embedder"] == {"known": 40}


@pytest.mark.parametrize("status", [0, 429, 500, 503])
def test_what_the_world_does_is_retried(stub, tmp_path, status):
    fault = Reply(status=status, cut=not status, headers={"Retry-After": "0.01"})
    stub.script = lambda body, number: fault if number < 2 else numbers(body)
    _, found = looked(tmp_path, embedder(stub))
    assert found == [first(f"code {n}") for n in range(40)]


def test_a_text_that_is_too_long_is_told_from_the_others_of_its_batch(stub, tmp_path):
    def script(body, _number):
        if any("bad" in text for text in body["input"]):
            return Reply(status=413, error={"error": "input is too long"})
        return numbers(body)

    stub.script = script
    ran, found = looked(tmp_path, embedder(stub), codes("a", "bb", "bad", "cccc"))
    assert found == [first(text) for text in ("a", "bb", "cccc")]
    assert ran.reasons() == ["too-long"]


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (404, "Not Found"),
        (405, "Method Not Allowed"),
        (501, "This server does not support embeddings. Start it with `--embeddings`"),
        (400, "The model does not support Embeddings API"),
    ],
)
def test_a_server_without_embeddings_is_the_callers_mistake(stub, tmp_path, status, message):
    stub.script = lambda *_: Reply(status=status, error={"error": {"message": message}})
    with pytest.raises(ConfigError) as told:
        looked(tmp_path, embedder(stub))
    assert message in str(told.value)
    assert "the role embedder asks for /embeddings" in str(told.value)
    assert "--model embedder=hashing" in str(told.value)


def test_a_wrong_key_is_no_question_of_what_is_offered(stub, tmp_path):
    stub.script = lambda *_: Reply(status=401)
    with pytest.raises(ServiceRefusal, match=r"check OPENAI_API_KEY$"):
        looked(tmp_path, embedder(stub))


@pytest.mark.parametrize(
    "data",
    [
        [],
        [{"index": 0, "embedding": [1.0]}],
        [{"index": 0, "embedding": [1.0]}] * 2,
        [{"index": 0}, {"index": 1}],
        "none",
    ],
)
def test_a_reply_that_does_not_fit_is_an_accident(stub, data):
    stub.script = lambda *_: Reply(raw=json.dumps({"data": data}).encode())
    with pytest.raises(Outage, match="/embeddings"):
        answers(embedder(stub), "a", "b")


def test_an_address_where_nobody_is_ends_the_run(tmp_path):
    made = openai.PLUGIN.embedder("toy", {"base_url": "http://127.0.0.1:9", "start_s": 0.5})
    with pytest.raises(Unreachable, match="cannot be reached: Connection refused; it was tried"):
        looked(tmp_path, made, samples=100)


def test_a_vector_without_direction_is_refused(stub):
    data = [{"index": 0, "embedding": [0.0, 0.0]}]
    stub.script = lambda *_: Reply(raw=json.dumps({"data": data}).encode())
    [found] = answers(embedder(stub), "a")
    assert isinstance(found, Refused)
    assert found.reason == "no-embedding"


def test_embeddings_are_paid_by_their_role(stub, tmp_path):
    made = embedder(stub, usd_per_million_in=1000.0, usd_per_million_out=0.0)
    ran, _ = looked(tmp_path, made, codes("ten chars!", "20 chars 20 chars 20"))
    assert ran.report.spent["roles"]["embedder"]["tokens_in"] == 30
    assert ran.report.spent["usd"] == pytest.approx(0.03)


def test_a_limit_of_money_needs_a_price(stub):
    with pytest.raises(ConfigError, match="the price of openai:toy is not known"):
        embedder(stub).pay_from(Ledger(1.0))


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"batch": 0}, "batch = 0"),
        ({"dimensions": -1}, "dimensions = -1"),
        ({"bach": 1}, "'batch'"),
    ],
)
def test_a_wrong_setting_is_refused_before_work(stub, settings, told):
    with pytest.raises(ConfigError, match=told):
        embedder(stub, **settings)
