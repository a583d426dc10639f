"""Does the code parse? The language's own parser decides, where there is one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from backfeed.engine import languages
from backfeed.engine.records import VERDICT_OF, Check, Finding, Sample, Test
from backfeed.engine.requests import Asks, Compute, together
from backfeed.engine.stages._files import sources

Told = tuple[dict[str, Any], str]


@dataclass(frozen=True, slots=True)
class Parse:
    """Code -> a verdict of the parser, and the name that the problem asks for and the tests use.

    in:  code "def f(:"
    out: rejected by parse, reason syntax, detail "line 1: invalid syntax"
    """

    version = 3
    asks = ("compute",)

    def each(self, sample: Sample) -> Asks[list[Sample]]:
        """Ask the parser; a language without one is unverified."""
        if not sample.code or not languages.can(sample.language, "parse"):
            why = "no code" if not sample.code else f"no parser for {sample.language or '?'}"
            finding = Finding("not-parsed", "note", why)
            return [sample.checked(Check("parse", "unverified", findings=(finding,)))]
        files = sources(sample)
        asked = [None if sample.entry_point else sample.instruction, *(None for _ in files[1:])]
        told: list[Told] = yield from together(
            Compute(read, (sample.language, file.text, instruction))
            for file, instruction in zip(files, asked, strict=True)
        )
        (got, _), file = min(zip(told, files, strict=True), key=lambda pair: _rank(pair[0][0]))
        verdict = VERDICT_OF[got["word"]]
        if verdict == "passed":
            named = sample.entry_point or _used(told[0][1], sample)
            return [sample.but(entry_point=named).checked(Check("parse", verdict), level="parsed")]
        message = f"{file.path}: {got['message']}" if file.path else str(got["message"])
        finding = Finding("syntax", "error", message, int(got["line"]))
        checked = sample.checked(Check("parse", verdict, findings=(finding,)))
        if verdict == "unverified":
            return [checked]
        return [checked.no("parse", "syntax", f"line {got['line']}: {message}")]


def _rank(got: dict[str, Any]) -> int:
    """Failed before unverified before passed."""
    return ("failed", "unverified", "passed").index(VERDICT_OF[got["word"]])


def read(language: str, code: str, instruction: str | None) -> Told:
    """What the parser says; of code that parses, the name that an instruction asks for."""
    got = languages.call(language, "parse", code)
    if instruction is None or VERDICT_OF[got["word"]] != "passed":
        return got, ""
    known = languages.can(language, "entry_point")
    return got, languages.call(language, "entry_point", instruction, code) if known else ""


def _used(name: str, sample: Sample) -> str:
    """The name, if tests of code use it."""
    used = re.compile(rf"\b{re.escape(name)}\b")
    told = [text for test in sample.tests for text in _texts(test)]
    return name if not told or any(used.search(text) for text in told) else ""


def _texts(test: Test) -> Iterator[str]:
    """What a test calls the answer with: nothing, if it only reads what a program prints."""
    if test.kind != "stdio":
        yield test.code
        yield from (file.text for file in test.files)


PLUGIN = Parse
