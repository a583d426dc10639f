"""Ruby: its interpreter, Minitest and test-unit, and what Backfeed knows how to do with them."""

import json
import re
from collections.abc import Sequence
from typing import Any

from backfeed.analyzers import _batch, _record, _ruby_outcome, _tree
from backfeed.analyzers._cutting import Cutting
from backfeed.engine.methods.lacks import lack
from backfeed.engine.records import File
from backfeed.engine.requests import Asks, CodeCheck, Job, Limits, Outcome

Plain = dict[str, Any]
# Later versions know sets without being asked.
RUBY = ("ruby", "--disable=did_you_mean,error_highlight", "-EUTF-8", "-rset")
GUESTS = ("backfeed_harness.rb", "backfeed_suites.rb")
SPEC = "backfeed_spec.json"
_TESTS = re.compile(r"(?:^|/)(?:test_[^/]*|[^/]*_(?:test|spec))\.rb$")
_LOADS = re.compile(r"^\s*(?:require_relative|load|autoload|require)\b", re.MULTILINE)
_LIMITS = Limits(cpu_s=30.0, wall_s=60.0, memory_mb=1024, output_kb=16 * 1024)


class _Ruby(Cutting):
    """The plug-in."""

    language = "ruby"
    hello = "exit\n"
    version = "1"
    kinds = ("script", "stdio", "minitest")
    frameworks = ("minitest",)
    answer_file, test_file = "answer.rb", "answer_test.rb"

    def run_job(self, code: str, stdin: str = "") -> Job:
        """A job that runs a program."""
        return Job(files=(File("main.rb", code),), command=(*RUBY, "main.rb"), stdin=stdin)

    def test_job(self, spec: Plain, extra: tuple[File, ...] = ()) -> Job:
        """A job that runs an answer and one test in one program; suites in it are run too."""
        [test] = spec["tests"]
        asked = test["code"]
        told = {
            "setup": test["setup"], "code": spec["code"], "test": asked,
            "guards": self.guards(asked), **_said([asked]),
        }  # fmt: skip
        return _job(told, extra)

    def framework_job(
        self, framework: str, answer: tuple[File, ...], tests: tuple[File, ...]
    ) -> Job:
        """A job that runs files of tests on an answer's files."""
        del framework
        ruby = [file for file in tests if file.path.endswith(".rb")]
        named = [file for file in ruby if _TESTS.search(file.path)] or ruby
        loads = any(_LOADS.search(self._local(file.text)) for file in ruby)
        first = [file.path for file in answer if file.path.endswith(".rb")][:1]
        told = {
            "tests": [file.path for file in named], "known": [file.path for file in ruby],
            "load": [] if loads else first,
            **_said([file.text for file in tests if file.path.endswith(".rb")]),
        }  # fmt: skip
        return _job(told, (*answer, *tests))

    @staticmethod
    def _local(text: str) -> str:
        """A text without what it loads of libraries for tests."""
        return re.sub(r"^\s*require\s*\(?\s*['\"](?:minitest|test/unit).*", "", text, flags=re.M)

    def results(self, job: Job, outcome: Outcome) -> list[Plain]:
        """What the tests came to; what only a later Ruby has is a lack of the sandbox's."""
        found = _record.read(outcome.report, _record.word_in(job, SPEC))
        return _ruby_outcome.excused(job, found)

    def lacking(self, job: Job, outcome: Outcome) -> str:
        """Why a program that failed says nothing of its answer; empty if it does."""
        name = _ruby_outcome.lacking(job, outcome)
        return lack(name)

    def check(self, batch: Sequence[CodeCheck]) -> Asks[list[Plain]]:
        """What Ruby's compiler says of each snippet, one process for all; nothing is run."""
        found = yield from _batch.halved(
            [_tree.sent(request.code) for request in batch], self._compiled
        )
        return [_batch.ended("ruby")] if found is None else found

    def _compiled(self, codes: Sequence[str]) -> Asks[list[Plain] | None]:
        job = Job(
            files=_record.guests(["backfeed_check.rb"]), command=(*RUBY, "backfeed_check.rb"),
            limits=_LIMITS,
        )  # fmt: skip
        return _batch.asked("ruby", job, codes, judged=_judged)


def _said(texts: Sequence[str]) -> Plain:
    """The names of the tests in texts that must run, and whether any of them may be skipped."""
    bare = [_tree.without_comments("ruby", text) for text in texts]
    names = {
        one.name for text in bare for one in _tree.definitions("ruby", text)
        if one.kind != "class" and one.name.startswith("test_")
    }  # fmt: skip
    skips = any(re.search(r"\b(?:skip|omit|pend)", text) for text in bare)
    hidden = any(re.search(r"^\s*private\b", text, re.MULTILINE) for text in bare)
    return {"names": [] if hidden else sorted(names), "skips": skips}


def _job(told: Plain, files: tuple[File, ...]) -> Job:
    """A job that runs tests, with a record."""
    texts = (file.text for file in files)
    word = _record.word_of("ruby", json.dumps(told), *texts)
    spec = File(SPEC, json.dumps({"word": word, **told}))
    files = (*files, spec, *_record.guests(GUESTS))
    return Job(files=files, command=(*RUBY, GUESTS[0]), report=True)


def _judged(code: str, found: Sequence[tuple[int, str]], version: str) -> Plain:
    """What is said of one snippet. What a later Ruby would take is not held against it."""
    later = _ruby_outcome.newer(code)
    findings = [
        {"rule": "syntax", "level": "note" if later else "error", "message": message[:300]}
        | {"line": line, "column": 0}
        for line, message in found
    ]
    word = "ok" if not findings else "unknown" if later else "invalid"
    return _batch.analysis("ruby", version, word=word, findings=findings)


PLUGIN = _Ruby()
