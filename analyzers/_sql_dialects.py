"""Which dialects take a text of SQL: sqlglot reads it, a table of rules and SQLite itself judge."""

import logging
import re
import sqlite3
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel, SqlglotError

from backfeed.analyzers import _sql_text
from backfeed.analyzers._sql_rules import RULES, STARTERS
from backfeed.analyzers._sql_text import DIALECTS, Plain

# What SQLite says of a statement that is well-formed: the tables are not there, or it is too long.
_NO_FAULT = re.compile(
    r"no such (?:table|column|index|view|trigger|savepoint|module|collation)|not authorized|binding"
    r"|already exists|unknown (?:database|or unsupported)|has no column|no such function"
    r"|you did not supply|unable to identify"
)
_TOO_MUCH = re.compile(r"too (?:many|large|big|deep)|overflow|out of memory|recursion")
# Programs in SQL: what sqlglot cannot read of them is no fault of theirs.
_PROGRAM = re.compile(
    r"(?:^|; )(?:DELIMITER\b|DECLARE\b|BEGIN (?!;|TRAN|WORK|IMMEDIATE|EXCLUSIVE|DEFERRED)|DO \$\$"
    r"|EXEC\b|EXECUTE\b|WHILE\b|IF\b|CREATE (?:OR (?:REPLACE|ALTER) )?(?:DEFINER = \S+ )?"
    r"(?:TEMP |TEMPORARY |EDITIONABLE )?(?:PROC|PROCEDURE|FUNCTION|TRIGGER|PACKAGE|EVENT|TYPE)\b)"
)
# What sqlglot does not read, though it is right in some dialect: nothing is held against it.
_UNREAD = re.compile(
    r"\bMODEL (?:DIMENSION|PARTITION|RETURN)\b|\bPARTITION BY (?:RANGE|LIST|HASH|KEY|LINEAR)\b"
    r"|(?:^|; )(?:LOAD DATA|LOCK|EXPORT|IMPORT|HANDLER|PREPARE|COMMENT|COPY|GRANT|REVOKE)\b"
    r"|\bINTO (?:OUTFILE|DUMPFILE|@)|\bAS OF\b|\bVIEW \S+ WITH \(|\bDELETE WHERE\b"
    r"|\bCREATE (?:OR REPLACE )?(?:OPERATOR|AGGREGATE|CAST|COLLATION|DOMAIN|CONVERSION|RULE|POLICY"
    r"|SERVER|FOREIGN|PUBLICATION|SUBSCRIPTION|TEXT|CLUSTER|DIRECTORY|PROFILE|ROLE|USER|CONTEXT)\b"
    r"|\bMATCH_RECOGNIZE\b|\bXML\w* \("
)
_TEMPLATE = re.compile(r"\{\{|\{%|\$\{|<%")
_LAX = "trailing-comma"
_RARE = frozenset({"bigquery", "snowflake", "duckdb", "spark"})


@dataclass(frozen=True, slots=True)
class Told:
    """What a dialect says of a text. `word` is ok, invalid or unknown."""

    word: str
    rule: str = ""
    message: str = ""
    line: int = 0


_OK = Told("ok")


def verdict(code: str, asked: str = "") -> Told:
    """What the dialect asked for says; without one, what the most lenient of all says.

    >>> verdict("SELECT 1 LIMIT 1").word, verdict("SELECT 1 LIMIT 1", "oracle").rule
    ('ok', 'limit')
    """
    if _TEMPLATE.search(code):
        return Told("unknown", "template", "a template")
    if asked:
        return told_by(code, asked)
    found: dict[str, Told] = {}
    for name in DIALECTS:
        found[name] = told_by(code, name)
        if found[name].word == "ok" and name not in _RARE:
            return _OK
    taken = [name for name, one in found.items() if one.word == "ok"]
    lax = all(one.rule == _LAX for name, one in found.items() if name not in _RARE)
    if taken and lax:
        return Told("unknown", _LAX, f"only {', '.join(taken)} take it", found["postgres"].line)
    if taken:
        return _OK
    return next((one for one in found.values() if one.word == "unknown"), found["postgres"])


def foreign(code: str, own: str) -> str:
    """A dialect that takes what `own` refuses; empty if `own` takes it, or none does.

    That some dialects overlook a comma does not make code theirs.
    """
    if told_by(code, own).word != "invalid":
        return ""
    lax = told_by(code, "postgres").rule == _LAX
    named = (name for name in DIALECTS if not (lax and name in _RARE))
    return next((name for name in named if told_by(code, name).word == "ok"), "")


@cache
def functions() -> frozenset[str]:
    """Names of functions that some dialect has."""
    found = {name.upper() for name in exp.FUNCTION_BY_NAME}
    for name in DIALECTS:
        parser = sqlglot.Dialect.get_or_raise(name).parser_class
        found |= {word.upper() for word in (*parser.FUNCTIONS, *parser.FUNCTION_PARSERS)}
    return frozenset(found)


def told_by(code: str, dialect: str) -> Told:
    """What one dialect says of a text."""
    text = _sql_text.plain(_sql_text.without_commands(code))
    program = _PROGRAM.search(text.text)
    if fault := _by_rules(text, dialect, program=bool(program)):
        return fault
    if dialect == "sqlite":
        return _by_sqlite(code)
    if text.text.startswith("DELIMITER "):
        return Told("unknown", "program", "a script for MySQL's own client")
    read = parsed(code, dialect)
    if isinstance(read, Told):
        unread = program or _UNREAD.search(text.text)
        return Told("unknown", "not-read", read.message, read.line) if unread else read
    opaque = next((one for one in read if isinstance(one, exp.Command)), None)
    if opaque is not None:
        return Told("unknown", "command", f"{opaque.this} is not looked into")
    return _OK


def parsed(code: str, dialect: str) -> "list[exp.Expr] | Told":
    """The statements of a text as trees, or why there are none."""
    logging.getLogger("sqlglot").disabled = True  # what it says of commands is told by their kind
    text = _sql_text.without_commands(code).replace("\0", "\ufffd")
    try:
        read = sqlglot.parse(text, read=dialect, error_level=ErrorLevel.IMMEDIATE)
    except SqlglotError as error:
        told: list[dict[str, Any]] = getattr(error, "errors", [])
        first = told[0] if told else {}
        message = str(first.get("description") or error).split("\n")[0][:200]
        return Told("invalid", "syntax", message, int(first.get("line") or 0))
    except RecursionError:
        return Told("unknown", "depth", "nested too deeply")
    except (ValueError, TypeError, AttributeError, KeyError, IndexError) as error:
        return Told("unknown", "not-read", f"{type(error).__name__}: {error}"[:200])
    return [one for one in read if one is not None]


def _by_rules(text: Plain, dialect: str, *, program: bool) -> Told | None:
    ended = f"{text.text} ;"
    for rule in RULES:
        if dialect in rule.refused and (match := rule.pattern.search(ended)):
            said = match[0].strip()[:60]
            return Told("invalid", rule.name, f"{dialect}: {said}", text.line(match.start()))
    if fault := _unbalanced(text):
        return fault
    if program:
        return None
    for match in re.finditer(r"(?:^|; )([^; ]+)", text.text):
        if match[1] not in STARTERS and match[1] not in ("#~", "##"):
            line = text.line(match.start(1))
            return Told("invalid", "no-statement", f"{match[1][:60]} begins no statement", line)
    return None


def _unbalanced(text: Plain) -> Told | None:
    """The parenthesis without its other; none where it is in doubt what is a string or comment."""
    depth: list[int] = []
    for match in re.finditer(r"(?<!\S)(?:[()']|#~)(?!\S)", text.text):
        if match[0] in ("'", "#~"):
            return None
        if match[0] == "(":
            depth.append(match.start())
        elif not depth:
            return Told("invalid", "parenthesis", ") was never opened", text.line(match.start()))
        else:
            depth.pop()
    return (
        Told("invalid", "parenthesis", "( is never closed", text.line(depth[-1])) if depth else None
    )


def _by_sqlite(code: str) -> Told:
    """What SQLite says of each statement before it would run it, in a database that is empty."""
    base = sqlite3.connect(":memory:")
    try:
        base.set_authorizer(_only_read)
        for one in _sql_text.statements(_sql_text.without_commands(code)):
            if fault := _sqlite_fault(base, one.text):
                word = "unknown" if _TOO_MUCH.search(fault) else "invalid"
                return Told(word, "syntax", fault, one.line)
    finally:
        base.close()
    return _OK


def _sqlite_fault(base: sqlite3.Connection, text: str) -> str:
    begun = re.match(r"\s*EXPLAIN\b", text, re.IGNORECASE)
    clean = text.encode("utf-8", "replace").decode().replace("\0", " ")
    try:
        base.execute(clean if begun else f"EXPLAIN {clean}").close()
    except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
        return "" if _NO_FAULT.search(str(error)) else str(error)
    return ""


def _only_read(action: int, *_: Any) -> int:
    """Nothing is attached and no setting changes, whatever is explained."""
    refused = (sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH, sqlite3.SQLITE_PRAGMA)
    return sqlite3.SQLITE_DENY if action in refused else sqlite3.SQLITE_OK
