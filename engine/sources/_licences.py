"""Under which licence each file of a tree is: what its package, its folders and itself say.

A licence file, or a package's metadata, speaks for the folder it lies in and all below. Where
several speak for one file, the strictest holds. In one folder, metadata that names all licences of
the texts beside it (`MIT OR Apache-2.0`, with both texts) says how they are meant.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from backfeed.engine import grammar
from backfeed.engine.methods import licences
from backfeed.engine.methods.licence_names import VAGUE
from backfeed.engine.methods.licence_texts import of_file
from backfeed.engine.methods.licences import UNKNOWN
from backfeed.engine.sources._manifests import declared, is_manifest
from backfeed.engine.sources._tree import Entry, Folder, Tree

MAX_TEXT = 200_000
A_TEXT = 1500
POINTER = "pointer"
"""Stands for a short text that we do not know, which may only say where the texts are."""

_TEXT = re.compile(
    r"(?:un)?licen[cs]es?(?:[-._ ].*)?|copying(?:[-._].*)?|.+[-._]licen[cs]e(?:\.\w+)?",
    re.IGNORECASE,
)
# These may state a licence; if they state none, that says nothing.
_MAYBE = re.compile(r"(?:notice|copyright)(?:[-._].*)?", re.IGNORECASE)
_NO_TEXT = (
    ".json",
    ".toml",
    ".yml",
    ".yaml",
    ".xml",
    ".spdx",
    ".svg",
    ".png",
    ".pdf",
    ".lock",
    ".csv",
)
_CODE_OR_TEXT = (".html", ".htm")  # a licence may be a page
_FOLDERS = {"licenses", "licences", "license", "licence"}
_METADATA = (".dist-info", ".egg-info")


class Licences:
    """What is said of licences in a tree; asked file by file. `stated` is said of the whole."""

    def __init__(self, tree: Tree, entries: Sequence[Entry], stated: Sequence[str] = ()) -> None:
        self._stated = tuple(stated)
        self._declared: dict[str, list[str]] = {}
        self._texts: dict[str, list[str]] = {}
        self._cache: dict[str, tuple[str, ...]] = {}
        for entry in entries:
            self._look_at(tree, entry)

    def of(self, path: str, *own: str) -> str:
        """The licence that holds for a file: of what its folders state, and of what it says itself.

        `NOASSERTION` if nobody states any.
        """
        return licences.combined([*self._above(_parent(path)), *own])

    def _above(self, folder: str) -> tuple[str, ...]:
        """What a folder and all above it state."""
        if folder not in self._cache:
            higher = self._above(_parent(folder)) if folder else self._stated
            here = _agreed(self._declared.get(folder, []), self._texts.get(folder, []))
            self._cache[folder] = (*higher, *here)
        return self._cache[folder]

    def _look_at(self, tree: Tree, entry: Entry) -> None:
        if entry.fault or not 0 < entry.size <= MAX_TEXT:
            return
        name, folder = PurePosixPath(entry.path).name, speaks_for(entry.path)
        if is_manifest(entry.path):
            self._declared.setdefault(folder, []).extend(declared(name, _text(tree, entry)))
        elif is_licence_file(entry.path):
            found = of_file(text := _text(tree, entry))
            if found != UNKNOWN or _TEXT.fullmatch(name):
                said = POINTER if found == UNKNOWN and len(text) < A_TEXT else found
                self._texts.setdefault(folder, []).append(said)


def stated_in(folder: Path) -> list[str]:
    """What the files right in a folder say of the licence."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.is_symlink())
    tree = Folder(folder, only=tuple(path.name for path in files))
    said = Licences(tree, tree.entries()).of("any") if files else UNKNOWN
    return [] if said == UNKNOWN else [said]


def is_licence_file(path: str) -> bool:
    """Is it the text of a licence, by its name or its folder?

    >>> [is_licence_file(p) for p in ("LICENSE.MIT", "a/COPYING", "license.py", "LICENSES/MIT.txt")]
    [True, True, False, True]
    """
    pure = PurePosixPath(path)
    ending = pure.suffix.lower()
    if ending in (*_NO_TEXT, *grammar.extensions()) and ending not in _CODE_OR_TEXT:
        return False
    if _TEXT.fullmatch(pure.name) or _MAYBE.fullmatch(pure.name):
        return True
    return pure.parent.name.lower() in _FOLDERS


def speaks_for(path: str) -> str:
    """The folder for which a licence file or metadata speaks.

    >>> speaks_for("x-1.0.dist-info/licenses/LICENSE"), speaks_for("a/LICENSES/MIT.txt")
    ('', 'a')
    """
    folder = _parent(path)
    parts = PurePosixPath(folder).parts
    for index, part in enumerate(parts):
        if part.endswith(_METADATA):
            return "/".join(parts[:index])
    return _parent(folder) if parts and parts[-1].lower() in _FOLDERS else folder


def _agreed(said: Sequence[str], texts: Sequence[str]) -> Iterable[str]:
    """What metadata and licence texts of one folder say together."""
    clear = [one for one in said if one != UNKNOWN and not (one in VAGUE and _has_kin(one, texts))]
    known = [text for text in texts if text not in {UNKNOWN, POINTER}]
    if any(text.startswith("LGPL-3.0") for text in known):
        known = [text for text in known if not text.startswith("GPL-3.0")]  # a part of that one
    more = [text for text in known if not any(licences.covers(one, text) for one in clear)]
    unread = UNKNOWN in texts or (POINTER in texts and not known)
    return [*clear, *more, *([UNKNOWN] if unread and not clear else [])]


def _has_kin(vague: str, texts: Sequence[str]) -> bool:
    """Is there a text of the family that a vague name means?"""
    family = vague.partition("-")[0] + "-"
    return any(text.startswith(family) for text in texts)


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _text(tree: Tree, entry: Entry) -> str:
    try:
        return tree.bytes_of(entry).decode("utf-8", "replace")
    except OSError:
        return ""
