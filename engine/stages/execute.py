"""Run the answer, and its tests; tests that a stub passes are no tests."""

from dataclasses import dataclass, replace

from backfeed.engine import languages
from backfeed.engine.errors import Refused
from backfeed.engine.methods.lacks import lacked, misspelt
from backfeed.engine.records import VERDICT_OF, Check, Finding, Level, Sample
from backfeed.engine.requests import Asks, Compute, Job, Limits, Outcome
from backfeed.engine.stages._ages import BROKE, too_old
from backfeed.engine.stages._files import beside
from backfeed.engine.stages._outside import excuse
from backfeed.engine.stages._runs import Ran, Skips, evidence_of, needed, run_tests, tail
from backfeed.engine.stages._test_jobs import SUITE_TIMES, roomy


@dataclass(frozen=True, slots=True)
class Execute:
    """Code and tests -> ran or tested, or a rejection with the verdict as its reason.

    Tests that upstream switched off are run, too, unless `skips` says that they are "left". A suite
    of test files, which a framework runs, may take `suite_times` as long as one program.

    Without tests a program has to end well. One that needs a package that is not there, or reads
    what it is not given, is unverified; so is one that waits, as servers do.

    in:  code "def f(x): return x", test "assert f(1) == 2"
    out: rejected by execute, reason WA, detail "AssertionError (line 1)"
    """

    until: str = "test"
    cpu_s: float = 5.0
    wall_s: float = 17.0
    memory_mb: int = 512
    skips: Skips = "run"
    suite_times: float = SUITE_TIMES
    version = 6
    asks = ("compute", "sandbox")

    def each(self, sample: Sample) -> Asks[list[Sample]]:
        """Ask the sandbox, and once more for the stub if all tests pass."""
        if not sample.code or not languages.can(sample.language, "run_job"):
            why = "no code" if not sample.code else f"no tool chain for {sample.language or '?'}"
            return [_unverified(sample, "run", why)]
        limits = replace(Limits(), cpu_s=self.cpu_s, wall_s=self.wall_s, memory_mb=self.memory_mb)
        if not sample.tests or self.until == "run":
            return [(yield from _run_alone(sample, limits))]
        ran: Ran = yield from run_tests(
            sample, sample.code, limits, check="test", skips=self.skips, times=self.suite_times
        )
        if ran.verdict != "passed":
            return [_told(sample, ran)]
        return [(yield from self._against_stub(sample, ran, limits))]

    def _against_stub(self, sample: Sample, ran: Ran, limits: Limits) -> Asks[Sample]:
        """All tests pass: do they also pass when the answer does nothing?"""
        passed = Check("test", "passed", findings=(Finding("executed", "note", str(ran.executed)),))
        ran_check = sample.checked(Check("run", "passed"), *ran.evidence, level="ran")
        if not languages.can(sample.language, "stub"):
            return ran_check.checked(passed, level="tested")
        call = (sample.language, "stub", sample.code, sample.entry_point)
        emptied: str = yield from Compute(languages.call, call)
        if not emptied:
            return ran_check.checked(passed, level="tested")
        stubbed: Ran = yield from run_tests(
            sample, emptied, limits, check="stub", skips=self.skips, times=self.suite_times
        )
        if stubbed.word == "AC":
            finding = Finding(
                "tests-prove-nothing", "note", "tests prove nothing: a stub passes them"
            )
            return ran_check.checked(
                Check("test", "unverified", findings=(finding,)), *stubbed.evidence
            )
        return ran_check.checked(passed, *stubbed.evidence, level="tested")


def _run_alone(sample: Sample, limits: Limits) -> Asks[Sample]:
    """A program without tests: does it end well?"""
    plain = languages.load(sample.language).run_job(sample.code)
    room = roomy(sample.language, limits)
    job: Job = replace(plain, files=(*beside(sample), *plain.files), limits=room)
    try:
        outcome: Outcome = yield from job
    except Refused as refused:
        if refused.reason != "no-command":
            raise
        return _unverified(sample, "run", refused.detail)
    evidence = evidence_of("run", job, outcome, word=outcome.verdict)
    why = tail(sample.language, outcome)
    lack = needed(sample.language, job, outcome)
    if meant := misspelt(lacked(lack), job.files):
        lack, why = "", f"there is no {lacked(lack)}: {meant} is near it"
    elif not lack:
        if outcome.verdict in BROKE:
            lack = yield from too_old(sample.language, [sample.code, *(f.text for f in job.files)])
        lack = lack or excuse(sample, outcome, why)
    if lack:
        return _unverified(sample, "run", lack).but(evidence=(*sample.evidence, evidence))
    verdict = VERDICT_OF[outcome.verdict]
    if verdict == "passed":
        return sample.checked(Check("run", verdict), evidence, level="ran")
    if verdict == "unverified":
        return _unverified(sample, "run", why).but(evidence=(*sample.evidence, evidence))
    finding = Finding(outcome.verdict, "error", why)
    failed = sample.checked(Check("run", verdict, findings=(finding,)), evidence)
    return failed.no("execute", outcome.verdict, why)


def _told(sample: Sample, ran: Ran) -> Sample:
    """The tests did not pass: failed rejects, unverified says why."""
    if ran.verdict == "unverified":
        level: Level | None = (
            "ran" if ran.results and not any(r["error"] for r in ran.results) else None
        )
        finding = Finding(_rule(ran.detail, "not-tested"), "note", ran.detail)
        return sample.checked(
            Check("test", "unverified", findings=(finding,)), *ran.evidence, level=level
        )
    where = f" (line {ran.line})" if ran.line else ""
    finding = Finding(ran.word, "error", ran.detail, ran.line)
    checked = sample.checked(Check("test", "failed", findings=(finding,)), *ran.evidence)
    return checked.no("execute", ran.word, f"{ran.detail}{where}")


def _unverified(sample: Sample, check: str, why: str) -> Sample:
    finding = Finding(_rule(why, "not-run"), "note", why)
    return sample.checked(Check(check, "unverified", findings=(finding,)))


def _rule(why: str, otherwise: str) -> str:
    """What is lacking is counted apart."""
    return "lacks" if lacked(why) else otherwise


PLUGIN = Execute
