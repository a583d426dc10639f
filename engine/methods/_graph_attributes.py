"""What nodes and edges of the keyword graph say of themselves, and how: short texts and counts.

Sets of texts are one text each, sorted and with commas between, as GraphML knows no lists.
"""

import re
from collections.abc import Iterable
from typing import Any

KINDS = ("task", "instruction", "knowledge")
MOST_SOURCES = 5
PROBLEMS = "problems"
"""The source of what was seen in samples."""
ANY = "*"
"""The language of what every language has."""

# What XML cannot say: such a phrase could not be saved.
_UNSAYABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REPLACED = "\ufffd"


def node_name(kind: str, phrase: str) -> str:
    """The name of a node; what a file cannot hold is replaced."""
    return f"{kind}:{_UNSAYABLE.sub(_REPLACED, phrase)}"


def plain(text: str) -> str:
    """A name as an attribute can hold it beside others: without commas and line ends."""
    return _UNSAYABLE.sub(_REPLACED, re.sub("[,\t\n\r]", "_", text))


def joined(texts: Iterable[str]) -> str:
    """A set of short texts as one attribute: sorted, with commas between."""
    return ",".join(sorted({plain(text) for text in texts if text}))


def parts(text: str) -> set[str]:
    """The set of texts in an attribute."""
    return set(filter(None, text.split(",")))


def first_sources(one: str, two: str) -> str:
    """The smallest few of two lists of sample ids."""
    return ",".join(sorted(parts(one) | parts(two))[:MOST_SOURCES])


def fresh_node(name: str) -> dict[str, Any]:
    """The attributes of a node that was never seen."""
    return {
        "kind": name.partition(":")[0], "count": 0, "languages": "", "sources": "", "uses": 0,
        "tried": 0, "passed": 0,
    }  # fmt: skip


def fresh_edge() -> dict[str, Any]:
    """The attributes of an edge that was never seen."""
    return {"weight": 0, "sources": "", "files": ""}
