"""`backfeed check` on rows of SQL: the dialect that a row or a fence names decides alone."""

import json

import pyarrow.parquet as pq
import pytest

TICKS = "SELECT `a` FROM `t` LIMIT 1;"
TOP = "SELECT TOP 3 a FROM t;"
OUTFILE = "SELECT CAST(a AS UNSIGNED) FROM t LIMIT 2, 1;"


@pytest.fixture
def judged(backfeed, tmp_path):
    """What `check` makes of rows, as far as their tools tell."""

    def do(*rows, until="analyze", more=()):
        path = tmp_path / "rows.jsonl"
        named = [{"id": str(n), "instruction": "Give a.", **row} for n, row in enumerate(rows)]
        path.write_text("".join(json.dumps(row) + "\n" for row in named))
        kept = ("--until", until, "--keep-duplicates")
        backfeed("check", path, "-o", tmp_path / "out", *kept, *more)
        found = {}
        for folder in ("corpus", "rejected"):
            for file in (tmp_path / "out" / folder).glob("*.parquet"):
                found |= {row["source_id"]: row for row in pq.read_table(file).to_pylist()}
        return [found[str(n)] for n in range(len(rows))]

    return do


def row(language, code, **more):
    return {"language": language, "response": code, **more}


@pytest.mark.bwrap
def test_the_dialect_that_a_rows_language_names_decides_alone(judged):
    rows = [
        row("sql", TICKS), row("mysql", TICKS), row("MariaDB", TICKS), row("PostgreSQL", TICKS),
        row("oracle", TICKS), row("tsql", TOP), row("mssql", TOP), row("sqlite", TOP),
        row("mysql", TOP), row("Spark SQL", "SELECT a FROM t LATERAL VIEW explode(b) c AS d;"),
        row("postgres", "SELECT a FROM t LATERAL VIEW explode(b) c AS d;"),
    ]  # fmt: skip
    found = judged(*rows)
    told = [one["rejected"] is None for one in found]
    assert told == [True, True, True, False, False, True, True, False, False, True, False]
    assert {one["language"] for one in found} == {"sql"}
    assert [one["dialect"] for one in found[:4]] == ["", "mysql", "mysql", "postgres"]
    assert found[3]["code"] == TICKS


@pytest.mark.bwrap
def test_so_does_the_one_that_a_fence_names_unless_the_row_or_the_problem_names_another(judged):
    def fenced(tag, **more):
        return row(more.pop("language", ""), f"So:\n```{tag}\n{TICKS}\n```\n", **more)

    found = judged(
        fenced("mysql"), fenced("postgresql"), fenced("postgresql", language="mysql"),
        fenced("sql", language="pgsql"), fenced("sql"),
        fenced("postgresql", instruction="Give a, in MySQL."),
        fenced("sql", language="mysql", instruction="Give a, in PostgreSQL."),
    )  # fmt: skip
    told = [one["rejected"] is None for one in found]
    assert told == [True, False, True, False, True, True, False]
    assert [one["dialect"] for one in found[:2]] == ["mysql", "postgres"]


@pytest.mark.bwrap
def test_what_only_another_system_takes_is_run_by_none(judged):
    test = {"kind": "script", "setup": "CREATE TABLE t (a);\n", "code": "SELECT a = 1 FROM t;"}
    insert = "INSERT INTO t VALUES (1) ON DUPLICATE KEY UPDATE a = 2;"
    plain = "INSERT INTO t VALUES (1);"
    found = judged(*(row("mysql", code, tests=[test]) for code in (insert, plain)), until="prove")
    assert [one["rejected"] for one in found] == [None, None]
    assert (found[0]["level"], found[1]["level"]) == ("analyzed", "tested")
    said = [f["message"] for c in found[0]["checks"] for f in c["findings"]]
    assert any("SQLite does not take it, mysql does" in one for one in said)


def test_an_exported_row_keeps_its_dialect(backfeed, tmp_path):
    row = {"id": "m", "language": "mysql", "instruction": "Name them.", "response": TICKS}
    (tmp_path / "rows.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    backfeed("check", "rows.jsonl", "-o", "run", "--until", "analyze")
    backfeed("export", "run", "--format", "alpaca", "--with-tests", "-o", "out.jsonl")
    backfeed("check", "out.jsonl", "-o", "again", "--until", "analyze")
    [found] = pq.read_table(tmp_path / "again" / "corpus").to_pylist()
    assert (found["language"], found["dialect"], found["level"]) == ("sql", "mysql", "analyzed")
