"""Which backend answers for which role, for prompts, embeddings and scores."""

import asyncio
import pickle

import msgspec
import pytest

from backfeed.engine import services
from backfeed.engine.errors import ConfigError
from backfeed.engine.models import _roles, echo, hashing, openai
from backfeed.engine.recipe import Recipe, Step
from backfeed.engine.requests import Embed, Score, key_of

TOY = {"use": "openai:toy", "base_url": "http://toy/v1", "temperature": 0.5, "extra": {"top_k": 3}}
SMALL = {"use": "openai:small", "base_url": "http://small/v1", "extra": {"truncate": True}}
WORDS = {"use": "extractive"}
HASHED = {"use": "hashing", "dimension": 64}


@pytest.mark.parametrize(
    ("specs", "name"),
    [
        ({}, "hashing"),
        ({"default": WORDS}, "hashing"),
        ({"default": TOY}, "toy"),
        ({"default": TOY, "embedder": SMALL}, "small"),
        ({"default": TOY, "embedder": HASHED}, "hashing"),
        ({"strong": TOY}, "hashing"),
    ],
)
def test_who_embeds(specs, name):
    assert [service.name for service in _roles.embedder(specs).values()] == [name]


def test_an_embedder_that_gives_none_is_refused_before_work():
    told = (
        "extractive gives no embeddings: name encoder or hashing or openai or replay with --model"
        " embedder="
    )
    with pytest.raises(ConfigError, match=told):
        _roles.embedder({"embedder": WORDS})


def test_what_is_said_to_a_chat_is_not_sent_to_an_embedder():
    assert "top_k" not in _roles.embedder({"default": TOY})["embedder"].identity
    assert "truncate" in _roles.embedder({"embedder": SMALL})["embedder"].identity


@pytest.mark.parametrize(
    ("specs", "names"),
    [
        ({"default": TOY}, {"default": "toy"}),
        ({"default": TOY, "scorer": SMALL}, {"default": "small"}),
        ({"default": WORDS, "scorer": SMALL}, {"default": "small"}),
        ({"default": TOY, "student_a": SMALL}, {"default": "toy", "student_a": "small"}),
        ({"default": TOY, "embedder": HASHED}, {"default": "toy"}),
    ],
)
def test_who_scores(specs, names):
    found = _roles.scorers(specs, "r")
    assert {desk: one.name for desk, one in found.items()} == {
        f"scorer:{role}": name for role, name in names.items()
    }


@pytest.mark.parametrize("specs", [{}, {"default": WORDS}, {"embedder": SMALL}])
def test_a_recipe_that_nobody_scores_is_refused_before_work(specs):
    told = (
        "the recipe 'r' asks for scores: name openai or replay or transformers or vllm with"
        " --model scorer=openai:"
    )
    with pytest.raises(ConfigError, match=told):
        _roles.scorers(specs, "r")


def test_a_role_that_gives_no_scores_is_never_answered_by_another():
    found = _roles.scorers({"default": TOY, "student_a": WORDS}, "r")
    with pytest.raises(
        ConfigError, match="the role 'student_a' is asked for scores, and extractive"
    ):
        asyncio.run(found["scorer:student_a"].answer([Score("loss", "p", "a", "student_a")]))


def test_embedders_and_scorers_are_asked_no_prompts():
    specs = {"default": WORDS, "embedder": HASHED, "scorer": SMALL}
    assert list(_roles.prompters(specs, "r", ())) == ["model:default"]
    with pytest.raises(ConfigError, match=r"'r' asks a model: name one with --model"):
        _roles.prompters({"embedder": HASHED}, "r", ())


def test_hashing_cannot_answer_prompts():
    with pytest.raises(ConfigError, match=r"hashing cannot answer .*: reverse/generate"):
        _roles.prompters({"default": HASHED}, "r", ["reverse/generate"])


def recipe(*asks, **models):
    stage = type("Stage", (), {"asks": asks, "prompts": (), "version": 1})()
    return Recipe("r", (Step("s", "s", {}, stage),), models=models)


def naming(**models):
    stage = type("Stage", (), {"asks": ("embedder",), "named": ("embedder",), "version": 1})()
    return Recipe("r", (Step("twins", "deduplicate", {}, stage),), models=models)


@pytest.mark.parametrize("models", [{}, {"default": WORDS}, {"strong": TOY}])
def test_where_meaning_counts_nothing_stands_in_for_an_embedder(models):
    told = r"twins asks what texts mean, and no embedder is named: name .*hashing.* with --model"
    with pytest.raises(ConfigError, match=told):
        services.build(naming(**models), services.Wishes())


@pytest.mark.parametrize("models", [{"default": TOY}, {"embedder": HASHED}])
def test_an_embedder_that_is_named_is_taken_where_meaning_counts(models):
    assert list(services.build(naming(**models), services.Wishes())) == ["embedder"]


def test_services_of_a_recipe_that_embeds_and_scores():
    wishes = services.Wishes({"scorer": "openai:toy"}, "http://toy/v1")
    made = services.build(recipe("embedder", "scorer", default=WORDS), wishes)
    assert {desk: service.name for desk, service in made.items()} == {
        "embedder": "hashing", "scorer:default": "toy",
    }  # fmt: skip


def test_an_address_is_for_models_that_have_a_name():
    named = {"default": "extractive", "embedder": "hashing", "scorer": "openai:toy"}
    made = services.build(
        recipe("model", "embedder", "scorer"), services.Wishes(named, "http://toy")
    )
    assert {desk: service.name for desk, service in made.items()} == {
        "model:default": "extractive", "embedder": "hashing", "scorer:default": "toy",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("models", "told"),
    [
        ({}, "the recipe 'r' trains a model: name transformers with --model trainer=KIND:PATH"),
        ({"default": TOY}, "the recipe 'r' trains a model: name transformers with"),
        ({"trainer": TOY}, "openai:toy trains no model: name transformers with"),
    ],
)
def test_a_recipe_that_nobody_trains_is_refused_before_work(models, told):
    with pytest.raises(ConfigError, match=told):
        services.build(recipe("trainer", **models), services.Wishes())


def test_a_preset_that_there_is_not_is_refused_before_work(monkeypatch):
    monkeypatch.setattr(_roles, "trainer", lambda *_: {})
    stage = type("Stage", (), {"asks": ("trainer",), "preset": "tny", "version": 1})()
    with pytest.raises(ConfigError, match="no preset 'tny'; did you mean 'tiny'"):
        services.build(Recipe("r", (Step("s", "s", {}, stage),)), services.Wishes())


def test_a_trainer_is_asked_for_nothing_else():
    specs = {"default": TOY, "trainer": SMALL}
    assert list(_roles.prompters(specs, "r", ())) == ["model:default"]
    assert list(_roles.scorers(specs, "r")) == ["scorer:default"]


SERVICES = [
    (lambda: openai.PLUGIN.embedder("toy", {"base_url": "http://toy"}), Embed("a text")),
    (lambda: openai.PLUGIN.scorer("toy", {"base_url": "http://toy"}), Score("ifd", "p", "a")),
    (lambda: hashing.PLUGIN.embedder("", {}), Embed("a text")),
]


@pytest.mark.parametrize(("make", "request_"), SERVICES)
def test_content_is_plain_and_the_same_each_time(make, request_):
    """Made by two services, of a request and its copy."""
    copy = pickle.loads(pickle.dumps(request_))
    made = [(make(), request_), (make(), copy)]
    keys = {key_of("x", one.identity, one.content(asked)) for one, asked in made}
    assert len(keys) == 1
    told = make().content(request_)
    assert msgspec.json.decode(msgspec.json.encode(told)) == told


def test_echo_offers_neither():
    assert not {"embedder", "scorer"} & set(dir(echo.PLUGIN))
