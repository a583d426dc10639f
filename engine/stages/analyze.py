"""What do the language's own tools say of the code? Rejects by an allow-list of rules."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from backfeed.engine.records import VERDICT_OF, Check, File, Finding, Sample
from backfeed.engine.requests import Analysis, Asks, CodeCheck, together
from backfeed.engine.stages._ages import too_old
from backfeed.engine.stages._files import sources


@dataclass(frozen=True, slots=True)
class Analyze:
    """Code -> findings. What cannot work is rejected; all else is a remark.

    in:  code "def f(x):\\n    return y"
    out: rejected by analyze, reason F821
    """

    version = 4
    asks = ("analyzer", "compute", "sandbox")

    def each(self, sample: Sample) -> Asks[list[Sample]]:
        """Ask the analyzer of the language."""
        if not sample.code:
            return [sample.checked(Check("analyze", "unverified"))]
        given = "".join(test.setup + "\n" for test in sample.tests if test.setup)
        files = sources(sample)
        codes = [given + files[0].text, *(file.text for file in files[1:])]
        found: list[Analysis] = yield from together(
            CodeCheck(sample.language, code) for code in codes
        )
        if any(one.word == "invalid" for one in found):
            why = yield from too_old(sample.language, codes)
            found = [_excused(one, why) for one in found]
        found[0] = replace(found[0], findings=_of_answer(found[0].findings, given.count("\n")))
        analysis, findings = _joined(found, files)
        worst = next((finding for finding in findings if finding.level == "error"), None)
        word = "ok" if analysis.word == "invalid" and worst is None else analysis.word
        verdict = VERDICT_OF[word]
        check = Check("analyze", verdict, analysis.tool, analysis.version, findings)
        if worst is not None and verdict == "failed":
            detail = f"line {worst.line}: {worst.message}"
            return [sample.checked(check).no("analyze", worst.rule, detail)]
        return [sample.checked(check, level="analyzed" if verdict == "passed" else None)]


def _excused(found: Analysis, why: str) -> Analysis:
    """What an old tool chain says of code for a later one is told, and not held against it."""
    if not why or found.word != "invalid":
        return found
    told = tuple(replace(finding, level="note") for finding in found.findings)
    return replace(found, word="unknown", findings=(Finding("too-old", "note", why), *told))


def _joined(
    found: Sequence[Analysis], files: Sequence[File]
) -> tuple[Analysis, tuple[Finding, ...]]:
    """The worst analysis, and the findings of all; those of other files say where they are."""
    words = ("invalid", "unknown", "ok")
    findings = tuple(
        replace(
            finding, message=f"{file.path}: {finding.message}" if file.path else finding.message
        )
        for one, file in zip(found, files, strict=True)
        for finding in one.findings
    )
    return min(found, key=lambda one: words.index(one.word)), findings


def _of_answer(findings: tuple[Finding, ...], before: int) -> tuple[Finding, ...]:
    """Lines counted from the answer's first; what stands in the tests' setup is not its doing."""
    return tuple(
        replace(finding, line=max(finding.line - before, 0))
        for finding in findings
        if finding.line > before or finding.line == 0
    )


PLUGIN = Analyze
