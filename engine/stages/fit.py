"""Does the answer fit the problem? Stubs, cut code, missing names are rejected before they run."""

from dataclasses import dataclass

import msgspec

from backfeed.engine import languages
from backfeed.engine.records import Check, Finding, Sample
from backfeed.engine.requests import Asks, Compute


@dataclass(frozen=True, slots=True)
class Fit:
    """Code and problem -> findings.

    in:  code "def f(x):\\n    pass"
    out: rejected by fit, reason stub
    """

    version = 3
    asks = ("compute",)

    def each(self, sample: Sample) -> Asks[list[Sample]]:
        """Ask the language; what it cannot say is unverified."""
        if not sample.code or not languages.can(sample.language, "fit"):
            return [sample.checked(Check("fit", "unverified"))]
        call = (sample.language, "fit", sample.code, sample.instruction, sample.entry_point)
        raw = yield from Compute(languages.call, call)
        findings = msgspec.convert(raw, tuple[Finding, ...])
        errors = [finding for finding in findings if finding.level == "error"]
        if not errors:
            return [sample.checked(Check("fit", "passed", findings=findings))]
        checked = sample.checked(Check("fit", "failed", findings=findings))
        return [checked.no("fit", errors[0].rule, f"line {errors[0].line}: {errors[0].message}")]


PLUGIN = Fit
