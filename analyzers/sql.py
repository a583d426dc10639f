"""SQL: sqlglot in ten dialects, a table of what each does not know, SQLite as what runs it."""

import json
import re
import sqlite3
from collections.abc import Sequence
from importlib import metadata
from typing import Any

from backfeed.analyzers import (
    _parsed,
    _record,
    _sql_dialects,
    _sql_fit,
    _sql_mutants,
    _sql_text,
)
from backfeed.engine.methods.lacks import lack
from backfeed.engine.records import File
from backfeed.engine.requests import Asks, CodeCheck, Job, Outcome

Plain = dict[str, Any]
_SPEC, _GUEST = "backfeed_spec.json", "backfeed_sql.py"
# Isolated: no file of an answer takes the place of a module of ours.
_COMMAND = ("python", "-I", _GUEST)
_SQLGLOT = metadata.version("sqlglot")
# What SQLite says where it cannot know whether the test or another system is meant.
_NOT_READ = re.compile(r"syntax error|incomplete input|unrecognized token|no such function")
_UNREAD = ("command", "not-read", "program", "template")  # why nobody knows whether it is right
# What extensions of PostgreSQL bring.
_EXTENSION = re.compile(
    r"\bCREATE\s+EXTENSION\s+(?:IF\s+NOT\s+EXISTS\s+)?\"?([\w-]+)", re.IGNORECASE
)
_OF_EXTENSIONS = re.compile(
    r"ST_\w+|uuid_generate_\w+|gen_(?:random_\w+|salt)|crypt|digest|hmac|pgp_\w+|(?:word_)?similarity"
    r"|levenshtein\w*|(?:d?meta|sound)phone|soundex|difference|hstore\w*|unaccent|crosstab\w*"
    r"|time_bucket\w*|dblink\w*|cube\w*|earth_\w+|ll_to_earth|cosine_distance|l2_distance",
    re.IGNORECASE,
)


class _Sql:
    """The plug-in. Verbs are pure; a program runs in SQLite, which comes with Python."""

    language = "sql"
    hello = "SELECT 1;\n"
    kinds = ("script", "stdio")
    frameworks: tuple[str, ...] = ()
    joins = False

    @property
    def version(self) -> str:
        """Of the rules, and of what they are asked of."""
        return f"2 sqlglot {_SQLGLOT} sqlite {sqlite3.sqlite_version}"

    def parse(self, code: str) -> Plain:
        """Does the dialect named on the code's first line take it, or else any dialect?"""
        told = _sql_dialects.verdict(code, _sql_text.dialect_at_head(code))
        if told.word == "ok":
            return {"word": "ok"}
        return {"word": told.word, "message": told.message, "line": told.line, "rule": told.rule}

    def spoken(self, code: str, dialect: str, instruction: str) -> str:
        """The code with the dialect that it is in, unless its problem names another."""
        other = _sql_text.dialects_in(instruction) - {dialect}
        return code if other else _sql_text.marked(code, dialect)

    def check(self, batch: Sequence[CodeCheck]) -> Asks[list[Plain]]:
        """What `parse` says of each snippet."""
        return _parsed.analyses("sql", batch, tool="sqlglot")

    def fit(self, code: str, instruction: str, entry_point: str) -> list[Plain]:
        """Findings that say whether it fits its problem."""
        del entry_point
        return _sql_fit.fit(code, instruction)

    def entry_point(self, instruction: str, code: str) -> str:
        """Nothing in SQL is called by its name."""
        del instruction, code
        return ""

    def stub(self, code: str, entry_point: str) -> str:
        """The code giving no rows and changing nothing."""
        del entry_point
        return _sql_mutants.stub(code)

    def mutants(self, code: str, entry_point: str, most: int = 20) -> list[tuple[str, str]]:
        """The code with small faults."""
        del entry_point
        return _sql_mutants.mutants(code, most)

    def run_job(self, code: str, stdin: str = "") -> Job:
        """A job that runs SQL after the SQL on its standard input, and prints the last rows."""
        return Job(files=_files({"code": code}), command=_COMMAND, stdin=stdin)

    def test_job(self, spec: Plain, extra: tuple[File, ...] = ()) -> Job:
        """A job that runs an answer and one test, each of whose queries is a check."""
        [test] = spec["tests"]
        told = {"setup": test["setup"], "code": spec["code"], "test": test["code"]}
        told["word"] = _record.word_of("sql", *told.values())
        return Job(files=(*extra, *_files(told)), command=_COMMAND, report=True)

    def results(self, job: Job, outcome: Outcome) -> list[Plain]:
        """What the test came to; what another dialect alone takes is a lack of the sandbox's."""
        spec = _spec(job)
        return [_judged(one, spec["code"]) for one in _record.read(outcome.report, spec["word"])]

    def lacking(self, job: Job, outcome: Outcome) -> str:
        """Why a program that failed says nothing of its answer; empty if it does."""
        told = re.search(r"^(setup|code): line \d+: (.*)", outcome.stderr, re.MULTILINE)
        if outcome.verdict != "RE" or told is None:
            return ""
        if told[1] == "setup":
            return f"what runs before it failed: {told[2]}"
        if "no such table" in told[2] and not job.stdin.strip():
            return f"it reads what it was not given: {told[2]}"
        code = _spec(job)["code"]
        return lack(_extension(code, told[2])) or _elsewhere(code, told[2])


def _files(spec: Plain) -> tuple[File, ...]:
    return (*_record.guests([_GUEST]), File(_SPEC, json.dumps(spec, sort_keys=True)))


def _spec(job: Job) -> Plain:
    text = next(file.text for file in job.files if file.path == _SPEC)
    found: Plain = json.loads(text)
    return found


def _judged(found: Plain, code: str) -> Plain:
    """A fault of the test itself is told from one of the answer, and that from a lack."""
    error = found["error"]
    if error is None or error["type"] == "AssertionError":
        return found
    if found["phase"] == "test" and _NOT_READ.search(error["message"]):
        return {**found, "phase": "reading"}
    if found["phase"] == "code":
        why = _extension(code, error["message"]) or _elsewhere(code, error["message"])
        return _record.lacks(why)[0] if why else found
    return found


def _extension(code: str, message: str) -> str:
    """The extension of another system that an answer needs, or a function that it would bring."""
    if found := _EXTENSION.search(code):
        return found[1]
    name = _record.first(r"no such function: (\w+)", message)
    return name if _OF_EXTENSIONS.fullmatch(name) else ""


def _elsewhere(code: str, message: str) -> str:
    """What SQLite does not have and another system has; empty if it is nobody's."""
    name = _record.first(r"no such function: (\w+)", message)
    if name:
        return f"SQLite has no {name}" if name.upper() in _sql_dialects.functions() else ""
    if other := _sql_dialects.foreign(code, "sqlite"):
        return f"SQLite does not take it, {other} does"
    refused = "syntax error" in message and _sql_dialects.told_by(code, "sqlite").word == "invalid"
    unsure = _sql_dialects.verdict(code) if refused else None
    return f"SQLite does not take it: {unsure.message}" if unsure and unsure.rule in _UNREAD else ""


PLUGIN = _Sql()
