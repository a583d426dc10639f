"""Packages that programs import inside a sandbox, each packed with what it needs into one archive.

`bundle("pytest")` makes a zip of pure Python from what is installed beside this program: sources,
and bytecode of what an import of it loads, for a Python of the same version. It is kept in the
user's cache, under a name that hangs on all versions.
"""

import hashlib
import importlib.metadata as metadata
import importlib.util
import io
import json
import marshal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement

from backfeed.engine.boundary import storing
from backfeed.engine.errors import ConfigError
from backfeed.engine.files import user_cache, write_whole

_DAY = (1980, 1, 1, 0, 0, 0)
_LOADED = (
    "import json, sys, importlib; importlib.import_module(sys.argv[1]);"
    " print(json.dumps([m.__spec__.origin for m in list(sys.modules.values())"
    " if getattr(m, '__spec__', None) and m.__spec__.origin]))"
)


def bundle(distribution: str, *, whole: bool = False) -> Path:
    """The archive of an installed distribution, if `whole` with the bytecode of all of it.

    Raises `ConfigError` if it cannot be packed.
    """
    found = [metadata.distribution(name) for name in sorted(_needed(distribution))]
    named = " ".join(f"{one.name}-{one.version}" for one in found)
    mark = hashlib.sha256(f"1 {named} {sys.implementation.cache_tag}".encode()).hexdigest()[:16]
    path = user_cache("packages") / f"{distribution}-{mark}{'-whole' if whole else ''}.zip"
    if not path.exists():
        with storing(f"packing {distribution} for the sandbox"):
            _write(path, found, None if whole else _loaded_by(distribution))
    return path


def _needed(distribution: str) -> set[str]:
    """The distribution and all that it requires here."""
    known: set[str] = set()
    waiting = [distribution]
    while waiting:
        name = waiting.pop()
        try:
            required = metadata.requires(name) or []
        except metadata.PackageNotFoundError as error:
            raise ConfigError(f"the package {name} is not installed: pip install {name}") from error
        known.add(name)
        asked = map(Requirement, required)
        here = [one.name for one in asked if not one.marker or one.marker.evaluate({"extra": ""})]
        waiting += [one for one in here if one not in known]
    return known


def _write(path: Path, found: list[metadata.Distribution], loaded: set[str] | None) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, place in sorted(_sources(found)):
            source = place.read_bytes()
            archive.writestr(zipfile.ZipInfo(name, _DAY), source, zipfile.ZIP_DEFLATED)
            if loaded is None or str(place) in loaded:
                bytecode = _bytecode(source, name)
                archive.writestr(zipfile.ZipInfo(f"{name}c", _DAY), bytecode, zipfile.ZIP_DEFLATED)
    write_whole(path, file.getvalue())


def _sources(found: list[metadata.Distribution]) -> Iterator[tuple[str, Path]]:
    for one in found:
        names = {file.as_posix() for file in one.files or ()}
        for file in one.files or ():
            if file.suffix in {".so", ".pyd"} and not _is_spare(file.as_posix(), names):
                raise ConfigError(f"{one.name} is not pure Python: it cannot go into the sandbox")
            if file.suffix == ".py" and ".." not in file.parts:
                yield file.as_posix(), Path(str(file.locate()))


def _is_spare(name: str, names: set[str]) -> bool:
    """Is it a compiled copy of Python that is there, too, or what such copies share?"""
    stem = name.partition(".")[0]
    return f"{stem}.py" in names or stem.endswith("__mypyc")


def _loaded_by(distribution: str) -> set[str]:
    """The files that an import loads."""
    command = [sys.executable, "-I", "-c", _LOADED, distribution]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        raise ConfigError(f"{distribution} cannot be imported: {done.stderr.strip()[-300:]}")
    return set(json.loads(done.stdout))


def _bytecode(source: bytes, name: str) -> bytes:
    """As a file of bytecode that is not compared with its source."""
    code = compile(source, name, "exec", dont_inherit=True)
    flags = (1).to_bytes(4, "little")
    head = importlib.util.MAGIC_NUMBER + flags + importlib.util.source_hash(source)
    return head + marshal.dumps(code)
