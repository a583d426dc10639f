"""What every language has whose code is read as a tree: its verbs, by its tables and queries."""

import re
from typing import Any

from backfeed.analyzers import _tree, _tree_fit, _tree_mutants
from backfeed.engine.records import File

Plain = dict[str, Any]


class TreeLanguage:
    """The part of a plug-in that needs no tool. Verbs are pure."""

    language = ""
    version: str = "1"
    hello = ""  # the least program, by which a machine is tried
    kinds: tuple[str, ...] = ("script", "stdio")
    frameworks: tuple[str, ...] = ()
    joins = False  # each test is a program of its own
    suite_s = 5.0  # what a suite takes besides: its framework starts, and runs many tests

    def parse(self, code: str) -> Plain:
        """Does the code parse, as far as its grammar tells?"""
        return _tree.parse(self.language, code)

    def stub(self, code: str, entry_point: str) -> str:
        """The code doing nothing."""
        return _tree_mutants.stub(self.language, code, entry_point)

    def mutants(self, code: str, entry_point: str, most: int = 20) -> list[tuple[str, str]]:
        """The code with small faults, each after the word for what was changed."""
        return _tree_mutants.mutants(self.language, code, entry_point, most=most)

    def fit(self, code: str, instruction: str, entry_point: str) -> list[Plain]:
        """Findings that say whether it fits its problem."""
        return _tree_fit.fit(self.language, code, entry_point, instruction=instruction)

    def entry_point(self, instruction: str, code: str) -> str:
        """The name that the problem asks for."""
        return _tree_fit.entry_point_of(self.language, instruction, code)

    def switched_on(self, file: File) -> File:
        """A file of tests without what switches them off."""
        text = file.text
        for pattern, instead in _tree.known(self.language).skips:
            text = re.sub(pattern, instead, text, flags=re.MULTILINE)
        return File(file.path, text)

    def guards(self, test: str) -> int:
        """How many statements of a test end it with an error: all were passed if it ended well."""
        pattern = _tree.known(self.language).guards
        bare = _tree.without_comments(self.language, test)
        return len(re.findall(pattern, bare)) if pattern else 0
