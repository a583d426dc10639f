"""What do the language's own tools say of the code? Rejects by an allow-list of rules."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from backfeed.engine import languages
from backfeed.engine.records import VERDICT_OF, Check, File, Finding, Sample
from backfeed.engine.requests import Analysis, Asks, CodeCheck, together
from backfeed.engine.stages._ages import too_old
from backfeed.engine.stages._deeper import deeper
from backfeed.engine.stages._files import is_source, main_file, sources


@dataclass(frozen=True, slots=True)
class Analyze:
    """Code -> findings. What cannot work is rejected; all else is a remark.

    in:  code "def f(x):\\n    return y"
    out: rejected by analyze, reason F821

    `deep` names slower tools that are asked about what its language's own let pass.
    """

    deep: tuple[str, ...] = ()

    version = 5
    asks = ("analyzer", "compute", "sandbox")

    def each(self, sample: Sample) -> Asks[list[Sample]]:
        """Ask the analyzer of the language."""
        if not sample.code:
            return [sample.checked(Check("analyze", "unverified"))]
        given = "".join(test.setup + "\n" for test in sample.tests if test.setup)
        files = sources(sample)
        codes = [given + files[0].text, *(file.text for file in files[1:])]
        found: list[Analysis] = yield from together(_checks(sample, codes, files))
        if any(one.word == "invalid" for one in found):
            why = yield from too_old(sample.language, codes)
            found = [_excused(one, why) for one in found]
        before = given.count("\n")
        sample = _judged(sample, "analyze", found, files=files, before=before)
        if sample.rejected is None and self.deep:
            passes = yield from deeper(self.deep, sample.language, codes)
            for name, told in passes:
                if sample.rejected is None:
                    sample = _judged(sample, name, told, files=files, before=before)
        return [sample]


def _judged(
    sample: Sample, name: str, found: list[Analysis], *, files: Sequence[File], before: int
) -> Sample:
    """The sample with a check of what was found in its files; rejected by what cannot work."""
    found[0] = replace(found[0], findings=_of_answer(found[0].findings, before))
    analysis, findings = _joined(found, files)
    worst = next((finding for finding in findings if finding.level == "error"), None)
    word = "ok" if analysis.word == "invalid" and worst is None else analysis.word
    verdict = VERDICT_OF[word]
    check = Check(name, verdict, analysis.tool, analysis.version, findings)
    if worst is not None and verdict == "failed":
        detail = f"line {worst.line}: {worst.message}"
        return sample.checked(check).no("analyze", worst.rule, detail)
    known = name == "analyze" and verdict == "passed"  # other tools remark, and prove nothing
    return sample.checked(check, level="analyzed" if known else None)


def _checks(sample: Sample, codes: Sequence[str], files: Sequence[File]) -> Iterator[CodeCheck]:
    """A request for each file; with what lies beside it, where the analyzer looks there."""
    if not getattr(languages.load(sample.language), "looks_beside", False):
        yield from (CodeCheck(sample.language, code) for code in codes)
        return
    main = main_file(sample).path if sample.files else ""
    own = [File(file.path or main, code) for file, code in zip(files, codes, strict=True)]
    given = [file for file in sample.support if is_source(file, sample.language)]
    for n, file in enumerate(own):
        others = (*own[:n], *own[n + 1 :], *given)
        near = tuple(one for one in others if one.path and one.path != file.path)
        yield CodeCheck(sample.language, file.text, file.path if near else "", near)


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
