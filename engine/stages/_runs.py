"""Asking patterns for running answers: the tests of a sample as jobs, and what they came to."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any, Literal

import msgspec

from backfeed.engine import languages
from backfeed.engine.errors import Refused
from backfeed.engine.grammar import grammars
from backfeed.engine.methods.compare import CHECKER, same_output
from backfeed.engine.records import VERDICT_OF, Evidence, File, Finding, Sample, Test
from backfeed.engine.requests import Asks, Job, Limits, Outcome, together
from backfeed.engine.stages._ages import BROKE, too_old
from backfeed.engine.stages._files import beside, main_file
from backfeed.engine.stages._judged import judged

ASSERTED = ("AssertionError", "AssertionFailure")
ABSENT = ("ModuleNotFoundError",)
Skips = Literal["run", "left"]
"""What becomes of tests that upstream switched off: they are run, or left as they stand."""
_NOT_BEGUN = ("reading", "setup")
_ADDRESS = re.compile(r"\b0x[0-9a-f]{6,16}\b")


@dataclass(frozen=True, slots=True)
class Ran:
    """What running a sample's tests came to. `word` is a run word, or NONE with the reason in
    `detail`; `executed` counts assertions; `results` has one entry per test run by the harness.
    """

    word: str
    executed: int = 0
    detail: str = ""
    line: int = 0
    evidence: tuple[Evidence, ...] = ()
    results: tuple[dict[str, Any], ...] = ()
    findings: tuple[Finding, ...] = field(default=())

    @property
    def verdict(self) -> str:
        """Passed, failed or unverified."""
        return VERDICT_OF[self.word]


def run_tests(
    sample: Sample,
    code: str,
    limits: Limits,
    *,
    check: str,
    skips: Skips = "run",
    times: float = 1.0,
    elsewhere: tuple[tuple[str, str], ...] = (),
) -> Asks[Ran]:
    """Run all tests of the sample on `code`; the worst result counts, `executed` is summed.

    A suite of test files has so many `times` the limits of a program. With variables of another
    place, files are laid down the other way round, too.
    """
    plugin = languages.load(sample.language)
    runnable = [test for test in sample.tests if kind_of(test) in plugin.kinds]
    if not runnable:
        kinds = ", ".join(sorted({kind_of(test) for test in sample.tests}))
        return Ran("NONE", detail=f"no runner for tests of kind {kinds} in {sample.language}")
    if skips == "run":
        runnable = [_switched_on(plugin, test) for test in runnable]
    jobs = [
        _moved(job, elsewhere) for job in _jobs(code, sample, runnable, limits=limits, times=times)
    ]
    try:
        outcomes: list[Outcome] = yield from together(jobs)
    except Refused as refused:
        if refused.reason != "no-command":
            raise
        return Ran("NONE", detail=refused.detail)
    stdio = iter([test for test in runnable if test.kind == "stdio"])
    parts = []
    for job, outcome in zip(jobs, outcomes, strict=True):
        if job.report:
            part = _of_harness(plugin, job, outcome)
        else:
            part = yield from _of_stdio(plugin, (job, outcome), next(stdio), check=check)
        own = evidence_of(check, job, outcome, word=part.word)
        parts.append(replace(part, evidence=(own, *part.evidence)))
    worst = _worst(parts)
    if worst.word in BROKE and (why := (yield from too_old(sample.language, _texts(sample, code)))):
        return replace(worst, word="NONE", detail=why)
    return worst


def _switched_on(plugin: Any, test: Test) -> Test:
    """The test without what switches parts of it off."""
    if test.kind == "stdio" or not hasattr(plugin, "switched_on"):
        return test
    code, *files = map(plugin.switched_on, (File("", test.code), *test.files))
    return replace(test, code=code.text, files=tuple(files))


def _moved(job: Job, elsewhere: tuple[tuple[str, str], ...]) -> Job:
    """The job in other surroundings. What a build makes of its files has no order."""
    if not elsewhere:
        return job
    files = job.files if job.build else tuple(reversed(job.files))
    return replace(job, files=files, variables=(*job.variables, *elsewhere))


def _texts(sample: Sample, code: str) -> list[str]:
    """All that a tool chain reads of a sample."""
    tests = [text for test in sample.tests for text in (test.setup, test.code)]
    files = [*sample.files, *beside(sample), *(f for test in sample.tests for f in test.files)]
    return [code, *tests, *(file.text for file in files)]


SUITE_TIMES = 10.0
"""A suite holds many tests: it may take so many times as long as one program."""


def roomy(language: str, limits: Limits, *, suite: float = 0.0) -> Limits:
    """The limits of a program, with what the language's runtime takes for itself.

    That is memory; a suite has so many times the time, and that in which its framework starts.
    """
    plugin = languages.load(language)
    own: int = getattr(plugin, "runtime_mb", 0)
    start: float = getattr(plugin, "suite_s", 0.0) if suite else 0.0
    more = limits.memory_mb + own
    times = suite or 1.0
    cpu_s, wall_s = limits.cpu_s * times + start, limits.wall_s * times + 2 * start
    return replace(limits, memory_mb=more, cpu_s=cpu_s, wall_s=wall_s)


def lacking(language: str, job: Job, outcome: Outcome) -> str:
    """Why a program that failed says nothing of its answer; empty if it does, as most do."""
    plugin = languages.load(language)
    return str(plugin.lacking(job, outcome)) if hasattr(plugin, "lacking") else ""


def kind_of(test: Test) -> str:
    """The kind that a runner goes by: the framework's name for framework tests."""
    return (test.framework or "framework") if test.kind == "framework" else test.kind


def evidence_of(check: str, job: Job, outcome: Outcome, *, word: str) -> Evidence:
    """All that is needed to judge again: the whole job, and what was seen."""
    return Evidence(check, {
        "verdict": word, "job": msgspec.to_builtins(job), "outcome": msgspec.to_builtins(outcome),
    })  # fmt: skip


def _jobs(
    code: str, sample: Sample, tests: Sequence[Test], *, limits: Limits, times: float
) -> list[Job]:
    """First one job for each stdio test, then one for each framework that runs files of its own,
    then those for the harness.
    """
    plugin = languages.load(sample.language)
    room, wide = (roomy(sample.language, limits, suite=suite) for suite in (0.0, times))
    programs = (_program(code, sample, test) for test in tests if test.kind == "stdio")
    suites = (_framework(code, sample, test) for test in tests if _has_files(plugin, test))
    return [
        *(replace(job, limits=room) for job in programs),
        *(replace(job, limits=wide) for job in suites),
        *(replace(job, limits=room) for job in _harnessed(code, sample, tests)),
    ]


def _harnessed(code: str, sample: Sample, tests: Sequence[Test]) -> Iterator[Job]:
    """One job for all tests together, where the language `joins` them, else one for each."""
    plugin = languages.load(sample.language)
    harness = [test for test in tests if test.kind != "stdio" and not _has_files(plugin, test)]
    for group in [harness] if plugin.joins and harness else [[test] for test in harness]:
        spec: dict[str, Any] = {"code": code}
        spec["tests"] = [{"kind": kind_of(t), "code": t.code, "setup": t.setup} for t in group]
        if sample.files:
            spec["module"] = PurePosixPath(main_file(sample).path).stem
        extra = (*beside(sample), *(file for test in group for file in test.files))
        yield plugin.test_job(spec, extra)


def _has_files(plugin: Any, test: Test) -> bool:
    return kind_of(test) in getattr(plugin, "frameworks", ())


def _framework(code: str, sample: Sample, test: Test) -> Job:
    """The answer in its files, and the test in its own."""
    plugin = languages.load(sample.language)
    path = main_file(sample).path if sample.files else plugin.answer_file
    tests = (*test.files, *((File(plugin.test_file, test.code),) if test.code else ()))
    taken = {file.path for file in tests}
    others = tuple(file for file in beside(sample) if file.path not in taken)
    answer = (File(path, test.setup + code), *(file for file in others if file in sample.files))
    support = tuple(file for file in others if file not in sample.files)
    job: Job = plugin.framework_job(test.framework, answer, tests)
    job = replace(job, files=(*support, *job.files))
    if not languages.can(sample.language, "ahead"):
        return job
    ready: Job = plugin.ahead(job, answer)
    return ready


def _program(code: str, sample: Sample, test: Test) -> Job:
    """The answer as a program, beside the files that it may read."""
    job: Job = languages.load(sample.language).run_job(code, test.stdin)
    return replace(job, files=(*beside(sample), *test.files, *job.files))


def _of_stdio(plugin: Any, ran: tuple[Job, Outcome], test: Test, *, check: str) -> Asks[Ran]:
    """What a program's output comes to: by comparison, or by the test's checker."""
    job, outcome = ran
    part = _of_output(plugin.language, outcome, test)
    if part.word != "AC" and (why := lacking(plugin.language, job, outcome)):
        return Ran("NONE", detail=why)
    if part.word == "AC" and test.compare == CHECKER:
        asked, told, word = yield from judged(outcome.stdout, test)
        said = (told.stderr or told.stdout).strip()[-200:]
        detail = {"AC": "", "WA": f"the checker says: {said}"}.get(
            word, f"the checker is itself at fault: {told.verdict} {said}"
        )
        evidence = (evidence_of(check, asked, told, word=word),)
        return Ran(word, executed=int(word != "NONE"), detail=detail, evidence=evidence)
    return part


def _of_output(language: str, outcome: Outcome, test: Test) -> Ran:
    if outcome.verdict != "AC":
        return Ran(outcome.verdict, detail=tail(language, outcome))
    if outcome.truncated:
        return Ran("OLE", detail="the output was cut")
    if test.compare == CHECKER or same_output(outcome.stdout, test.stdout, test.compare):
        return Ran("AC", executed=1)
    return Ran(
        "WA", executed=1, detail=f"wrote {outcome.stdout[:200]!r}, expected {test.stdout[:200]!r}"
    )


def _of_harness(plugin: Any, job: Job, outcome: Outcome) -> Ran:
    if outcome.verdict == "FLAKY":
        return Ran("FLAKY", detail=outcome.detail)
    results = tuple(plugin.results(job, outcome))
    if not results:
        return Ran(
            outcome.verdict if outcome.verdict != "AC" else "FORGED",
            detail=tail(plugin.language, outcome),
        )
    executed = sum(result["executed"] for result in results)
    wrong = _first_wrong(results)
    if wrong is not None:
        return of_error(wrong, executed, results)
    if outcome.verdict != "AC":
        return Ran(outcome.verdict, executed, tail(plugin.language, outcome), results=results)
    if executed == 0:
        return Ran("NONE", detail="no assertion ran", results=results)
    return Ran("AC", executed, results=results)


def _first_wrong(results: tuple[dict[str, Any], ...]) -> dict[str, Any] | None:
    """The first test that failed; those that could not even begin come after the others."""
    failed = [result for result in results if result["error"]]
    return min(failed, key=lambda result: result["phase"] in _NOT_BEGUN, default=None)


def of_error(wrong: dict[str, Any], executed: int, results: tuple[dict[str, Any], ...]) -> Ran:
    error = wrong["error"]
    message = steady(error["message"])
    detail = f"{error['type']}: {message}" if message else error["type"]
    if wrong["phase"] in _NOT_BEGUN:
        why = f"the test itself is at fault ({wrong['phase']}): {detail}"
        return Ran("NONE", executed, why, results=results)
    if error["type"] in ABSENT:
        return Ran("NONE", detail=f"the sandbox lacks a package: {message}", results=results)
    asserted = error["type"] in ASSERTED and wrong["phase"] == "test"
    return Ran("WA" if asserted else "RE", executed, detail, error["line"], results=results)


def _worst(parts: Sequence[Ran]) -> Ran:
    """Failed before unverified before passed; evidence of all."""
    order = {"failed": 0, "unverified": 1, "passed": 2}
    worst = min(parts, key=lambda part: order[part.verdict])
    return replace(
        worst,
        executed=sum(part.executed for part in parts),
        evidence=tuple(item for part in parts for item in part.evidence),
        results=tuple(result for part in parts for result in part.results),
    )


def tail(language: str, outcome: Outcome) -> str:
    """Why a program ended as it did: what a compiler or the sandbox says, else its last line."""
    known = grammars().get(language)
    complaint = known.code.complaint if known else ""
    found = re.search(complaint, outcome.stderr, re.MULTILINE) if complaint else None
    if outcome.verdict == "CE" and found is not None:
        return steady(found[0][:300])
    text = outcome.stderr.strip().splitlines()
    return steady(outcome.detail or (text[-1][:300] if text else ""))


def steady(text: str) -> str:
    """A message without addresses in memory, which are others each time."""
    return _ADDRESS.sub("0x...", text)
