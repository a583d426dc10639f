"""Test the tests: mutants of the answer must fail them, and a second run elsewhere must agree."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from backfeed.engine import languages
from backfeed.engine.errors import AskFailed
from backfeed.engine.records import Check, Finding, Sample
from backfeed.engine.requests import Asks, Compute, Limits, together
from backfeed.engine.stages._runs import Ran, Skips, run_tests
from backfeed.engine.stages._test_jobs import SUITE_TIMES

_AGAIN = Limits(
    cpu_s=2 * Limits().cpu_s, wall_s=2 * Limits().wall_s
)  # what passed once may be slow
ELSEWHERE = (("LANG", "C"), ("PYTHONHASHSEED", "4321"), ("TZ", "Asia/Kathmandu"))


@dataclass(frozen=True, slots=True)
class Prove:
    """A tested sample -> proven, if its tests notice faults.

    Proven needs a passing test that was not recorded from the answer itself, failure on the stub
    (seen by `execute`), at least `killed` of `least` to `most` usable mutants killed, and a second
    run with another hash seed, time zone, locale and order of files that agrees. A mutant that dies
    before the first assertion is not counted; it has twice the time of the second run, or `cpu_s`.
    One that looks equivalent is not run. What became of them is told by operator, too.

    in:  level tested, tests that notice 9 of 10 mutants
    out: level proven
    """

    killed: float = 0.7
    least: int = 5
    most: int = 20
    cpu_s: float = 1.0
    skips: Skips = "run"
    version = 6
    asks = ("compute", "sandbox")

    def each(self, sample: Sample) -> Asks[list[Sample]]:
        """Ask for the second run, then for the mutants."""
        if sample.level != "tested":
            return [_not_proven(sample, "not tested")]
        again: Ran = yield from run_tests(
            sample, sample.code, _AGAIN, check="again", skips=self.skips, times=SUITE_TIMES,
            elsewhere=ELSEWHERE,
        )  # fmt: skip
        if again.word != "AC":
            detail = f"a second run came to {again.word}: {again.detail}"
            finding = Finding("flaky", "error", detail)
            failed = sample.checked(Check("prove", "failed", findings=(finding,)), *again.evidence)
            return [failed.no("prove", "flaky", detail)]
        sample = sample.but(evidence=(*sample.evidence, *again.evidence))
        if all(test.oracle == "recorded" for test in sample.tests):
            return [_not_proven(sample, "every expectation was recorded from the answer itself")]
        if not languages.can(sample.language, "mutants"):
            return [_not_proven(sample, f"no mutants for {sample.language}")]
        return [(yield from self._mutate(sample, self._cpu_s(again)))]

    def _cpu_s(self, ran: Ran) -> float:
        """The time for a mutant: doubled until it is twice what the answer took."""
        took = max((one.data["outcome"]["cpu_s"] for one in ran.evidence), default=0.0)
        given = self.cpu_s
        while given < 2 * took:
            given *= 2
        return min(given, SUITE_TIMES * Limits().cpu_s)

    def _mutate(self, sample: Sample, cpu_s: float) -> Asks[Sample]:
        call = (sample.language, "mutants", sample.code, sample.entry_point, self.most)
        made: list[tuple[str, str]] = yield from Compute(languages.call, call)
        real = [pair for pair in made if pair[0] != languages.ALIKE]
        limits = replace(Limits(), cpu_s=cpu_s, wall_s=4 * cpu_s + 2)
        ends = yield from together(self._mutant(sample, code, limits) for _, code in real)
        usable = [end for end in ends if end != "unusable"]
        killed = usable.count("killed")
        share = killed / len(usable) if usable else 0.0
        by_operator = _by_operator([operator for operator, _ in real], ends, len(made) - len(real))
        if len(usable) < self.least or share < self.killed:
            return _not_proven(sample, _told(ends), by_operator)
        findings = (Finding("mutants", "note", _told(ends)), *by_operator)
        return sample.checked(Check("prove", "passed", findings=findings), level="proven")

    def _mutant(self, sample: Sample, code: str, limits: Limits) -> Asks[str]:
        """What became of one mutant: killed, survived, or unusable.

        Where each test is a program of its own, the first that kills it is the last.
        """
        joins = languages.load(sample.language).joins
        parts = [sample.tests] if joins else [(test,) for test in sample.tests]
        ends: set[str] = set()
        for tests in parts:
            ran: Ran | None = yield from self._ran(sample.but(tests=tests), code, limits)
            ends.add(_end(ran))
            if ran is None or ran.word == "CE" or "killed" in ends:
                break
        return next(end for end in ("killed", "unusable", "survived") if end in ends)

    def _ran(self, sample: Sample, code: str, limits: Limits) -> Asks[Ran | None]:
        try:
            ran: Ran = yield from run_tests(sample, code, limits, check="mutant", skips=self.skips)
        except AskFailed:
            return None
        return ran


def _end(ran: Ran | None) -> str:
    """What a run means for the mutant that was run."""
    if ran is None:
        return "unusable"
    if ran.word == "AC":
        return "survived"
    # One that runs into a limit may run into another one the next time: no survivor either.
    if ran.word in ("WA", "TLE", "IDLE", "MLE", "OLE", "FLAKY"):
        return "killed"
    return "killed" if ran.executed > 0 else "unusable"


def _told(ends: Sequence[str]) -> str:
    usable = len(ends) - ends.count("unusable")
    return f"{ends.count('killed')} of {usable} usable mutants killed ({len(ends)} made)"


def _by_operator(operators: Sequence[str], ends: Sequence[str], alike: int) -> tuple[Finding, ...]:
    """The same for each operator; `alike` are those that look equivalent."""
    found: dict[str, list[str]] = {name: [] for name in sorted(set(operators))}
    for name, end in zip(operators, ends, strict=True):
        found[name].append(end)
    if alike:
        found[languages.ALIKE] = ["unusable"] * alike
    return tuple(
        Finding("mutants-by", "note", f"{name}: {_told(those)}") for name, those in found.items()
    )


def _not_proven(sample: Sample, why: str, more: tuple[Finding, ...] = ()) -> Sample:
    findings = (Finding("not-proven", "note", why), *more)
    return sample.checked(Check("prove", "unverified", findings=findings))


PLUGIN = Prove
