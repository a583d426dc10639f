"""Content hashes: what makes two things the same thing."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from backfeed.engine.records import Keywords, Sample

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


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file of any size, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def content_id(sample: Sample) -> str:
    """The id of a new sample: a hash of what it says, not of where it stands.

    Of one that says nothing yet, its keywords count: it will be told apart by them.
    """
    said = (sample.messages, sample.code, sample.files, sample.support, sample.tests)
    bare = (sample.keywords,) if sample.keywords != Keywords() and not any(said) else ()
    return digest(sample.language, *said, *bare, size=8)


class Ids:
    """Gives each new sample its id; the k-th equal one gets the suffix `-k`."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def name(self, sample: Sample, **changes: Any) -> Sample:
        """The sample, changed, with its id from its content, which is made sayable in UTF-8."""
        try:
            mark = content_id(sample)
        except UnicodeEncodeError:
            sample = well_formed_sample(sample)
            mark = content_id(sample)
        return sample.but(id=self.unique(mark), **changes)

    def unique(self, mark: str) -> str:
        """`mark` the first time, then `mark-2`, `mark-3`, ..."""
        count = self._seen[mark] = self._seen.get(mark, 0) + 1
        return mark if count == 1 else f"{mark}-{count}"


def well_formed(value: Any) -> Any:
    """The same plain data with what UTF-8 cannot say (lone surrogates) replaced."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, Mapping):
        return {well_formed(key): well_formed(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [well_formed(item) for item in value]
    return value


def well_formed_sample(sample: Sample) -> Sample:
    """The sample with what UTF-8 cannot say replaced."""
    return msgspec.convert(well_formed(msgspec.to_builtins(sample)), Sample)
