"""What tsc has against snippets: one program over all of them, each a module of its own."""

import re
from collections.abc import Sequence
from typing import Any

from backfeed.analyzers import _batch
from backfeed.analyzers._node import PACKAGES
from backfeed.engine.errors import AskFailed, Outage
from backfeed.engine.records import File
from backfeed.engine.requests import Asks, Job, Limits, Outcome

Plain = dict[str, Any]
LAX = ("--strict", "false", "--noImplicitAny", "false", "--noImplicitReturns")
STRICT = ("--strict", "true", "--noImplicitAny", "false", "--noImplicitReturns")
LACKS = frozenset({2307, 2305, 2503, 2591, 2580, 2582, 2593, 2875, 7016, 7026, 2686})
SYNTAX = range(1000, 2000)
_TSC = f"{PACKAGES}/@typescript/typescript-linux-x64/lib/tsc"
_FLAGS = (
    "--noEmit", "--skipLibCheck", "--target", "es2022", "--module", "esnext",
    "--moduleResolution", "bundler", "--noResolve", "--moduleDetection", "force",
    "--experimentalDecorators", "--pretty", "false", "--jsx", "preserve", "--types", "",
)  # fmt: skip
_LINE = re.compile(
    r"^s_(\d+)\.[jt]sx?\((\d+),(\d+)\): error TS(\d+): (.*(?:\n  .*)*)$", re.MULTILINE
)
# Names that programs take for granted where types of Node or of a test runner are installed.
_SHIM = "".join(
    f"declare var {name}: any;\n"
    for name in (
        "require", "module", "exports", "process", "Buffer", "__dirname", "__filename", "global",
        "describe", "it", "test", "expect", "beforeEach", "afterEach", "beforeAll", "afterAll",
        "jest", "xit", "xtest", "xdescribe", "setImmediate", "$", "jQuery",
    )
)  # fmt: skip
_LIMITS = Limits(cpu_s=60.0, wall_s=120.0, memory_mb=2048, output_kb=16 * 1024, disk_mb=256)
_MOST_ROUNDS = 4


def said(codes: Sequence[str], suffix: str, flags: Sequence[str]) -> Asks[list[Plain]]:
    """For each snippet a `word` and its findings, all of them notes.

    The word is `told`, or `spoils` for a fault of syntax, or what is said where there is no tool.
    One with such a fault hides the faults of all others: it is taken out first.
    """
    found: dict[int, Plain] = {}
    for _ in range(_MOST_ROUNDS):
        left = [n for n in range(len(codes)) if n not in found]
        if not left:
            break
        told = yield from _batch.halved(
            [codes[n] for n in left], lambda part: _run(part, suffix, flags)
        )
        pairs = list(zip(left, told or [_batch.ended("tsc")], strict=True))
        spoilt = any(one["word"] == "spoils" for _, one in pairs)
        found |= {n: one for n, one in pairs if one["word"] != "told" or not spoilt}
    return [found.get(n) or _batch.ended("tsc") for n in range(len(codes))]


def number(finding: Plain) -> int:
    """The number of an error of tsc's."""
    return int(finding["rule"][2:])


def _run(codes: Sequence[str], suffix: str, flags: Sequence[str]) -> Asks[list[Plain] | None]:
    named = [File(f"s_{n:06d}{suffix}", code) for n, code in enumerate(codes)]
    files = (*named, File("shim.d.ts", _SHIM), File("files", "\n".join(f.path for f in named)))
    called = '"$@" shim.d.ts $(cat files); [ $? -le 2 ]'
    try:
        outcome: Outcome = yield from Job(
            files=files, command=("sh", "-c", called, "tsc", _TSC, *_FLAGS, *flags), limits=_LIMITS
        )
    except AskFailed:
        return None
    if "not found" in outcome.stderr:
        return [_batch.no_tool("tsc") for _ in codes]
    if outcome.verdict != "AC":
        if len(codes) > 1 or outcome.verdict != "RE":
            return None
        raise Outage(f"tsc: {outcome.verdict} {outcome.stderr[:200]}")
    found: dict[int, list[Plain]] = {}
    for index, line, column, code, message in _LINE.findall(outcome.stdout):
        found.setdefault(int(index), []).append({
            "rule": f"TS{code}", "level": "note",
            "message": " ".join(message.split())[:300], "line": int(line), "column": int(column),
        })  # fmt: skip
    return [_told(found.get(n, [])) for n in range(len(codes))]


def _told(findings: list[Plain]) -> Plain:
    word = "spoils" if any(number(one) in SYNTAX for one in findings) else "told"
    return _batch.analysis("tsc", "7", word=word, findings=findings)
