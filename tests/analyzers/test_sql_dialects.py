"""SQL: what dialects take and refuse."""

import tomllib
from pathlib import Path

import pytest

from backfeed.analyzers import _sql_dialects, _sql_text
from backfeed.analyzers._sql_rules import RULES
from backfeed.analyzers.sql import PLUGIN

STATEMENTS = tomllib.loads(Path(__file__).with_name("sql_dialects.toml").read_text())
ROWS = [(name, row["sql"], row["not"]) for name, rows in STATEMENTS.items() for row in rows]


def test_there_are_thirty_statements_of_each_of_five_dialects():
    assert {name: len(rows) for name, rows in STATEMENTS.items()} == dict.fromkeys(
        ("sqlite", "mysql", "postgres", "hive", "oracle"), 30
    )
    assert len({sql for _, sql, _ in ROWS}) == 150


@pytest.mark.parametrize(("own", "sql", "others"), ROWS)
def test_a_dialect_takes_its_own_and_others_refuse_it(own, sql, others):
    assert _sql_dialects.verdict(sql, own).word == "ok"
    assert _sql_dialects.verdict(sql).word == "ok"
    refused = {name: _sql_dialects.verdict(sql, name).word for name in others}
    assert others
    assert refused == dict.fromkeys(others, "invalid")


@pytest.mark.parametrize("dialect", ["sqlite", "mysql", "postgres", "hive", "oracle", "tsql"])
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT a.x, COUNT(*) FROM a JOIN b ON a.id = b.id GROUP BY a.x HAVING COUNT(*) > 1",
        "INSERT INTO t (a, b) VALUES (1, 'x, FROM y; LIMIT 5 ::int')",
        "UPDATE t SET a = a + 1 WHERE b IN (SELECT b FROM u WHERE c LIKE 'x%')",
        "DELETE FROM t WHERE a IS NULL",
        "SELECT name FROM t ORDER BY name DESC -- LIMIT 5, :: ILIKE",
        "SELECT CASE WHEN a > 1 THEN 'TOP 5' ELSE b END AS c FROM t",
        "WITH s AS (SELECT a FROM t) SELECT a, ROW_NUMBER() OVER (ORDER BY a) FROM s",
        "CREATE VIEW v AS SELECT DISTINCT a FROM t UNION ALL SELECT a FROM u",
    ],
)
def test_what_all_dialects_know_no_rule_refuses(sql, dialect):
    assert _sql_dialects.verdict(sql, dialect).word == "ok"


@pytest.mark.parametrize(
    ("dialect", "sql"),
    [
        ("postgres", "CREATE TYPE mood AS ENUM ('a', 'b')"),
        ("postgres", "COMMENT ON TABLE t IS 'x'"),
        ("postgres", "SELECT 17 # 5"),
        ("postgres", "SELECT (17 # (5))"),
        ("postgres", "SELECT id FROM items ORDER BY embedding <=> '[1, 2]' LIMIT 5"),
        ("postgres", "CREATE VIEW v WITH (security_barrier) AS SELECT 1"),
        ("postgres", "SELECT"),
        ("mysql", "LOAD DATA INFILE 'x' INTO TABLE t FIELDS TERMINATED BY ','"),
        ("mysql", "INSERT INTO t SET a = 1, b = 2"),
        ("oracle", "SELECT * FROM t AS OF TIMESTAMP SYSTIMESTAMP - INTERVAL '1' HOUR"),
        ("oracle", "SELECT JSON_VALUE(a, '$.x' RETURNING NUMBER) FROM t"),
        ("oracle", "SELECT q'[it's]' FROM dual"),
        ("oracle", "BEGIN NULL; END;\n/"),
        ("hive", "FROM t INSERT OVERWRITE TABLE u SELECT a"),
        ("tsql", "SELECT a INTO #x FROM t"),
        ("tsql", "DECLARE @x INT = 5; SELECT @x"),
        ("sqlite", ".headers on\nSELECT 1;"),
    ],
)
def test_what_a_dialect_knows_is_not_held_against_it(dialect, sql):
    assert _sql_dialects.verdict(sql, dialect).word != "invalid"


def test_every_rule_names_dialects_that_there_are():
    named = {name for rule in RULES for name in rule.refused}
    assert named <= set(_sql_text.DIALECTS)
    assert all(rule.refused for rule in RULES)


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("SELECT a, FROM t", "unknown"),  # some overlook the comma
        ("DELIMITER $$\nCREATE PROCEDURE p() BEGIN SELECT 1; END$$\nDELIMITER ;", "unknown"),
        ("CREATE PROCEDURE p AS BEGIN FOR r IN (SELECT 1) LOOP NULL; END LOOP; END;", "unknown"),
        ("SELECT {{ column }} FROM t", "unknown"),
        ("SELECT a FROM t WHERE", "invalid"),
        ("ALTER TABLE users MODIFY COLUMN name VARCHAR(100 NOT NULL", "invalid"),
        ("CREATE PROCEDURE p AS BEGIN SELECT f(1; END;", "invalid"),
        ("SELECT ')', \"(\" /* ( */ FROM t -- (", "ok"),
        ("printf('SELECT 1')", "invalid"),
        ("import os", "invalid"),
        ("USE master\nGO\nSELECT 1\nGO", "ok"),
        ("-- Oracle\nSELECT 1 FROM t LIMIT 1", "invalid"),
        ("-- not for Oracle\nSELECT 1 FROM t LIMIT 1", "ok"),
    ],
)
def test_words_without_a_dialect_asked_for(code, word):
    assert PLUGIN.parse(code)["word"] == word
