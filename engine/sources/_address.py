"""Addresses of code: `SCHEME:REST`, or a plain file or folder."""

import re
from dataclasses import dataclass
from pathlib import Path

from backfeed.engine import registry
from backfeed.engine.config import nearest
from backfeed.engine.errors import InputError, UnknownName

_SCHEME = re.compile(r"([a-z][a-z0-9_+-]+):(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Address:
    """The name of a source, and what it is told."""

    scheme: str
    rest: str

    def __str__(self) -> str:
        return self.rest if self.scheme == "path" else f"{self.scheme}:{self.rest}"


def parse_address(text: str) -> Address:
    """What an address names. A file or folder that exists is one, whatever its name looks like.

    Raises `UnknownName` for a scheme that nothing has, `InputError` for a path that is not there.

    >>> parse_address("pypi:boltons==25.0.0")
    Address(scheme='pypi', rest='boltons==25.0.0')
    """
    known = registry.names("sources")
    match = _SCHEME.fullmatch(text)
    if match and match[1] in known and match[2]:
        return Address(match[1], match[2])
    if Path(text).exists():
        return Address("path", text)
    if match and match[2].startswith("//"):
        raise InputError(f"{text!r} is a URL: for a git repository, write git:{text}")
    if match and "/" not in match[1] and "." not in match[1]:
        if match[1] in known:
            raise InputError(f"{text!r} names nothing behind {match[1]}:")
        raise UnknownName(f"{text!r}: no source is called {match[1]!r}; {nearest(match[1], known)}")
    listed = ", ".join(f"{name}:" for name in known)
    raise InputError(
        f"there is no file or folder {text!r}; addresses elsewhere begin with one of {listed}"
    )
