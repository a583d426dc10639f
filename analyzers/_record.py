"""The record that a test program of ours leaves on descriptor 3, and how it is read.

It is one JSON object, `{"word": ..., "tests": [{"executed", "error", "phase"}]}`. The word is laid
into the harness: a program that ends early, or writes a record without it, has left none. An answer
that reads the memory of its own process can find it: this holds what is wrong or lazy, no attacker.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from backfeed.engine.records import File
from backfeed.engine.requests import Job

Plain = dict[str, Any]


def word_of(*texts: str) -> str:
    """A word that depends on all texts: the same job has the same word each time."""
    return hashlib.blake2b("\0".join(texts).encode("utf-8", "replace"), digest_size=12).hexdigest()


def word_in(job: Job, guest_file: str) -> str:
    """The word that stands in a program of ours among the files of a job."""
    text = next((file.text for file in job.files if file.path == guest_file), "")
    return first(r"\b([0-9a-f]{24})\b", text)


def read(report: str, word: str) -> list[Plain]:
    """What the tests came to; nothing where the record is not ours."""
    try:
        told = json.loads(report)
        return list(told["tests"]) if word and told["word"] == word else []
    except (ValueError, KeyError, TypeError):
        return []


def lacks(name: str) -> list[Plain]:
    """What a test came to for which the sandbox has no package or header of this name."""
    return failed("ModuleNotFoundError", name, phase="code")


def failed(kind: str, message: str, *, phase: str, executed: int = 0, line: int = 0) -> list[Plain]:
    """A test that ended with an error."""
    error = {"type": kind, "message": message, "line": line}
    return [{"executed": executed, "error": error, "phase": phase}]


def first(pattern: str, text: str) -> str:
    """The first group of the first match; empty if there is none."""
    match = re.search(pattern, text, re.MULTILINE)
    return match[1] if match else ""


@cache
def guest(name: str) -> str:
    """The text of a program of ours that goes into the sandbox beside an answer."""
    return (files("backfeed.analyzers") / "guests" / name).read_text(encoding="utf-8")


def guests(names: Sequence[str], **words: str) -> tuple[File, ...]:
    """Programs of ours as files; `@NAME@` in them is filled in."""
    found = []
    for name in names:
        text = guest(name)
        for key, value in words.items():
            text = text.replace(f"@{key}@", value)
        found.append(File(name, text))
    return tuple(found)
