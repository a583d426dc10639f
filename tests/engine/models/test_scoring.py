"""Losses and IFD from an endpoint: by hand, and what a server without them is told."""

import asyncio
import json
import math

import pytest
from stub_model import Reply
from stub_numbers import completions, logprobs

from backfeed.engine.errors import ConfigError, Outage, Refused
from backfeed.engine.ledger import Ledger
from backfeed.engine.models import _losses, openai
from backfeed.engine.requests import Score

PROMPT, ANSWER = "Write a sum.", "def f(a): return sum(a)"


def scorer(stub, **settings):
    return openai.PLUGIN.scorer("toy", {"base_url": stub.url, **settings})


def answers(made, *requests):
    """What the service says, without a desk."""

    async def main():
        try:
            return await made.answer(list(requests))
        finally:
            await made.close()

    return asyncio.run(main())


def mean(numbers):
    return -sum(numbers) / len(numbers)


AFTER = mean(logprobs(f"{PROMPT}\n\n{ANSWER}")[-4:])
ALONE = mean(logprobs(ANSWER)[1:])


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("loss", AFTER),
        ("loss_alone", ALONE),
        ("ifd", AFTER / ALONE),
        ("ifd_ppl", math.exp(AFTER) / math.exp(ALONE)),
    ],
)
def test_scores_as_by_hand(stub, kind, expected):
    [found] = answers(scorer(stub), Score(kind, PROMPT, ANSWER))
    assert found == float(f"{expected:.5g}")
    assert AFTER != ALONE


def test_only_tokens_of_the_answer_count(stub):
    """Four tokens stand before the four of the answer; theirs would change the loss."""
    told = logprobs(f"{PROMPT}\n\n{ANSWER}")
    assert len(told) == 8
    assert mean(told[1:]) != pytest.approx(AFTER)


def test_texts_go_in_one_request_without_a_token_to_generate(stub):
    answers(scorer(stub), Score("ifd", PROMPT, ANSWER))
    [body] = stub.asked
    assert body["prompt"] == [f"{PROMPT}\n\n{ANSWER}", f"{PROMPT}\n\n", ANSWER]
    assert {"echo": True, "logprobs": 1, "max_tokens": 0, "model": "toy"}.items() <= body.items()


def test_the_answer_alone_is_asked_once_whatever_the_prompt(stub):
    made = scorer(stub)
    answers(made, Score("loss_alone", PROMPT, ANSWER))
    assert stub.asked[0]["prompt"] == [ANSWER]
    alone = made.content(Score("loss_alone", "", ANSWER))
    assert made.content(Score("loss_alone", PROMPT, ANSWER)) == alone


def test_without_a_prompt_the_answer_stands_alone(stub):
    loss, ifd = answers(scorer(stub), Score("loss", "", ANSWER), Score("ifd", "", ANSWER))
    assert (loss, ifd) == (float(f"{ALONE:.5g}"), 1.0)
    assert [body["prompt"] for body in stub.asked] == [[ANSWER], [ANSWER]]


def test_the_template_joins_and_stands_in_the_identity(stub):
    made = scorer(stub, template="Q: {prompt} {x}\nA: {answer}")
    answers(made, Score("loss", "{answer}", ANSWER))
    assert stub.asked[0]["prompt"][0] == "Q: {answer} {x}\nA: " + ANSWER
    assert made.identity != scorer(stub).identity


@pytest.mark.parametrize(
    "template", ["{answer}", "{prompt}", "{answer}{prompt}", "{prompt}{answer}."]
)
def test_a_template_without_both_is_refused_before_work(stub, template):
    with pytest.raises(ConfigError, match=r"must hold \{prompt\} and end in \{answer\}"):
        scorer(stub, template=template)


@pytest.mark.parametrize(("answer", "prompt"), [("", "a prompt"), ("word", "")])
def test_an_answer_without_a_known_token_is_refused(stub, answer, prompt):
    [found] = answers(scorer(stub), Score("loss", prompt, answer))
    assert isinstance(found, Refused)
    assert found.reason == "no-score"


def test_a_difficulty_over_nothing_is_refused():
    asked = _losses.Asked(_losses.Template("{prompt}{answer}"), Score("ifd", "p", "a b"))
    found = asked.score({"pa b": [None, -1.0, -1.0], "p": [None], "a b": [None, 0.0]})
    assert isinstance(found, Refused)


def test_an_unknown_kind_is_the_callers_mistake(stub):
    with pytest.raises(
        ConfigError, match=r"gives no score 'reward': it knows loss, loss_alone, ifd"
    ):
        answers(scorer(stub), Score("reward", PROMPT, ANSWER))


def given(*told):
    choices = [{"index": n, "logprobs": one} for n, one in enumerate(told)]
    return Reply(raw=json.dumps({"choices": choices}).encode())


@pytest.mark.parametrize(
    "reply",
    [
        given(None, None),
        given({"token_logprobs": []}, {"token_logprobs": []}),
        given({"token_logprobs": [-1.0, -2.0]}, {"token_logprobs": [-1.0]}),
        Reply(status=404),
        Reply(status=400, error={"message": "The model does not support Completions API"}),
    ],
    ids=["no-logprobs", "nothing", "no-echo", "no-address", "no-completions"],
)
def test_a_server_without_them_is_the_callers_mistake(stub, reply):
    stub.script = lambda *_: reply
    with pytest.raises(ConfigError) as told:
        answers(scorer(stub), Score("loss", PROMPT, ANSWER))
    assert "the role scorer asks for /completions with echo and logprobs" in str(told.value)
    assert "--model scorer=openai:NAME --base-url URL" in str(told.value)


def test_too_few_choices_are_an_accident(stub):
    stub.script = lambda *_: given({"token_logprobs": [None, -1.0]})
    with pytest.raises(Outage, match="one choice for each text"):
        answers(scorer(stub), Score("loss", PROMPT, ANSWER))


def test_a_text_that_is_too_long_is_refused(stub):
    stub.script = lambda *_: Reply(status=400, error={"message": "maximum context length is 9"})
    with pytest.raises(Refused, match="too-long"):
        answers(scorer(stub), Score("loss", PROMPT, ANSWER))


def test_scores_are_paid_by_their_role(stub):
    made, ledger = scorer(stub, usd_per_million_in=1e6, usd_per_million_out=0.0), Ledger()
    made.pay_from(ledger)
    answers(made, Score("loss", PROMPT, ANSWER))
    assert ledger.accounts["scorer"].tokens_in == 8 + 4
    assert made.spent_usd == pytest.approx(12)


def test_the_role_is_no_part_of_the_key(stub):
    made = scorer(stub)
    one = made.content(Score("ifd", PROMPT, ANSWER, role="student_a"))
    assert one == made.content(Score("ifd", PROMPT, ANSWER))
    assert one == {"kind": "ifd", "prompt": PROMPT, "answer": ANSWER}


def test_the_server_of_these_tests_puts_choices_last_first(stub):
    """So order is kept by us."""
    raw = json.loads(completions({"prompt": ["a b", "c"]}).raw)
    assert [one["index"] for one in raw["choices"]] == [1, 0]
