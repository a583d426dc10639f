"""What CI reads: valid by the schemas, ordered, and unmoved by what stands in the data."""

import json
from pathlib import Path

import pytest
from judged_rows import failed, judged, remarked, row, tried, unread
from junitparser import JUnitXml
from schemas import junit_faults, sarif_faults

from backfeed.engine.gate import judge
from backfeed.engine.gate import sarif as sarif_file
from backfeed.engine.gate.annotations import annotations, mistake
from backfeed.engine.gate.clauses import Blame
from backfeed.engine.gate.judge import Broken
from backfeed.engine.gate.junit import junit
from backfeed.engine.gate.lines import column_of
from backfeed.engine.gate.markdown import markdown, not_judged
from backfeed.engine.gate.sarif import sarif
from backfeed.engine.gate.told import Places, doubt, found, headline, line_of
from backfeed.engine.records import Place

EVIL = "x\n::error::y \x00\x1b[2J|`<b>`]]>&\ud7ff\ufffe %0A,:"
ROWS = [
    failed("late", 9), failed("first", 2), row("ok", 1), unread(EVIL, 5, reason="odd,:%\n"),
    remarked("marked", 3, "secret/aws", "secret/key"),
]  # fmt: skip
PLACES = Places(Path.cwd())


def everything():
    return judged(ROWS, forbidden=["secret/*"], pass_rate={"minimum": 0.5})


def test_sarif_is_valid_and_ordered_by_line():
    verdict, counted = everything()
    log = sarif(verdict, PLACES, list(counted.files))
    assert sarif_faults(json.loads(json.dumps(log))) == []
    results = log["runs"][0]["results"]
    lines = [one["locations"][0]["physicalLocation"]["region"]["startLine"] for one in results]
    assert lines == [1, 2, 3, 3, 5, 9]
    told = log["runs"][0]["tool"]["driver"]["rules"]
    rules = [one["id"] for one in told]
    assert all(
        rule in one["help"]["text"] for rule, one in zip(rules, told, strict=True) if "/" in rule
    )
    assert [rules[one["ruleIndex"]] for one in results] == [one["ruleId"] for one in results]
    assert results[0]["ruleId"] == "pass_rate"
    meant = told[rules.index("pass_rate")]["shortDescription"]["text"]
    assert meant.startswith("The policy bounds the rows whose tests pass")
    marks = [one["partialFingerprints"]["backfeedRow/v1"] for one in results]
    assert len(set(marks)) == len(marks)


def test_a_result_keeps_its_mark_when_its_row_moves():
    def marks(rows):
        verdict, _ = judged(rows)
        results = sarif(verdict, PLACES, [])["runs"][0]["results"]
        return [one["partialFingerprints"] for one in results]

    assert marks([failed("a", 4)]) == marks([row("b", 1), failed("a", 700)])


def test_what_keeps_to_the_policy_has_no_result():
    verdict, _ = judged([row("a"), remarked("b", 2, "quality/short")])
    assert sarif(verdict, PLACES, [])["runs"][0]["results"] == []


def test_results_beyond_what_is_taken_are_counted(monkeypatch):
    monkeypatch.setattr(sarif_file, "MOST", 2)
    verdict, _ = everything()
    run = sarif(verdict, PLACES, [])["runs"][0]
    (told,) = run["invocations"][0]["toolExecutionNotifications"]
    assert len(run["results"]) == 2
    assert told["message"]["text"].startswith("4 more results are left out")
    assert sarif_faults(sarif(verdict, PLACES, [])) == []


@pytest.mark.parametrize(
    ("file", "uri"),
    [("data/a b.jsonl", "data/a%20b.jsonl"), ("/away/x.jsonl", "file:///away/x.jsonl")],
)
def test_a_file_is_named_from_the_root(file, uri):
    assert PLACES.uri(file) == uri


def test_junit_is_valid_and_its_counts_add_up(tmp_path):
    verdict, counted = everything()
    path = tmp_path / "rows.xml"
    path.write_bytes(junit(verdict, counted, PLACES))
    assert junit_faults(path) == []
    report = JUnitXml.fromfile(str(path))
    cases = [case for suite in report for case in suite]
    assert report.tests == len(cases) == len(ROWS) + 1  # one clause is broken by no row of its own
    assert report.failures == sum(not case.is_passed for case in cases) == verdict.broken_rows + 1


def test_junit_of_many_rows_counts_those_that_pass(tmp_path, monkeypatch):
    monkeypatch.setattr(judge, "NAMES", 2)
    verdict, counted = everything()
    path = tmp_path / "rows.xml"
    path.write_bytes(junit(verdict, counted, PLACES))
    assert junit_faults(path) == []
    names = [case.name for suite in JUnitXml.fromfile(str(path)) for case in suite]
    assert names[-2:] == ["1 other rows", "pass_rate"]


def test_annotations_are_lines_that_data_cannot_forge():
    verdict, _ = everything()
    said = annotations(verdict, PLACES)
    assert all(line.startswith("::error ") and line.isprintable() for line in said)
    (odd,) = [line for line in said if "line=5" in line]
    assert "title=backfeed%3A odd%2C%3A%25" in odd


def test_annotations_beyond_what_is_shown_are_counted():
    verdict, _ = judged([failed(str(n), n + 1) for n in range(25)])
    said = annotations(verdict, PLACES)
    assert len(said) == 10
    assert "and 16 more; FAILED: 25 of 25 rows break a clause of gate.toml" in said[-1]


def test_markdown_shows_data_as_it_is():
    verdict, _ = everything()
    text = markdown(verdict, PLACES)
    rows = [line for line in text.splitlines() if line.startswith("| `rows.jsonl:")]
    assert len(rows) == 5
    assert "<b>" not in text
    assert all(line.replace("\\|", "").count("|") == 4 for line in rows)


def test_of_many_rows_each_clause_shows_some():
    rows = [row(str(n), n + 1, said=str(n)) for n in range(40)]
    verdict, _ = judged([*rows, failed("late", 90)], required_columns=["tests", "topic"])
    shown = verdict.first(7)
    assert len(verdict.broken) == 2 * 41 + 1
    assert [one.place.line for one in shown] == sorted(one.place.line for one in shown)
    assert {one.clause for one in shown} == {
        "failed",
        "required_columns.tests",
        "required_columns.topic",
    }
    assert shown[-1].name == "late"


@pytest.mark.parametrize(
    ("reason", "told"),
    [("sytax", "reject.sytax: no row leaves as that; did you mean 'syntax'?"),
     ("wa", ""), ("syntax", ""), ("F821", ""), ("clippy::all", "")],
)  # fmt: skip
def test_a_reason_that_nothing_has_may_be_misspelt(reason, told):
    verdict, _ = judged([row()], reject={reason: 0})
    assert doubt(verdict.outcomes[-1]) == told


@pytest.mark.parametrize(
    ("rows", "confidence", "told"),
    [
        ([], 0.95, "unknown (of no row)"),
        ([tried("a"), tried("b", "failed")], 0.95, "≥ 9.453 % (1 of 2)"),
        ([tried("a"), tried("b", "failed")], 0, "50 % (1 of 2)"),
    ],
)
def test_a_rate_is_told_with_what_is_compared(rows, confidence, told):
    verdict, _ = judged(rows, pass_rate={"minimum": 0.9, "confidence": confidence})
    assert found(verdict.outcomes[-1]) == told


@pytest.mark.parametrize(
    ("sample", "told"),
    [
        (failed("a"), "row a: parse: line 1: bad"),
        (failed("rows.jsonl:4", 4), "parse: line 1: bad"),
        (failed("rows.jsonl:4", 9), "row 4: parse: line 1: bad"),
        (failed("b", reason="TLE", stage="execute"),
         "row b: The answer used up the CPU time that a program has: execute: line 1: bad"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_row_is_told_in_a_line(sample, told):
    (one,) = judged([sample])[0].broken
    assert line_of(one) == told


def test_what_was_not_judged_is_told_as_data_cannot_forge():
    said = mistake("no file x\n::error::y")
    assert said == "::error title=backfeed gate::nothing was judged: no file x ::error::y"
    assert not_judged("a|b", "no <b>").startswith("### ⚠️ backfeed gate: `a\\|b` was not judged")


@pytest.mark.parametrize(
    ("rows", "policy", "told"),
    [
        ([row()], {}, "passed: 1 row under gate.toml"),
        ([row(), failed("b")], {}, "FAILED: 1 of 2 rows breaks a clause of gate.toml"),
        ([tried("a")], {"pass_rate": {"minimum": 0.9}},
         "FAILED: a clause of gate.toml broken, by no single one of 1 row"),
    ],
)  # fmt: skip
def test_the_verdict_is_told_in_a_line(rows, policy, told):
    assert headline(judged(rows, **policy)[0]) == told


CODE = "import os\n\ndef f():\n    return né('\t')\n"


@pytest.mark.parametrize(
    ("code", "at", "text", "column"),
    [
        (CODE, (4, 12), json.dumps({"response": CODE}), 49),
        (CODE, (4, 12), json.dumps({"response": CODE}, ensure_ascii=False), 49),
        (CODE, (4, 12), json.dumps({"response": f"Look:\n```python\n{CODE}```"}), 67),
        ("import re\n" + CODE, (5, 12), json.dumps({"response": CODE}), 49),  # carried imports
        (CODE, (4, 12), json.dumps({"response": "something else"}), 0),
        (CODE, (99, 1), json.dumps({"response": CODE}), 0),
        ("", (0, 0), '{"a": 1, }', 10),
        ("", (0, 0), '{"a": 1}', 0),
    ],
)
def test_a_column_is_that_of_the_data_file(code, at, text, column):
    one = Broken("failed", Blame("syntax", "", *at), "", "a", Place("rows.jsonl", 1), code)
    assert column_of(one, text) == column
    if column and code:
        assert text[column - 1 :].startswith("n")
