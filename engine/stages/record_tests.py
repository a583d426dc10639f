"""Tests from the code itself: the examples that its author gave, and recorded calls."""

import json
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from backfeed.engine import languages
from backfeed.engine.methods._echo import echoes
from backfeed.engine.records import Sample, Test
from backfeed.engine.requests import Asks, Compute, Job, Limits, together
from backfeed.engine.stages._test_jobs import roomy

Plain = dict[str, Any]
Seen = tuple[Plain, Plain]
CUT_SHORT = {"TLE", "IDLE", "MLE", "OLE"}
_LOST: Plain = {"skip": "cut short"}
ELSEWHERE = (("LANG", "C"), ("PYTHONHASHSEED", "77"), ("TZ", "Asia/Kathmandu"))


@dataclass(frozen=True, slots=True)
class RecordTests:
    """Code -> the same code with tests: oracle `doc` for examples, `recorded` for calls. Those that
    were cut with it stay.

    Calls are run twice, in environments that differ in hash seed, time zone and locale; a value
    that is not the same both times is not recorded, and none is of code that comes to the same in
    more than the share `same` of its calls, or that only gives back what it is given. Code of which
    neither kind of test can be had is rejected.

    in:  code with the example ">>> f(2)\\n4"
    out: tests [doctest ">>> f(2)\\n4", script "assert f(3) == 6"]
    """

    most: int = 12
    same: float = 0.8
    tried: int = 40
    cpu_s: float = 2.0
    version = 10
    asks = ("compute", "sandbox")

    def each(self, sample: Sample) -> Asks[list[Sample]]:
        """Ask for the examples, then run the calls that they suggest."""
        if not languages.can(sample.language, "inputs"):
            return [sample.no("record_tests", "no-recorder", f"for {sample.language}")]
        shown = yield from Compute(
            languages.call, (sample.language, "examples", sample.code, sample.entry_point)
        )
        tests = [test for test in sample.tests if sample.lineage.stage == "cut_units"]
        seen = yield from self._seen(sample, [one.source for one in shown] + _noted(sample))
        if shown:
            kind, text = languages.call(sample.language, "test_of_examples", shown, dict(seen))
            tests.append(Test(kind, "doc", code=text))
        if recorded := self._telling(seen):
            kind, text = languages.call(sample.language, "test_of", recorded)
            tests.append(Test(kind, "recorded", code=text))
        if not tests:
            return [
                sample.no("record_tests", "no-tests", "no example, and no call could be recorded")
            ]
        return [sample.but(tests=tuple(tests))]

    def _seen(self, sample: Sample, shown: list[str]) -> Asks[list[tuple[str, str]]]:
        """Calls with the values that they had both times."""
        wanted = (tuple(shown), self.tried)
        call = (sample.language, "inputs", sample.code, sample.entry_point, wanted)
        calls: list[str] = yield from Compute(languages.call, call)
        if not calls:
            return []
        limits = replace(Limits(), cpu_s=self.cpu_s, wall_s=3 * self.cpu_s + 2)
        told = yield from _run_calls(sample, calls, limits)
        return [
            (f"{one['wrap']}({call})" if one["wrap"] else call, one["repr"])
            for call, (one, two) in zip(calls, told, strict=False)
            if "repr" in one and one == two
        ]

    def _telling(self, pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """Calls whose values are as different from each other as can be."""
        found: list[tuple[str, str]] = []
        spare: list[tuple[str, str]] = []
        seen: Counter[str] = Counter()
        for pair in pairs:
            (spare if pair[1] in seen else found).append(pair)
            seen[pair[1]] += 1
        tells = len(seen) > 1 and max(seen.values()) <= self.same * seen.total()
        tells = tells and not all(echoes(call, value) for call, value in pairs)
        return (found + spare)[: self.most] if tells else []


def _noted(sample: Sample) -> list[str]:
    """Calls that are known to fit, as `backfeed` notes them, in the form of examples."""
    with suppress(ValueError, TypeError, KeyError):
        return [f">>> {call}\n" for call in json.loads(sample.extra)["calls"]]
    return []


def _run_calls(
    sample: Sample, calls: list[str], limits: Limits, *, halvings: int = 2
) -> Asks[list[Seen]]:
    """What each call came to, here and elsewhere.

    One call that takes too much takes its whole job with it: its half is lost, and of that a half.
    """
    plugin = languages.load(sample.language)
    plain: Job = plugin.record_job(sample.code, calls)
    job = replace(plain, limits=roomy(sample.language, limits))
    elsewhere = replace(job, variables=(*job.variables, *ELSEWHERE))
    first, second = yield from together([job, elsewhere])
    here, there = (
        plugin.recorded(job, outcome) if outcome.verdict == "AC" else []
        for outcome in (first, second)
    )
    whole = not {first.verdict, second.verdict} & CUT_SHORT
    if whole or not halvings or len(calls) == 1:
        return list(zip(here, there, strict=False)) or [(_LOST, _LOST)] * len(calls)
    middle = len(calls) // 2
    halves = yield from together(
        _run_calls(sample, part, limits, halvings=halvings - 1)
        for part in (calls[:middle], calls[middle:])
    )
    return [*halves[0], *halves[1]]


PLUGIN = RecordTests
