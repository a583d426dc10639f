"""Each clause: which rows it is broken by, and which it lets pass."""

import pytest
from judged_rows import failed, judged, remarked, row, said, tried, unread

from backfeed.engine.gate.clauses import clauses
from backfeed.engine.gate.judge import judge, repeated
from backfeed.engine.gate.lines import marked
from backfeed.engine.gate.policy import PassRate, Policy
from backfeed.engine.records import Check, Finding, Message, Origin, Place, Rejection, Sample

SHORT = row("short", said="x", level="none", checks=(Check("parse", "unverified"),))
TWICE = row("twice").no("deduplicate", "near-duplicate", "a")
TAKEN = row("taken").no("decontaminate", "contaminated", "HumanEval/0 of x by exact 1.0")
MIT, GPL = row(extra=said({"license": "MIT"})), row(extra=said({"license": "GPL-3.0-only"}))


def broken(rows, **policy):
    """The clauses that these rows break, and which rows break them."""
    verdict, _ = judged(rows, **policy)
    return {
        one.name: [row.name for row in one.rows]
        for one in verdict.outcomes
        if one.state == "broken"
    }


@pytest.mark.parametrize(
    ("rows", "policy", "expected"),
    [
        ([row(), SHORT, TWICE, TAKEN], {}, {}),
        ([row(), failed("b"), unread("c")], {}, {"unreadable": ["c"], "failed": ["b"]}),
        ([row("a").no("analyze", "error:Analyze:KeyError", "x")], {}, {"failed": ["a"]}),
        ([failed("b")], {"failed": 1}, {}),
        ([failed("b"), failed("c")], {"failed": 1}, {"failed": ["b", "c"]}),
        ([failed("b"), row()], {"failed": 0.5}, {}),
        ([failed("b"), row()], {"failed": 0.49}, {"failed": ["b"]}),
        ([unread("b")], {"unreadable": 1.0}, {}),
        ([failed("b"), failed("c", reason="F821")], {"reject": {"F*": 1}}, {"failed": ["b"]}),
        ([failed("c", reason="F821")], {"reject": {"F*": 0}}, {"reject.F*": ["c"]}),
        ([TWICE, row()], {"duplicates": 0}, {"duplicates": ["twice"]}),
        ([TWICE, row()], {"duplicates": 0.5}, {}),
        ([TAKEN, row()], {"contamination": 0}, {"contamination": ["taken"]}),
        ([TAKEN], {"reject": {"contaminated": 0}}, {"reject.contaminated": ["taken"]}),
    ],
)
def test_rows_that_leave(rows, policy, expected):
    assert broken(rows, **policy) == expected


@pytest.mark.parametrize(
    ("rules", "policy", "expected"),
    [
        (["pii/email"], {"forbidden": ["secret/*"]}, {}),
        (["secret/aws", "pii/email"], {"forbidden": ["secret/*"]}, {"forbidden": ["a"]}),
        (["secret/aws", "pii/email"], {"forbidden": ["*/*"]}, {"forbidden": ["a", "a"]}),
        (["quality/short-answer"], {"rules": {"quality/short-answer": 1}}, {}),
        (["quality/short-answer"], {"rules": {"quality/*": 0}}, {"rules.quality/*": ["a"]}),
        (["Quality/short-answer"], {"rules": {"quality/*": 0}}, {}),
    ],
)
def test_rules_that_rows_have(rules, policy, expected):
    assert broken([remarked("a", 1, *rules), row()], **policy) == expected


@pytest.mark.parametrize(
    ("rows", "level", "expected"),
    [
        ([row()], {"analyzed": 1.0}, {}),
        ([row(), SHORT], {"analyzed": 0.5}, {}),
        ([row(), SHORT], {"analyzed": 0.51}, {"level.analyzed": ["short"]}),
        ([row(), SHORT], {"parsed": 2}, {"level.parsed": ["short"]}),
        ([row(), SHORT], {"parsed": 1, "tested": 1}, {"level.tested": ["short", "a"]}),
    ],
)  # fmt: skip
def test_levels_that_rows_reach(rows, level, expected):
    found = broken(rows, level=level)
    assert {name: sorted(names) for name, names in found.items()} == {
        name: sorted(names) for name, names in expected.items()
    }


@pytest.mark.parametrize(
    ("good", "bad", "rate", "passes"),
    [
        (99, 1, {"minimum": 0.9}, True),
        (95, 5, {"minimum": 0.9}, False),  # 0.95, but not below 0.888 with confidence
        (95, 5, {"minimum": 0.9, "confidence": 0}, True),
        (5, 0, {"minimum": 0.9}, False),
        (0, 0, {"minimum": 0.1}, False),
    ],
)
def test_a_pass_rate_is_held_with_confidence(good, bad, rate, passes):
    rows = [tried(str(n)) for n in range(good)]
    rows += [tried(f"bad {n}", "failed") for n in range(bad)]
    rows += [tried(f"unknown {n}", "unverified") for n in range(50)]
    found = broken(rows, pass_rate=rate)
    assert (found == {}) is passes
    assert len(found.get("pass_rate", [])) == (0 if passes else bad)


def test_no_row_at_all_breaks_no_share():
    assert broken([], level={"tested": 1.0}, failed=0.1) == {}


def test_the_lower_end_is_that_of_the_textbook():
    """Agresti and Coull 1998, 'score' intervals: 15 of 20 at 95 % is from 0.531 to 0.888."""
    (*_, rate) = clauses(Policy(pass_rate=PassRate(0.5)))
    assert round(rate.found(blamed=5, of=20), 3) == 0.531


@pytest.mark.parametrize(
    ("sample", "column", "there"),
    [
        (row(), "instruction", True),
        (row(), "prompt", True),
        (row(), "output", True),
        (row(), "tests", False),
        (row(), "licence", False),
        (MIT, "license", True),
        (row(origin=Origin(licence="MIT")), "licence", True),
        (row(extra=said({"topic": "lists"})), "topic", True),
        (row(extra=said({"topic": "  "})), "topic", False),
        (row(extra=said({"topic": None})), "topic", False),
        (row(extra=said({"count": 0})), "count", True),
        (row(extra="[not an object"), "topic", False),
        (row(), "id", True),
        (row(source_id="rows.jsonl:7"), "id", False),
        (row(messages=(Message("user", ""), Message("assistant", "x"))), "instruction", False),
    ],
)
def test_a_required_column_is_there_and_says_something(sample, column, there):
    found = broken([sample], required_columns=[column])
    assert found == ({} if there else {f"required_columns.{column}": [sample.source_id]})


def test_columns_are_not_missed_in_rows_that_cannot_be_read():
    found = broken([unread("a")], required_columns=["tests"], licences=["MIT"])
    assert found == {"unreadable": ["a"]}


@pytest.mark.parametrize(
    ("sample", "allowed", "rule"),
    [
        (MIT, ["MIT"], None),
        (MIT, ["Apache-2.0"], "other-licence"),
        (GPL, ["MIT", "GPL-3.0"], None),
        (row(extra=said({"license": "mit or gpl-3.0"})), ["MIT"], None),
        (row(extra=said({"license": "MIT AND ISC"})), ["MIT"], "other-licence"),
        (row(extra=said({"license": "see LICENSE"})), ["MIT"], "other-licence"),
        (row(), ["MIT"], "no-licence"),
        (row(extra=said({"license": "Apache License 2.0"})), ["Apache-2.0"], None),
        (row(extra=said({"license": ["MIT", "Apache 2"]})), ["MIT", "Apache-2.0"], None),
        (row(extra=said({"detected_licenses": ["MIT", "GPL-3.0"]})), ["MIT"], "other-licence"),
    ],
)
def test_licences_are_those_allowed(sample, allowed, rule):
    verdict, _ = judged([sample], licences=allowed)
    assert [one.blame.rule for one in verdict.broken] == ([rule] if rule else [])


@pytest.mark.parametrize(("check", "line"), [("inspect", 0), ("analyze", 3)])
def test_lines_of_texts_are_not_taken_for_lines_of_code(check, line):
    found = (Finding("secret/aws", "error", "AWS key in the answer", 3),)
    sample = row("a").checked(Check(check, "failed", findings=found)).no(check, "secret/aws")
    verdict, _ = judged([sample], forbidden=["secret/*"])
    assert [one.blame.line for one in verdict.broken] == [line]


@pytest.mark.parametrize(
    ("reason", "detail"), [("duplicate", "first"), ("similar", "cosine 0.953 to first")]
)
def test_a_row_that_repeats_another_says_where_that_stands(reason, detail):
    rows = [row("first", 7), TWICE.but(rejected=Rejection("deduplicate", reason, detail))]
    found = judge(clauses(Policy(duplicates=0)), marked(rows, {}), repeated(rows))
    (one,) = found.tallies[-1].broken
    assert one.blame.message == "it repeats rows.jsonl:7"


def test_a_failure_stands_where_its_finding_does():
    sample = Sample(place=Place("x", 3)).checked(
        Check("analyze", "failed", findings=(
            Finding("W1", "warning", "w", 1), Finding("F821", "error", "Undefined name", 7, 2),
        ))
    ).no("analyze", "F821", "line 7: Undefined name")  # fmt: skip
    verdict, _ = judged([sample])
    (one,) = verdict.broken
    assert (one.blame.rule, one.blame.line, one.blame.column) == ("F821", 7, 2)
    assert one.blame.message == "analyze: line 7: Undefined name"
