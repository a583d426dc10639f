"""A row beside the index of benchmarks: what of it is compared, and what the two share."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from backfeed.engine.methods import contamination as texts
from backfeed.engine.methods._python_tree import python_tree
from backfeed.engine.methods.code_blocks import blocks
from backfeed.engine.methods.contamination import Floats, Hashes
from backfeed.engine.records import Sample
from backfeed.engine.stages._contamination_index import (
    SHORT,
    Index,
    prints_of,
    topic_of,
)

_BEGUN = re.compile(r"^(?:from \w|import \w|@\w|(?:async )?def \w|class \w)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Wanted:
    """How rows are compared (the settings of `decontaminate`)."""

    methods: tuple[str, ...]
    size: int
    share: float
    near: float
    near_weight: float
    alike: float
    least_prints: int
    specific: float
    least_asserts: float
    most_runs: int


@dataclass(frozen=True, slots=True)
class Match:
    """A task that a row holds: by which method, how much of it (0 to 1), and what was found."""

    method: str
    task: str
    file: str
    score: float
    span: str

    def told(self) -> str:
        """The match as a rejection tells it."""
        return f"{self.task} of {self.file} by {self.method} {self.score:.2f}"


@dataclass(frozen=True, slots=True)
class Trial:
    """A function of a row, and a task whose tests it may pass: the program, and what it needs.

    `worth` is that of the tests, `shared` the weight of what the row and the task have in common.
    """

    task: str
    file: str
    function: str
    code: str
    test: str
    setup: str
    worth: float
    shared: float


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found in a row, best first; and what to run."""

    matches: tuple[Match, ...] = ()
    trials: tuple[Trial, ...] = ()


@dataclass(frozen=True)
class Row:
    """What of a row is compared: all that it says, and its code."""

    said: tuple[str, ...]
    asked: str
    code: str
    language: str

    @cached_property
    def text(self) -> str:
        """Everything, each text once."""
        return "\n".join(dict.fromkeys(one for one in (*self.said, self.code) if one))

    @cached_property
    def words(self) -> list[str]:
        """The words of all of it, in order."""
        return texts.words(self.text)

    @cached_property
    def hashes(self) -> Hashes:
        """The words as hashes, in order."""
        return texts.hashes_of(self.words)

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """The row's code, and Python that its problem holds: whole, or to be gone on with."""
        found = [self.code] if self.code else []
        if self.language in ("", "python"):
            found += _python_in(self.asked, (self.code, *self.said[1:]))
        return tuple(dict.fromkeys(found))


def row_of(sample: Sample) -> Row:
    """The row of a sample."""
    said = [message.content for message in sample.messages]
    files = [file.text for file in sample.files]
    return Row((*said, *files), sample.instruction, sample.code, sample.language)


def _python_in(asked: str, answers: Sequence[str]) -> Iterator[str]:
    """The code of a problem: by itself, or what it makes with the answer that goes on with it."""
    for text in [block.code for block in blocks(asked)] or [asked]:
        match = _BEGUN.search(text)
        if match is None or not re.search(r"^\s*(?:async )?(?:def|class) ", text, re.MULTILINE):
            continue
        begun = text[match.start() :].rstrip() + "\n"
        for answer in answers:
            if answer[:1].isspace() and python_tree(begun + answer) is not None:
                yield begun + answer
        if python_tree(begun) is not None:
            yield begun


class Look:
    """A row beside an index: what they share, each worked out once, when it is asked for."""

    def __init__(self, index: Index, row: Row) -> None:
        self.index, self.row = index, row

    @cached_property
    def short(self) -> Floats:
        """The weight of the runs of three words that each part shares with the row."""
        return self.index.short.matched(texts.runs(self.row.hashes, SHORT))

    @cached_property
    def prints(self) -> Hashes:
        """The fingerprints of the row's code."""
        found = [prints_of(code, self.row.language or "python") for code in self.row.codes]
        return np.unique(np.concatenate([*found, prints_of("", "")]))

    @cached_property
    def alike(self) -> Floats:
        """The weight of the fingerprints that each task's solution shares with them."""
        return self.index.prints.matched(self.prints)

    @cached_property
    def topic(self) -> Floats:
        """The weight of the words that each task shares with the row, wherever they stand."""
        return self.index.topic.matched(topic_of(self.row.text))

    @cached_property
    def worded(self) -> Floats:
        """For each task, `short` of that prose of it which shares the most."""
        found = np.zeros(len(self.index.tasks), np.float32)
        np.maximum.at(found, self.index.owners, self.short[self.index.prose])
        return found


def share_of(matched: Floats, totals: Floats) -> Floats:
    """What is matched, as a share of all; 0 of nothing."""
    found: Floats = np.divide(matched, np.maximum(totals, 1e-6), dtype=np.float32)
    return found
