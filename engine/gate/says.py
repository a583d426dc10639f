"""What a row says, whatever its columns are called; and the mark by which it is known again."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from backfeed.engine.identity import digest
from backfeed.engine.methods.licence_names import in_row
from backfeed.engine.readers._shapes import ALIASES
from backfeed.engine.records import Sample

_SAID: Mapping[str, Callable[[Sample], Any]] = {
    "instruction": lambda sample: sample.instruction,
    "response": lambda sample: sample.response or sample.files,
    "messages": lambda sample: sample.messages,
    "system": lambda sample: [one for one in sample.messages if one.role == "system"],
    "tests": lambda sample: sample.tests,
    "language": lambda sample: sample.language,
    "entry_point": lambda sample: sample.entry_point,
    "question_type": lambda sample: sample.question_type,
    "dialect": lambda sample: sample.dialect,
    "files": lambda sample: sample.files,
    "support": lambda sample: sample.support,
}
_NUMBERED = re.compile(r"(.+:\d+)?")  # as readers call a row that has no id


def mark_of(sample: Sample) -> str:
    """What a row is known by: a hash of what it says, not of its id, its place or a verdict."""
    said = (sample.messages, sample.files, sample.support, sample.tests, sample.extra)
    return digest(*said, size=8)


def says(sample: Sample, column: str) -> bool:
    """Does the row say anything under this name: ours, one that is read as ours, or its own?"""
    if column in ("licence", "license"):
        return bool(licences_of(sample))
    if _filled(_extra(sample).get(column)):
        return True
    if column == "id":
        return not _NUMBERED.fullmatch(sample.source_id)
    return any(_filled(_SAID[name](sample)) for name in _names(column))


def _names(column: str) -> Iterator[str]:
    """What a column of this name is read as."""
    for name, columns in ALIASES.items():
        if name in _SAID and (column == name or column in columns):
            yield name


def _filled(value: Any) -> bool:
    return bool(value.strip()) if isinstance(value, str) else value not in (None, [], {}, ())


def licences_of(sample: Sample) -> tuple[str, ...]:
    """The licences that a row names, in its own words; nothing if it names none."""
    return (sample.origin.licence,) if sample.origin.licence else in_row(_extra(sample))


def _extra(sample: Sample) -> Mapping[str, Any]:
    return _plain(sample.extra) if sample.extra else {}


@lru_cache(maxsize=1)
def _plain(extra: str) -> Mapping[str, Any]:
    """The columns of a row that are nothing to us; a few clauses ask for them in turn."""
    try:
        found = json.loads(extra)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
