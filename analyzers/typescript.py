"""TypeScript: what JavaScript has, types taken off by esbuild, and the word of tsc."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from backfeed.analyzers import _batch, _tree
from backfeed.analyzers._node import PACKAGES, REJECT, Node
from backfeed.engine.errors import AskFailed, Outage
from backfeed.engine.records import File
from backfeed.engine.requests import Asks, Build, CodeCheck, Job, Limits, Outcome

Plain = dict[str, Any]
_TSC = f"{PACKAGES}/@typescript/typescript-linux-x64/lib/tsc"
_ESBUILD = f"{PACKAGES}/@esbuild/linux-x64/bin/esbuild"
_FLAGS = (
    "--noEmit", "--skipLibCheck", "--target", "es2022", "--lib", "es2023,dom,dom.iterable",
    "--module", "esnext", "--moduleResolution", "bundler", "--noResolve", "--moduleDetection",
    "force", "--strict", "false", "--noImplicitAny", "false", "--noImplicitReturns",
    "--experimentalDecorators", "--pretty", "false", "--jsx", "preserve", "--types", "",
)  # fmt: skip
# What must be wrong wherever the code stands; a module or a global that is not here is not.
_REJECTED = frozenset({
    2304, 2552, 2322, 2345, 2339, 2551, 2353, 2554, 2555, 2540, 2588, 2300, 2451, 2355, 2366, 7030,
    2349, 2420, 2511, 2515, 2341, 2344, 2739, 2740, 2741, 2362, 2363, 2364, 2365,
})  # fmt: skip
_LACKS = frozenset({2307, 2305, 2503, 2591, 2580, 2582, 2593, 2875, 7016, 7026, 2686})
_TYPES = frozenset({2322, 2339, 2345, 2551})
_LINE = re.compile(r"^s_(\d+)\.tsx?\((\d+),(\d+)\): error TS(\d+): (.*)$", re.MULTILINE)
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
_BUILD = Limits(cpu_s=20.0, wall_s=40.0, memory_mb=1024)
_MOST_ROUNDS = 4


class _TypeScript(Node):
    language = "typescript"
    suffix = ".ts"
    answer_file, test_file = "answer.ts", "answer.test.ts"
    # A type may use a name that a value may not: tsc knows of names.
    reject = tuple(rule for rule in REJECT if rule not in ("no-undef", "no-dupe-class-members"))

    def run_job(self, code: str, stdin: str = "") -> Job:
        """A job that takes the types off and runs the program."""
        return self._stripped(super().run_job(code, stdin))

    def test_job(self, spec: Plain, extra: tuple[File, ...] = ()) -> Job:
        """A job that runs an answer and one test, in one program."""
        return self._stripped(super().test_job(spec, extra))

    def _stripped(self, job: Job) -> Job:
        main = next(file for file in job.files if re.fullmatch(r"main\.m?js", file.path))
        source = main.path.replace("js", "ts")
        files = tuple(
            File(source, file.text) if file.path == main.path else file for file in job.files
        )
        flags = (f"--outfile={main.path}", "--target=node20", "--log-level=error")
        command = (_ESBUILD, source, *flags)
        build = Build(command=command, outputs=(main.path,), limits=_BUILD)
        return replace(job, files=files, build=build)

    def check(self, batch: Sequence[CodeCheck]) -> Asks[list[Plain]]:
        """Oxlint reads each snippet; those that it can read, and only those, go to one tsc."""
        found = yield from super().check(batch)
        left = {n: batch[n].code for n, one in enumerate(found) if one["word"] == "ok"}
        for _ in range(_MOST_ROUNDS):
            codes = [_tree.without_comments(self.language, code) for code in left.values()]
            told = (yield from _batch.halved(codes, self._tsc)) if codes else []
            if told is None:
                told = [_batch.ended("tsc")]
            spoilt = [n for n, one in zip(left, told, strict=True) if one["word"] == "spoils"]
            for n, one in zip(left, told, strict=True):
                if one["word"] == "spoils":
                    found[n] = {**one, "word": "invalid"}
                elif not spoilt:
                    found[n] = one
            if not spoilt:
                break
            left = {n: code for n, code in left.items() if n not in spoilt}
        return found

    def _tsc(self, codes: Sequence[str]) -> Asks[list[Plain] | None]:
        named = [File(f"s_{n:06d}.ts", code) for n, code in enumerate(codes)]
        files = (*named, File("shim.d.ts", _SHIM), File("files", "\n".join(f.path for f in named)))
        called = '"$@" shim.d.ts $(cat files); [ $? -le 2 ]'
        try:
            outcome: Outcome = yield from Job(
                files=files, command=("sh", "-c", called, "tsc", _TSC, *_FLAGS), limits=_LIMITS
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
        for number, line, column, code, message in _LINE.findall(outcome.stdout):
            found.setdefault(int(number), []).append({
                "rule": f"TS{code}", "level": _level(int(code), message), "message": message[:300],
                "line": int(line), "column": int(column),
            })  # fmt: skip
        return [_judged(found.get(n, [])) for n in range(len(codes))]


def _level(code: int, message: str) -> str:
    """How one of several types is told from the others hangs on settings that the code had."""
    if code in _LACKS or (code in _TYPES and " | " in message):
        return "note"
    return "error" if 1000 <= code < 2000 or code in _REJECTED else "warning"


def _judged(findings: list[Plain]) -> Plain:
    """One with a fault of syntax hides the faults of all others: it is taken out first."""
    rules = [int(one["rule"][2:]) for one in findings if one["level"] == "error"]
    word = "invalid" if rules else "ok"
    if any(1000 <= rule < 2000 for rule in rules):
        word = "spoils"
    elif not rules and any(int(one["rule"][2:]) in _LACKS for one in findings):
        word = "unknown"
    return _batch.analysis("tsc", "7", word=word, findings=findings)


PLUGIN = _TypeScript()
