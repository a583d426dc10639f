"""Languages of which a grammar alone is known here: the tree gives the verdict, nothing runs."""

import platform
from collections.abc import Sequence
from importlib import metadata
from typing import Any

from backfeed.analyzers import _batch, _tree
from backfeed.analyzers._language import TreeLanguage
from backfeed.engine import languages
from backfeed.engine.errors import AskFailed
from backfeed.engine.requests import Asks, CodeCheck, Compute, together

Plain = dict[str, Any]
RULE = "syntax"


class Parsed(TreeLanguage):
    """A language that nothing judges but its grammar. Running and testing are unverified."""

    kinds = ()
    tool = "tree-sitter"

    @property
    def version(self) -> str:  # type: ignore[override]
        """Of the rules, and of what judges."""
        return f"1 {self.tool} {_version(self.language, self.tool)}"

    def check(self, batch: Sequence[CodeCheck]) -> Asks[list[Plain]]:
        """What the tree says of each snippet."""
        return analyses(self.language, batch, tool=self.tool)


class Data:
    """What no program is written in: there is nothing to empty, to change or to name."""

    language = ""
    hello = ""
    kinds: tuple[str, ...] = ()
    tool = "tree-sitter"

    @property
    def version(self) -> str:
        """Of the rules, and of what judges."""
        return f"1 {self.tool} {_version(self.language, self.tool)}"

    def parse(self, code: str) -> Plain:
        """Is it well-formed?"""
        return _tree.parse(self.language, code)

    def fit(self, code: str, instruction: str, entry_point: str) -> list[Plain]:
        """Nothing is said of how it fits its problem."""
        del code, instruction, entry_point
        return []

    def check(self, batch: Sequence[CodeCheck]) -> Asks[list[Plain]]:
        """What its parser says of each snippet."""
        return analyses(self.language, batch, tool=self.tool)


def analyses(language: str, batch: Sequence[CodeCheck], *, tool: str) -> Asks[list[Plain]]:
    """The parser's verdict on each snippet, each asked of a worker of its own."""
    version = _version(language, tool)
    return (
        yield from together(_analysis(request, tool=tool, version=version) for request in batch)
    )


def wrong(message: str, line: int) -> Plain:
    """What a parser says of code that it refuses."""
    return {"word": "invalid", "message": message[:300], "line": line}


def unread(message: str) -> Plain:
    """What is said of code that a parser gives up on."""
    return {"word": "unknown", "message": message[:300], "line": 0}


def _analysis(request: CodeCheck, *, tool: str, version: str) -> Asks[Plain]:
    try:
        got: Plain = yield Compute(languages.call, (request.language, "parse", request.code))
    except AskFailed as failure:
        got = unread(str(failure))
    if got["word"] == "ok":
        return _batch.analysis(tool, version, word="ok", findings=[])
    level = "error" if got["word"] == "invalid" else "note"
    finding = {"rule": got.get("rule", RULE), "level": level, "line": got["line"], "column": 0}
    told = [{**finding, "message": got["message"]}]
    return _batch.analysis(tool, version, word=got["word"], findings=told)


def _version(language: str, tool: str) -> str:
    """Of the grammar's wheel, of Python, or of the tool itself."""
    if tool == "python":
        return platform.python_version()
    if tool != "tree-sitter":
        return metadata.version(tool)
    return metadata.version(_tree.known(language).tree.partition(":")[0].replace("_", "-"))
