"""Embeddings from an OpenAI-compatible address: many texts in one request, POST /embeddings."""

from collections.abc import Sequence
from typing import Any

import msgspec

from backfeed.engine.contracts import Gather
from backfeed.engine.errors import ConfigError, Outage
from backfeed.engine.models import _numbers
from backfeed.engine.models._endpoint import NotOffered
from backfeed.engine.models._paid import OnLine, Reply, Settings
from backfeed.engine.requests import Embed

PATH = "/embeddings"
PARALLEL = 8
"""Requests under way, at most: each holds many texts."""
WAIT_S = 0.05


class _Vector(msgspec.Struct):
    index: int
    embedding: list[float]


class _Reply(Reply, kw_only=True):
    data: list[_Vector]


_decode = msgspec.json.Decoder(_Reply).decode
_encode = msgspec.json.Encoder().encode


class EmbeddingService(OnLine):
    """One embedder at one address."""

    form = _numbers.FORM

    def __init__(self, name: str, settings: Settings) -> None:
        super().__init__(name, settings)
        self._fixed: dict[str, Any] = {"model": name, **settings.extra}
        if settings.dimensions is not None:
            self._fixed["dimensions"] = settings.dimensions
        self.identity = self._line.identity(self._fixed)
        parallel = min(settings.parallel, PARALLEL)
        self.gather = Gather(settings.batch, WAIT_S, parallel, settings.deadline_s)

    def content(self, request: Embed) -> Any:
        """The text."""
        return _numbers.content(request)

    async def answer(self, requests: Sequence[Embed]) -> list[Any]:
        """A vector of norm 1 for each text, in order."""
        body = _encode({**self._fixed, "input": [request.text for request in requests]})
        try:
            found = await self._line.ask(PATH, body, _decode, role="embedder", tokens_out=0)
        except NotOffered as error:
            raise ConfigError(
                f"{error}; the role embedder asks for {PATH}: name a model that has them with"
                " --model embedder=openai:NAME, or --model embedder=hashing, which needs no model"
            ) from error
        vectors = sorted(found.reply.data, key=lambda one: one.index)
        if [one.index for one in vectors] != list(range(len(requests))):
            raise Outage(
                f"{self._line.endpoint.url}{PATH} gave {len(vectors)} vectors for"
                f" {len(requests)} texts, or numbered them wrongly"
            )
        return [_numbers.unit(one.embedding) for one in vectors]
