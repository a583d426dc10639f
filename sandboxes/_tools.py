"""Single-file programs of this machine that analyzers run inside a sandbox, and where they lie."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from backfeed.engine.errors import ConfigError

HOME = "/opt/backfeed/bin"


def digests(tools: Mapping[str, str]) -> dict[str, str]:
    """The sha256 of each, by name. Raises `ConfigError` for one that cannot be read."""
    return {name: _sha256(path) for name, path in sorted(tools.items())}


def _sha256(path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ConfigError(f"the tool {path} cannot be read: {error}") from error
