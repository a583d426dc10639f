"""Embeddings without a model: words and runs of characters, hashed into a vector of fixed length.

It is lexical: texts that share words and spellings are near, texts that say the same in other words
are not. Whole words, pairs of neighbouring words and runs of 3 to 5 characters are hashed, each
with a sign, into `dimension` places; a feature that comes again counts by the logarithm. Nothing is
learnt or weighted by rarity, so a vector depends on its text alone, on any machine.
"""

import asyncio
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from backfeed.engine.config import build
from backfeed.engine.contracts import Gather, Service
from backfeed.engine.errors import ConfigError
from backfeed.engine.models import _numbers
from backfeed.engine.requests import Embed

VERSION = "1"
LEAST, MOST = 16, 65536
RUNS = (3, 4, 5)

Hashes = npt.NDArray[np.uint64]

_WORD = re.compile(r"[^\W_]+")
_SPACE = re.compile(r"\s+")
_WORDS, _PAIRS, _EMPTY = 1, 2, 3  # what a hash is of; runs have their lengths, plus ten


@dataclass(frozen=True, slots=True)
class Settings:
    """`dimension` is the length of a vector."""

    dimension: int = 512


class HashingService:
    """Answers at once, in this process."""

    name, form = "hashing", _numbers.FORM
    gather = Gather(batch=64, parallel=1)

    def __init__(self, dimension: int) -> None:
        self._dimension = dimension
        self.identity = f"hashing {VERSION}, dimension {dimension}"

    def content(self, request: Embed) -> Any:
        """The text."""
        return _numbers.content(request)

    async def answer(self, requests: Sequence[Embed]) -> list[Any]:
        """A vector of norm 1 for each text."""
        found: list[Any] = []
        for request in requests:
            found.append(_numbers.unit(vector(request.text, self._dimension)))
            await asyncio.sleep(0)  # others go on meanwhile
        return found

    async def close(self) -> None:
        """Nothing is held."""


def vector(text: str, dimension: int) -> npt.NDArray[np.float64]:
    """The signed sums of a text's features; never all zero."""
    hashes, counts = np.unique(np.concatenate(list(_features(text))), return_counts=True)
    signs = np.where(hashes >> np.uint64(63), 1.0, -1.0)
    found = np.zeros(dimension)
    places = (hashes % np.uint64(dimension)).astype(np.int64)
    np.add.at(found, places, signs * (1.0 + np.log(counts)))
    if not found.any():  # all have cancelled out
        found[zlib.crc32(text.encode("utf-8", "surrogatepass")) % dimension] = 1.0
    return found


def _features(text: str) -> Iterator[Hashes]:
    """The hashes of words, of pairs of words, of runs of characters, and of there being a text."""
    low = _SPACE.sub(" ", text.casefold()).strip()
    coded = [zlib.crc32(word.encode("utf-8", "surrogatepass")) for word in _WORD.findall(low)]
    words = _mixed(np.array(coded, dtype=np.uint64), _WORDS)
    yield words
    yield _mixed(words[:-1] ^ (words[1:] << np.uint64(1)), _PAIRS)
    points = np.frombuffer(low.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    letters = points.astype(np.uint64)
    for size in RUNS:
        run = np.zeros(max(len(letters) - size + 1, 0), dtype=np.uint64)
        for shift in range(size if len(run) else 0):
            run = run * np.uint64(0x100000001B3) + letters[shift : shift + len(run)]
        yield _mixed(run, 10 + size)
    if not low:
        yield _mixed(np.zeros(1, dtype=np.uint64), _EMPTY)


def _mixed(values: Hashes, kind: int) -> Hashes:
    """Spread over 64 bits (the last steps of SplitMix64), differently for each kind."""
    found = values + np.uint64((kind * 0x9E3779B97F4A7C15) % 2**64)
    found = (found ^ (found >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    found = (found ^ (found >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return found ^ (found >> np.uint64(31))


class _Hashing:
    """The plug-in."""

    answers = frozenset[str]()

    def service(self, name: str, settings: Mapping[str, Any]) -> Service:
        """It answers no prompts."""
        raise ConfigError(
            "hashing gives embeddings and answers no prompts: name it as --model embedder=hashing"
        )

    def embedder(self, name: str, settings: Mapping[str, Any]) -> HashingService:
        """Raises `ConfigError` for a name, or a setting it does not know."""
        if name:
            raise ConfigError(f"hashing is no model, and has no {name!r}: write embedder=hashing")
        kept = {key: value for key, value in settings.items() if key != "base_url"}
        found = build(Settings, kept, "[models] hashing")
        if not LEAST <= found.dimension <= MOST:
            raise ConfigError(
                f"[models] hashing: dimension = {found.dimension}: it must be {LEAST} to {MOST}"
            )
        return HashingService(found.dimension)


PLUGIN = _Hashing()
