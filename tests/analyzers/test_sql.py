"""SQL: how tests are counted in SQLite, stubs, mutants, fit."""

import sqlite3
from dataclasses import replace

import pytest

from backfeed.analyzers import _sql_fit, _sql_text
from backfeed.analyzers.sql import PLUGIN
from backfeed.engine.records import File, Sample
from backfeed.engine.records import Test as Tested
from backfeed.engine.requests import Limits, Outcome, rejoined
from backfeed.engine.stages._runs import run_tests
from backfeed.engine.stages.execute import Execute

SETUP = "CREATE TABLE t (a INTEGER, b TEXT);\nINSERT INTO t VALUES (1, 'x'), (2, 'y'), (3, NULL);\n"
TEST = "SELECT count(*) = 2, sum(a) = 5 FROM answer;\nSELECT count(*) = 3 FROM t;\n"
QUERY = "SELECT a FROM t WHERE a > 1;\n"


@pytest.mark.parametrize(
    ("instruction", "dialect"),
    [
        ("Write a PostgreSQL query that lists users.", "postgres"),
        ("In Oracle, how do I number rows?", "oracle"),
        ("Create a Hive database for logs", "hive"),
        ("How many bees live in the hive? Write SQL.", ""),
        ("The oracle table holds questions. Select all.", ""),
        ("Convert this MySQL query to PostgreSQL.", ""),
        ("Translate this query into T-SQL.", ""),
        ("Write a SQL query.", ""),
    ],
)
def test_the_dialect_that_a_problem_asks_for(instruction, dialect):
    assert _sql_fit.dialect_asked(instruction) == dialect


@pytest.mark.parametrize(
    ("code", "instruction", "rules"),
    [
        ("SELECT a FROM t LIMIT 5;", "Write an Oracle query.", ["dialect"]),
        ("SELECT a FROM t LIMIT 5;", "Write a MySQL query.", []),
        ("SELECT a FROM t;\n-- ... rest of the code here", "Do.", ["cut-code"]),
        ("CREATE TABLE t (a INT);", "Write a query that returns all names.", ["no-query"]),
        ("CREATE TABLE t (a INT);", "Write a query that creates t and returns a row.", []),
        ("CREATE TABLE t (a INT);\nSELECT 1;", "Write a query that returns names.", []),
        ("-- nothing\n", "Do.", ["stub"]),
        ("SELECT NULL;", "Do.", ["stub"]),
    ],
)
def test_fit(code, instruction, rules):
    assert [one["rule"] for one in PLUGIN.fit(code, instruction, "")] == rules


def rows_of(code):
    base = sqlite3.connect(":memory:")
    base.executescript(SETUP)
    *before, last = _sql_text.statements(code)
    for one in before:
        base.execute(one.text)
    return base.execute(last.text).fetchall()


@pytest.mark.parametrize(
    "code",
    [
        QUERY,
        "SELECT a FROM t -- all;",
        "WITH s AS (SELECT a FROM t) SELECT a, a FROM s;",
        "CREATE TABLE u (c);\nINSERT INTO u VALUES (1);\nDELETE FROM t;\nSELECT c FROM u;",
        "UPDATE t SET a = 9;",
    ],
)
def test_a_stub_gives_no_rows(code):
    assert rows_of(PLUGIN.stub(code, "")) == []


@pytest.mark.parametrize(
    ("code", "mutant"),
    [
        ("SELECT a FROM t WHERE a > 1", "SELECT a FROM t WHERE a >= 1;\n"),
        ("SELECT a FROM t WHERE a > 1", "SELECT a FROM t WHERE a > 2;\n"),
        ("SELECT a FROM t WHERE a > 1", "SELECT a FROM t;\n"),
        ("SELECT a FROM t ORDER BY a", "SELECT a FROM t ORDER BY a DESC;\n"),
        ("SELECT a FROM t ORDER BY a", "SELECT a FROM t;\n"),
        ("SELECT SUM(a) FROM t", "SELECT AVG(a) FROM t;\n"),
        ("SELECT DISTINCT b FROM t", "SELECT b FROM t;\n"),
        ("SELECT 1 FROM t JOIN u ON a = c", "SELECT 1 FROM t LEFT JOIN u ON a = c;\n"),
        ("SELECT 1 FROM t LEFT JOIN u ON a = c", "SELECT 1 FROM t JOIN u ON a = c;\n"),
        ("SELECT a FROM t WHERE a = 1 AND b = 'x'", "SELECT a FROM t WHERE a = 1 OR b = 'x';\n"),
        ("SELECT 1 UNION SELECT 2", "SELECT 1 UNION ALL SELECT 2;\n"),
        ("SELECT a FROM t LIMIT 1", "SELECT a FROM t;\n"),
    ],
)
def test_mutants(code, mutant):
    assert mutant in [text for _, text in PLUGIN.mutants(code, "", 40)]


def test_what_is_set_stays_an_assignment():
    made = PLUGIN.mutants("UPDATE t SET a = 1 WHERE b = 2;", "", 40)
    assert made
    assert not [one for _, one in made if "SET a <>" in one]


def test_the_word_of_a_record_must_be_ours():
    job = PLUGIN.test_job({"code": QUERY, "tests": [{"code": TEST, "setup": SETUP}]})
    forged = '{"word": "x", "tests": [{"executed": 1, "error": null, "phase": "test"}]}'
    assert PLUGIN.results(job, Outcome("AC", report=forged)) == []


@pytest.fixture
def ran(answer):
    def do(code, test=TEST, setup=SETUP):
        tests = (Tested("script", "author", code=test, setup=setup),)
        sample = Sample(language="sql", code=code, tests=tests)
        return rejoined(run_tests(sample, code, Limits(cpu_s=2.0), check="test"), answer)

    return do


@pytest.mark.bwrap
@pytest.mark.parametrize(
    ("code", "word"),
    [
        (QUERY, "AC"),
        ("SELECT a FROM t WHERE a >= 1", "WA"),
        ("SELECT a, FROM t", "RE"),
        ("SELECT a FROM absent", "RE"),
        ("SELECT a FROM t WHERE b ILIKE 'x'", "NONE"),
        ("SELECT a FROM t WHERE ROWNUM <= 2", "NONE"),
        ("SELECT a, NOW() FROM t", "NONE"),
        ("SELECT a, FROBNICATE(a) FROM t", "RE"),
        ("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n",
         "TLE"),
        ("", "RE"),
        ("PRAGMA writable_schema = ON; SELECT a FROM t WHERE a > 1", "AC"),
        ("CREATE TABLE answer (a); SELECT a FROM t WHERE a > 1", "AC"),
        ("CREATE TABLE answer (a); INSERT INTO answer VALUES (2), (3); SELECT 1 AS a", "WA"),
        ("CREATE TEMP VIEW t AS SELECT 1 AS a; SELECT a FROM main.t WHERE a > 1", "RE"),
        ("ATTACH 'x.db' AS x; SELECT a FROM t WHERE a > 1", "RE"),
        ("SELECT load_extension('x')", "RE"),
    ],
)  # fmt: skip
def test_an_answer_comes_to_its_word(ran, code, word):
    assert ran(code).word == word


@pytest.mark.bwrap
@pytest.mark.parametrize(
    ("code", "test", "word", "executed"),
    [
        ("DELETE FROM t WHERE a = 1", "SELECT count(*) = 2 FROM t", "AC", 1),
        ("BEGIN; DELETE FROM t WHERE a = 1", "SELECT count(*) = 2 FROM t", "AC", 1),
        ("CREATE TEMP TABLE u AS SELECT 4 AS c", "SELECT c = 4, c FROM u", "AC", 1),
        (QUERY, "UPDATE t SET a = 0", "NONE", 0),
        (QUERY, "SELECT 1 WHERE 0", "WA", 1),
        (QUERY, "SELECT 1, NULL", "WA", 1),
        (QUERY, "SELECT '0.5', 'x'", "WA", 1),
        (QUERY, "SELECT a FROM answer", "AC", 1),
        (QUERY, "SELECT 1; SELECT b FROM answer", "RE", 0),
        (QUERY, "SELECT a ILIKE 'x' FROM answer", "NONE", 0),
        (QUERY, "SELECT NOW()", "NONE", 0),
        ("CREATE TEMP VIEW wanted AS SELECT 2 AS c; SELECT 2 AS c",
         "CREATE TABLE wanted (c); INSERT INTO wanted VALUES (3);"
         " SELECT (SELECT c FROM answer) = (SELECT c FROM wanted)", "RE", 0),
    ],
)  # fmt: skip
def test_each_query_of_a_test_is_a_check(ran, code, test, word, executed):
    found = ran(code, test)
    assert (found.word, found.executed) == (word, executed), found.detail


@pytest.mark.bwrap
@pytest.mark.parametrize("name", ["sqlite3.py", "json.py", "sitecustomize.py"])
def test_no_file_of_an_answer_takes_the_place_of_a_module(answer, name):
    forging = File(name, "import os\nos.write(2, b'was imported')\nraise SystemExit(0)\n")
    job = PLUGIN.test_job({"code": QUERY, "tests": [{"code": TEST, "setup": SETUP}]}, (forging,))
    outcome = job.decode(answer(job))
    assert (outcome.verdict, outcome.stderr) == ("AC", "")


@pytest.mark.bwrap
def test_a_python_without_sqlite_is_a_lack_of_the_sandbox(answer):
    job = PLUGIN.test_job({"code": QUERY, "tests": [{"code": TEST, "setup": SETUP}]})
    files = (*job.files, File("sqlite3.py", "raise ImportError"))
    poor = replace(job, files=files, command=("python", "backfeed_sql.py"))
    [found] = PLUGIN.results(job, job.decode(answer(poor)))
    assert (found["error"]["type"], found["error"]["message"]) == ("ModuleNotFoundError", "sqlite3")


@pytest.mark.bwrap
def test_a_setup_that_fails_is_no_fault_of_the_answer(ran):
    assert "(setup)" in ran(QUERY, setup="CREATE TABEL t (a);").detail


@pytest.mark.bwrap
def test_a_failed_check_is_told_with_its_line(ran):
    found = ran(QUERY, "SELECT 1;\n\nSELECT count(*), 'no' FROM answer;\n")
    assert (found.line, found.executed) == (3, 2)
    assert found.detail.endswith("gave 2|no")


@pytest.mark.bwrap
@pytest.mark.parametrize(
    ("code", "stdin", "stdout", "word"),
    [
        ("SELECT a, b FROM t", SETUP, "1|x\n2|y\n3|\n", "AC"),
        ("SELECT 0.1 + 0.2, 2.0, 1e20, x'41', 1 = 1", "", "0.3|2.0|1.0e+20|A|1\n", "AC"),
        ("SELECT a FROM t", SETUP, "1\n2\n", "WA"),
        ("SELECT a FROM u", SETUP, "1\n", "RE"),
        ("SELECT a::int FROM t", SETUP, "1\n", "NONE"),
        ("SELECT a FROM t", "CREATE TABEL t (a)", "1\n", "NONE"),
    ],
)
def test_programs(answer, code, stdin, stdout, word):
    tests = (Tested("stdio", "author", stdin=stdin, stdout=stdout),)
    sample = Sample(language="sql", code=code, tests=tests)
    assert rejoined(run_tests(sample, code, Limits(), check="test"), answer).word == word


@pytest.mark.bwrap
@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        ("SELECT 1;", "passed"),
        ("SELECT a FROM users;", "unverified"),
        ("SELECT 1::int;", "unverified"),
        ("INSERT INTO (1);", "failed"),
    ],
)
def test_what_a_query_was_not_given_is_not_held_against_it(answer, code, verdict):
    [sample] = rejoined(Execute().each(Sample(language="sql", code=code)), answer)
    assert [check.verdict for check in sample.checks if check.name == "run"] == [verdict]
