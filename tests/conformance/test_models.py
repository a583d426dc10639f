"""What every model backend keeps."""

import asyncio

import msgspec
import pytest
from conformance.answers import Honest, driven
from conformance.everything import every, loaded
from conformance.samples import ROWS

from backfeed.engine.answers import Book
from backfeed.engine.contracts import Gather, Service
from backfeed.engine.errors import AskFailed, ConfigError, MissingExtra
from backfeed.engine.identity import canonical
from backfeed.engine.models import _prompts
from backfeed.engine.requests import Prompt, key_of

pytestmark = pytest.mark.parametrize("name", list(every("models")))


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
        form = _prompts.form("text")
        answer = {"a": {"text": "{}", "finish": "stop", "in": 0, "out": 0}}
        keys = [key_of("model", "someone", form(one)) for one in asked.values()]
        noted = {"identity": "someone", "name": "someone", "form": "text"}
        await made.put_many("model", dict.fromkeys(keys, answer))
        made.note("model:default", msgspec.json.encode(noted).decode())
        await made.close()

    asyncio.run(fill())
    return folder


@pytest.fixture
def make(name, model_server, book):
    """A service of the backend, by the first of these ways that it takes."""
    ways = [("", {}), ("toy", {"base_url": model_server.url}), (str(book), {})]

    def do(**more):
        for model, settings in ways:
            try:
                return loaded("models", name).service(model, {**settings, **more})
            except MissingExtra as error:
                pytest.skip(str(error))
            except ConfigError as error:
                refusal = error
        raise refusal

    return do


@pytest.fixture
def mine(name, asked):
    """The prompts that the backend says it can answer, out of those that are asked."""
    able = loaded("models", name).answers
    return [one for one in asked.values() if able is None or one.name in able]


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


def test_it_lists_what_it_can_answer(name, asked):
    able = loaded("models", name).answers
    assert able is None or (isinstance(able, frozenset) and able <= set(asked))


def test_it_makes_a_service(make):
    service = closed(make())
    assert isinstance(service, Service)
    assert isinstance(service.gather, Gather)
    assert min(service.gather.batch, service.gather.parallel, service.gather.deadline_s) > 0


def test_its_identity_is_its_own_and_stays(make):
    one, other = closed(make()), closed(make())
    assert isinstance(one.identity, str)
    assert one.identity == other.identity != ""


def test_what_determines_an_answer_is_plain_and_always_the_same(make, mine):
    service = closed(make())
    for prompt in mine:
        content = service.content(prompt)
        assert msgspec.to_builtins(content) == content
        assert canonical(service.content(prompt.but())) == canonical(content)


def test_other_words_are_another_request(make, mine):
    service = closed(make())
    for prompt in mine:
        other = prompt.but(fields={**prompt.fields, "entry_point": "quite_another"})
        assert canonical(service.content(other)) != canonical(service.content(prompt))


def test_who_is_asked_is_no_part_of_the_request(make, mine):
    """Roles share their answers where one model stands behind them."""
    service = closed(make())
    for prompt in mine:
        other = prompt.but(role="someone-else", attempts=9)
        assert canonical(service.content(other)) == canonical(service.content(prompt))


def test_it_answers_what_it_lists(make, mine):
    assert mine
    for answer in replies(make(), mine):
        assert isinstance(answer, AskFailed) or {"text", "finish"} <= answer.keys()
        assert isinstance(answer, AskFailed) or msgspec.to_builtins(answer) == answer


def test_an_answer_does_not_depend_on_its_batch(make, mine):
    assert replies(make(), mine) == replies(make(), mine, at_once=False)


def test_a_setting_that_it_does_not_know_is_refused(make):
    with pytest.raises(ConfigError):
        make(no_such_setting=1)
