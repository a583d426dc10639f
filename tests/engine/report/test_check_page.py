"""What the page and the card tell of a check, and what stands beside examples."""

import json
import re

import pytest
from finished import finish, sample
from page_parts import BAD, Parts

from backfeed.engine.records import Check, Finding, Message, Place
from backfeed.engine.report import card, checked, page
from backfeed.engine.report.beside import beside
from backfeed.engine.report.facts import gather

TASK = {"name": "HumanEval/7", "file": "HumanEval.jsonl", "prompt": "def add(x, y):", "code": "x+y"}


def found(rule, level="note", line=0, check="inspect", verdict="passed", message="it is so"):
    return Check(check, verdict, findings=(Finding(rule, level, message, line),))


def accepted():
    yield sample("one", level="tested", place=Place("in.jsonl", 1), checks=(found("pii/email"),))
    yield sample(
        "two", level="none", language="", checks=(found("no-code", check="extract"),)
    )  # fmt: skip
    for name in "abc":
        yield sample(f"three-{name}", level="parsed", checks=(found("found", check="extract"),))


def rejected():
    first = sample("again", place=Place("in.jsonl", 9)).no("deduplicate", "duplicate", "one")
    yield first.but(messages=(Message("user", "Ask again"),))
    yield sample("taken").no(
        "decontaminate", "contaminated", "HumanEval/7 of HumanEval.jsonl by exact 1.00"
    )
    wrong = found("WA", "error", 2, check="test", verdict="failed", message="3 is not 4")
    code = "def f(x):\n    return 3\n"
    yield sample("wrong", language="go", code=code, checks=(wrong,)).no("execute", "WA", "3 != 4")


def made(directory, drawn=None, rows=None):
    outcome = {"verdict": "WA", "outcome": {"stderr": "Assertion: 3 is not 4", "stdout": ""}}
    finish(
        directory, list(accepted()), list(rows or rejected()), [],
        evidence=[("wrong", "test", outcome)], summary={}, recipe={"name": "check"},
    )  # fmt: skip
    tasks = directory / ".work/sources/benchmarks/x.jsonl"
    tasks.parent.mkdir(parents=True, exist_ok=True)
    tasks.write_text(json.dumps(TASK) + "\n")
    told = {**checked.count(directory).plain(drawn), "files": ["checked.jsonl", "accepted.jsonl"]}
    (directory / "summary.json").write_text(json.dumps({"checked": told, "stages": {}}))
    return directory


def test_counts_every_row_by_verdict_level_reason_language_and_rule(tmp_path):
    told = checked.count(made(tmp_path)).plain()
    assert told["rows"] == 8
    assert told["verdicts"] == {"passed": 4, "unverified": 1, "failed": 3}
    assert told["levels"] == {"tested": 1, "none": 1, "parsed": 3}
    assert told["reasons"]["execute"] == {"WA": 1}
    assert told["languages"]["go"] == {"rows": 1, "failed": 1, "reasons": {"execute: WA": 1}}
    assert set(told["remarks"]) == {"pii/email", "no-code", "WA"}
    mail = told["remarks"]["pii/email"]
    assert (mail["rows"], mail["findings"], mail["rejected"], mail["check"]) == (1, 1, 0, "inspect")
    assert mail["places"] == [
        {"id": "one", "file": "in.jsonl", "line": 1, "message": "it is so"}
    ]  # fmt: skip


def test_a_sample_has_an_interval_for_each_share(tmp_path):
    made(tmp_path)
    told = checked.count(tmp_path).plain({"of": 100, "seed": 3})["sample"]
    failed = told["shares"]["verdicts"]["failed"]
    assert failed["share"] == 0.375
    assert failed["low"] < 0.375 < failed["high"]
    assert set(told["shares"]["reasons"]) == {
        "deduplicate: duplicate", "decontaminate: contaminated", "execute: WA",
    }  # fmt: skip
    whole = checked.count(tmp_path).plain({"of": 8, "seed": 3})["sample"]
    assert whole["complete"]
    assert whole["shares"]["verdicts"]["failed"] == {"share": 0.375, "low": 0.375, "high": 0.375}


def test_examples_stand_beside_what_they_repeat_were_taken_from_and_failed_by(tmp_path):
    it = beside(made(tmp_path), list(rejected()))
    assert set(it) == {"again", "taken", "wrong"}
    assert "one, line 1 of in.jsonl" in it["again"].title
    assert ("question", "Ask one") in it["again"].texts
    assert it["taken"].title == "HumanEval/7 of HumanEval.jsonl"
    assert it["taken"].texts == (("prompt", "def add(x, y):"), ("code", "x+y"))
    assert it["wrong"].lines == ((2, "WA: 3 is not 4", "    return 3"),)
    assert it["wrong"].texts == (("test came to", "WA"), ("stderr", "Assertion: 3 is not 4"))


def test_what_is_near_to_a_row_stands_beside_it(tmp_path):
    near = sample("near").no("deduplicate", "similar", "cosine 0.953 to one")
    assert "one, line 1 of in.jsonl" in beside(made(tmp_path), [near])["near"].title


def test_without_what_the_run_kept_there_is_nothing_beside(tmp_path):
    made(tmp_path)
    (tmp_path / ".work/sources/benchmarks/x.jsonl").unlink()
    lost = sample("lost").no("deduplicate", "duplicate", "gone-with-another-run")
    assert set(beside(tmp_path, [*rejected(), lost])) == {"again", "wrong"}


def test_the_page_tells_what_is_wrong_how_much_and_where(tmp_path):
    parts = Parts(page.text(gather(made(tmp_path, {"of": 100, "seed": 3}))))
    ids = {attrs["id"] for _, attrs in parts.tags if "id" in attrs}
    assert {"checked", "languages", "remarks", "rejected"} <= ids
    links = {attrs["href"][1:] for attrs in parts.of("a")}
    assert links <= ids
    assert {"row-one", "rejected-wrong"} <= links
    assert parts.open == []
    told = " ".join("".join(parts.texts).split())
    for words in (
        "8 rows of 100, drawn by chance", "with 95 % confidence", "failed 3 · 37.5 % (13.7 to",
        "no language 1", "WA execute 1 · 12.5 % (2.2 to", "The row that came first: one",
        "def add(x, y):", "Assertion: 3 is not 4", "pii/email inspect note", "in.jsonl, line 1",
        "Stage by stage",
    ):  # fmt: skip
        assert words in told
    pairs = [a for a in parts.of("div") if a.get("class") == "pair"]
    assert len(pairs) == 3


def test_a_run_that_is_no_check_has_none_of_it(run):
    text = page.text(gather(run))
    assert 'id="remarks"' not in text
    assert 'id="checked"' not in text


def test_nothing_that_a_checked_row_says_becomes_markup(tmp_path):
    rows = [
        sample("a" + BAD, language=BAD, code=BAD, place=Place(BAD, 3)).no(BAD, BAD, BAD),
        sample("b", place=Place(BAD, 1), checks=(found(BAD, "error", 1, BAD, "failed", BAD),)).no(
            "execute", BAD, BAD
        ),
        sample("c").no("deduplicate", "duplicate", "a" + BAD),
    ]
    parts = Parts(page.text(gather(made(tmp_path, rows=rows))))
    assert len(parts.of("script")) == 1
    assert parts.of("img") == []
    assert not [name for _, attrs in parts.tags for name in attrs if name.startswith("on")]
    assert parts.open == []


def test_the_page_stays_small_whatever_the_rows_are(tmp_path):
    long = "x" * 100_000
    rows = [
        sample(f"r{n}", code=long, checks=(found(f"rule{n}", "error", 1, "lint", "failed", long),))
        .but(messages=(Message("user", long), Message("assistant", long)))
        .no("analyze", f"rule{n}", long)
        for n in range(150)
    ]
    text = page.text(gather(made(tmp_path, rows=rows)))
    assert len(text) < 6_000_000
    assert "backfeed show DIR --rejected rule99" in text
    assert "more rules in summary.json" in text


@pytest.mark.parametrize("drawn", [None, {"of": 100, "seed": 3}])
def test_the_card_tells_of_the_check_in_short(tmp_path, drawn):
    text = card.text(gather(made(tmp_path, drawn)))
    assert re.search(
        r"8 rows were read(, drawn by chance from 100)?: 5 are here, 3 were rejected", text
    )
    assert "`execute: WA` 1" in text
    assert "`pii/email` 1" in text
    assert ("95 %" in text) is bool(drawn)


@pytest.mark.parametrize(
    ("checks", "verdict", "why"),
    [
        ([found("x", check="run"), found("lacks", check="test", verdict="unverified")],
         "unverified", "test: it is so"),
        ([found("x", check="analyze", verdict="unverified"), found("x", check="run")],
         "passed", ""),
        ([found("x", check="run", verdict="unverified")], "unverified", "run: it is so"),
        ([found("x", check="test"), found("few", check="prove", verdict="unverified")],
         "passed", ""),
        ([Check("analyze", "unverified"), found("x", check="extract", verdict="unverified")],
         "unverified", "extract: it is so"),
        ([found("x", check="inspect", verdict="unverified")], "passed", ""),
    ],
)  # fmt: skip
def test_unverified_is_what_its_strongest_check_could_not_judge(tmp_path, checks, verdict, why):
    rows = [sample("one", level="analyzed", checks=tuple(checks))]
    finish(tmp_path, rows, [], [], summary={}, recipe={"name": "check"})
    told = checked.count(tmp_path).plain()
    assert told["verdicts"] == {verdict: 1}
    doubts = [f"{check}: {one}" for check, of in told["unverified"].items() for one in of]
    assert doubts == [why] * bool(why)


def test_the_page_tells_why_rows_are_unverified(tmp_path):
    doubt = found("lacks", check="run", verdict="unverified", message="no tool chain for kotlin")
    rows = [sample(name, level="analyzed", checks=(doubt,)) for name in "abc"]
    finish(tmp_path, rows, [], [], summary={}, recipe={"name": "check"})
    told = {**checked.count(tmp_path).plain(), "files": []}
    (tmp_path / "summary.json").write_text(json.dumps({"checked": told, "stages": {}}))
    text = page.text(gather(tmp_path))
    assert re.search(
        r"Why rows are unverified.*no tool chain for kotlin</td><td[^>]*>3<", text, re.S
    )
