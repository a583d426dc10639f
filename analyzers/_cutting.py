"""What a language needs besides to be a source of problems: units, words, calls, recorded tests."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from backfeed.analyzers import (
    _tree_calls,
    _tree_classes,
    _tree_docs,
    _tree_keywords,
    _tree_recorded,
    _tree_units,
)
from backfeed.analyzers._described import Description, Example, Unit, knowable
from backfeed.analyzers._language import TreeLanguage
from backfeed.engine.records import File
from backfeed.engine.requests import Job, Outcome

Plain = dict[str, Any]
Pairs = Sequence[tuple[str, str]]


def _bare(value: str) -> str:
    return re.sub(r"[\s\"'`]", "", value)


class Cutting(TreeLanguage):
    """The verbs of reverse construction, by the language's `[cut]` table. All are pure."""

    def units(self, code: str, bounds: _tree_units.Bounds = (5, 20, 80)) -> list[Unit]:
        """The functions of a file, and its classes."""
        return _tree_units.units(self.language, code, bounds)

    def describe(self, code: str, name: str) -> Description:
        """What the comment above a function says, or those in a class."""
        is_class = _tree_classes.is_class(self.language, code, name)
        kind = _tree_classes if is_class else _tree_docs
        return knowable(kind.describe(self.language, code, name))

    def examples(self, code: str, name: str) -> list[Example]:
        """Calls that the comment shows with what they give."""
        return _tree_docs.examples(self.language, code, name)

    def inputs(self, code: str, name: str, wanted: tuple[Sequence[str], int]) -> list[str]:
        """Calls of a function: those that are shown first."""
        shown, most = wanted
        if _tree_classes.is_class(self.language, code, name):
            return _tree_classes.inputs(self.language, code, name, most=most)
        types = _tree_docs.types_told(self.language, code, name)
        words = _tree_docs.words_told(self.language, code, name)
        return _tree_calls.inputs(
            self.language, code, name, shown=shown, most=most, types=types, words=words
        )

    def keywords(self, code: str, name: str, problem: str) -> Plain:
        """Task, instruction and knowledge phrases."""
        del problem
        return _tree_keywords.keywords(self.language, code, name)

    def record_job(self, code: str, calls: Sequence[str]) -> Job:
        """A job that writes down what calls give."""
        test = {"kind": "script", "setup": "", "code": _tree_recorded.program(self.language, calls)}
        return self.test_job({"code": code, "tests": [test]})

    def test_job(self, spec: Plain, extra: tuple[File, ...] = ()) -> Job:
        """A job that runs an answer and one test."""
        raise NotImplementedError

    def recorded(self, job: Job, outcome: Outcome) -> list[Plain]:
        """What each call came to."""
        return _tree_recorded.values(job, outcome)

    def test_of(self, pairs: Pairs) -> tuple[str, str]:
        """The kind and the text of a test that checks calls."""
        return "script", _tree_recorded.test(self.language, pairs)

    def test_of_examples(
        self, shown: Sequence[Example], seen: Mapping[str, str]
    ) -> tuple[str, str]:
        """The kind and the text of a test that checks an author's examples.

        Comments are no source: what is the value that was seen but for quotes and spaces is it.
        """
        pairs = ((one.source, one.want, seen.get(one.source, one.want)) for one in shown)
        return self.test_of([(c, v if _bare(v) == _bare(w) else w) for c, w, v in pairs])

    def shown(self, tests: Pairs, most: int = 2) -> str:
        """Calls that show the most, of tests as pairs of a kind and a text: the author's first."""
        return _tree_recorded.shown(self.language, [code for _, code in tests], most)
