"""Files of a suite in C or C++ that no answer can change: compiled once for all its answers."""

import os.path
import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from backfeed.engine.records import File
from backfeed.engine.requests import Build, Limits, Part

_PLAIN = re.compile(r"[\w.+/-]{1,200}", re.ASCII)
_DIRECTIVE = re.compile(r"^[ \t]*#[ \t]*(include|import|include_next|embed)\b(.*)$", re.MULTILINE)
_NAMED = re.compile(r'[ \t]*(?:<[^>\n]{1,300}>|"([^"\n]{1,300})")')
_LOOKS = '__has_include("'


def parts(
    answer: Sequence[File],
    given: Sequence[File],
    compiler: Sequence[str],
    *,
    suffix: str,
    limits: Limits,
) -> dict[str, Part]:
    """By path, the sources among the files given that include nothing of the answer's."""
    theirs = {os.path.normpath(file.path) for file in answer}
    paths = {os.path.normpath(file.path): file.text for file in given}
    mine = {path: text for path, text in paths.items() if path not in theirs}
    found: dict[str, Part] = {}
    for path in mine:
        plain = path.endswith(suffix) and _PLAIN.fullmatch(path)
        closed = _closed(path, mine) if plain else None
        if closed is None or closed & theirs:
            continue
        made = f"backfeed_part_{len(found)}.o"
        build = Build((*compiler, "-c", path, "-o", made), outputs=(made,), limits=limits)
        found[path] = Part(
            tuple(File(one, mine[one]) for one in sorted(closed) if one in mine), build
        )
    return found


def inside(files: Sequence[File], suffix: str) -> list[str]:
    """The sources that another file includes: to compile them besides would say all twice."""
    near = {
        os.path.normpath(PurePosixPath(file.path).parent / named[1])
        for file in files
        for _, said in _DIRECTIVE.findall(file.text)
        if (named := _NAMED.match(said)) and (named[1] or "").endswith(suffix)
    }
    return sorted(path for path in near if _PLAIN.fullmatch(path))


def _closed(path: str, files: Mapping[str, str]) -> set[str] | None:
    """The file and all that it includes, whether it is there or not; None if that is not known."""
    found, open_ = {path}, [path]
    while open_:
        here = open_.pop()
        text = files.get(here, "").replace("\\\n", "")
        if _LOOKS in text:
            return None
        for directive, said in _DIRECTIVE.findall(text):
            named = _NAMED.match(said)
            if named is None or directive not in ("include", "import"):
                return None
            near = os.path.normpath(PurePosixPath(here).parent / (named[1] or ""))
            if near.startswith(("/", "..")):
                return None
            if named[1] and near not in found:
                found.add(near)
                open_.append(near)
    return found
