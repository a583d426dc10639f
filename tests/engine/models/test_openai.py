"""An OpenAI-compatible endpoint: what is sent, what each reply means, what is asked again."""

import asyncio
import json
import shutil

import pytest
from stub_model import Ask, Reply, Title, at_first, prompt, run, service
from verbs import codes, with_book

from backfeed.engine.errors import ConfigError, Outage, ServiceRefusal
from backfeed.engine.models import _prompts, openai


def fault(status, message, **more):
    """A reply as OpenAI words its errors."""
    return Reply(status=status, error={"error": {"message": message, **more}})


def answer(made, *prompts):
    """What the service says, once, without a desk."""

    async def main():
        try:
            return await made.answer(list(prompts))
        finally:
            await made.close()

    return asyncio.run(main())


def test_a_request_has_messages_schema_and_settings(server):
    answer(service(server.url, temperature=0.2, top_p=0.9, max_tokens=99), prompt("merge"))
    [body] = server.asked
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert "merge" in body["messages"][1]["content"]
    settings = {"model": "toy", "temperature": 0.2, "top_p": 0.9, "max_tokens": 99}
    assert settings.items() <= body.items()
    assert body["response_format"] == {
        "type": "json_schema",
        "json_schema": {
            "name": "Title",
            "strict": True,
            "schema": {
                "type": "object",
                "properties": {"title": {"type": "string"}, "score": {"type": "integer"}},
                "required": ["title", "score"],
                "additionalProperties": False,
            },
        },
    }
    assert not {"guided_json", "seed", "n"} & body.keys()


def test_a_plain_text_is_asked_for_without_a_schema(server):
    server.script = lambda *_: Reply("words")
    assert answer(service(server.url), prompt(reply=None))[0]["text"] == "words"
    assert "response_format" not in server.asked[0]


@pytest.mark.parametrize("reply_format", ["json_object", "text"])
def test_a_server_without_schemas_is_told_in_words(server, reply_format):
    answer(service(server.url, reply_format=reply_format), prompt())
    body = server.asked[0]
    assert '"required":["title","score"]' in body["messages"][-1]["content"]
    sent = body.get("response_format", {"type": "text"})
    assert sent == {"type": reply_format}


def test_the_answer_is_text_finish_and_tokens(server):
    server.script = lambda *_: Reply("<think>hm</think>\n{}", used=(7, 3))
    [found] = answer(service(server.url), prompt())
    assert found == {"text": "{}", "finish": "stop", "in": 7, "out": 3}


def test_the_key_is_sent_and_never_shown(server, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    server.script = lambda *_: Reply(status=401, error={"error": {"message": "no sk-secret here"}})
    made = service(server.url)
    with pytest.raises(ServiceRefusal, match=r"no \[key\] here"):
        answer(made, prompt())
    assert server.headers[0]["Authorization"] == "Bearer sk-secret"
    assert "sk-secret" not in made.identity


def test_a_malformed_reply_is_shown_to_the_model_with_the_complaint(server, tmp_path):
    server.script = at_first(Reply("title: t"))
    ran = run(tmp_path, service(server.url))
    assert ran.texts() == ["t"]
    first, again = (body["messages"] for body in server.asked)
    assert again[:2] == first
    assert again[2] == {"role": "assistant", "content": "title: t"}
    assert again[3]["content"].startswith("That reply cannot be used: JSON is malformed")


def test_what_is_cut_at_the_limit_of_tokens_is_rejected_in_the_end(server, tmp_path):
    cut = Reply('{"ti', finish="length")
    server.script = lambda body, _: cut if "bad" in str(body) else Reply()
    ran = run(tmp_path, service(server.url), samples=codes("good", "bad"))
    assert (ran.texts(), ran.reasons()) == (["t"], ["length"])
    assert len(server.asked) == 4


def test_a_text_cut_at_the_limit_is_no_text(server, tmp_path):
    server.script = lambda *_: Reply("and then", finish="length")
    assert run(tmp_path, service(server.url), stages=[Ask(plain=True)]).reasons() == ["length"]


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply("", finish="content_filter"), "content-filter"),
        (Reply(None, refusal="I will not"), "model-refused"),
        (fault(400, "no", code="content_filter"), "content-filter"),
        (Reply(status=400, error={"message": "maximum context length is 9"}), "too-long"),
        (Reply(status=413, error={"detail": "large"}), "too-long"),
        (Reply(status=422, error={"detail": [{"loc": "x"}]}), "bad-request"),
        (Reply(status=400, error={"error": "what?"}), "bad-request"),
    ],
)
def test_what_concerns_one_request_rejects_its_sample_for_good(server, tmp_path, reply, reason):
    server.script = lambda body, _: reply if "bad" in str(body) else Reply()
    for _ in range(2):
        ran = run(tmp_path, service(server.url), samples=codes("good", "bad"))
        assert (ran.texts(), ran.reasons()) == (["t"], [reason])
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (Reply(status=401), "check OPENAI_API_KEY"),
        (Reply(status=403), "check OPENAI_API_KEY"),
        (fault(404, "no model toy"), "no model toy.*check the model's name"),
        (fault(400, "?", param="model"), "check the model's name"),
        (fault(400, "one", param="temperature"), "does not accept 'temperature'"),
        (fault(429, "x", code="insufficient_quota"), "plan and balance"),
        (Reply(status=307, headers={"Location": "http://there/v1"}), "http://there/v1"),
    ],
)
def test_what_concerns_all_requests_ends_the_run(server, tmp_path, reply, told):
    server.script = lambda *_: reply
    with pytest.raises(ServiceRefusal, match=told):
        run(tmp_path, service(server.url), samples=20)


@pytest.mark.parametrize("status", [0, 408, 409, 425, 429, 500, 503, 529])
def test_what_the_world_does_is_retried(server, tmp_path, status):
    """0 is a connection that is cut."""
    server.script = at_first(Reply(status=status, cut=not status), 7)
    ran = run(tmp_path, service(server.url, parallel=4), samples=20)
    assert ran.texts() == ["t"] * 20
    assert ran.counts == {"asked": 20, "retried": 7}


@pytest.mark.parametrize("raw", [b"<html>", b'{"choices": []}', b"\xff"])
def test_what_is_no_chat_completion_is_an_accident(server, tmp_path, raw):
    server.script = at_first(Reply(raw=raw))
    assert run(tmp_path, service(server.url)).counts == {"asked": 1, "retried": 1}


def test_a_reply_that_takes_too_long_is_an_accident(server):
    server.script = at_first(Reply(after_s=5))
    with pytest.raises(Outage, match=r"gave no reply in 0 s"):
        answer(service(server.url, timeout_s=0.2), prompt())


def test_each_place_draws_anew_and_the_same_after_a_restart(server, tmp_path):
    """The same prompt of two samples is asked twice if the model draws, once if it does not."""
    same = [sample.but(code="same") for sample in codes("a", "b")]
    server.script = lambda _, number: Reply(f'{{"title": "t{number}", "score": 1}}')
    drawn = run(tmp_path / "drawn", service(server.url), samples=same).texts()
    assert sorted(drawn) == ["t0", "t1"]
    shutil.rmtree(tmp_path / "drawn" / ".work")
    again = run(tmp_path / "drawn", service(server.url), samples=same)
    assert (again.texts(), again.counts) == (drawn, {"known": 2})
    greedy = run(tmp_path / "greedy", service(server.url, temperature=0), samples=same)
    assert greedy.texts() == ["t2", "t2"]
    assert greedy.counts == {"asked": 1, "shared": 1}


def test_a_seed_is_mixed_with_the_place(server, tmp_path):
    same = [sample.but(code="same") for sample in codes("a", "b")]
    run(tmp_path, service(server.url, seed=7), samples=same)
    one, two = (body["seed"] for body in server.asked)
    assert one != two
    assert 0 <= min(one, two) <= max(one, two) < 2**31


def test_each_answer_has_one_key(server, tmp_path):
    run(tmp_path, service(server.url), samples=30)
    run(tmp_path, service(server.url, parallel=3), samples=30)
    assert len(server.asked) == 30
    kept = with_book(tmp_path / "answers", lambda book: dict(book.each("model:default")))
    assert len(kept) == 30


@pytest.mark.parametrize(
    ("settings", "same"),
    [
        ({"parallel": 3}, True),
        ({"timeout_s": 9}, True),
        ({"usd_per_million_in": 1.0}, True),
        ({"temperature": 0.1}, False),
        ({"max_tokens": 5}, False),
        ({"seed": 5}, False),
        ({"extra": {"top_k": 3}}, False),
        ({"base_url": "http://other/v1"}, False),
    ],
)
def test_the_identity_is_what_determines_answers(settings, same):
    before = service("http://here/v1").identity
    after = openai.PLUGIN.service("toy", {"base_url": "http://here/v1", **settings}).identity
    assert (before == after) is same


def test_a_named_endpoint_may_move():
    here, there = (service(url, endpoint="ours") for url in ("http://here/v1", "http://there/v1"))
    assert here.identity == there.identity


@pytest.mark.parametrize(
    ("name", "settings", "told"),
    [
        ("", {}, "name the model"),
        ("m", {}, "needs a key: set OPENAI_API_KEY"),
        ("m", {"base_url": "host:80"}, "is no address"),
        ("m", {"base_url": "http://me:pw@host/v1"}, "put the key into the environment"),
        ("m", {"base_url": "http://h", "temprature": 1}, "did you mean 'temperature'"),
        ("m", {"base_url": "http://h", "parallel": 0}, "parallel = 0: it must be more than 0"),
        ("m", {"base_url": "http://h", "temperature": -1}, "may not be negative"),
        ("m", {"base_url": "http://h", "reply_format": "xml"}, "Invalid enum value 'xml'"),
        ("m", {"base_url": "http://h", "extra": {"stream": True}}, "extra may not hold stream"),
    ],
)
def test_a_wrong_setting_is_refused_before_work(name, settings, told):
    with pytest.raises(ConfigError, match=told):
        openai.PLUGIN.service(name, settings)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://host:8000", "http://host:8000/v1"),
        ("http://host:8000/v1/", "http://host:8000/v1"),
        ("https://host/openai/v1/chat/completions", "https://host/openai/v1"),
        ("https://host/v1/completions/", "https://host/v1"),
        ("https://host/embeddings", "https://host/v1"),
    ],
)
def test_an_address_is_taken_in_any_form(text, url):
    assert service(text)._line.endpoint.url == url


def test_the_address_may_come_from_the_environment(server, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    answer(openai.PLUGIN.service("toy", {}), prompt())
    assert len(server.asked) == 1


def test_openai_itself_is_told_the_limit_by_its_newer_name(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    assert "max_completion_tokens" in openai.PLUGIN.service("gpt", {}).identity


def test_an_answer_depends_on_what_is_rendered_and_on_nothing_else():
    made = service("http://here/v1", temperature=0)
    told = made.content(prompt("x"))
    assert json.loads(json.dumps(told)) == {
        "messages": _prompts.messages(prompt("x")), "schema": _prompts.schema(Title), "attempt": 0,
    }  # fmt: skip
    assert made.content(prompt("x").but(draw="d")) == told
