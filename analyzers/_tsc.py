"""What tsc has against snippets: one program over all of them, each a module of its own."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backfeed.analyzers import _batch, _beside, _record
from backfeed.analyzers._node import PACKAGES
from backfeed.engine.errors import AskFailed, Outage
from backfeed.engine.records import File
from backfeed.engine.requests import Asks, CodeCheck, Job, Limits, Outcome

Plain = dict[str, Any]
LAX = ("--strict", "false", "--noImplicitAny", "false", "--noImplicitReturns")
STRICT = ("--strict", "true", "--noImplicitAny", "false", "--noImplicitReturns")
LACKS = frozenset({2307, 2305, 2503, 2591, 2580, 2582, 2593, 2875, 7016, 7026, 2686})
SYNTAX = frozenset(range(1000, 2000)) - {1192, 1202, 1203, 1208, 1259, 1280, 1375, 1378}
"""Faults of form, but for those that are none where the module is of another kind."""
_TSC = f"{PACKAGES}/@typescript/typescript-linux-x64/lib/tsc"
_FLAGS = (
    "--noEmit", "--skipLibCheck", "--target", "es2022", "--module", "esnext",
    "--moduleResolution", "bundler", "--noResolve", "--moduleDetection", "force",
    "--experimentalDecorators", "--pretty", "false", "--jsx", "preserve", "--types", "",
)  # fmt: skip
_LINE = re.compile(r"^(\S+)\((\d+),(\d+)\): error TS(\d+): (.*(?:\n  .*)*)$", re.MULTILINE)
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
_LONGEST = 2000  # of a message that is read: it may hold a name of megabytes
_PLACE = re.compile(r"(?:[\w/.-]*/)?(?:b_[0-9a-f]{24}/|s_\d{6}_[0-9a-f]{24})")
_FOR_ALL = re.compile(r"\A[^\n]*\.d\.[mc]?ts\n|\bdeclare\s+(?:global\b|module\s*[\"'])")


@dataclass(frozen=True, slots=True)
class Text:
    """A snippet as a file, and the other files of its answer."""

    path: str
    code: str
    near: tuple[File, ...] = ()


def texts(codes: Sequence[str], suffix: str, batch: Sequence[CodeCheck] = ()) -> list[Text]:
    """Snippets as files that cannot name each other; those of `batch` with what lies beside them.

    What another file declares for all files is not laid beside anything.
    """
    given = _beside.word_of(batch)
    word = _record.word_of(*codes, given)
    laid = [Text(f"s_{n:06d}_{word}{suffix}", code) for n, code in enumerate(codes)]
    for n, folder in enumerate(_beside.folders(batch, given)):
        near = [one for one in folder.files if not _FOR_ALL.search(f"{one.path}\n{one.text}")]
        if folder.path.endswith(suffix) and near:
            beside = tuple(File(f"{folder.name}/{one.path}", one.text) for one in near)
            laid[n] = Text(f"{folder.name}/{folder.path}", codes[n], beside)
    return laid


def said(snippets: Sequence[Text], flags: Sequence[str]) -> Asks[list[Plain]]:
    """For each snippet a `word` and its findings, all of them notes.

    The word is `told`, or `spoils` for a fault of syntax, or what is said where there is no tool.
    One with such a fault hides the faults of all others: it is taken out first.
    """
    found: dict[int, Plain] = {}
    for _ in range(_MOST_ROUNDS):
        left = [n for n in range(len(snippets)) if n not in found]
        if not left:
            break
        told = yield from _batch.halved([snippets[n] for n in left], lambda part: _run(part, flags))
        pairs = list(zip(left, told or [_batch.ended("tsc")], strict=True))
        spoilt = any(one["word"] == "spoils" for _, one in pairs)
        found |= {n: one for n, one in pairs if one["word"] != "told" or not spoilt}
    return [found.get(n) or _batch.ended("tsc") for n in range(len(snippets))]


def number(finding: Plain) -> int:
    """The number of an error of tsc's."""
    return int(finding["rule"][2:])


def _run(snippets: Sequence[Text], flags: Sequence[str]) -> Asks[list[Plain] | None]:
    named = [file for one in snippets for file in (File(one.path, one.code), *one.near)]
    files = (*named, File("shim.d.ts", _SHIM), File("files", "\n".join(f.path for f in named)))
    called = '"$@" shim.d.ts $(cat files); [ $? -le 2 ]'
    try:
        outcome: Outcome = yield from Job(
            files=files, command=("sh", "-c", called, "tsc", _TSC, *_FLAGS, *flags), limits=_LIMITS
        )
    except AskFailed:
        return None
    if "not found" in outcome.stderr:
        return [_batch.no_tool("tsc") for _ in snippets]
    if outcome.verdict != "AC":
        if len(snippets) > 1 or outcome.verdict != "RE":
            return None
        raise Outage(f"tsc: {outcome.verdict} {outcome.stderr[:200]}")
    found: dict[str, list[Plain]] = {}
    for path, line, column, code, message in _LINE.findall(outcome.stdout):
        found.setdefault(path, []).append({
            "rule": f"TS{code}", "level": "note", "line": int(line), "column": int(column),
            "message": _PLACE.sub("", " ".join(message[:_LONGEST].split()))[:300],
        })  # fmt: skip
    return [_told(one, found) for one in snippets]


def _told(snippet: Text, found: Mapping[str, list[Plain]]) -> Plain:
    """What is told of it. A fault of syntax in a file beside it hides as much as one of its own."""
    findings = found.get(snippet.path, [])
    near = (one for file in snippet.near for one in found.get(file.path, []))
    spoils = any(number(one) in SYNTAX for one in (*findings, *near))
    word = "spoils" if spoils else "told"
    return _batch.analysis("tsc", "7", word=word, findings=findings)
