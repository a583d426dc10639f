"""Does the code parse? The language's own parser decides, where there is one."""

from dataclasses import dataclass
from typing import Any

from backfeed.engine import languages
from backfeed.engine.records import VERDICT_OF, Check, Finding, Sample
from backfeed.engine.requests import Asks, Compute


@dataclass(frozen=True, slots=True)
class Parse:
    """Code -> a verdict of the parser, and the name that the problem asks for.

    in:  code "def f(:"
    out: rejected by parse, reason syntax, detail "line 1: invalid syntax"
    """

    version = 1
    asks = ("compute",)

    def each(self, sample: Sample) -> Asks[list[Sample]]:
        """Ask the parser; a language without one is unverified."""
        if not sample.code or not languages.can(sample.language, "parse"):
            why = "no code" if not sample.code else f"no parser for {sample.language or '?'}"
            finding = Finding("not-parsed", "note", why)
            return [sample.checked(Check("parse", "unverified", findings=(finding,)))]
        call = (sample.language, "parse", sample.code)
        got: dict[str, Any] = yield from Compute(languages.call, call)
        verdict = VERDICT_OF[got["word"]]
        if verdict == "passed":
            named = yield from _entry_point(sample)
            return [sample.but(entry_point=named).checked(Check("parse", verdict), level="parsed")]
        finding = Finding("syntax", "error", str(got["message"]), int(got["line"]))
        checked = sample.checked(Check("parse", verdict, findings=(finding,)))
        if verdict == "unverified":
            return [checked]
        return [checked.no("parse", "syntax", f"line {got['line']}: {got['message']}")]


def _entry_point(sample: Sample) -> Asks[str]:
    if sample.entry_point or not languages.can(sample.language, "entry_point"):
        return sample.entry_point
    call = (sample.language, "entry_point", sample.instruction, sample.code)
    name: str = yield from Compute(languages.call, call)
    return name


PLUGIN = Parse
