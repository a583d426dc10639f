"""C and C++ programs: built in a box of their own, run with a record of their assertions."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from backfeed.analyzers import _batch, _beside, _native_absent, _native_parts, _record, _tree
from backfeed.analyzers._beside import Folder
from backfeed.analyzers._cutting import Cutting
from backfeed.engine.methods.lacks import lack
from backfeed.engine.records import File
from backfeed.engine.requests import Asks, Build, CodeCheck, Job, Limits, Outcome, Part

Plain = dict[str, Any]
BUILD = Limits(cpu_s=30.0, wall_s=60.0, memory_mb=2048, disk_mb=256)
SUITE = Limits(cpu_s=60.0, wall_s=120.0, memory_mb=3072, disk_mb=256)
MANY, EACH = 10, 50  # snippets for which a header is made ready; and of one job without one
MOST_S = 6  # CPU seconds for one snippet: what takes longer is not told of
# Libraries of the system that a header stands for.
LINKS = {
    r"openssl/": ("-lssl", "-lcrypto"), r"boost/": (), r"pthread\.h|thread>|future>": ("-pthread",),
    r"zlib\.h": ("-lz",),
}  # fmt: skip
_NO_FILE = ": No such file or directory"
# How a header begins, and what is said of names that it has from elsewhere.
_GUARD = re.compile(r"\s*#\s*(?:pragma\s+once\b|ifndef\s+(\w+)\s+#\s*define\s+\1\b)")
_FROM_BEFORE = (
    r"unknown type name|undeclared|implicit declaration|has not been declared|not name a type"
)
_INCLUDED = re.compile(r'^[ \t]*#[ \t]*include[ \t]*["<]([^">\n]{1,300})[">]', re.MULTILINE)
INCLUDE = "backfeed/assert.h"


class Native(Cutting):
    """What C and C++ share."""

    looks_beside = True
    compiler: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    include = prepared = ""  # shell commands before snippets are looked at; the second if MANY are
    suffix = main = ""
    suite: tuple[str, ...] = ()  # how a framework's tests are compiled

    def record_job(self, code: str, calls: Sequence[str]) -> Job:
        """A job that writes down what calls give; what reaches past the end of a container ends."""
        return super().record_job(f"#define _GLIBCXX_ASSERTIONS 1\n{code}", calls)

    def run_job(self, code: str, stdin: str = "") -> Job:
        """A job that builds a program and runs it."""
        return self._job((File(self.main, code),), [self.main], stdin=stdin)

    def test_job(self, spec: Plain, extra: tuple[File, ...] = ()) -> Job:
        """A job that runs an answer and one test, in one program."""
        [test] = spec["tests"]
        code = f'{test["setup"]}{spec["code"]}\n#line 1 "test{self.suffix}"\n{test["code"]}'
        words = {"WORD": word(code), "GUARDS": str(self.guards(test["code"]))}
        harness = f"backfeed_main{self.suffix}"
        text = _record.guests(["backfeed_main.cpp"], **words)[0].text
        own = (File(harness, text), File(INCLUDE, _record.guest("assert.h")))
        return self._job((*extra, File(self.main, code), *own), [self.main, harness], report=True)

    def _job(
        self, files: tuple[File, ...], sources: list[str], *, report: bool = False, stdin: str = ""
    ) -> Job:
        text = next(file.text for file in files if file.path == self.main)
        links = [
            flag for header, flags in LINKS.items() if re.search(header, text) for flag in flags
        ]
        wrap = ("-Ibackfeed", "-Wl,--wrap=main") if report else ()
        command = (*self.compiler, *wrap, "-o", "main", *sources, *links, "-lm")
        build = Build(command=command, outputs=("main",), limits=BUILD)
        return Job(files=files, command=("./main",), stdin=stdin, report=report, build=build)

    def framework_job(
        self, framework: str, answer: tuple[File, ...], tests: tuple[File, ...]
    ) -> Job:
        """A job that builds all source files into one program."""
        files = (*answer, *tests)
        words = {"WORD": word(*(file.text for file in files)), "GUARDS": "0"}
        harness = File(
            f"backfeed_main{self.suffix}", _record.guests(["backfeed_main.cpp"], **words)[0].text
        )
        return Job(
            files=(*files, harness), command=("./main",), report=True, build=self._linked(files, {})
        )

    def ahead(self, job: Job, answer: tuple[File, ...]) -> Job:
        """The same job, with what the answer cannot change of it in parts of their own."""
        given = [file for file in job.files if file.path != f"backfeed_main{self.suffix}"]
        ready = _native_parts.parts(answer, given, self.suite, suffix=self.suffix, limits=SUITE)
        return replace(job, build=self._linked(job.files, ready), parts=tuple(ready.values()))

    def _linked(self, files: Sequence[File], ready: Mapping[str, Part]) -> Build:
        """One program of all source files, but those that are ready or included by others."""
        inside = _native_parts.inside(files, self.suffix)
        but = "".join(f" ! -path './{path}'" for path in (*ready, *inside))
        sources = f"$(find . -name '*{self.suffix}'{but})"
        made = " ".join(name for part in ready.values() for name in part.build.outputs)
        flags = " ".join(self.suite)
        command = f"{flags} -Wl,--wrap=main -o main {sources} {made} -lm -pthread"
        return Build(command=("sh", "-c", command), outputs=("main",), limits=SUITE)

    def results(self, job: Job, outcome: Outcome) -> list[Plain]:
        """What the test came to; a header that is not there is a lack of the sandbox's.

        A framework of tests says itself what it ran; that main came back says our record.
        """
        if outcome.verdict == "CE":
            codes = [file.text for file in job.files if not file.path.startswith("backfeed")]
            absent = _native_absent.absent(outcome.stderr, codes)
            return _record.lacks(absent) if absent else []
        own = _record.word_in(job, f"backfeed_main{self.suffix}")
        found = _record.read(outcome.report, own)
        if any(file.path == self.main for file in job.files) or not found:
            return found
        return self.told(outcome.stdout)

    def told(self, output: str) -> list[Plain]:
        """What a framework's own summary says."""
        raise NotImplementedError

    def check(self, batch: Sequence[CodeCheck]) -> Asks[list[Plain]]:
        """What the compiler says of each snippet, and of what it includes of its answer's other
        files; one job for all.
        """
        codes = [_tree.without_comments(self.language, request.code) for request in batch]
        word = _beside.word_of(batch)
        folders = _beside.folders(batch, word)
        near = tuple(file for n, one in enumerate(folders) for file in _laid(one, n, codes[n]))
        called = " ".join((self.compiler[0], *self.checks, "-fdiagnostics-format=json"))
        prepared = self.prepared if len(codes) >= MANY else ""
        script = (
            f"{self.include}\n{prepared}\nfor f in s_*{self.suffix}; do\n"
            f'echo "== $f"\nn=${{f%_*}}\n[ -e "$n.near" ] && near=$(cat "$n.near") || near=\n'
            f'(ulimit -t {MOST_S}; exec {called} $near "$f" 2>&1 </dev/null)\n'
            'echo "== $?"\ndone\n'
        )
        found = yield from _batch.told(
            codes, self.suffix, script, cpu_s=2.0 * len(codes) + 20, word=f"_{word}", more=near,
            most=0 if prepared else EACH,
        )  # fmt: skip
        if found is None:
            return [_batch.no_tool(self.compiler[0]) for _ in batch]
        return [
            self._judged(code, *one, folder=folder)
            for code, one, folder in zip(codes, found, folders, strict=True)
        ]

    def _judged(self, code: str, output: str, status: int, *, folder: Folder) -> Plain:
        findings = []
        header = bool(_GUARD.match(code))
        for item in _diagnostics(output):
            place = (item.get("locations") or [{}])[0].get("caret", {})
            if near := folder.names(place.get("file", "")):
                item["message"] = f"{near}:{place.get('line', 0)}: {item['message']}"
                place = {}
            rule = item.get("option", "syntax" if self._is_syntax(item["message"]) else "compile")
            findings.append({
                "rule": rule.removeprefix("-Werror=").removeprefix("-W"),
                "level": _level(item, header=header),
                "message": item["message"][:300], "line": place.get("line", 0),
                "column": place.get("column", 0),
            })  # fmt: skip
        absent = any(one["message"].endswith(_NO_FILE) for one in findings)
        if absent or (status and not any(one["level"] == "error" for one in findings)):
            findings = [{**one, "level": "note"} for one in findings]
            word = "unknown"
        else:
            word = "invalid" if status else "ok"
        return _batch.analysis(self.compiler[0], self.version, word=word, findings=findings)

    @staticmethod
    def _is_syntax(message: str) -> bool:
        return message.startswith("expected") or "before" in message or "stray" in message

    def lacking(self, job: Job, outcome: Outcome) -> str:
        """Why a program that failed says nothing of its answer; empty if it does."""
        if outcome.verdict != "CE":
            return ""
        codes = [file.text for file in job.files if not file.path.startswith("backfeed")]
        return lack(_native_absent.absent(outcome.stderr, codes))


def _laid(folder: Folder, number: int, code: str) -> Iterator[File]:
    """What a snippet includes of the files beside it, and of theirs; and where these are."""
    left, texts = folder.files, [code]
    for text in texts if left else ():
        named = set(map(_name, _INCLUDED.findall(text)))
        found = [file for file in left if _name(file.path) in named]
        left = tuple(file for file in left if file not in found)
        texts += [file.text for file in found]
        yield from (File(f"{folder.name}/{file.path}", file.text) for file in found)
    if len(texts) > 1:
        yield File(f"{folder.place}/.near", "")
        yield File(f"s_{number:06d}.near", f"-iquote {folder.place}")


def _name(path: str) -> str:
    return PurePosixPath(path).name


def word(*texts: str) -> str:
    """The word of a test program's record."""
    return _record.word_of("native", *texts)


def _level(item: Plain, *, header: bool) -> str:
    """A header may use names that what includes it has included before."""
    if header and re.search(_FROM_BEFORE, item["message"]):
        return "note"
    return "error" if item["kind"] in ("error", "fatal error") else "warning"


def _diagnostics(output: str) -> list[Plain]:
    for line in output.splitlines():
        if line.startswith("[{"):
            try:
                told = list(json.loads(line))
            except ValueError:
                return []
            return told + [part for item in told for part in item.get("children", ())]
    return []
