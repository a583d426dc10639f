"""Perl: its interpreter, Test::More, and what Backfeed knows how to do with them."""

import re
from collections.abc import Sequence
from typing import Any

import tree_sitter

from backfeed.analyzers import _batch, _perl_source, _record
from backfeed.analyzers._script import ScriptLanguage
from backfeed.engine.methods.lacks import lack
from backfeed.engine.records import File
from backfeed.engine.requests import Asks, CodeCheck, Job, Limits, Outcome, together

Plain = dict[str, Any]
_LIMITS = Limits(cpu_s=6.0, wall_s=20.0, memory_mb=512)
_SPEC, _HARNESS = "backfeed_spec", "backfeed_harness.pl"
# Its version, what it says of a program, and its exit status; no more time or text than is of use.
_CHECK = """\
perl -e 'print "$^V\\n"'
{{
(ulimit -t 3; exec timeout 10 perl {flags} -c main.pl 2>&1 </dev/null)
echo "
== $?"
}} | head -c 20000
"""


class _Perl(ScriptLanguage):
    language = "perl"
    hello = nothing = "1;\n"
    version = "1"
    kinds = ("script", "stdio", "test-more")
    frameworks = ("test-more",)
    answer_file, test_file = "answer.pl", "answer.t"

    def acts(self, node: tree_sitter.Node) -> bool:
        """Does a statement outside of subroutines do the program's work?"""
        return _perl_source.acts(node)

    def run_job(self, code: str, stdin: str = "") -> Job:
        """A job that runs a program."""
        command = ("perl", *_flags(code), "main.pl")
        return Job(files=(File("main.pl", _own(code)),), command=command, stdin=stdin)

    def test_job(self, spec: Plain, extra: tuple[File, ...] = ()) -> Job:
        """A job that runs an answer and one test, as one program."""
        [test] = spec["tests"]
        tests = test["code"]
        code, before = _perl_source.joined(f"{test['setup']}{spec['code']}", tests)
        word = _record.word_of("perl", code)
        told = f"{word}\n{self.guards(tests)}\n{before}\nmain.pl\n"
        files = (
            *extra, File("main.pl", code), File(_SPEC, told), *_record.guests([_HARNESS]),
        )  # fmt: skip
        return Job(files=files, command=("perl", _HARNESS), report=True)

    def framework_job(
        self, framework: str, answer: tuple[File, ...], tests: tuple[File, ...]
    ) -> Job:
        """A job that runs test files."""
        del framework
        suites = [file.path for file in tests if file.path.endswith(".t")]
        suites = suites or [file.path for file in tests]
        marked = (
            File(one.path, _perl_source.suite(one.text)) if one.path in suites else one
            for one in tests
        )
        files = (*answer, *marked)
        word = _record.word_of("test-more", *(file.text for file in files))
        told = "\n".join([word, "0", "0", *suites, ""])
        files += (File(_SPEC, told), *_record.guests([_HARNESS]))
        return Job(files=files, command=("perl", _HARNESS), report=True)

    def results(self, job: Job, outcome: Outcome) -> list[Plain]:
        """What the tests came to, as the harness recorded it; a perl without its library cannot."""
        found = _record.read(outcome.report, _record.word_in(job, _SPEC))
        if not found and f"compilation aborted at {_HARNESS}" in outcome.stderr:
            return _record.lacks(_perl_source.lacking(outcome.stderr))
        return found

    def lacking(self, job: Job, outcome: Outcome) -> str:
        """Why a program that failed says nothing of its answer; empty if it does."""
        del job
        absent = _perl_source.lacking(outcome.stderr) if outcome.exit_code else ""
        return lack(absent)

    def check(self, batch: Sequence[CodeCheck]) -> Asks[list[Plain]]:
        """What `perl -c` says of each snippet: it runs what runs while it compiles, so that each
        has a job of its own.
        """
        outcomes: list[Outcome] = yield from together([_checking(one.code) for one in batch])
        pairs = zip(outcomes, batch, strict=True)
        return [_judged(outcome, request.code) for outcome, request in pairs]


def _flags(code: str) -> list[str]:
    """Options that perl wants on its command line if they stand on the first line."""
    found = re.match(r"#![^\n]*perl[^\n]*?\s-\w*?([tT])", code)
    return [f"-{found[1]}"] if found else []


def _own(code: str) -> str:
    """The code without a first line that hands it to another program."""
    first, _, rest = code.partition("\n")
    return f"#\n{rest}" if first.startswith("#!") and "perl" not in first else code


def _checking(code: str) -> Job:
    script = _CHECK.format(flags=" ".join(_flags(code)))
    files = (File("main.pl", _perl_source.own_lines(_own(code))),)
    return Job(files=files, command=("sh", "-c", script), limits=_LIMITS)


def _judged(outcome: Outcome, code: str) -> Plain:
    """What is said of one snippet. A module that is not there is no fault of its own."""
    version, _, told = outcome.stdout.partition("\n")
    if not version.startswith("v"):
        return _batch.no_tool("perl")
    said, _, status = told.rpartition("\n== ")
    if status.strip() == "0" and said.strip().endswith("syntax OK"):
        return _batch.analysis("perl", version, word="ok", findings=[])
    rule, message, line = _perl_source.first_fault(said)
    absent = _perl_source.lacking(said)
    other = code.startswith("#!") and "perl" not in code.partition("\n")[0]
    if absent or not rule:
        why = f"not there: {absent}" if absent else said.strip() or "it ended by itself"
        rule, message, line, other = "not-analyzed", why, 0, True
    finding = {"rule": rule, "level": "note" if other else "error", "message": message[:300]}
    findings = [{**finding, "line": line, "column": 0}]
    word = "unknown" if other else "invalid"
    return _batch.analysis("perl", version, word=word, findings=findings)


PLUGIN = _Perl()
