"""Content hashes: what makes two things the same thing."""

import hashlib
from typing import Any

import msgspec

from backfeed.engine.records import Sample

_encoder = msgspec.json.Encoder(order="sorted")


def canonical(value: Any) -> bytes:
    """The one way to write a value of plain data (or of frozen dataclasses) as bytes."""
    return _encoder.encode(value)


def digest(*parts: Any, size: int = 16) -> str:
    """A hexadecimal digest of plain data; `size` is in bytes."""
    return hashlib.blake2b(canonical(parts), digest_size=size).hexdigest()


def sha256(data: bytes | str) -> str:
    """The SHA-256 of bytes, or of a text in UTF-8, in hexadecimal."""
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    return hashlib.sha256(raw).hexdigest()


def content_id(sample: Sample) -> str:
    """The id of a new sample: a hash of what it says, not of where it stands."""
    return digest(
        sample.language, sample.messages, sample.code, sample.files, sample.support, sample.tests,
        size=8,
    )


class Ids:
    """Gives each new sample its id; the k-th equal one gets the suffix `-k`."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def name(self, sample: Sample) -> Sample:
        """The sample with its id set from its content."""
        mark = content_id(sample)
        count = self._seen[mark] = self._seen.get(mark, 0) + 1
        return sample.but(id=mark if count == 1 else f"{mark}-{count}")
