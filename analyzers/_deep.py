"""What deep passes share: texts that no tool obeys, one job for a batch, what it found."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import metadata
from typing import Any

import tree_sitter
import tree_sitter_python

from backfeed.analyzers import _batch, _rules, _tree
from backfeed.engine.errors import AskFailed, Outage
from backfeed.engine.grammar import grammars
from backfeed.engine.records import File
from backfeed.engine.requests import Asks, CodeCheck, Job, Limits, Outcome

Plain = dict[str, Any]
Found = Mapping[int, Sequence[Plain]]

TOOLS = "/opt/backfeed/bin"
FOLDER = "code"
_TAGS = {"php": "<?php "}  # without it all of a text is text
_ENDED = ("SIG", "TLE", "IDLE", "MLE", "OLE", "RE")  # what it read brought it to an end
_NUMBER = re.compile(r"s-(\d{6})\.\w+$")


def limits(cpu_s: float) -> Limits:
    """What a batch of a deep pass may use."""
    return Limits(
        cpu_s=cpu_s, wall_s=3 * cpu_s, memory_mb=3072, output_kb=16 * 1024, disk_mb=512,
        processes=128,
    )  # fmt: skip


def version_of(distribution: str) -> str:
    """Of an installed distribution; empty if it is not here."""
    try:
        return _batch.version_of(distribution)
    except metadata.PackageNotFoundError:
        return ""


class Pass:
    """A deep pass: `job` runs its tool over files, `read` sorts what it says by their numbers."""

    name = distribution = extra = version = ""
    packages: tuple[str, ...] = ()

    def programs(self) -> dict[str, str]:
        """No program but those of its packages."""
        return {}

    def job(self, snippets: tuple[File, ...]) -> Job:
        """A job for a batch."""
        raise NotImplementedError

    def read(self, output: str) -> Found:
        """What the tool found."""
        raise NotImplementedError

    def check(self, batch: Sequence[CodeCheck]) -> Asks[list[Plain]]:
        """What the tool finds in each snippet, from one process for all."""
        version = version_of(self.distribution)
        return (yield from checked(self.name, version, batch, job=self.job, read=self.read))


class ByRules(Pass):
    """A deep pass that looks for our own rules; `rules` is its name in their files."""

    rules = ""

    @property
    def languages(self) -> tuple[str, ...]:
        """Those of which there are rules."""
        return _rules.languages(self.rules)

    @property
    def version(self) -> str:  # type: ignore[override]
        """Of the tool, and of our rules."""
        return f"1 {version_of(self.distribution)} rules {_rules.mark(self.rules)}"


def checked(
    tool: str, version: str, batch: Sequence[CodeCheck],
    *, job: Callable[[tuple[File, ...]], Job], read: Callable[[str], Found],
) -> Asks[list[Plain]]:  # fmt: skip
    """An analysis for each snippet, from one job for all; a batch that ends it is halved.

    `job` runs the tool over files, `read` sorts what it says by their numbers.
    """
    texts = [_text(request) for request in batch]

    def ask(numbers: Sequence[str]) -> Asks[list[Plain] | None]:
        chosen = [(number, *texts[int(number)]) for number in numbers]
        named = tuple(File(f"{FOLDER}/s-{number}{end}", text) for number, end, text in chosen)
        try:
            outcome: Outcome = yield from job(named)
        except AskFailed as failed:
            absent = failed.reason == "no-command"
            return [_batch.no_tool(tool) for _ in numbers] if absent else None
        if outcome.verdict in _ENDED or outcome.truncated:
            yield from _works(tool, job)
            return None
        if outcome.verdict != "AC":
            raise Outage(f"{tool}: {outcome.verdict} {outcome.stderr[:200]}")
        found = read(outcome.stdout)
        return [_analysis(tool, version, found.get(int(number), ())) for number in numbers]

    told = yield from _batch.halved([f"{n:06d}" for n in range(len(batch))], ask)
    made = [_batch.ended(tool)] if told is None else told
    return [_placed(one, request) for one, request in zip(made, batch, strict=True)]


def _works(tool: str, job: Callable[[tuple[File, ...]], Job]) -> Asks[None]:
    """What ends a tool was the snippets' doing if it bears an empty one. Raises `Outage`."""
    outcome: Outcome = yield from job((File(f"{FOLDER}/s-000000.py", ""),))
    if outcome.verdict != "AC":
        raise Outage(f"{tool} does not start: {outcome.verdict} {outcome.stderr[:300]}")


def number(path: str) -> int:
    """Of which snippet a file is."""
    match = _NUMBER.search(path)
    return int(match[1]) if match else -1


def _text(request: CodeCheck) -> tuple[str, str]:
    """The ending of its file, and the code as tools see it."""
    bare = _tree.sent(without_comments(request.language, request.code))
    tag = _tag(request)
    return grammars()[request.language].extensions[0], tag + bare


def _tag(request: CodeCheck) -> str:
    tag = _TAGS.get(request.language, "")
    return "" if tag.strip() in request.code else tag


def without_comments(language: str, code: str) -> str:
    """The code with its comments blanked, so that no tool obeys them; lines and columns stay."""
    if language != "python":
        return _tree.without_comments(language, code)
    text = _tree.encoded(code)
    cursor = tree_sitter.QueryCursor(_python()[1])
    nodes = cursor.captures(tree_sitter.Parser(_python()[0]).parse(text).root_node)
    made = bytearray(text)
    for node in nodes.get("comment", ()):
        made[node.start_byte : node.end_byte] = b" " * (node.end_byte - node.start_byte)
    return made.decode()


@cache
def _python() -> tuple[tree_sitter.Language, tree_sitter.Query]:
    language = tree_sitter.Language(tree_sitter_python.language())
    return language, tree_sitter.Query(language, "(comment) @comment")


def _analysis(tool: str, version: str, findings: Sequence[Plain]) -> Plain:
    bad = any(finding["level"] == "error" for finding in findings)
    unread = any(finding["rule"] == "not-analyzed" for finding in findings)
    word = "invalid" if bad else "unknown" if unread else "ok"
    kept = {(one["rule"], one["line"], one["column"]): one for one in findings}
    ordered = sorted(kept.values(), key=lambda one: (one["line"], one["column"], one["rule"]))
    return _batch.analysis(tool, version, word=word, findings=ordered)


def _placed(analysis: Plain, request: CodeCheck) -> Plain:
    """With columns as in the code that was given."""
    tag = len(_tag(request))
    return {**analysis, "findings": [
        {**one, "column": max(one["column"] - tag, 1)} if one["line"] == 1 else one
        for one in analysis["findings"]
    ]}  # fmt: skip
