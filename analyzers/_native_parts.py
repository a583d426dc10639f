"""Files of a suite in C or C++ that no answer can change: compiled once for all its answers."""

import os.path
import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from backfeed.engine.records import File
from backfeed.engine.requests import Build, Limits, Part

_PLAIN = re.compile(r"[\w.+/-]{1,200}", re.ASCII)
_DIRECTIVE = re.compile(r"^[ \t]*#[ \t]*(?:include|import|include_next|embed)\b(.*)$", re.MULTILINE)
_NAMED = re.compile(r'[ \t]*(?:<[^>\n]{1,300}>|"([^"\n]{1,300})")')
_LOOKS = '__has_include("'


def parts(
    answer: Sequence[File],
    tests: Sequence[File],
    compiler: Sequence[str],
    *,
    suffix: str,
    limits: Limits,
) -> dict[str, Part]:
    """By path, the sources among the tests' files that include none but others of these."""
    theirs = {file.path for file in answer}
    mine = {file.path: file.text for file in tests if file.path not in theirs}
    found: dict[str, Part] = {}
    for path in mine:
        closed = _closed(path, mine) if path.endswith(suffix) and _PLAIN.fullmatch(path) else None
        if closed is None:
            continue
        made = f"backfeed_part_{len(found)}.o"
        build = Build((*compiler, "-c", path, "-o", made), outputs=(made,), limits=limits)
        found[path] = Part(tuple(File(one, mine[one]) for one in sorted(closed)), build)
    return found


def _closed(path: str, files: Mapping[str, str]) -> set[str] | None:
    """The file and all that it includes; None if that is not known, or not among these."""
    found, open_ = {path}, [path]
    while open_:
        here = open_.pop()
        text = files[here].replace("\\\n", "")
        if _LOOKS in text:
            return None
        for said in _DIRECTIVE.findall(text):
            named = _NAMED.match(said)
            if named is None:
                return None
            if named[1]:
                near = os.path.normpath(PurePosixPath(here).parent / named[1])
                if near not in files:
                    return None
                if near not in found:
                    found.add(near)
                    open_.append(near)
    return found
