"""A model server on this machine that gives embeddings and log-probabilities, from texts alone."""

import itertools
import json
import re
import zlib
from typing import Any

from stub_model import Reply, Script, StubModel

PATHS = ("chat/completions", "embeddings", "completions")
TOKEN = re.compile(r"\s?\S+|\s+")


def numbers(body: dict[str, Any], _number: int = 0) -> Reply:
    """A good reply to either."""
    return embeddings(body) if "input" in body else completions(body)


def server(script: Script = numbers) -> StubModel:
    """A server with both."""
    return StubModel(script, PATHS)


def vector(text: str) -> list[float]:
    """An embedding: how many characters, and how many words."""
    return [float(len(text)), float(len(text.split())), 1.0]


def embeddings(body: dict[str, Any]) -> Reply:
    """Vectors, the last one first, as a server may give them."""
    texts = body["input"]
    data = [{"index": n, "embedding": vector(text)} for n, text in enumerate(texts)]
    return _reply({"data": data[::-1]}, sum(map(len, texts)))


def completions(body: dict[str, Any]) -> Reply:
    """The log-probabilities of the texts; a token's depends on the one before."""
    told = [logprobs(text) for text in body["prompt"]]
    choices = [
        {"index": n, "text": "", "logprobs": {"token_logprobs": one}} for n, one in enumerate(told)
    ]
    return _reply({"choices": choices[::-1]}, sum(map(len, told)))


def logprobs(text: str) -> list[float | None]:
    """One for each token; the first has none."""
    tokens = TOKEN.findall(text)
    pairs = itertools.pairwise(tokens)
    return [None, *(-0.5 - zlib.crc32((one + two).encode()) % 1000 / 250 for one, two in pairs)]


def _reply(found: dict[str, Any], tokens: int) -> Reply:
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return Reply(raw=json.dumps({**found, "usage": usage}).encode())
