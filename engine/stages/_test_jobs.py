"""What running an answer asks for: the tests of a sample as jobs, with the room that they need."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from backfeed.engine import languages
from backfeed.engine.records import File, Sample, Test
from backfeed.engine.requests import Job, Limits
from backfeed.engine.stages._files import beside, main_file

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


def kind_of(test: Test) -> str:
    """The kind that a runner goes by: the framework's name for framework tests."""
    return (test.framework or "framework") if test.kind == "framework" else test.kind


def jobs_of(
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


def switched_on(plugin: Any, test: Test) -> Test:
    """The test without what switches parts of it off."""
    if test.kind == "stdio" or not hasattr(plugin, "switched_on"):
        return test
    code, *files = map(plugin.switched_on, (File("", test.code), *test.files))
    return replace(test, code=code.text, files=tuple(files))


def moved(job: Job, elsewhere: tuple[tuple[str, str], ...]) -> Job:
    """The job in other surroundings. What a build makes of its files has no order."""
    if not elsewhere:
        return job
    files = job.files if job.build else tuple(reversed(job.files))
    return replace(job, files=files, variables=(*job.variables, *elsewhere))
