"""What do the language's own tools say of the code? Rejects by an allow-list of rules."""

from dataclasses import dataclass

from backfeed.engine.records import VERDICT_OF, Check, Sample
from backfeed.engine.requests import Analysis, Asks, CodeCheck


@dataclass(frozen=True, slots=True)
class Analyze:
    """Code -> findings. What cannot work is rejected; all else is a remark.

    in:  code "def f(x):\\n    return y"
    out: rejected by analyze, reason F821
    """

    deep: bool = False
    version = 1
    asks = ("analyzer", "sandbox")

    def each(self, sample: Sample) -> Asks[list[Sample]]:
        """Ask the analyzer of the language."""
        if not sample.code:
            return [sample.checked(Check("analyze", "unverified"))]
        given = "".join(test.setup + "\n" for test in sample.tests if test.setup)
        analysis: Analysis = yield from CodeCheck(sample.language, given + sample.code, self.deep)
        verdict = VERDICT_OF[analysis.word]
        check = Check("analyze", verdict, analysis.tool, analysis.version, analysis.findings)
        if verdict == "failed":
            worst = next(f for f in analysis.findings if f.level == "error")
            detail = f"line {worst.line}: {worst.message}"
            return [sample.checked(check).no("analyze", worst.rule, detail)]
        return [sample.checked(check, level="analyzed" if verdict == "passed" else None)]


PLUGIN = Analyze
