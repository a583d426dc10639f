"""Single-file programs of this machine that analyzers run inside a sandbox, and where they lie.

An archive of Python packages is one, too.
"""

import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path

from backfeed.engine.errors import ConfigError

HOME = "/opt/backfeed/bin"


def digests(tools: Mapping[str, str]) -> dict[str, str]:
    """The sha256 of each, by name. Raises `ConfigError` for one that cannot be read."""
    return {name: _sha256(path) for name, path in sorted(tools.items())}


def _sha256(path: str) -> str:
    """Of an archive, what its sources say: bytecode is not the same each time."""
    try:
        if path.endswith(".zip"):
            with zipfile.ZipFile(path) as archive:
                told = [(i.filename, i.CRC) for i in archive.infolist() if i.filename[-1] != "c"]
            return hashlib.sha256(repr(sorted(told)).encode()).hexdigest()
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, zipfile.BadZipFile) as error:
        raise ConfigError(f"the tool {path} cannot be read: {error}") from error
