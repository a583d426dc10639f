"""What a program needs and does not find: a package that is not installed, a file not given."""

import difflib
import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from backfeed.engine.records import File

LACKS = "the sandbox lacks a package: "
UNFOUND = "it needs a file that it was not given: "
FOLDER = "/work"  # where programs are, in every sandbox
_SHORTEST, _NEAR = 4, 0.8
# A path, or a place in the program itself, and not the name of a package.
_PATH = re.compile(r"[./]|(?:crate|super|self)::|.*\.(?:php|rb|sh|bash|pl|js|ts|json|inc)$")
_INSTALLED = re.compile(r"/?(?:usr|opt|bin|sbin|lib\w*)/|vendor/")
_WITHIN = re.compile(r"(?:vendor|node_modules)/|(?:crate|super|self)::")
_BRINGS = r"import|from|require\w*|use|include\w*|source|load|mod|package"
_OURS = ("main", "answer", "test", "tests", "index")


def lack(name: str) -> str:
    """Why a program that needs what has this name says nothing of its answer; empty for no name.

    >>> lack("numpy"), lack("./models")
    ('the sandbox lacks a package: numpy', 'it needs a file that it was not given: ./models')
    """
    if not name:
        return ""
    return f"{UNFOUND if _PATH.match(name) and not _INSTALLED.match(name) else LACKS}{name}"


def here(name: str) -> str:
    """The name without the folder that a program is run in."""
    return name.replace(f"{FOLDER}/", "./")


def lacked(said: str) -> str:
    """The name in a sentence of `lack`; empty if it is none."""
    for begun in (LACKS, UNFOUND):
        if said.startswith(begun):
            return said.removeprefix(begun)
    return ""


def misspelt(name: str, files: Sequence[File]) -> str:
    """The file, of those that a program is given, that it means by a name that it does not find.

    That is one whose name, or whose folder's, is nearly the same, and which nothing else names: a
    package may well have nearly the name of a file that is used.

    >>> misspelt("helpers", [File("helper.py", "")]), misspelt("numpy", [File("helper.py", "")])
    ('helper.py', '')
    """
    wanted = [word for word in re.split(r"\W+", _WITHIN.sub("", name)) if len(word) >= _SHORTEST]
    for file in files:
        path = PurePosixPath(file.path)
        for part in (path.stem, *path.parent.parts):
            if part.startswith("backfeed") or part in _OURS or len(part) < _SHORTEST:
                continue
            if any(_is_near(word, part) for word in wanted) and not _is_named(part, file, files):
                return file.path
    return ""


def _is_near(word: str, other: str) -> bool:
    if word == other:
        return False
    return difflib.SequenceMatcher(None, word.lower(), other.lower()).ratio() >= _NEAR


def _is_named(part: str, file: File, files: Sequence[File]) -> bool:
    folder = PurePosixPath(file.path).parent
    others = (one for one in files if one is not file and not one.path.startswith("backfeed"))
    if part != PurePosixPath(file.path).stem:
        others = (one for one in others if PurePosixPath(one.path).parent != folder)
    named = re.compile(rf"^.*\b(?:{_BRINGS})\b.*\b{re.escape(part)}\b|^\s*\.\s.*\b{part}\b", re.M)
    return any(named.search(one.text) for one in others)
