"""Asks any OpenAI-compatible endpoint: `openai:NAME`, with `base_url` for others than OpenAI's.

The key and the address come from OPENAI_API_KEY and OPENAI_BASE_URL. Concurrency, pauses and
retries are the desk's; here is one request, what its reply means, and what it costs.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from backfeed.engine.config import build
from backfeed.engine.contracts import Gather
from backfeed.engine.errors import BackfeedError, ConfigError, Refused
from backfeed.engine.ledger import Account
from backfeed.engine.models import _prompts
from backfeed.engine.models._embedding import EmbeddingService
from backfeed.engine.models._mail import GATHER, Mail
from backfeed.engine.models._paid import OnLine, Replied, Reply, Settings, checked
from backfeed.engine.models._probe import Probe, Seen, Verdict
from backfeed.engine.models._probe import body as probe_body
from backfeed.engine.models._scoring import ScoringService
from backfeed.engine.requests import Prompt, key_of


class _Said(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct):
    message: _Said
    finish_reason: str | None = None


class _Reply(Reply, kw_only=True):
    choices: list[_Choice]

    def __post_init__(self) -> None:
        if not self.choices:
            raise ValueError("there is no choice in it")


_decode = msgspec.json.Decoder(_Reply).decode
_encode = msgspec.json.Encoder().encode


class OpenAIService(OnLine):
    """One model at one endpoint."""

    def __init__(self, name: str, settings: Settings) -> None:
        super().__init__(name, settings)
        self._settings = settings
        self.form = "drawn" if settings.temperature > 0 else "text"
        self.content = _prompts.form(self.form)
        self.gather = Gather(parallel=settings.parallel, deadline_s=settings.deadline_s)
        self._mail: Mail[_Reply] | None = None
        if settings.mode == "batch":
            share, most = self._line.batch_share, settings.max_tokens
            self._mail = Mail(self._line, _decode, share=share, tokens_out=most)
            self.gather = GATHER
        self._fixed = _fixed(name, settings, is_openai=self._line.is_openai)
        self._probe = Probe(self._look, f"openai:{name} at {self._line.endpoint.url}")
        told = {**self._fixed, "seed": settings.seed, "reply_format": settings.reply_format}
        self.identity = self._line.identity(told)

    async def answer(self, requests: Sequence[Prompt]) -> list[Any]:
        """Text, finish reason and tokens of each reply."""
        if self._mail is None:
            return [await self._one(request) for request in requests]
        names = [key_of("model", self.identity, self.content(one)).hex() for one in requests]
        bodies = {name: self._body(one) for name, one in zip(names, requests, strict=True)}
        found = await self._mail.ask(bodies, requests[0].role)
        return [_of_line(found[name]) for name in names]

    async def _one(self, request: Prompt) -> dict[str, Any]:
        if request.reply is not None and self._settings.probes:
            await self._probe.hold(request.role)
        body, most = _encode(self._body(request)), self._settings.max_tokens
        found = await self._line.ask(
            "/chat/completions", body, _decode, role=request.role, tokens_out=most
        )
        return _answer(found.reply.choices[0], found.used)

    async def _look(self, role: str) -> Seen:
        """The reply to the probe: paid for, and stored nowhere."""
        body = probe_body(self._fixed, _form("verdict", _prompts.schema(Verdict)))
        most = self._settings.max_tokens
        found = await self._line.ask(
            "/chat/completions", _encode(body), _decode, role=role, tokens_out=most
        )
        choice = found.reply.choices[0]
        finish = "refusal" if choice.message.refusal else choice.finish_reason or "stop"
        return Seen(_prompts.without_thought(choice.message.content or ""), finish)

    def _body(self, request: Prompt) -> dict[str, Any]:
        settings = self._settings
        body = {**self._fixed, "messages": _prompts.messages(request)}
        if settings.seed is not None:
            body["seed"] = _prompts.seed(request, settings.seed)
        if request.reply is None:
            return body
        schema = _prompts.schema(request.reply)
        if settings.reply_format == "json_schema":
            return {**body, "response_format": _form(request.reply.__name__, schema)}
        told = f"Reply with JSON of this schema, and nothing else:\n{_encode(schema).decode()}"
        body["messages"][-1]["content"] += f"\n\n{told}"
        if settings.reply_format == "json_object":
            body["response_format"] = {"type": "json_object"}
        return body


def _form(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """How a server is held to a schema: the one field for it that is portable."""
    named = {"name": name, "strict": True, "schema": schema}
    return {"type": "json_schema", "json_schema": named}


def _fixed(name: str, settings: Settings, *, is_openai: bool) -> dict[str, Any]:
    """What each request says alike. OpenAI's newer models know one name of the limit only."""
    limit = settings.limit_key or ("max_completion_tokens" if is_openai else "max_tokens")
    found = {"model": name, "temperature": settings.temperature, limit: settings.max_tokens}
    if settings.top_p != 1.0:
        found["top_p"] = settings.top_p
    return {**found, **settings.extra}


def _answer(choice: _Choice, used: Account) -> dict[str, Any]:
    """What is stored. Raises `Refused` for what the model, or its provider, will not say."""
    said = choice.message
    if choice.finish_reason == "content_filter":
        raise Refused("content-filter", "the reply was withheld by the endpoint's filter")
    if said.refusal and not said.content:
        raise Refused("model-refused", said.refusal[:1000])
    finish = choice.finish_reason or "stop"
    text = _prompts.without_thought(said.content or "")
    return {"text": text, "finish": finish, "in": used.tokens_in, "out": used.tokens_out}


def _of_line(found: Replied[_Reply] | BackfeedError) -> Any:
    """What came of a line of a batch: an answer, or the error that stands for one."""
    if isinstance(found, BackfeedError):
        return found
    try:
        return _answer(found.reply.choices[0], found.used)
    except Refused as fact:
        return fact


class _OpenAI:
    """The plug-in."""

    answers = None

    def service(self, name: str, settings: Mapping[str, Any]) -> OpenAIService:
        """Raises `ConfigError` for a setting it does not know, a bad address, a missing key."""
        return OpenAIService(name, _settings(name, settings))

    def embedder(self, name: str, settings: Mapping[str, Any]) -> EmbeddingService:
        """Asks the same address for embeddings."""
        return EmbeddingService(name, _settings(name, settings))

    def scorer(self, name: str, settings: Mapping[str, Any]) -> ScoringService:
        """Asks the same address how probable texts are."""
        return ScoringService(name, _settings(name, settings))


def _settings(name: str, settings: Mapping[str, Any]) -> Settings:
    if not name:
        raise ConfigError("--model openai: name the model, as openai:NAME")
    return checked(build(Settings, settings, f"[models] openai:{name}"), name)


PLUGIN = _OpenAI()
