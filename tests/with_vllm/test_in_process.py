"""`vllm:PATH`: a real vLLM in this process, and a model that was taught what to say."""

import asyncio
import json
import shutil
from collections.abc import Mapping

import forward
import lessons
import msgspec
import pytest
from lessons import ASKED, GREEDY, PAIRS, SCORES, STRANGE, answers
from serving import ENGINE
from stub_model import Title, prompt

from backfeed.engine.errors import ConfigError, Refused, ServiceRefusal
from backfeed.engine.models import vllm
from backfeed.engine.models._vllm_calls import Wanted
from backfeed.engine.requests import Score


def test_it_recites_what_it_was_taught(make):
    found = answers(make(**GREEDY), ASKED)
    told = [one.decode(answer) for one, answer in zip(ASKED, found, strict=True)]
    assert told == [Title(title, len(name)) for name, title in lessons.TITLES.items()]
    assert all("\n" in one.title and '"' in one.title for one in told)


def test_a_reply_tells_its_tokens_and_its_end(make):
    (found,) = answers(make(**GREEDY), ASKED[:1])
    assert found["finish"] == "stop"
    assert found["in"] > found["out"] > 10


def test_noise_is_held_to_the_schema(make):
    """Each reply to a strange prompt, at a high temperature, is JSON of the form, or was cut."""
    found = answers(make(temperature=1.5, max_tokens=400), STRANGE)
    whole = [one for one in found if one["finish"] == "stop"]
    assert len(whole) >= len(STRANGE) // 2
    for one in whole:
        told = msgspec.json.decode(one["text"], type=Title)
        assert json.loads(one["text"]) == {"title": told.title, "score": told.score}
        assert one["text"].startswith('{"title":"'), "white space that costs tokens"
    assert {one["finish"] for one in found} <= {"stop", "length"}


def test_what_is_cut_at_the_limit_says_so(make):
    (found,) = answers(make(temperature=0.0, max_tokens=5), ASKED[:1])
    assert (found["finish"], found["out"]) == ("length", 5)


@pytest.mark.parametrize("settings", [GREEDY, {"temperature": 1.0, "top_p": 0.9, "max_tokens": 40}])
def test_an_answer_does_not_depend_on_its_batch(make, settings):
    asked = [one.but(draw=str(number)) for number, one in enumerate(ASKED + STRANGE[:8])]
    assert answers(make(**settings), asked) == answers(make(**settings), asked, at_once=False)


def test_each_draw_is_a_sample_of_its_own(make):
    asked = [prompt("Anything.").but(draw=str(number), reply=None) for number in range(8)]
    sampled = {"temperature": 2.0, "max_tokens": 60}
    first, again = answers(make(**sampled), asked), answers(make(**sampled), asked)
    other = answers(make(**sampled, seed=1), asked)
    assert len({one["text"] for one in first}) == len(asked)
    assert first == again
    assert first != other


def test_what_is_too_long_concerns_itself_alone(make):
    found = answers(make(**GREEDY), [prompt("q" * 9000), ASKED[0]])
    assert isinstance(found[0], Refused)
    assert found[0].reason == "too-long"
    assert isinstance(found[1], Mapping)


def test_texts_without_a_form_are_free(make):
    found = answers(make(**GREEDY), [one.but(reply=None) for one in ASKED])
    assert [one["text"] for one in found] == [lesson.reply for lesson in lessons.ALL]


def test_scores_equal_a_forward_pass_of_transformers(make, taught):
    found = answers(make("scorer"), SCORES)
    wanted = [forward.score(taught, one) for one in SCORES]
    assert found == pytest.approx(wanted, rel=6e-5), "five digits are stored"


@pytest.mark.parametrize("text", [pair[0] + pair[1] for pair in PAIRS])
def test_log_probabilities_equal_a_forward_pass(engine, taught, text):
    said = asyncio.run(engine.ask(Wanted(text=text, scored=True)))
    assert said.logprobs[0] is None
    assert said.logprobs[1:] == pytest.approx(forward.logprobs(taught, text), abs=1e-5)


def test_a_score_of_nothing_is_refused(make):
    found = answers(make("scorer"), [Score("loss", "Say nothing.", ""), Score("ifd", "", "")])
    assert [one.reason for one in found] == ["no-score", "no-text"]


def test_a_score_that_it_does_not_know_ends_the_run(make):
    with pytest.raises(ConfigError, match="reward"):
        answers(make("scorer"), [Score("reward", "a", "b")])


def test_services_over_one_model_share_its_engine(make, engine):
    before = engine.holders
    one, other = make(), make("scorer")
    assert engine.holders == before + 2
    answers(one, ASKED[:1])
    asyncio.run(one.close())
    answers(other, SCORES[:1])
    assert engine.holders == before


def test_what_nobody_waits_for_is_dropped(make, engine):
    async def leave():
        service = make(temperature=1.5, max_tokens=1500)
        asked = [one.but(reply=None) for one in STRANGE]
        task = asyncio.ensure_future(service.answer(asked))
        await service.answer(ASKED[:1])
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        (found,) = await service.answer(ASKED[1:2])
        await service.close()
        return found

    assert asyncio.run(leave())["finish"] in ("stop", "length")
    assert engine.waiting == 0


def test_a_model_that_vllm_cannot_load_ends_the_run(tmp_path, taught):
    shutil.copytree(taught, tmp_path / "odd")
    told = json.loads((tmp_path / "odd" / "config.json").read_text())
    told["architectures"] = ["NobodysModel"]
    (tmp_path / "odd" / "config.json").write_text(json.dumps(told))
    service = vllm.PLUGIN.service(str(tmp_path / "odd"), {})
    with pytest.raises(ServiceRefusal, match=r"vLLM cannot load .*odd"):
        answers(service, ASKED[:1])


@pytest.fixture
def bare(taught, tmp_path):
    """The same model, without a template for conversations."""
    shutil.copytree(taught, tmp_path / "bare")
    (tmp_path / "bare" / "chat_template.jinja").unlink()
    return str(tmp_path / "bare")


def test_two_models_answer_side_by_side_and_one_may_go(make, bare):
    """Also: without a template a conversation is plain text, and the form is kept all the same."""
    other = vllm.PLUGIN.service(bare, {"engine": ENGINE, **GREEDY})

    async def both():
        one = make(**GREEDY)
        told = await asyncio.gather(one.answer(ASKED), other.answer(ASKED))
        await other.close()
        again = await one.answer([ASKED[0].but(reply=None)])
        await one.close()
        return [*told, again]

    mine, plain, again = asyncio.run(both())
    assert [one["text"] for one in mine] == [lesson.reply for lesson in lessons.ALL]
    assert all(msgspec.json.decode(one["text"], type=Title) for one in plain)
    assert {one["in"] for one in plain} != {one["in"] for one in mine}
    assert again[0]["text"] == lessons.ALL[0].reply
