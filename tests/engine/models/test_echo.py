"""Echo: replies made from schemas, the same each time, and said to be no model's."""

import asyncio
from dataclasses import dataclass
from enum import Enum
from typing import Literal

import msgspec
import pytest
from stub_model import prompt, run

from backfeed.engine.errors import ConfigError
from backfeed.engine.models import echo


class Colour(Enum):
    RED = "red"


@dataclass
class Inner:
    name: str
    tags: tuple[str, ...] = ()


@dataclass
class Rich:
    yes: bool
    word: Literal["a", "b"]
    colour: Colour
    inner: Inner
    many: list[Inner]
    pair: tuple[int, str]
    maybe: str | None = None
    number: float = 0.0


def answer(request, **settings):
    [found] = asyncio.run(echo.PLUGIN.service("", settings).answer([request]))
    return found


def test_a_reply_fits_the_schema():
    asked = prompt(reply=Rich)
    reply = asked.decode(answer(asked))
    assert (reply.yes, reply.word, reply.colour) == (True, "a", Colour.RED)
    assert msgspec.json.encode(reply)


def test_a_text_says_that_no_model_spoke_and_what_it_was_given():
    text = answer(prompt("the problem", reply=None))["text"]
    assert text.startswith("Echo, not a model: keywords/extract")
    assert "the problem" in text


def test_the_same_prompt_gets_the_same_reply():
    assert answer(prompt("x")) == answer(prompt("x"))
    assert answer(prompt("x")) == answer(prompt("x").but(draw="other"))
    assert answer(prompt("x")) != answer(prompt("y"))


def test_a_share_of_the_first_replies_is_malformed_and_asked_again(tmp_path):
    ran = run(tmp_path, echo.PLUGIN.service("", {"bad_share": 0.5}), samples=100)
    assert len(ran.texts()) == 100
    assert 130 < ran.counts["asked"] < 170


def test_it_takes_as_long_as_it_is_told(tmp_path):
    ran = run(tmp_path, echo.PLUGIN.service("", {"latency_s": 0.1, "parallel": 5}), samples=10)
    assert ran.report.seconds >= 0.2


@pytest.mark.parametrize(
    ("name", "settings", "told"),
    [
        ("m", {}, "echo is no model, and has no 'm'"),
        ("", {"latency": 1}, "did you mean 'latency_s'"),
        ("", {"bad_share": 2}, "it is a share, 0 to 1"),
    ],
)
def test_a_wrong_setting_is_refused(name, settings, told):
    with pytest.raises(ConfigError, match=told):
        echo.PLUGIN.service(name, settings)
