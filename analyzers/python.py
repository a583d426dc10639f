"""Python: everything that Backfeed knows how to do with it."""

import json
import platform
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from backfeed.analyzers import (
    _batch,
    _python_absent,
    _python_code,
    _python_completeness,
    _python_compose,
    _python_docs,
    _python_examples,
    _python_fit,
    _python_inputs,
    _python_keywords,
    _python_mutants,
    _python_shown,
    _python_types,
    _python_units,
    _record,
)
from backfeed.engine.errors import Outage
from backfeed.engine.methods.lacks import lack
from backfeed.engine.records import File
from backfeed.engine.requests import Asks, CodeCheck, Job, Limits, Outcome

# Rules that say "this cannot work", and not "this could look better".
REJECT = (
    "E9", "F50", "F52", "F621", "F622", "F631", "F632", "F633", "F634", "F70", "F821",
    "F822", "F823", "PLE",
)  # fmt: skip
# Told, and not held against a snippet.
_REMARKS = ("F632", "PLE0604", "PLE0605")
_LIMITS = Limits(cpu_s=30.0, wall_s=60.0, memory_mb=2048, output_kb=16 * 1024, disk_mb=256)
# A program that ends so was brought to it by what it read.
_OWN_DOING = ("SIG", "TLE", "IDLE", "MLE", "OLE")
_SYNTAX = "invalid-syntax"
_PYTHON = platform.python_version()
_HARNESS = ("python", "backfeed_harness.py")
_TOOLS = "/opt/backfeed/bin"  # where every sandbox has the tools of this machine

Plain = dict[str, Any]


class _Python:
    """The plug-in. Verbs are pure; `check` yields jobs."""

    language = "python"
    tools = ("ruff", "ty")
    packages = ("pytest",)
    kinds = ("script", "doctest", "unittest", "pytest", "stdio")
    frameworks = ("pytest",)  # those whose tests are files of their own
    answer_file, test_file = "answer.py", "test_answer.py"
    joins = True

    @property
    def version(self) -> str:
        """Of the rules, and of the tools that they are given to."""
        tools = " ".join(f"{tool} {_batch.version_of(tool)}" for tool in self.tools)
        return f"3 python {_PYTHON} {tools}"

    @property
    def guests(self) -> dict[str, str]:
        """Our programs inside the sandbox, in the order in which they import each other."""
        names = ("reading", "honest", "recorder", "pytest", "harness")
        return {file.path: file.text for file in _guests(*names)}

    parse = staticmethod(_python_code.parse)
    stub = staticmethod(_python_code.stub)
    mutants = staticmethod(_python_mutants.mutants)
    fit = staticmethod(_python_fit.fit)
    entry_point = staticmethod(_python_fit.entry_point_of)
    missing_imports = staticmethod(_python_code.missing_imports)
    units = staticmethod(_python_units.units)
    completeness = staticmethod(_python_completeness.completeness)
    describe = staticmethod(_python_docs.describe)
    examples = staticmethod(_python_examples.examples)
    inputs = staticmethod(_python_inputs.inputs)
    keywords = staticmethod(_python_keywords.keywords)
    test_of = staticmethod(_python_shown.test_of)
    test_of_examples = staticmethod(_python_shown.test_of_examples)
    shown = staticmethod(_python_shown.shown)
    seen = staticmethod(_python_compose.seen)
    compose = staticmethod(_python_compose.compose)
    composed_name = staticmethod(_python_compose.composed_name)

    def check(self, batch: Sequence[CodeCheck]) -> Asks[list[Plain]]:
        """Python's own parser first, then one ruff for all that it takes, and one ty for the rest.

        A snippet that the parser gives up on is unknown, and ruff does not see it: it would take
        the whole batch with it.
        """
        parsed = [_python_code.parse(request.code) for request in batch]
        codes = {n: batch[n].code for n, got in enumerate(parsed) if got["word"] == "ok"}
        found = (yield from _ruff(codes)) if codes else {}
        left = [n for n, one in found.items() if one["word"] == "ok"]
        told = yield from _python_types.said([codes[n] for n in left])
        found |= {n: _both(found[n], one) for n, one in zip(left, told, strict=True)}
        return [found.get(n) or _told(got) for n, got in enumerate(parsed)]

    def run_job(self, code: str, stdin: str = "") -> Job:
        """A job that runs a program as its author would."""
        return Job(files=(File("main.py", code),), command=("python", "main.py"), stdin=stdin)

    def test_job(self, spec: dict[str, Any], extra: tuple[File, ...] = ()) -> Job:
        """A job that runs `setup`, `code` and `tests` (or `calls`) and reports what it found."""
        text = json.dumps(spec, ensure_ascii=False, sort_keys=True)
        files = (*extra, *_harness(text), *(_guests("recorder") if "calls" in spec else ()))
        return Job(files=files, command=_HARNESS, report=True)

    def results(self, job: Job, outcome: Outcome) -> list[Plain]:
        """What each test came to, as the harness reports it; a Python that is too old is a lack."""
        try:
            told = list(json.loads(outcome.report)["tests"])
        except (ValueError, KeyError, TypeError):
            return []
        broken = any((one["error"] or {}).get("type") == "SyntaxError" for one in told)
        return (
            _record.lacks("a later Python")
            if broken and _is_later(job)
            else _python_absent.named(told)
        )

    def lacking(self, job: Job, outcome: Outcome) -> str:
        """Why a program that failed says nothing of its answer; empty if it does."""
        return lack(_python_absent.absent(job, outcome))

    def record_job(self, code: str, calls: Sequence[str]) -> Job:
        """A job that writes down what calls give."""
        return self.test_job({"code": code, "calls": list(calls)})

    def recorded(self, job: Job, outcome: Outcome) -> list[Plain]:
        """What each call came to: `repr` and `wrap`, or `skip` with the reason."""
        del job
        try:
            return list(json.loads(outcome.report)["calls"])
        except (ValueError, KeyError, TypeError):
            return []

    def framework_job(
        self, framework: str, answer: tuple[File, ...], tests: tuple[File, ...]
    ) -> Job:
        """A job that runs test files on an answer's files, the first of which is the main one."""
        paths = [file.path for file in tests if file.path.endswith(".py")]
        named = [path for path in paths if _is_test(path)]
        test = {
            "kind": framework, "paths": named or paths,
            "answers": [file.path for file in answer if file.path.endswith(".py")],
        }  # fmt: skip
        spec = json.dumps({"code": "", "tests": [test]}, ensure_ascii=False, sort_keys=True)
        files = (*answer, *tests, *_harness(spec), *_guests("pytest"))
        return Job(files=files, command=(*_HARNESS, f"{_TOOLS}/pytest.zip"), report=True)


def _is_later(job: Job) -> bool:
    """Is the answer written for a later Python than this one?"""
    spec = next((file.text for file in job.files if file.path == "backfeed_spec.json"), "{}")
    return bool(_python_code.parse(json.loads(spec).get("code", ""))["word"] == "unknown")


def _is_test(path: str) -> bool:
    """Would pytest look here by itself?"""
    name = path.rpartition("/")[2]
    return name.startswith("test_") or name.endswith("_test.py")


def _harness(spec: str) -> tuple[File, ...]:
    return (*_guests("harness", "reading", "honest"), File("backfeed_spec.json", spec))


def _guests(*names: str) -> tuple[File, ...]:
    """Our programs inside the sandbox, under names that no answer takes by chance."""
    return tuple(File(f"backfeed_{name}.py", _source(f"_python_{name}")) for name in names)


@cache
def _source(module: str) -> str:
    return (files("backfeed.analyzers") / f"{module}.py").read_text(encoding="utf-8")


def _told(parsed: Plain) -> Plain:
    """What the parser says, as an analysis."""
    word = parsed["word"]
    level = "error" if word == "invalid" else "note"
    finding = {"rule": "syntax", "level": level, "message": parsed["message"], "column": 0}
    return _analysis("python", word, [{**finding, "line": parsed["line"]}])


def _analysis(tool: str, word: str, findings: list[Plain]) -> Plain:
    version = _PYTHON if tool == "python" else _batch.version_of("ruff")
    return {"word": word, "tool": tool, "version": version, "findings": findings}


def _ruff(codes: Mapping[int, str]) -> Asks[dict[int, Plain]]:
    """The analyses of snippets that parse. Comments that switch rules off are not listened to."""
    named = tuple(File(f"s_{n:06d}.py", code) for n, code in codes.items())
    command = (
        f"{_TOOLS}/ruff", "check", "--isolated", "--no-cache", "--ignore-noqa", "--quiet",
        "--exit-zero", "--target-version", "py313", "--select", ",".join(REJECT),
        "--output-format", "json", ".",
    )  # fmt: skip
    outcome: Outcome = yield from Job(files=named, command=command, limits=_LIMITS)
    if outcome.verdict == "AC":
        found = _sorted(outcome.stdout)
        return {n: _judged(found.get(n, [])) for n in codes}
    if outcome.verdict in _OWN_DOING and len(codes) == 1:
        message = f"ruff: {outcome.verdict} {outcome.stderr[:200]}".strip()
        finding = {"rule": "not-analyzed", "level": "note", "message": message, "line": 0}
        return {n: _analysis("ruff", "unknown", [{**finding, "column": 0}]) for n in codes}
    raise Outage(f"ruff: {outcome.verdict} {outcome.stderr[:200]}")


def _sorted(output: str) -> dict[int, list[Plain]]:
    """Ruff's findings by snippet."""
    found: dict[int, list[Plain]] = {}
    for item in json.loads(output):
        index = int(item["filename"].rpartition("_")[2].removesuffix(".py"))
        rule = item["code"] or _SYNTAX
        found.setdefault(index, []).append({
            "rule": rule, "level": "note" if rule.startswith(_REMARKS) else "error",
            "message": item["message"], "line": item["location"]["row"],
            "column": item["location"]["column"],
        })  # fmt: skip
    return found


def _both(by_ruff: Plain, by_ty: Plain) -> Plain:
    """The analysis of a snippet that ruff takes, with what ty says of it."""
    if not by_ty["findings"]:
        return by_ruff
    word = "unknown" if by_ty["word"] == "unknown" else "invalid"
    return {**by_ty, "word": word, "findings": [*by_ruff["findings"], *by_ty["findings"]]}


def _judged(findings: list[Plain]) -> Plain:
    """Python took the snippet: where ruff cannot read it, none of its rules can be relied on."""
    if any(finding["rule"] == _SYNTAX for finding in findings):
        return _analysis("ruff", "unknown", [{**f, "level": "note"} for f in findings])
    bad = any(finding["level"] == "error" for finding in findings)
    return _analysis("ruff", "invalid" if bad else "ok", findings)


PLUGIN = _Python()
