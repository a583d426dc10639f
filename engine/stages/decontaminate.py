"""Reject rows that hold a benchmark's tasks: by text, by code, by the benchmark's own tests."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from backfeed.engine import languages
from backfeed.engine.errors import AskFailed, ConfigError
from backfeed.engine.records import Check, Evidence, Finding, Sample
from backfeed.engine.requests import Asks, Compute, Embed, Job, Limits, Outcome, Read, together
from backfeed.engine.stages._contamination import Look, Match, Row, Seen, Trial, Wanted, row_of
from backfeed.engine.stages._contamination_index import index_of, ready
from backfeed.engine.stages._contamination_same import best, by_tree, by_words
from backfeed.engine.stages._contamination_trials import trials
from backfeed.engine.stages._contamination_vectors import ARTEFACT, nearest

METHODS = ("exact", "ngrams", "tree", "tests", "embedding")
CHEAP = METHODS[:3]


@dataclass(frozen=True, slots=True)
class Decontaminate:
    """Compare rows with the tasks of benchmarks (artefact `against`); reject those that hold one.

    `exact` finds a task's prompt, docstring, description, solution or tests word for word; `ngrams`
    a `share` of its runs of `ngram` words, or the share `near` of its runs of three words close
    together; `tree` the share `alike` of its solution's fingerprints, or of the row's, if there are
    `least_prints` of them at least. `tests` runs the tests of tasks that share something `specific`
    with the row on functions that take what the tests give, `most_runs` at most: one passes if all
    asserts hold, they tell functions apart (`least_asserts`), and a stub fails them. `embedding`
    compares what is asked with the tasks that `embed_tasks` has embedded, by cosine: `similarity`
    or more. These two are asked only of rows that no other method finds.

    in:  "Write a function to add one." -> def f(x): return x + 1, where a task asks for the same
    out: rejected by decontaminate, reason contaminated, "7 of mbpp.jsonl by exact 1.00"
    """

    methods: tuple[str, ...] = ("exact", "ngrams", "tree", "tests")
    ngram: int = 10
    share: float = 0.5
    near: float = 0.6
    near_weight: float = 30.0
    alike: float = 0.7
    least_prints: int = 7
    specific: float = 30.0
    least_asserts: float = 2.0
    most_runs: int = 4
    similarity: float = 0.9
    cpu_s: float = 2.0
    version = 1

    def __post_init__(self) -> None:
        """Refuse methods that there are not, and numbers that make no sense."""
        for name in self.methods:
            if name not in METHODS:
                known = ", ".join(METHODS)
                raise ConfigError(f"decontaminate.methods: no method {name!r}; there are: {known}")
        if self.ngram < 4:
            raise ConfigError(f"decontaminate.ngram = {self.ngram}: give 4 or more, such as 10")
        for name in ("share", "near", "alike", "similarity"):
            if not 0 < (value := getattr(self, name)) <= 1:
                raise ConfigError(f"decontaminate.{name} = {value}: give a share from 0 to 1")

    @property
    def asks(self) -> tuple[str, ...]:
        """What it needs: programs are run, and texts embedded, only if it is set to."""
        more = {"tests": "sandbox", "embedding": "embedder"}
        return ("compute", *(service for name, service in more.items() if name in self.methods))

    @property
    def reads(self) -> tuple[str, ...]:
        """The tasks, and what `embed_tasks` has made of them if it is set to."""
        return ("against", ARTEFACT) if "embedding" in self.methods else ("against",)

    optional = reads

    @property
    def named(self) -> tuple[str, ...]:
        """Nothing stands in for an embedder."""
        return ("embedder",) if "embedding" in self.methods else ()

    def each(self, sample: Sample) -> Asks[list[Sample]]:
        """Ask for what the row holds; if that is nothing, run tests and compare embeddings."""
        path: Path | None = yield from Read("against")
        if path is None:
            return [sample]
        ready(path, self.ngram)
        seen: Seen = yield from Compute(look, (path, row_of(sample), self._wanted()))
        matches, evidence = list(seen.matches), tuple[Evidence, ...]()
        if seen.trials:
            found, evidence = yield from self._tried(seen.trials)
            matches += found
        notes: tuple[Finding, ...] = ()
        if not matches and "embedding" in self.methods:
            found, notes = yield from self._embedded(sample.instruction)
            matches += found
        findings = tuple(
            Finding(one.method, "error", f"{one.task} of {one.file}: {one.score:.2f}, {one.span}")
            for one in matches
        )
        if not matches:
            return [sample.checked(Check("decontaminate", "passed", findings=notes))]
        checked = sample.checked(Check("decontaminate", "failed", findings=findings), *evidence)
        return [checked.no("decontaminate", "contaminated", matches[0].told())]

    def _wanted(self) -> Wanted:
        return Wanted(
            self.methods, self.ngram, self.share, self.near, self.near_weight, self.alike,
            self.least_prints, self.specific, self.least_asserts, self.most_runs,
        )  # fmt: skip

    def _tried(self, trials: Sequence[Trial]) -> Asks[tuple[list[Match], tuple[Evidence, ...]]]:
        """Run tests; of those that pass, run them on a stub."""
        passed = yield from self._passing(trials)
        matches, evidence = [], []
        for trial, job, outcome in passed:
            call = ("python", "stub", trial.code, trial.function.rpartition(".")[2])
            emptied: str = yield from Compute(languages.call, call)
            stubs = yield from self._passing([replace(trial, code=emptied)]) if emptied else ()
            if emptied and not stubs:
                span = f"{trial.function} passes its tests"
                matches.append(Match("tests", trial.task, trial.file, 1.0, span))
                told = {"job": msgspec.to_builtins(job), "outcome": msgspec.to_builtins(outcome)}
                evidence.append(Evidence("decontaminate", {"verdict": "AC", **told}))
        return matches[:1], tuple(evidence[:1])

    def _passing(self, trials: Sequence[Trial]) -> Asks[list[tuple[Trial, Job, Outcome]]]:
        """The trials whose tests pass: those of one code in one program, alone if that breaks."""
        groups: defaultdict[str, list[Trial]] = defaultdict(list)
        for trial in trials:
            groups[trial.code].append(trial)
        jobs = [self._job(group) for group in groups.values()]
        outcomes: list[Outcome] = yield from together(jobs)
        passed, again = [], []
        for group, job, outcome in zip(groups.values(), jobs, outcomes, strict=True):
            results = languages.load("python").results(job, outcome)
            if len(results) == len(group):
                passed += [
                    (trial, job, outcome)
                    for trial, result in zip(group, results, strict=True)
                    if _holds(result)
                ]
            elif len(group) > 1:
                again += group
        alone = [self._job([trial]) for trial in again]
        outcomes = yield from together(alone)
        for trial, job, outcome in zip(again, alone, outcomes, strict=True):
            results = languages.load("python").results(job, outcome)
            passed += [(trial, job, outcome)] if results and _holds(results[0]) else []
        return passed

    def _job(self, group: Sequence[Trial]) -> Job:
        tests = [{"kind": "script", "code": one.test, "setup": one.setup} for one in group]
        job: Job = languages.load("python").test_job({"code": group[0].code, "tests": tests})
        limits = replace(Limits(), cpu_s=self.cpu_s, wall_s=3 * self.cpu_s + 2)
        return replace(job, limits=limits)

    def _embedded(self, text: str) -> Asks[tuple[list[Match], tuple[Finding, ...]]]:
        """The task that is nearest to what the row asks, if near enough; why it is not known."""
        path: Path | None = yield from Read(ARTEFACT)
        if path is None:
            raise ConfigError(
                "decontaminate.methods names embedding, and no step before it has embedded the"
                ' tasks: put a [[step]] with use = "embed_tasks" before it'
            )
        if not text.strip():
            return [], ()
        try:
            own: list[float] = yield from Embed(text)
        except AskFailed as refused:
            return [], (Finding("embedding", "note", f"not compared: {refused.reason}"),)
        match = nearest(path, own)
        return [match] if match and match.score >= self.similarity else [], ()


def look(path: Path, row: Row, wanted: Wanted) -> Seen:
    """What of the tasks in the artefact `path` a row holds; if nothing, what else to ask.

    Pure: it is called in worker processes, each of which reads the index once.
    """
    found = Look(index_of(path, wanted.size), row)
    matches: list[Match] = []
    if {"exact", "ngrams"} & set(wanted.methods):
        matches += by_words(found, wanted)
    if "tree" in wanted.methods:
        matches += by_tree(found, wanted)
    if matches:
        return Seen(tuple(sorted(best(matches), key=lambda one: -one.score)))
    tried = tuple(trials(found, wanted)) if "tests" in wanted.methods else ()
    return Seen((), tried)


def _holds(result: dict[str, Any]) -> bool:
    return not result["error"] and result["executed"] > 0


PLUGIN = Decontaminate
