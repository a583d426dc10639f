"""Requests: what is in their keys, how they are asked, and how answers come back."""

from dataclasses import dataclass

import pytest
from verbs import codes

from backfeed.engine.errors import AskFailed, InvalidReply, Refused
from backfeed.engine.records import File
from backfeed.engine.requests import (
    CodeCheck,
    Compute,
    Embed,
    Job,
    Limits,
    Outcome,
    Prompt,
    Read,
    Score,
    ask_valid,
    key_of,
    over,
    rejoined,
    together,
)


@dataclass
class Problem:
    title: str
    score: int


def key(request, service="sandbox", identity="x"):
    return key_of(service, identity, request.content())


@pytest.mark.parametrize(
    ("request_", "content"),
    [
        (Job(), {}),
        (Job(stdin=""), {}),
        (Job(command=("python", "a.py")), {"command": ("python", "a.py")}),
        (Job(limits=Limits()), {}),
        (Job(limits=Limits(cpu_s=1)), {"limits": Limits(cpu_s=1)}),
        (CodeCheck("go", "x"), {"language": "go", "code": "x"}),
        (Embed(""), {}),
    ],
)
def test_what_is_default_is_not_in_the_key(request_, content):
    assert request_.content() == content


@pytest.mark.parametrize(
    "other",
    [
        Job(command=("a",), stdin="1"),
        Job(command=("a",), files=(File("x", ""),)),
        Job(command=("a",), limits=Limits(memory_mb=1)),
        Job(command=("a",), report=True),
        Job(command=("a",), variables=(("A", "1"),)),
    ],
)
def test_every_field_is_in_the_key(other):
    assert key(other) != key(Job(command=("a",)))


def test_a_key_names_who_answers_but_no_role():
    job = Job(command=("a",))
    assert key(job, identity="x") != key(job, identity="y")
    assert key(job, "model:strong") == key(job, "model:default")
    assert key(job, "model") != key(job, "sandbox")


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (Prompt("p", code="a"), Prompt("p", code="b")),
        (Prompt("p", code="a"), Prompt("q", code="a")),
        (Prompt("p", code="a"), Prompt("p", code="a", reply=Problem)),
        (Prompt("p", code="a"), Prompt("p", code="a").but(draw="1")),
        (Prompt("p", code="a"), Prompt("p", code="a").but(attempt=1)),
    ],
)
def test_prompts_that_differ(one, two):
    assert key(one) != key(two)


def test_prompts_that_do_not_differ_for_the_model():
    assert key(Prompt("p", code="a")) == key(Prompt("p", role="strong", attempts=9, code="a"))


@pytest.mark.parametrize(
    ("request_", "desks"),
    [
        (Job(), ("sandbox",)),
        (CodeCheck("go"), ("analyzer:go", "analyzer")),
        (Prompt("p", role="judge"), ("model:judge", "model:default")),
        (Score(role="judge"), ("scorer:judge", "scorer:default")),
        (Compute(), ("compute",)),
        (Read("x"), ("artefacts",)),
    ],
)
def test_who_answers(request_, desks):
    assert request_.desks() == desks


def test_an_outcome_comes_back_as_a_record():
    answer = {"verdict": "AC", "exit_code": 0, "stdout": "1\n"}
    assert rejoined(Job(), lambda _: answer) == Outcome("AC", 0, stdout="1\n")


GOOD = '{"title": "t", "score": 3}'


@pytest.mark.parametrize("text", [GOOD, f"```json\n{GOOD}\n```", f"  {GOOD}\n", GOOD[:-2] + '"3"}'])
def test_a_reply_is_read_as_its_type(text):
    assert rejoined(Prompt("p", reply=Problem), lambda _: {"text": text}) == Problem("t", 3)


def test_without_a_type_the_reply_is_its_text():
    assert rejoined(Prompt("p"), lambda _: {"text": "hello"}) == "hello"


def test_an_invalid_reply_is_asked_again_with_the_complaint():
    asked = []

    def answer(prompt):
        asked.append(prompt)
        return {"text": GOOD if prompt.attempt == 2 else "{}"}

    assert rejoined(ask_valid(Prompt("p", reply=Problem)), answer) == Problem("t", 3)
    assert [prompt.attempt for prompt in asked] == [0, 1, 2]
    assert ["title" in prompt.complaint for prompt in asked] == [False, True, True]


def test_after_the_last_attempt_the_reply_is_a_fact():
    with pytest.raises(InvalidReply, match="invalid-reply"):
        rejoined(Prompt("p", reply=Problem, attempts=2), lambda _: {"text": "{}"})


def test_together_answers_in_the_order_asked():
    parts = [Embed("a"), ask_valid(Prompt("p")), Embed("ccc")]
    answers = rejoined(together(parts), lambda r: {"text": getattr(r, "text", "b")})
    assert answers == [{"text": "a"}, "b", {"text": "ccc"}]


def refuse_a(request):
    if request.text == "a":
        raise Refused("no-a")
    return len(request.text)


def test_over_answers_every_row_and_keeps_refusals():
    found = rejoined(over(codes("a", "bb"), lambda row: Embed(row.code)), refuse_a)
    assert [str(item) for item in found] == ["no-a", "2"]


def test_a_refusal_is_thrown_into_the_stage():
    def stage():
        try:
            return (yield from Embed("a"))
        except AskFailed as failure:
            return failure.reason

    assert rejoined(stage(), refuse_a) == "no-a"


def test_what_asks_nothing_is_its_own_answer():
    assert rejoined(["plain"], refuse_a) == ["plain"]
