"""What do the language's own tools say of the code? Rejects by an allow-list of rules."""

from dataclasses import dataclass, replace

from backfeed.engine.records import VERDICT_OF, Check, Finding, Sample
from backfeed.engine.requests import Analysis, Asks, CodeCheck


@dataclass(frozen=True, slots=True)
class Analyze:
    """Code -> findings. What cannot work is rejected; all else is a remark.

    in:  code "def f(x):\\n    return y"
    out: rejected by analyze, reason F821
    """

    deep: bool = False
    version = 2
    asks = ("analyzer", "sandbox")

    def each(self, sample: Sample) -> Asks[list[Sample]]:
        """Ask the analyzer of the language."""
        if not sample.code:
            return [sample.checked(Check("analyze", "unverified"))]
        given = "".join(test.setup + "\n" for test in sample.tests if test.setup)
        analysis: Analysis = yield from CodeCheck(sample.language, given + sample.code, self.deep)
        findings = _of_answer(analysis.findings, given.count("\n"))
        worst = next((finding for finding in findings if finding.level == "error"), None)
        word = "ok" if analysis.word == "invalid" and worst is None else analysis.word
        verdict = VERDICT_OF[word]
        check = Check("analyze", verdict, analysis.tool, analysis.version, findings)
        if worst is not None and verdict == "failed":
            detail = f"line {worst.line}: {worst.message}"
            return [sample.checked(check).no("analyze", worst.rule, detail)]
        return [sample.checked(check, level="analyzed" if verdict == "passed" else None)]


def _of_answer(findings: tuple[Finding, ...], before: int) -> tuple[Finding, ...]:
    """Lines counted from the answer's first; what stands in the tests' setup is not its doing."""
    return tuple(
        replace(finding, line=max(finding.line - before, 0))
        for finding in findings
        if finding.line > before or finding.line == 0
    )


PLUGIN = Analyze
