"""Bash: the shell itself, bats, and what Backfeed knows how to do with them."""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

import tree_sitter

from backfeed.analyzers import _bash_source, _batch, _record
from backfeed.analyzers._script import ScriptLanguage
from backfeed.engine.methods.lacks import lack
from backfeed.engine.records import File
from backfeed.engine.requests import Asks, CodeCheck, Job, Outcome

Plain = dict[str, Any]
# A pattern of `extglob` is read as one only where the option is on, and `-n` switches nothing on.
_CHECK = """\
for f in s_*.sh; do
echo "== $f"
echo "bash $BASH_VERSION"
wide=
grep -q extglob "$f" && wide='-O extglob'
(ulimit -t 6; exec bash $wide -n "$f" 2>&1 </dev/null) || { [ "$wide" ] && bash -n "$f" 2>&1; }
echo "== $?"
done
"""
_TOLD = re.compile(r"^s_\d+\.sh: (?:line (\d+): )?(.*)$", re.MULTILINE)
_TEST = re.compile(r"^[ \t]*@test[ \t]+\S[^\n]*?[ \t]\{([^\n{]*)$", re.MULTILINE)
_HELPER = re.compile(r"^[ \t]*(?:function[ \t]+\w|[\w-]+[ \t]*\(\))", re.MULTILINE)
_OTHER_SHELL = re.compile(r"#![^\n]*?\b(?:zsh|t?csh|fish|python\d?|perl|awk|expect|pwsh)\b")
_GUESTS = ("backfeed_harness.sh", "backfeed_bats.sh", "backfeed_guard.bash")
_SPEC, _WORD = "backfeed_spec", "backfeed_word"


class _Bash(ScriptLanguage):
    language = "bash"
    hello = nothing = ":\n"
    version = "1"
    kinds = ("script", "stdio", "bats")
    frameworks = ("bats",)
    answer_file, test_file = "answer.sh", "answer.bats"

    def acts(self, node: tree_sitter.Node) -> bool:
        """Does a statement outside of functions do the script's work?"""
        return _bash_source.acts(node)

    def guards(self, test: str) -> int:
        """How many places of a test end it with an error if something does not hold."""
        return _bash_source.guards(test)

    def run_job(self, code: str, stdin: str = "") -> Job:
        """A job that runs a script as its author would."""
        return Job(files=(File("main.sh", code),), command=("bash", "main.sh"), stdin=stdin)

    def test_job(self, spec: Plain, extra: tuple[File, ...] = ()) -> Job:
        """A job that runs an answer and one test, in one shell."""
        [test] = spec["tests"]
        code = f"{test['setup']}{spec['code']}"
        word = _record.word_of("bash", code, test["code"])
        files = (
            *extra, File("main.sh", code), File("backfeed_test.sh", test["code"]),
            File(_SPEC, f"{word} {self.guards(test['code'])}\n"),
            *_record.guests(["backfeed_harness.sh"]),
        )  # fmt: skip
        return Job(files=files, command=("bash", "backfeed_harness.sh"), report=True)

    def framework_job(
        self, framework: str, answer: tuple[File, ...], tests: tuple[File, ...]
    ) -> Job:
        """A job that runs bats."""
        del framework
        named = [PurePosixPath(file.path).name for file in answer]
        word = _record.word_of("bats", *(file.text for file in (*answer, *tests)))
        files = (
            *answer, *(_guarded(file) if _is_suite(file) else file for file in tests),
            *_record.guests(["backfeed_bats.sh"]),
            *_record.guests(["backfeed_guard.bash"], ANSWERS=":".join(named)),
            File(_WORD, f"{word}\n"),
        )  # fmt: skip
        suites = [file.path for file in tests if _is_suite(file)]
        return Job(files=files, command=("bash", "backfeed_bats.sh", *suites), report=True)

    def results(self, job: Job, outcome: Outcome) -> list[Plain]:
        """What the tests came to; a program that is not there is a lack of the sandbox's."""
        words = (_record.word_in(job, name) for name in (_SPEC, _WORD))
        found = _record.read(outcome.report, next(filter(None, words), ""))
        wrong = next((one["error"] for one in found if one["error"]), None)
        if (wrong or outcome.exit_code) and (absent := _absent(job, outcome)):
            return _record.lacks(absent)
        if wrong and not wrong["message"]:
            lines = (outcome.stderr.strip() or outcome.stdout.strip()).splitlines()
            wrong["message"] = lines[-1][:300] if lines else ""
        return found

    def lacking(self, job: Job, outcome: Outcome) -> str:
        """Why a program that failed says nothing of its answer; empty if it does."""
        absent = _absent(job, outcome)
        return lack(absent)

    def check(self, batch: Sequence[CodeCheck]) -> Asks[list[Plain]]:
        """What `bash -n` says of each snippet; one job for all."""
        codes = [_TEST.sub(r"backfeed_test() {\1", request.code) for request in batch]
        found = yield from _batch.told(codes, ".sh", _CHECK, cpu_s=0.1 * len(codes) + 20)
        if found is None:
            return [_batch.no_tool("bash") for _ in batch]
        return [_judged(*one, code) for one, code in zip(found, codes, strict=True)]


def _absent(job: Job, outcome: Outcome) -> str:
    said = f"{outcome.stdout}\n{outcome.stderr}"
    own = [one.text for one in job.files if one.path not in _GUESTS]
    return _bash_source.lacking(said, *own)


def _is_suite(file: File) -> bool:
    return file.path.endswith(".bats")


def _guarded(file: File) -> File:
    """A file of tests, with what keeps its helpers as they are before it, and after its own."""
    first, _, rest = file.text.partition("\n")
    up = "../" * (len(PurePosixPath(file.path).parts) - 1)
    guard = f'source "$BATS_TEST_DIRNAME/{up}backfeed_guard.bash"'
    if first.startswith("@test"):
        begun = f"{guard}\n{file.text}"
    else:
        bare = first.startswith("#") or not first.strip()
        begun = f"{guard}\n{rest}" if bare else f"{guard}; {first}\n{rest}"
    own = "backfeed_keep\n" if _HELPER.search(file.text) else ""
    return File(file.path, f"{begun}\n{own}")


def _judged(output: str, status: int, code: str) -> Plain:
    """What is said of one snippet; a fault in `[[ ]]` leaves the status 0. What another shell reads
    is not for this one to judge.
    """
    told = [(int(line or 0), text) for line, text in _TOLD.findall(output)]
    findings = [
        {"rule": "syntax", "level": "error", "message": text[:300], "line": line, "column": 0}
        for line, text in told
        if not text.startswith("warning:")
    ][:1]
    wrong = bool(findings or status)
    if status < 0 or status > 128 or (wrong and not findings):
        return _batch.ended("bash")
    if other := wrong and bool(_OTHER_SHELL.match(code)):
        findings = [{**one, "level": "note"} for one in findings]
    version = _record.first(r"\Abash (\S+)", output)
    word = "unknown" if other else "invalid" if wrong else "ok"
    return _batch.analysis("bash", version, word=word, findings=findings)


PLUGIN = _Bash()
