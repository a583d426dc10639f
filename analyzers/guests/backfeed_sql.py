"""Runs SQL in SQLite: an answer as a program, or an answer and the checks of one test.

The spec is JSON. As a program: what stands on standard input is run first, then the answer, and
what its last query gives is printed as SQLite's shell would. As a test: `setup`, the answer, then
the test, of which every query is a check; the record goes to descriptor 3.
"""

import contextlib
import json
import os
import re
import sys

try:
    import sqlite3
except ImportError:  # this Python was built without it
    with open("backfeed_spec.json", encoding="utf-8") as told:
        word = json.load(told).get("word")
    absent = {"type": "ModuleNotFoundError", "message": "sqlite3", "line": 0}
    if word:
        tests = [{"executed": 0, "error": absent, "phase": "code"}]
        os.write(3, json.dumps({"word": word, "tests": tests}).encode())
    sys.stderr.write("setup: line 0: this Python has no sqlite3\n")
    sys.exit(1)

NUMBER = re.compile(r"\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
# Settings that change nothing of what a test sees, or that answers need.
SETTINGS = {
    "foreign_keys",
    "table_info",
    "table_xinfo",
    "table_list",
    "index_list",
    "index_info",
    "foreign_key_list",
    "foreign_key_check",
    "integrity_check",
    "user_version",
    "encoding",
    "database_list",
    "journal_mode",
    "synchronous",
    "defer_foreign_keys",
    "function_list",
}
MADE_FOR_SESSION = {
    sqlite3.SQLITE_CREATE_TEMP_TABLE,
    sqlite3.SQLITE_CREATE_TEMP_VIEW,
    sqlite3.SQLITE_CREATE_TEMP_TRIGGER,
}
MADE = {sqlite3.SQLITE_CREATE_TABLE, sqlite3.SQLITE_CREATE_VIEW}
FAULTS = (sqlite3.Error, sqlite3.Warning, ValueError, OverflowError)


class Fault(Exception):
    """A statement that failed: in which part, and its line."""

    def __init__(self, phase, error, line):
        super().__init__(str(error))
        self.phase, self.kind, self.line = phase, type(error).__name__, line


class Guard:
    """Says what a part may do: nothing is attached or loaded, and no name is taken from another."""

    def __init__(self, base):
        self.base, self.taken = base, set()
        base.set_authorizer(self)

    def __call__(self, action, first, second, *_):
        if action in (sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH):
            return sqlite3.SQLITE_DENY
        if action == sqlite3.SQLITE_PRAGMA:
            return sqlite3.SQLITE_OK if first.lower() in SETTINGS else sqlite3.SQLITE_IGNORE
        if action == sqlite3.SQLITE_FUNCTION and second == "load_extension":
            return sqlite3.SQLITE_DENY
        if action in MADE_FOR_SESSION | MADE and str(first).lower() in self.taken:
            return sqlite3.SQLITE_DENY
        return sqlite3.SQLITE_OK

    def keep(self, schema):
        """What lies in a schema now keeps its name to itself."""
        self.taken = set()
        rows = self.base.execute(f"SELECT lower(name) FROM {schema}").fetchall()
        self.taken = {name for (name,) in rows if not name.startswith("sqlite_")}


class Session(Guard):
    """The answer may replace a table of the setup, and not hide one behind one of its own."""

    def __call__(self, action, first, second, *rest):
        if action in MADE:
            return sqlite3.SQLITE_OK
        return super().__call__(action, first, second, *rest)


def statements(code):
    """Each statement with its line."""
    begin = 0
    for match in re.finditer(";", code):
        piece = code[begin : match.end()]
        if sqlite3.complete_statement(piece):
            yield piece, line_of(code, begin)
            begin = match.end()
    yield code[begin:], line_of(code, begin)


def line_of(code, begin):
    rest = code[begin:]
    blank = len(rest) - len(rest.lstrip())
    return code.count("\n", 0, begin + blank) + 1


def clean(code):
    return code.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def run(base, code, phase):
    """Run all statements; for each the columns (None where it is no query), rows and text."""
    for text, line in statements(clean(code)):
        try:
            cursor = base.execute(text)
            columns = [item[0] for item in cursor.description] if cursor.description else None
            yield columns, cursor.fetchall(), text.strip(), line
        except FAULTS as error:
            raise Fault(phase, error, line) from None


def last(base, code, phase):
    """The columns and the rows of the last query."""
    columns, rows = None, []
    for found, given, _, _ in run(base, code, phase):
        if found is not None:
            columns, rows = found, given
    return columns, rows


def shown(value):
    if value is None:
        return ""
    if isinstance(value, float):
        text = format(value, ".15g")
        return text if "." in text or "n" in text else re.sub(r"(?=e|$)", ".0", text, count=1)
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def holds(value):
    """What SQLite takes for true."""
    if isinstance(value, str):
        number = NUMBER.match(value)
        return bool(number) and float(number[0]) != 0
    return isinstance(value, (int, float)) and value != 0


def quoted(names):
    """Column names, each once."""
    seen, found = set(), []
    for name in names:
        unique, count = name, 0
        while unique.lower() in seen:
            count += 1
            unique = f"{name}:{count}"
        seen.add(unique.lower())
        found.append('"' + unique.replace('"', '""') + '"')
    return found


def keep_answer(base, columns, rows):
    """The rows of the answer's last query as the table `answer`."""
    names = quoted(columns)
    for kind in ("TABLE", "VIEW"):
        with contextlib.suppress(sqlite3.Error):  # it is the other kind
            base.execute(f"DROP {kind} IF EXISTS temp.answer")
    base.execute(f"CREATE TEMP TABLE answer ({', '.join(names)})")
    marks = ", ".join("?" * len(names))
    base.executemany(f"INSERT INTO temp.answer VALUES ({marks})", rows)


def checked(base, test):
    """How many checks held, and what the first that does not hold came to."""
    executed = 0
    for columns, rows, text, line in run(base, test, "test"):
        if columns is None:
            continue
        executed += 1
        if not rows or not all(holds(value) for row in rows for value in row):
            given = "; ".join("|".join(map(shown, row)) for row in rows[:3]) or "no row"
            message = f"{' '.join(text.split())[:200]} gave {given[:90]}"
            return executed, {"type": "AssertionError", "message": message, "line": line}
    return executed, None


def tested(base, spec):
    """The record of one test."""
    executed, error, phase = 0, None, "test"
    try:
        guard = Guard(base)
        list(run(base, spec["setup"], "setup"))
        guard = Session(base)
        guard.keep("sqlite_master")
        columns, rows = last(base, spec["code"], "code")
        if base.in_transaction:
            base.execute("COMMIT")
        guard = Guard(base)
        if columns is not None:
            keep_answer(base, columns, rows)
        guard.keep("sqlite_temp_master")
        executed, error = checked(base, spec["test"])
    except Fault as fault:
        phase = fault.phase
        error = {"type": fault.kind, "message": str(fault), "line": fault.line}
    except FAULTS as fault:
        phase, error = "code", {"type": type(fault).__name__, "message": str(fault), "line": 0}
    return {"executed": executed, "error": error, "phase": phase}


def program(base, spec):
    """Print what the last query gives."""
    Guard(base)
    list(run(base, sys.stdin.read(), "setup"))
    _, rows = last(base, spec["code"], "code")
    sys.stdout.write("".join("|".join(map(shown, row)) + "\n" for row in rows))


def main():
    with open("backfeed_spec.json", encoding="utf-8") as file:
        spec = json.load(file)
    base = sqlite3.connect(":memory:", isolation_level=None)
    if "test" not in spec:
        try:
            program(base, spec)
        except Fault as fault:
            sys.stderr.write(f"{fault.phase}: line {fault.line}: {fault}\n")
            sys.exit(1)
        return
    told = tested(base, spec)
    record = json.dumps({"word": spec["word"], "tests": [told]})
    os.write(3, record.encode("utf-8", "replace"))
    sys.exit(1 if told["error"] else 0)


main()
