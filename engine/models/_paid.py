"""A model at an OpenAI-compatible address: what [models.ROLE] may say of it, and who pays."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Generic, Literal, TypeVar

import msgspec

from backfeed.engine.errors import BackfeedError, ConfigError, Outage
from backfeed.engine.identity import canonical
from backfeed.engine.ledger import Account, Bill, Ledger, Price
from backfeed.engine.models._endpoint import Cut, Endpoint, normal_url
from backfeed.engine.models._prices import price, share
from backfeed.engine.models._replicas import Replicas

OPENAI = "https://api.openai.com/v1"
OVERHEAD_TOKENS = 512
"""What a chat template may add to a conversation, at most."""
OURS = {"messages", "model", "n", "response_format", "seed", "stream", "temperature", "top_p"}
OURS |= {"max_tokens", "max_completion_tokens", "input", "prompt", "echo", "logprobs"}


@dataclass(frozen=True, slots=True)
class Settings:
    """What [models.ROLE] may say.

    `base_url` is an address, or several of one model, which share its requests; `endpoint` names
    what stands behind addresses that may change; `reply_format` is for servers that cannot hold a
    model to a schema, and `probe` finds out which cannot; `extra` goes into each request as it is.
    `parallel` is the most requests under way; `timeout_s` the longest that one may take; `start_s`
    how long an address where nobody has been yet is tried. In the `mode` "batch", prompts go
    through the batch API, at `batch_share` of the price (None: as the table of prices has it, or
    all of it). `seed` is mixed with the place of each
    request. Without prices, no limit of money can be kept. Of an embedder, `dimensions` shortens
    vectors and `batch` is how many texts go into one request; of a scorer, `template` joins prompt
    and answer.
    """

    base_url: str | tuple[str, ...] = ""
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
    probe: bool = True
    mode: Literal["live", "batch"] = "live"
    batch_share: float | None = None
    usd_per_million_in: float | None = None
    usd_per_million_out: float | None = None
    dimensions: int | None = None
    batch: int = 32
    template: str = "{prompt}\n\n{answer}"

    @property
    def probes(self) -> bool:
        """Is it to be found out whether the server holds to a schema?"""
        return self.probe and self.reply_format == "json_schema"

    @property
    def deadline_s(self) -> float:
        """After how long a request is given up, whatever it waits for."""
        return 2 * self.timeout_s + self.start_s + 60


def checked(settings: Settings, name: str) -> Settings:
    """The settings, if each is possible. Raises `ConfigError`."""
    where = f"[models] openai:{name}"
    if bad := sorted(OURS & settings.extra.keys()):
        raise ConfigError(f"{where}: extra may not hold {', '.join(bad)}: use the settings")
    for key in ("max_tokens", "parallel", "timeout_s", "batch", "dimensions"):
        if (value := getattr(settings, key)) is not None and value <= 0:
            raise ConfigError(f"{where}: {key} = {value}: it must be more than 0")
    for key in (
        "start_s",
        "temperature",
        "usd_per_million_in",
        "usd_per_million_out",
        "batch_share",
    ):
        if (getattr(settings, key) or 0) < 0:
            raise ConfigError(f"{where}: {key} = {getattr(settings, key)}: it may not be negative")
    return settings


class Usage(msgspec.Struct):
    """The tokens of a request, as the server counts them."""

    prompt_tokens: Annotated[int, msgspec.Meta(ge=0)]
    completion_tokens: Annotated[int, msgspec.Meta(ge=0)] | None = 0


class Reply(msgspec.Struct):
    """What replies of all kinds have."""

    usage: Any = None

    @property
    def tokens(self) -> tuple[int, int] | None:
        """Those that were sent, and that came back; None if the server does not say it rightly."""
        try:
            told = msgspec.convert(self.usage, Usage)
        except msgspec.ValidationError:
            return None
        return told.prompt_tokens, told.completion_tokens or 0


R = TypeVar("R", bound=Reply)


@dataclass(frozen=True, slots=True)
class Replied(Generic[R]):
    """A reply, and what it used."""

    reply: R
    used: Account


class Line:
    """One model at one address. What a request can cost at most is reserved before it is sent."""

    def __init__(self, name: str, settings: Settings) -> None:
        urls, key = _urls(settings.base_url), os.environ.get("OPENAI_API_KEY", "")
        if OPENAI in urls and not key:
            raise ConfigError(
                f"openai:{name} needs a key: set OPENAI_API_KEY; or, for a server of your own, name"
                " its address with --base-url"
            )
        self.name, self.spent_usd = name, 0.0
        limits = {"timeout_s": settings.timeout_s, "start_s": settings.start_s}
        made = [Endpoint(url, key, **limits) for url in urls]
        self.endpoint: Endpoint | Replicas = made[0] if len(made) == 1 else Replicas(made)
        told = Price(settings.usd_per_million_in, settings.usd_per_million_out)
        self.price, self._table = price(urls[0], name, told)
        self.batch_share = share(urls[0], name, settings.batch_share)
        self.where = settings.endpoint or self.endpoint.url.partition("://")[2]
        self.ledger = Ledger()

    def identity(self, fixed: Mapping[str, Any]) -> str:
        """What names a service here: the model, the first address, what requests say alike."""
        return f"openai {self.name} at {self.where} {canonical(fixed).decode()}"

    @property
    def is_openai(self) -> bool:
        """Is it OpenAI's own address?"""
        return self.endpoint.url == OPENAI

    def pay_from(self, ledger: Ledger) -> None:
        """Reserve and pay there. Raises `ConfigError` if a limit is set and a price unknown."""
        who = f"openai:{self.name}"
        ledger.require(self.price, who)
        if not self.price.known:
            ledger.say(f"the price of {who} is not known: its tokens are counted, its money is not")
        elif self._table:
            sent, came = self.price.usd_per_million_in, self.price.usd_per_million_out
            ledger.say(f"{who} costs {sent} USD a million tokens in, {came} out: {self._table}")
        self.ledger = ledger

    async def ask(
        self, path: str, body: bytes, decode: Callable[[bytes], R], *, role: str, tokens_out: int
    ) -> Replied[R]:  # fmt: skip
        """The reply. Raises what a failure means."""
        most = self.price.usd(len(body) + OVERHEAD_TOKENS, tokens_out)
        with await self.ledger.reserve(role, most) as bill:
            try:
                raw = await self.endpoint.post(path, body)
            except Cut:
                raise  # it may have been charged
            except BackfeedError:
                bill.release()
                raise
            try:
                reply = decode(raw)
            except (msgspec.DecodeError, UnicodeError) as error:
                raise Outage(f"{self.endpoint.url}{path} gave no such reply: {error}") from error
            return Replied(reply, self._pay(bill, reply.tokens))

    def _pay(self, bill: Bill, tokens: tuple[int, int] | None) -> Account:
        """Pay what the reply says it used; if it does not say, the most it can have cost."""
        usd = bill.usd if tokens is None else self.price.usd(*tokens)
        used = Account(1, *(tokens or (0, 0)), usd=usd, unpriced=int(not self.price.known))
        self.spent_usd += usd
        bill.pay(used)
        return used

    async def close(self) -> None:
        """Close all connections."""
        await self.endpoint.close()


def _urls(told: str | tuple[str, ...]) -> list[str]:
    """The addresses, each once; of the environment or OpenAI's own if none is told."""
    each = (told,) if isinstance(told, str) else told
    named = [url for url in each if url] or [os.environ.get("OPENAI_BASE_URL", "") or OPENAI]
    return list(dict.fromkeys(map(normal_url, named)))


class OnLine:
    """What all services of a line have in common: they pay for it, and give it back."""

    def __init__(self, name: str, settings: Settings) -> None:
        self.name, self._line = name, Line(name, settings)

    @property
    def price(self) -> Price:
        """What a million tokens cost."""
        return self._line.price

    @property
    def spent_usd(self) -> float:
        """What it spent in this run."""
        return self._line.spent_usd

    def pay_from(self, ledger: Ledger) -> None:
        """Reserve and pay there. Raises `ConfigError` if a limit is set and a price unknown."""
        self._line.pay_from(ledger)

    async def close(self) -> None:
        """Close all connections."""
        await self._line.close()
