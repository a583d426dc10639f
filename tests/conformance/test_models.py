"""What every model backend keeps, for all that it offers: prompts, embeddings, scores."""

import asyncio
import math
from dataclasses import replace

import msgspec
import pytest
from conformance.answers import Honest, driven
from conformance.everything import can_be_loaded, every, loaded
from conformance.samples import ROWS

from backfeed.engine.answers import Book
from backfeed.engine.contracts import Gather, Service
from backfeed.engine.errors import AskFailed, ConfigError, MissingExtra
from backfeed.engine.identity import canonical
from backfeed.engine.models import _numbers, _prompts
from backfeed.engine.requests import Embed, Prompt, Score, key_of

METHODS = {"service": "model:default", "embedder": "embedder", "scorer": "scorer:default"}
"""What a backend may make, and the desk that it stands at."""
FORMS = {"service": "text", "embedder": _numbers.FORM, "scorer": _numbers.FORM}
ANSWERS = {
    "service": {"text": "{}", "finish": "stop", "in": 0, "out": 0}, "embedder": [0.6, 0.8],
    "scorer": 1.5,
}  # fmt: skip
NUMBERS = {
    "embedder": [Embed("a"), Embed("two words"), Embed("é ☃ 𝄞"), Embed("")],
    "scorer": [
        Score(kind, "Add.", text) for kind in ("loss", "ifd") for text in ("x = 1", "y = x")
    ],
}


def offers(name, method):
    """Does the backend make such a service? Some give no text at all."""
    if not can_be_loaded("models", name):
        return method == "service"  # its test says what is missing
    backend = loaded("models", name)
    return hasattr(backend, method) and (method != "service" or backend.answers != frozenset())


OPT_IN = {"encoder", "transformers", "vllm"}
"""Backends whose packages weigh gigabytes: make test-vllm and test-train try these, elsewhere."""
OFFERED = [
    pytest.param(name, method, marks=[pytest.mark.may_skip] if name in OPT_IN else [])
    for name in every("models")
    for method in METHODS
    if offers(name, method)
]
offered = pytest.mark.parametrize(("name", "method"), OFFERED)


@pytest.fixture(autouse=True)
def no_key(monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def asked(honest: Honest):
    """The prompts that our stages ask of rows, by name: the longest of each."""
    honest.asked.clear()
    for name in every("stages"):
        driven(loaded("stages", name), ROWS, honest)
    found = [request for request in honest.asked if isinstance(request, Prompt)]
    return {one.name: one for one in sorted(found, key=lambda one: len(str(one.fields)))}


@pytest.fixture(scope="module")
def book(tmp_path_factory, asked):
    """An answer book in which a model answered all of them."""
    folder = tmp_path_factory.mktemp("book")

    async def fill():
        made = Book(folder)
        for method, desk in METHODS.items():
            form = _prompts.form("text") if method == "service" else _numbers.content
            noted = {"identity": "someone", "name": "someone", "form": FORMS[method]}
            made.note(desk, msgspec.json.encode(noted).decode())
            kind, wanted = desk.partition(":")[0], NUMBERS.get(method, asked.values())
            keys = [key_of(kind, "someone", form(one)) for one in wanted]
            await made.put_many(kind, {key: {"a": ANSWERS[method]} for key in keys})
        await made.close()

    asyncio.run(fill())
    return folder


@pytest.fixture
def make(name, method, model_server, book):
    """A service of the backend, by the first of these ways that it takes."""
    ways = [("", {}), ("toy", {"base_url": model_server.url}), (str(book), {})]

    def do(**more):
        for model, settings in ways:
            try:
                return getattr(loaded("models", name), method)(model, {**settings, **more})
            except MissingExtra as error:
                pytest.skip(str(error))
            except ConfigError as error:
                refusal = error
        raise refusal

    return do


@pytest.fixture
def mine(name, method, asked):
    """What it can be asked: numbers; or, of the prompts that stages ask, those that it lists."""
    able = loaded("models", name).answers
    listed = [one for one in asked.values() if able is None or one.name in able]
    return NUMBERS.get(method, listed)


def replies(service, prompts, *, at_once=True):
    """The answers to prompts, in one batch or one by one."""

    async def ask():
        batches = [prompts] if at_once else [[one] for one in prompts]
        try:
            return [answer for batch in batches for answer in await service.answer(batch)]
        finally:
            await service.close()

    return asyncio.run(ask())


def closed(service):
    asyncio.run(service.close())
    return service


@pytest.mark.parametrize("name", list(every("models")))
def test_it_lists_what_it_can_answer(name, asked):
    able = loaded("models", name).answers
    assert able is None or (isinstance(able, frozenset) and able <= set(asked))
    assert name in {one.values[0] for one in OFFERED}


@offered
def test_it_makes_a_service(make):
    service = closed(make())
    assert isinstance(service, Service)
    assert isinstance(service.gather, Gather)
    assert min(service.gather.batch, service.gather.parallel, service.gather.deadline_s) > 0


@offered
def test_its_identity_is_its_own_and_stays(make):
    one, other = closed(make()), closed(make())
    assert isinstance(one.identity, str)
    assert one.identity == other.identity != ""


@offered
def test_what_determines_an_answer_is_plain_and_always_the_same(make, mine):
    service = closed(make())
    for request in mine:
        content = service.content(request)
        assert msgspec.to_builtins(content) == content
        assert canonical(service.content(copy(request))) == canonical(content)


@offered
def test_other_words_are_another_request(make, mine):
    service = closed(make())
    for request in mine:
        assert canonical(service.content(other(request))) != canonical(service.content(request))


def copy(request):
    return request.but() if isinstance(request, Prompt) else replace(request)


def other(request):
    """A request with other words."""
    if isinstance(request, Prompt):
        said = {n: "quite_another" for n, told in request.fields.items() if isinstance(told, str)}
        return request.but(fields={**request.fields, **(said or {"turns": [], "labels": []})})
    last = "text" if isinstance(request, Embed) else "answer"
    return replace(request, **{last: "quite another"})


@offered
def test_who_is_asked_is_no_part_of_the_request(make, mine):
    """Roles share their answers where one model stands behind them."""
    service = closed(make())
    for request in mine:
        if isinstance(request, Embed):
            continue  # there is one embedder
        if isinstance(request, Prompt):
            again = request.but(role="someone-else", attempts=9)
        else:
            again = replace(request, role="someone-else")
        assert canonical(service.content(again)) == canonical(service.content(request))


@offered
def test_it_answers_what_it_lists(make, mine):
    assert mine
    for request, answer in zip(mine, replies(make(), mine), strict=True):
        assert isinstance(answer, AskFailed) or msgspec.to_builtins(answer) == answer
        if isinstance(request, Prompt) and not isinstance(answer, AskFailed):
            assert {"text", "finish"} <= answer.keys()
        if isinstance(request, Embed):
            assert math.hypot(*answer) == pytest.approx(1, abs=1e-4)
        if isinstance(request, Score):
            assert answer == float(f"{answer:.5g}")


@offered
def test_an_answer_does_not_depend_on_its_batch(make, mine):
    assert replies(make(), mine) == replies(make(), mine, at_once=False)


@offered
def test_a_setting_that_it_does_not_know_is_refused(make):
    with pytest.raises(ConfigError):
        make(no_such_setting=1)
