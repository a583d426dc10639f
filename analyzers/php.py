"""PHP: its interpreter, PHPUnit, and what Backfeed knows how to do with them."""

import json
import re
from collections.abc import Sequence
from typing import Any

from backfeed.analyzers import _batch, _php_outcome, _php_source, _record, _tree
from backfeed.analyzers._cutting import Cutting
from backfeed.engine.methods.lacks import lack
from backfeed.engine.records import File
from backfeed.engine.requests import Asks, CodeCheck, Job, Limits, Outcome

Plain = dict[str, Any]
_EXTENSIONS = (
    "ctype", "iconv", "mbstring", "calendar", "tokenizer", "posix", "dom", "xml", "simplexml",
    "xmlreader", "xmlwriter", "bcmath", "gmp", "intl",
)  # fmt: skip
# Complaints go where they do not mix with what a program writes; its limits are the sandbox's.
_SETTINGS = (
    "memory_limit=-1", "display_errors=stderr", "html_errors=0", "log_errors=0",
    "zend.assertions=1", "precision=14", "serialize_precision=-1",
)  # fmt: skip
PHP = (
    "php", "-n",
    *(word for name in _EXTENSIONS for word in ("-d", f"extension={name}")),
    *(word for setting in _SETTINGS for word in ("-d", setting)),
)  # fmt: skip
_COMPILER = (
    "php", "-n", "-d", "zend_extension=opcache", "-d", "opcache.enable_cli=1",
    "-d", "opcache.memory_consumption=16", "-d", "opcache.interned_strings_buffer=2",
    "-d", "extension=tokenizer", "-d", "extension=posix", "-d", "memory_limit=-1",
    "-d", "html_errors=0", "-d", "log_errors=0", "-d", "display_errors=stderr",
)  # fmt: skip
GUESTS = ("backfeed_harness.php", "backfeed_phpunit.php")
SPEC, TEST = "backfeed_spec.json", "backfeed_test.php"
_TESTS = re.compile(r"(?:^|/)[^/]*(?:Test|_test|-test)\.php$", re.IGNORECASE)
_LOADS = re.compile(r"\b(?:require|include)(?:_once)?\b")
_SUITES = re.compile(r"\bPHPUnit\b")
_SKIPS = re.compile(r"\bmarkTest|@requires\b|\bRequires[A-Z]|\bSkipped")
_LIMITS = Limits(cpu_s=30.0, wall_s=60.0, memory_mb=1024, output_kb=16 * 1024)


class _PHP(Cutting):
    """The plug-in. Code may come without its opening tag: it gets one where it is read."""

    language = "php"
    hello = "<?php echo 1;\n"
    version = "1"
    kinds = ("script", "stdio", "phpunit")
    frameworks = ("phpunit",)
    answer_file, test_file = "answer.php", "AnswerTest.php"

    def parse(self, code: str) -> Plain:
        """Does the code parse, as far as its grammar tells?"""
        return super().parse(_php_source.opened(code))

    def stub(self, code: str, entry_point: str) -> str:
        """The code doing nothing."""
        return super().stub(_php_source.opened(code), entry_point)

    def mutants(self, code: str, entry_point: str, most: int = 20) -> list[tuple[str, str]]:
        """The code with small faults."""
        return super().mutants(_php_source.opened(code), entry_point, most)

    def fit(self, code: str, instruction: str, entry_point: str) -> list[Plain]:
        """Findings that say whether it fits its problem."""
        return super().fit(_php_source.opened(code), instruction, entry_point)

    def entry_point(self, instruction: str, code: str) -> str:
        """The name that the problem asks for."""
        return super().entry_point(instruction, _php_source.opened(code))

    def guards(self, test: str) -> int:
        """How many statements of a test end it with an error."""
        return super().guards(_php_source.opened(test))

    def run_job(self, code: str, stdin: str = "") -> Job:
        """A job that runs a program."""
        main = File("main.php", _php_source.opened(code))
        return Job(files=(main,), command=(*PHP, main.path), stdin=stdin)

    def test_job(self, spec: Plain, extra: tuple[File, ...] = ()) -> Job:
        """A job that runs an answer and one test in one program; suites in it are run too."""
        [test] = spec["tests"]
        asked = test["code"]
        setup, code = _php_source.opened(test["setup"]), _php_source.opened(spec["code"])
        files = (
            File("backfeed_setup.php", setup), File("answer.php", code),
            File(TEST, _php_source.in_one_program(code, asked)),
        )  # fmt: skip
        phases = zip(("setup", "code", "test"), (file.path for file in files), strict=True)
        told = {
            "files": list(phases), "known": [TEST], "answers": [], "counted": TEST,
            "guards": self.guards(asked), **_said([setup + asked]),
        }  # fmt: skip
        return _job(told, (*extra, *files))

    def framework_job(
        self, framework: str, answer: tuple[File, ...], tests: tuple[File, ...]
    ) -> Job:
        """A job that runs files of tests on an answer's files."""
        del framework
        mine = [file.path for file in answer if file.path.endswith(".php")]
        php = [file for file in tests if file.path.endswith(".php")]
        named = [file for file in php if _TESTS.search(file.path)] or php
        loads = any(_LOADS.search(file.text) for file in php)
        first = [] if loads else [path for path in mine if path not in {f.path for f in php}]
        told = {
            "files": [["code", path] for path in (*first, *(file.path for file in named))],
            "known": [file.path for file in php], "answers": mine, "counted": "", "guards": 0,
            **_said([file.text for file in php]), "suites": True,
        }  # fmt: skip
        opened = (
            File(file.path, _php_source.opened(file.text)) if file.path in mine else file
            for file in answer
        )
        return _job(told, (*opened, *tests))

    def results(self, job: Job, outcome: Outcome) -> list[Plain]:
        """What the tests came to; what is not there, or later, is a lack of the sandbox's."""
        found = _record.read(outcome.report, _record.word_in(job, SPEC))
        return _php_outcome.excused(job, found)

    def lacking(self, job: Job, outcome: Outcome) -> str:
        """Why a program that failed says nothing of its answer; empty if it does."""
        name = _php_outcome.lacking(job, outcome)
        return lack(name)

    def check(self, batch: Sequence[CodeCheck]) -> Asks[list[Plain]]:
        """What PHP's compiler says of each snippet, one job for all; nothing is run."""
        codes = [_php_source.opened(_tree.sent(request.code)) for request in batch]
        found = yield from _batch.halved(codes, self._compiled)
        return [_batch.ended("php")] if found is None else found

    def _compiled(self, codes: Sequence[str]) -> Asks[list[Plain] | None]:
        job = Job(
            files=_record.guests(["backfeed_check.php"]), limits=_LIMITS,
            command=(*_COMPILER, "backfeed_check.php"),
        )  # fmt: skip
        return _batch.asked("php", job, codes, judged=_judged)


def _said(texts: Sequence[str]) -> Plain:
    """Whether texts have suites, and whether any test in them may be skipped."""
    whole = "\n".join(texts)
    return {"suites": bool(_SUITES.search(whole)), "skips": bool(_SKIPS.search(whole))}


def _job(told: Plain, files: tuple[File, ...]) -> Job:
    """A job that runs tests, with a record."""
    word = _record.word_of("php", json.dumps(told), *(file.text for file in files))
    spec = File(SPEC, json.dumps({"word": word, **told}))
    files = (*files, spec, *_record.guests(GUESTS))
    return Job(files=files, command=(*PHP, GUESTS[0]), report=True)


def _judged(code: str, found: Sequence[tuple[str, int, str]] | None, version: str) -> Plain:
    """What is said of one snippet. What a later PHP would take is not held against it."""
    if found is None:
        return _batch.ended("php")
    later = _php_source.newer(code)
    findings = [
        {"rule": rule, "level": "note" if later else "error", "message": message[:300]}
        | {"line": line, "column": 0}
        for rule, line, message in found
    ]
    word = "ok" if not findings else "unknown" if later else "invalid"
    return _batch.analysis("php", version, word=word, findings=findings)


PLUGIN = _PHP()
