"""Python: everything that Backfeed knows how to do with it."""

import json
from collections.abc import Sequence
from importlib import metadata
from importlib.resources import files
from typing import Any

from backfeed.analyzers import (
    _python_code,
    _python_completeness,
    _python_compose,
    _python_docs,
    _python_examples,
    _python_fit,
    _python_inputs,
    _python_keywords,
    _python_mutants,
    _python_units,
)
from backfeed.engine.errors import Outage
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
_TOOLS = "/opt/backfeed/bin"  # where every sandbox has the tools of this machine


class _Python:
    """The plug-in. Verbs are pure; `check` yields jobs."""

    language = "python"
    tools = ("ruff",)
    kinds = ("script", "doctest", "unittest", "stdio")

    @property
    def version(self) -> str:
        """Of the rules and of the tool that they are given to."""
        return f"1 ruff {metadata.version('ruff')}"

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
    seen = staticmethod(_python_compose.seen)
    compose = staticmethod(_python_compose.compose)
    composed_name = staticmethod(_python_compose.composed_name)

    def check(self, batch: Sequence[CodeCheck]) -> Asks[list[dict[str, Any]]]:
        """One ruff for the whole batch. Comments that switch rules off are not listened to."""
        named = tuple(File(f"s_{n:06d}.py", request.code) for n, request in enumerate(batch))
        command = (
            f"{_TOOLS}/ruff", "check", "--isolated", "--no-cache", "--ignore-noqa", "--quiet",
            "--exit-zero", "--target-version", "py313", "--select", ",".join(REJECT),
            "--output-format", "json", ".",
        )  # fmt: skip
        outcome: Outcome = yield from Job(files=named, command=command, limits=_LIMITS)
        if outcome.verdict != "AC":
            raise Outage(f"ruff: {outcome.verdict} {outcome.stderr[:200]}")
        return _sorted_findings(outcome.stdout, len(batch))

    def run_job(self, code: str, stdin: str = "") -> Job:
        """A job that runs a program as its author would."""
        return Job(files=(File("main.py", code),), command=("python", "main.py"), stdin=stdin)

    def test_job(self, spec: dict[str, Any], extra: tuple[File, ...] = ()) -> Job:
        """A job that runs `setup`, `code` and `tests` (or `calls`) and reports what it found."""
        text = json.dumps(spec, ensure_ascii=False, sort_keys=True)
        own = (File("harness.py", _harness()), File("spec.json", text))
        return Job(files=(*own, *extra), command=("python", "harness.py"), report=True)


def _harness() -> str:
    return (files("backfeed.analyzers") / "_python_harness.py").read_text(encoding="utf-8")


def _sorted_findings(output: str, count: int) -> list[dict[str, Any]]:
    """Ruff's findings by snippet, as plain analyses."""
    found: list[list[dict[str, Any]]] = [[] for _ in range(count)]
    for item in json.loads(output):
        index = int(item["filename"].rpartition("_")[2].removesuffix(".py"))
        rule = item["code"] or "syntax"
        found[index].append({
            "rule": rule, "level": "note" if rule.startswith(_REMARKS) else "error",
            "message": item["message"], "line": item["location"]["row"],
            "column": item["location"]["column"],
        })  # fmt: skip
    return [
        {
            "word": "invalid" if any(f["level"] == "error" for f in mine) else "ok",
            "tool": "ruff", "version": metadata.version("ruff"), "findings": mine,
        }
        for mine in found
    ]  # fmt: skip


PLUGIN = _Python()
