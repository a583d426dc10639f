"""The coarse classes that labels are put into, and the words that speak for each."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from backfeed.plugin import InputError


@dataclass(frozen=True, slots=True)
class Class:
    """A coarse class, and beginnings of words in labels that belong to it."""

    name: str
    cues: tuple[str, ...] = ()


@cache
def published() -> tuple[Class, ...]:
    """Those of the published label system; the last is for what fits no other."""
    return _classes((files(__package__) / "_classes.toml").read_text(encoding="utf-8"))


def read(path: Path) -> tuple[Class, ...]:
    """Those of a file of the user. Raises `InputError` if it names none."""
    try:
        found = _classes(path.read_text(encoding="utf-8"))
    except (ValueError, TypeError) as error:
        raise InputError(f"the file of classes cannot be read: {error}") from error
    if len(found) < 2 or len({one.name for one in found}) < len(found):
        raise InputError(
            'the file of classes has to hold two or more [[class]] with a name = "..." of its own'
        )
    return found


def by_cues(label: str, classes: Sequence[Class]) -> str:
    """The class that the longest cue in a label speaks for; the last one, if none does.

    >>> by_cues("legal reasoning", published()), by_cues("zither", published())
    ('Logic and Reasoning', 'Other')
    """
    best = max(
        ((len(cue), -number) for number, one in enumerate(classes) for cue in one.cues
         if re.search(rf"\b{re.escape(cue)}", label)),
        default=None,
    )  # fmt: skip
    return classes[-best[1] if best else -1].name


def _classes(text: str) -> tuple[Class, ...]:
    told = tomllib.loads(text).get("class", [])
    return tuple(Class(str(one["name"]), tuple(map(str, one.get("cues", ())))) for one in told)
