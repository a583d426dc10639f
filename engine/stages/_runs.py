"""Asking patterns for running answers: the tests of a sample as jobs, and what they came to."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import msgspec

from backfeed.engine import languages
from backfeed.engine.errors import Refused
from backfeed.engine.grammar import grammars
from backfeed.engine.methods.compare import CHECKER, same_output
from backfeed.engine.methods.lacks import lack, lacked, misspelt
from backfeed.engine.records import VERDICT_OF, Evidence, Finding, Sample, Test
from backfeed.engine.requests import Asks, Job, Limits, Outcome, together
from backfeed.engine.stages._ages import BROKE, too_old
from backfeed.engine.stages._files import beside
from backfeed.engine.stages._judged import judged
from backfeed.engine.stages._test_jobs import jobs_of, kind_of, moved, switched_on

ASSERTED = ("AssertionError", "AssertionFailure")
ABSENT = ("ModuleNotFoundError",)
Skips = Literal["run", "left"]
"""What becomes of tests that upstream switched off: they are run, or left as they stand."""
_NOT_BEGUN = ("reading", "setup")
_VERSION = re.compile(r"Node\.js v\d")
_ERROR = re.compile(r"(?!\s).*(?:\b\w*(?:Error|Exception)\b|:\d+: )")
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
        runnable = [switched_on(plugin, test) for test in runnable]
    jobs = jobs_of(code, sample, runnable, limits=limits, times=times)
    jobs = [moved(job, elsewhere) for job in jobs]
    try:
        outcomes: list[Outcome] = yield from together(jobs)
    except Refused as refused:
        if refused.reason != "no-command":
            raise
        return Ran("NONE", detail=refused.detail)
    worst = _worst((yield from _parts(plugin, runnable, (jobs, outcomes), check=check)))
    if worst.word in BROKE and (why := (yield from too_old(sample.language, _texts(sample, code)))):
        return replace(worst, word="NONE", detail=why)
    return worst


def _parts(
    plugin: Any, tests: Sequence[Test], ran: tuple[list[Job], list[Outcome]], *, check: str
) -> Asks[list[Ran]]:
    """What each job came to, with its evidence."""
    stdio = iter([test for test in tests if test.kind == "stdio"])
    parts = []
    for job, outcome in zip(*ran, strict=True):
        if job.report:
            part = _of_harness(plugin, job, outcome)
        else:
            part = yield from _of_stdio(plugin, (job, outcome), next(stdio), check=check)
        own = evidence_of(check, job, outcome, word=part.word)
        parts.append(replace(part, evidence=(own, *part.evidence)))
    return parts


def _texts(sample: Sample, code: str) -> list[str]:
    """All that a tool chain reads of a sample."""
    tests = [text for test in sample.tests for text in (test.setup, test.code)]
    files = [*sample.files, *beside(sample), *(f for test in sample.tests for f in test.files)]
    return [code, *tests, *(file.text for file in files)]


def lacking(language: str, job: Job, outcome: Outcome) -> str:
    """Why a program that failed says nothing of its answer; empty if it does, as most do.

    What is nearly the name of a file that it is given is a fault of its own.
    """
    why = needed(language, job, outcome)
    return "" if misspelt(lacked(why), job.files) else why


def needed(language: str, job: Job, outcome: Outcome) -> str:
    """The same, of whatever a program did not find, however it spells that."""
    plugin = languages.load(language)
    return str(plugin.lacking(job, outcome)) if hasattr(plugin, "lacking") else ""


def evidence_of(check: str, job: Job, outcome: Outcome, *, word: str) -> Evidence:
    """All that is needed to judge again: the whole job, and what was seen."""
    return Evidence(check, {
        "verdict": word, "job": msgspec.to_builtins(job), "outcome": msgspec.to_builtins(outcome),
    })  # fmt: skip


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
        if outcome.verdict != "AC" and (why := lacking(plugin.language, job, outcome)):
            return Ran("NONE", detail=why)
        return Ran(
            outcome.verdict if outcome.verdict != "AC" else "FORGED",
            detail=tail(plugin.language, outcome),
        )
    executed = sum(result["executed"] for result in results)
    wrong = _first_wrong(results)
    if wrong is not None:
        return _misspelt(wrong, job, outcome) or of_error(wrong, executed, results)
    if outcome.verdict != "AC":
        return Ran(outcome.verdict, executed, tail(plugin.language, outcome), results=results)
    if executed == 0:
        return Ran("NONE", detail="no assertion ran", results=results)
    return Ran("AC", executed, results=results)


def _misspelt(wrong: dict[str, Any], job: Job, outcome: Outcome) -> Ran | None:
    """What it comes to that an answer does not find a file which it is given, by another name."""
    error, name = wrong["error"], str(wrong["error"]["message"])
    if error["type"] not in ABSENT or wrong["phase"] != "code":
        return None
    if not (meant := misspelt(name, job.files)):
        return None
    word = "CE" if outcome.verdict == "CE" else "RE"
    return Ran(word, detail=f"there is no {name}: {meant} is near it", line=error["line"])


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
        return Ran("NONE", detail=lack(message), results=results)
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
    last = text[-1] if text else ""
    # Some name the error first, and where it happened, or their own version, after that.
    if outcome.verdict == "RE" and (last.startswith((" ", "\t")) or _VERSION.match(last)):
        last = next(filter(_ERROR.match, text), last)
    return steady(outcome.detail or last[:300])


def steady(text: str) -> str:
    """A message without addresses in memory, which are others each time."""
    return _ADDRESS.sub("0x...", text)
