"""TypeScript: what JavaScript has, types taken off by esbuild, and the word of tsc."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from backfeed.analyzers import _tree, _tsc
from backfeed.analyzers._node import PACKAGES, REJECT, Node
from backfeed.engine.records import File
from backfeed.engine.requests import Asks, Build, CodeCheck, Job, Limits

Plain = dict[str, Any]
_ESBUILD = f"{PACKAGES}/@esbuild/linux-x64/bin/esbuild"
_LIBRARIES = ("--lib", "es2023,dom,dom.iterable")
# What must be wrong wherever the code stands; a module or a global that is not here is not.
_REJECTED = frozenset({
    2304, 2552, 2322, 2345, 2339, 2551, 2353, 2561, 2554, 2555, 2540, 2588, 2300, 2451, 2355, 2366,
    7030, 2349, 2420, 2511, 2515, 2341, 2344, 2739, 2740, 2741, 2362, 2363, 2364, 2365, 2448, 2449,
    2450,
})  # fmt: skip
_OLDER = re.compile(r"^\s*(?:export\s+)?import\s+\w+\s*=\s*require\b|^\s*export\s*=", re.MULTILINE)
_BUILD = Limits(cpu_s=20.0, wall_s=40.0, memory_mb=1024)


class _TypeScript(Node):
    language = "typescript"
    suffix = ".ts"
    looks_beside = True
    answer_file, test_file = "answer.ts", "answer.test.ts"
    # A type may use a name that a value may not: tsc knows of names.
    reject = tuple(rule for rule in REJECT if rule not in ("no-undef", "no-dupe-class-members"))

    def run_job(self, code: str, stdin: str = "") -> Job:
        """A job that takes the types off and runs the program."""
        return self._stripped(super().run_job(code, stdin))

    def test_job(self, spec: Plain, extra: tuple[File, ...] = ()) -> Job:
        """A job that runs an answer and one test, in one program."""
        return self._stripped(super().test_job(spec, extra))

    def main_of(self, code: str) -> str:
        """The file that a program lies in: what asks for modules in the older way is none."""
        return "main.js" if _OLDER.search(code) else super().main_of(code)

    def _stripped(self, job: Job) -> Job:
        main = next(file for file in job.files if re.fullmatch(r"main\.m?js", file.path))
        source = main.path.replace("js", "ts")
        files = tuple(
            File(source, file.text) if file.path == main.path else file for file in job.files
        )
        older = ("--format=cjs",) if main.path == "main.js" else ()
        flags = (f"--outfile={main.path}", "--target=node20", "--log-level=error", *older)
        command = (_ESBUILD, source, *flags)
        build = Build(command=command, outputs=(main.path,), limits=_BUILD)
        return replace(job, files=files, build=build)

    def check(self, batch: Sequence[CodeCheck]) -> Asks[list[Plain]]:
        """Oxlint reads each snippet; those that it can read, and only those, go to one tsc.

        What is an error hangs on settings that the code had: it must be one with and without those
        that look for more.
        """
        found = yield from super().check(batch)
        left = [n for n, one in enumerate(found) if one["word"] == "ok"]
        codes = [_tree.without_comments(self.language, batch[n].code) for n in left]
        texts = _tsc.texts(codes, self.suffix, [batch[n] for n in left])
        lax = yield from _tsc.said(texts, (*_LIBRARIES, *_tsc.LAX))
        again = [n for n, one in enumerate(lax) if any(map(_is_error, one["findings"]))]
        strict = yield from _tsc.said([texts[n] for n in again], (*_LIBRARIES, *_tsc.STRICT))
        held = {
            n: {finding["line"] for finding in one["findings"] if _is_error(finding)}
            for n, one in zip(again, strict, strict=True)
        }
        for n, place in enumerate(left):
            found[place] = _judged(lax[n], held.get(n, set()))
        return found


def _is_error(finding: Plain) -> bool:
    number = _tsc.number(finding) if finding["rule"].startswith("TS") else 0
    return number in _tsc.SYNTAX or number in _REJECTED


def _judged(told: Plain, held: set[int]) -> Plain:
    """The analysis, by what tsc said, and the lines on which it stays with that."""
    if told["word"] not in ("told", "spoils"):
        return told
    findings = [{**one, "level": _level(one, held)} for one in told["findings"]]
    word = "ok"
    if any(one["level"] == "error" for one in findings):
        word = "invalid"
    elif any(_tsc.number(one) in _tsc.LACKS for one in findings):
        word = "unknown"
    return {**told, "word": word, "findings": findings}


def _level(finding: Plain, held: set[int]) -> str:
    if _tsc.number(finding) in _tsc.LACKS:
        return "note"
    return "error" if _is_error(finding) and finding["line"] in held else "warning"


PLUGIN = _TypeScript()
