"""What lies beside a snippet that is one file of several: a folder of its own for each answer."""

import os.path
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from backfeed.analyzers import _record
from backfeed.engine.records import File
from backfeed.engine.requests import CodeCheck

_PART = re.compile(r"(?!\.\.?$)[\w.+@-]{1,100}", re.ASCII)
_DEEPEST = 16


@dataclass(frozen=True, slots=True)
class Folder:
    """Where an answer of several files lies: `path` is that of the snippet, from its folder on."""

    name: str = ""
    path: str = ""
    files: tuple[File, ...] = ()

    @property
    def place(self) -> str:
        """The folder that the snippet itself lies in."""
        return str(PurePosixPath(self.name, self.path).parent)

    def names(self, path: str) -> str:
        """The path within the folder, of a file that lies in it; empty for any other."""
        pure = PurePosixPath(os.path.normpath(path))
        inside = bool(self.name) and pure.is_relative_to(self.name)
        return str(pure.relative_to(self.name)) if inside else ""


def folders(batch: Sequence[CodeCheck], word: str) -> list[Folder]:
    """A folder for each snippet, named by a word of the batch; none for those that are alone."""
    return [_folder(one, _record.word_of(word, str(n))) for n, one in enumerate(batch)]


def word_of(batch: Sequence[CodeCheck]) -> str:
    """A word for names of files: nothing in a batch can say it, as all of it goes into the word."""
    near = (text for one in batch for file in one.beside for text in (file.path, file.text))
    return _record.word_of(*(one.code for one in batch), *near)


def _folder(request: CodeCheck, word: str) -> Folder:
    own = _plain(request.path)
    near: dict[str, str] = {}
    for file in request.beside:
        path = _plain(file.path)
        if path and path != own:
            near.setdefault(path, file.text)
    above = {str(up) for path in (own, *near) for up in PurePosixPath(path).parents}
    kept = tuple(File(path, text) for path, text in near.items() if path not in above)
    if not own or own in above or not kept:
        return Folder()
    return Folder(f"b_{word}", own, kept)


def _plain(path: str) -> str:
    """A path that a script can name and a sandbox can hold; empty for any other."""
    parts = PurePosixPath(path).parts
    plain = all(map(_PART.fullmatch, parts)) and len(parts) <= _DEEPEST
    return "/".join(parts) if plain else ""
