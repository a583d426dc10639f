"""Asks any OpenAI-compatible endpoint: `openai:NAME`, with `base_url` for others than OpenAI's.

The key and the address come from OPENAI_API_KEY and OPENAI_BASE_URL. Concurrency, pauses and
retries are the desk's; here is one request, what its reply means, and what it costs.
"""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from backfeed.engine.config import build
from backfeed.engine.contracts import Gather
from backfeed.engine.errors import BackfeedError, ConfigError, Outage, Refused
from backfeed.engine.identity import canonical, digest
from backfeed.engine.ledger import Account, Bill, Ledger, Price
from backfeed.engine.models import _prompts
from backfeed.engine.models._endpoint import Cut, Endpoint, normal_url
from backfeed.engine.requests import Prompt

OPENAI = "https://api.openai.com/v1"
OVERHEAD_TOKENS = 512
"""What a chat template may add to a conversation, at most."""
_OURS = {"messages", "model", "n", "response_format", "seed", "stream", "temperature", "top_p"}
_OURS |= {"max_tokens", "max_completion_tokens"}
_THOUGHT = re.compile(r"\A\s*<think>.*?</think>\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Settings:
    """What [models.ROLE] may say.

    `endpoint` names what stands behind an address that may change; `reply_format` is for servers
    that cannot hold a model to a schema; `extra` goes into each request as it is. `parallel` is the
    most requests under way; `timeout_s` the longest that one may take; `start_s` how long an
    address where nobody has been yet is tried. `seed` is mixed with the place of each request.
    Without prices, no limit of money can be kept.
    """

    base_url: str = ""
    endpoint: str = ""
    temperature: float = 0.7
    top_p: float = 1.0
    max_tokens: int = 4096
    seed: int | None = None
    reply_format: Literal["json_schema", "json_object", "text"] = "json_schema"
    limit_key: Literal["", "max_tokens", "max_completion_tokens"] = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
    parallel: int = 64
    timeout_s: float = 600.0
    start_s: float = 30.0
    usd_per_million_in: float | None = None
    usd_per_million_out: float | None = None


class _Said(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct):
    message: _Said
    finish_reason: str | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int = 0
    completion_tokens: int | None = 0


class _Reply(msgspec.Struct):
    choices: list[_Choice]
    usage: _Usage | None = None


_decode = msgspec.json.Decoder(_Reply).decode
_encode = msgspec.json.Encoder().encode


class OpenAIService:
    """One model at one endpoint."""

    def __init__(self, name: str, settings: Settings) -> None:
        url = settings.base_url or os.environ.get("OPENAI_BASE_URL", "") or OPENAI
        key = os.environ.get("OPENAI_API_KEY", "")
        if normal_url(url) == OPENAI and not key:
            raise ConfigError(
                f"openai:{name} needs a key: set OPENAI_API_KEY; or, for a server of your own, name"
                " its address with --base-url"
            )
        self.name, self.spent_usd = name, 0.0
        self.form = "drawn" if settings.temperature > 0 else "text"
        self.content = _prompts.form(self.form)
        deadline_s = 2 * settings.timeout_s + settings.start_s + 60
        self.gather = Gather(parallel=settings.parallel, deadline_s=deadline_s)
        self._settings = settings
        self._price = Price(settings.usd_per_million_in, settings.usd_per_million_out)
        self._ledger = Ledger()
        self._endpoint = Endpoint(url, key, timeout_s=settings.timeout_s, start_s=settings.start_s)
        self._fixed = _fixed(name, settings, is_openai=self._endpoint.url == OPENAI)
        where = settings.endpoint or self._endpoint.url.partition("://")[2]
        told = {**self._fixed, "seed": settings.seed, "reply_format": settings.reply_format}
        self.identity = f"openai {name} at {where} {canonical(told).decode()}"

    def pay_from(self, ledger: Ledger) -> None:
        """Reserve and pay there. Raises `ConfigError` if a limit is set and a price unknown."""
        ledger.require(self._price, f"openai:{self.name}")
        self._ledger = ledger

    async def answer(self, requests: Sequence[Prompt]) -> list[Any]:
        """Text, finish reason and tokens of each reply."""
        return [await self._one(request) for request in requests]

    async def _one(self, request: Prompt) -> dict[str, Any]:
        body = _encode(self._body(request))
        most = self._price.usd(len(body) + OVERHEAD_TOKENS, self._settings.max_tokens)
        with await self._ledger.reserve(request.role, most) as bill:
            try:
                raw = await self._endpoint.post("/chat/completions", body)
            except Cut:
                raise  # it may have been charged
            except BackfeedError:
                bill.release()
                raise
            try:
                reply = _decode(raw)
                choice = reply.choices[0]
            except (msgspec.DecodeError, UnicodeError, IndexError) as error:
                raise Outage(f"{self._endpoint.url} gave no chat completion: {error}") from error
            used = self._pay(bill, reply.usage)
        return _answer(choice, used)

    def _pay(self, bill: Bill, usage: _Usage | None) -> Account:
        """Pay what the reply says it used; if it does not say, the most it can have cost."""
        tokens = (0, 0) if usage is None else (usage.prompt_tokens, usage.completion_tokens or 0)
        usd = bill.usd if usage is None else self._price.usd(*tokens)
        used = Account(1, *tokens, usd=usd, unpriced=int(not self._price.known))
        self.spent_usd += usd
        bill.pay(used)
        return used

    def _body(self, request: Prompt) -> dict[str, Any]:
        settings = self._settings
        body = {**self._fixed, "messages": _prompts.messages(request)}
        if settings.seed is not None:
            mark = digest(settings.seed, request.draw, request.attempt, size=4)
            body["seed"] = int(mark, 16) >> 1
        if request.reply is None:
            return body
        schema = _prompts.schema(request.reply)
        if settings.reply_format == "json_schema":
            named = {"name": request.reply.__name__, "strict": True, "schema": schema}
            return {**body, "response_format": {"type": "json_schema", "json_schema": named}}
        told = f"Reply with JSON of this schema, and nothing else:\n{_encode(schema).decode()}"
        body["messages"][-1]["content"] += f"\n\n{told}"
        if settings.reply_format == "json_object":
            body["response_format"] = {"type": "json_object"}
        return body

    async def close(self) -> None:
        """Close all connections."""
        await self._endpoint.close()


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
    text = _THOUGHT.sub("", said.content or "", count=1)
    return {"text": text, "finish": finish, "in": used.tokens_in, "out": used.tokens_out}


def _checked(settings: Settings, name: str) -> Settings:
    where = f"[models] openai:{name}"
    if bad := sorted(_OURS & settings.extra.keys()):
        raise ConfigError(f"{where}: extra may not hold {', '.join(bad)}: use the settings")
    for key in ("max_tokens", "parallel", "timeout_s"):
        if getattr(settings, key) <= 0:
            raise ConfigError(f"{where}: {key} = {getattr(settings, key)}: it must be more than 0")
    for key in ("start_s", "temperature", "usd_per_million_in", "usd_per_million_out"):
        if (getattr(settings, key) or 0) < 0:
            raise ConfigError(f"{where}: {key} = {getattr(settings, key)}: it may not be negative")
    return settings


class _OpenAI:
    """The plug-in."""

    answers = None

    def service(self, name: str, settings: Mapping[str, Any]) -> OpenAIService:
        """Raises `ConfigError` for a setting it does not know, a bad address, a missing key."""
        if not name:
            raise ConfigError("--model openai: name the model, as openai:NAME")
        found = build(Settings, settings, f"[models] openai:{name}")
        return OpenAIService(name, _checked(found, name))


PLUGIN = _OpenAI()
