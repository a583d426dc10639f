"""A real vLLM server, asked by the backend `openai`: what forms are worth on the wire."""

import lessons
import msgspec
import pytest
from lessons import ASKED, GREEDY, SCORES, STRANGE, answers
from stub_model import Title

from backfeed.engine.errors import ServiceRefusal
from backfeed.engine.models import _prompts, openai

SCHEMA = _prompts.schema(Title)


def over(url, method="service", **settings):
    """A service that asks the server."""
    return getattr(openai.PLUGIN, method)("tiny", {"base_url": url, "start_s": 60, **settings})


def test_a_form_is_kept_over_the_wire(server):
    found = answers(over(server, **GREEDY), ASKED)
    told = [one.decode(answer) for one, answer in zip(ASKED, found, strict=True)]
    assert told == [Title(title, len(name)) for name, title in lessons.TITLES.items()]


def test_replies_are_those_of_a_model_in_process(server, make):
    wire, here = answers(over(server, **GREEDY), ASKED), answers(make(**GREEDY), ASKED)
    assert wire == here


def test_scores_are_those_of_a_model_in_process(server, make):
    wire, here = answers(over(server, "scorer"), SCORES), answers(make("scorer"), SCORES)
    assert wire == pytest.approx(here, rel=2e-5)


def test_noise_is_held_to_the_schema(server):
    found = answers(over(server, temperature=1.5, max_tokens=400, seed=1), STRANGE)
    whole = [one["text"] for one in found if one["finish"] == "stop"]
    assert len(whole) >= len(STRANGE) // 2
    assert [msgspec.json.decode(text, type=Title) for text in whole]


def test_what_is_cut_at_the_limit_says_so(server):
    (found,) = answers(over(server, temperature=0.0, max_tokens=5), ASKED[:1])
    assert (found["finish"], found["out"]) == ("length", 5)


def test_what_old_servers_called_guided_json_is_ignored_without_a_word(server):
    """Why we send `response_format`, and look at what comes: no error says that a form is lost."""
    old = {"reply_format": "text", "extra": {"guided_json": SCHEMA}}
    found = answers(over(server, temperature=1.5, max_tokens=60, seed=1, **old), STRANGE)
    forms = [is_form(one["text"]) for one in found]
    assert sum(forms) < len(forms) / 2


def test_a_server_that_ignores_schemas_is_noticed_before_any_work(forgetful):
    with pytest.raises(ServiceRefusal, match="seven times thirteen"):
        answers(over(forgetful, **GREEDY), ASKED)


def test_behind_it_a_schema_told_in_words_is_asked_for_without_a_probe(forgetful):
    found = answers(over(forgetful, reply_format="text", **GREEDY), STRANGE[:2])
    assert all(one["text"] for one in found)


def is_form(text):
    try:
        msgspec.json.decode(text, type=Title)
    except (msgspec.DecodeError, UnicodeError):
        return False
    return True
