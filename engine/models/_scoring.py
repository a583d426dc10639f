"""Losses from an OpenAI-compatible address: how probable a model finds a text that is given.

The text is sent to /completions with `echo`, `logprobs` and no token to generate. Which tokens are
the answer's is found by counting those of what stands before it, as the published code for IFD
does: tokens as servers spell them do not always add up to the text.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from backfeed.engine.contracts import Gather
from backfeed.engine.errors import ConfigError, Outage, Refused
from backfeed.engine.models import _losses, _numbers
from backfeed.engine.models._endpoint import NotOffered
from backfeed.engine.models._paid import OnLine, Reply, Settings
from backfeed.engine.requests import Score

PATH = "/completions"


class _Logprobs(msgspec.Struct):
    token_logprobs: list[float | None]


class _Choice(msgspec.Struct):
    index: int
    logprobs: _Logprobs | None = None


class _Reply(Reply, kw_only=True):
    choices: list[_Choice]


_decode = msgspec.json.Decoder(_Reply).decode
_encode = msgspec.json.Encoder().encode


class ScoringService(OnLine):
    """One model at one address, asked for the probabilities of texts."""

    form = _numbers.FORM

    def __init__(self, name: str, settings: Settings) -> None:
        super().__init__(name, settings)
        self._template = _losses.Template(settings.template)
        self._fixed = {"model": name, "max_tokens": 0, "echo": True, "logprobs": 1}
        self._fixed |= {"temperature": 0, **settings.extra}
        self.identity = self._line.identity({**self._fixed, "template": settings.template})
        self.gather = Gather(parallel=settings.parallel, deadline_s=settings.deadline_s)

    def content(self, request: Score) -> Any:
        """The kind and the texts."""
        return _numbers.content(request)

    async def answer(self, requests: Sequence[Score]) -> list[Any]:
        """A number for each."""
        return [await self._one(request) for request in requests]

    async def _one(self, request: Score) -> "float | Refused":
        asked = _losses.Asked(self._template, request, f"openai:{self.name}")
        texts = asked.texts()
        return asked.score(dict(zip(texts, await self._logprobs(texts), strict=True)))

    async def _logprobs(self, texts: Sequence[str]) -> list[list[float | None]]:
        """Of each text, the log-probability of each token; the first has none."""
        body = _encode({**self._fixed, "prompt": texts})
        try:
            found = await self._line.ask(PATH, body, _decode, role="scorer", tokens_out=len(texts))
        except NotOffered as error:
            raise self._not_offered(str(error)) from error
        choices = sorted(found.reply.choices, key=lambda one: one.index)
        if [one.index for one in choices] != list(range(len(texts))):
            raise Outage(f"{self._line.endpoint.url}{PATH} did not give one choice for each text")
        told = [[] if one.logprobs is None else one.logprobs.token_logprobs for one in choices]
        if not all(one and one[0] is None for one in told):
            raise self._not_offered(
                f"{self._line.endpoint.url}{PATH} gave no log-probabilities of the text itself"
            )
        return told

    def _not_offered(self, why: str) -> ConfigError:
        return ConfigError(
            f"{why}; the role scorer asks for {PATH} with echo and logprobs, which vLLM has: name a"
            " model there with --model scorer=openai:NAME --base-url URL"
        )
