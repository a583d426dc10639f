"""What package sources share: downloads kept by their sha256, unpacked once, read as a folder."""

import base64
import difflib
import hashlib
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from backfeed.engine.boundary import storing
from backfeed.engine.contracts import Pin, Pinned, ReadRules
from backfeed.engine.errors import InputError
from backfeed.engine.sources import _http
from backfeed.engine.sources._archive import look, unpack
from backfeed.engine.sources._files import code_entries, no_source
from backfeed.engine.sources._tree import Folder


@dataclass(frozen=True, slots=True)
class Download:
    """A file to fetch; `digest` is what it must have, in hexadecimal; empty if nobody says."""

    url: str
    name: str
    algorithm: str = "sha256"
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file in the cache."""

    path: Path
    sha256: str


def kept(cache: Path, sha256: str) -> Kept | None:
    """The file with that digest, if the cache has it whole."""
    folder = cache / "downloads" / sha256
    for path in sorted(folder.glob("[!.]*")) if sha256 else ():
        if _hash(path, "sha256") == sha256:
            return Kept(path, sha256)
        path.unlink()  # damaged: it is fetched again
    return None


def fetched(cache: Path, wanted: Download) -> Kept:
    """The file, from the cache or the network, checked. Raises `InputError` if it is another."""
    found = kept(cache, wanted.digest) if wanted.algorithm == "sha256" else None
    if found is not None:
        return found
    with storing(f"writing {cache}"):
        (cache / "downloads").mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=".part-", dir=cache / "downloads"))
    try:
        return _checked(wanted, folder / "part", cache)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _checked(wanted: Download, part: Path, cache: Path) -> Kept:
    _http.download(wanted.url, part)
    with storing(f"writing {cache}"):
        real = _hash(part, wanted.algorithm)
        if wanted.digest and real != wanted.digest:
            raise InputError(
                f"{wanted.name} is not what the index promises: its {wanted.algorithm} is"
                f" {real[:16]}… and should be {wanted.digest[:16]}…; try again, or another index"
            )
        mark = _hash(part, "sha256")
        path = cache / "downloads" / mark / Path(wanted.name).name
        path.parent.mkdir(parents=True, exist_ok=True)
        part.replace(path)
    return Kept(path, mark)


def packed(name: str, version: str, *, file: Kept, cache: Path) -> Pinned:
    """The pinned package, unpacked: `name` with its sign, as `pypi:x==`, is before the version.

    Raises `InputError` if no file of it is code.
    """
    address = f"{name}{version}"
    place = cache / "unpacked" / file.sha256
    unpack(file.path, place)
    pinned = Pinned(address, version, file.sha256, place, (("file", file.path.name),))
    tree = tree_of(pinned)
    if next(code_entries(tree, tree.entries(), ReadRules()), None) is None:
        raise no_source(address)
    return pinned


def tree_of(pinned: Pinned) -> Folder:
    """The files of a pinned package."""
    found = look(pinned.place)
    return Folder(found.root, links=found.links)


def kept_for(cache: Path, pin: Pin | None) -> Kept | None:
    """What the cache has of a pinned package."""
    return None if pin is None else kept(cache, pin.sha256)


def near_names(name: str, known: Iterable[str]) -> str:
    """A clause for a name that nothing has: the nearest of those that are known here."""
    names = {one for one in known if one} - {name}
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.75)
    return f"did you mean {close[0]!r}?" if close else "check how it is spelt"


def hexadecimal(integrity: str) -> tuple[str, str]:
    """Algorithm and digest of an integrity string: its strongest.

    >>> hexadecimal("sha1-AAAA sha512-/////w==")
    ('sha512', 'ffffffff')
    """
    listed = [part.partition("-") for part in integrity.split() if "-" in part]
    for wanted in ("sha512", "sha384", "sha256", "sha1"):
        for algorithm, _, value in listed:
            if algorithm == wanted:
                return wanted, base64.b64decode(value.partition("?")[0]).hex()
    return "", ""


def _hash(path: Path, algorithm: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()
