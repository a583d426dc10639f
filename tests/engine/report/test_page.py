"""The page: its parts, and that nothing that a row says becomes a part of it."""

import dataclasses
import re

import pytest
from finished import finish, sample
from page_parts import BAD, Parts
from small_run import LIMITS, RECIPE, SUMMARY, seen

from backfeed.engine.records import Check, File, Finding, Keywords, Labels, Lineage, Message, Origin
from backfeed.engine.records import Test as Tested
from backfeed.engine.report import page
from backfeed.engine.report.facts import gather


@pytest.fixture
def parts(run):
    return Parts(page.text(gather(run)))


def test_has_all_its_parts(parts):
    ids = {attrs["id"] for _, attrs in parts.tags if "id" in attrs}
    assert {"funnel", "rejected", "unfinished", "corpus", "programs", "cost", "rows", "run"} <= ids
    links = {attrs["href"][1:] for attrs in parts.of("a")}
    assert links <= ids
    assert parts.open == []


def test_shows_rows_with_problem_tests_and_checks(parts):
    rows = [attrs for attrs in parts.of("details") if "data-level" in attrs]
    assert {attrs["data-level"] for attrs in rows} == {"proven", "tested", "none"}
    told = "".join(parts.texts)
    for words in ("Ask one", "assert f(1)", "expectation from doc", "9 of 10 usable mutants killed",
                  "pypi:a==1.0", "a/x.py:1-9", "nll 1.25", "1,500 tokens in", "0.0123 USD",
                  "Mutants by language", "too-short", "four is short", "silent",
                  "1.2.3"):  # fmt: skip
        assert words in told


def test_asks_nothing_of_the_network(run):
    text = page.text(gather(run))
    assert re.findall(r"(?:src|href)\s*=\s*[\"'](?!#)", text) == []
    assert re.findall(r"url\(|@import|https?://", text) == []
    [policy] = [
        a["content"] for a in Parts(text).of("meta") if "content" in a and "src" in a["content"]
    ]
    assert "default-src 'none'" in policy


def hostile(directory):
    """A run in which every text of every record says the same bad thing."""
    row = sample(
        "a" + BAD, source_id=BAD, language=BAD, question_type=BAD, code=BAD * 2, entry_point=BAD,
        files=(File(BAD, BAD),), support=(File(BAD, BAD),),
        tests=(Tested(BAD, "doc", BAD, BAD, BAD, BAD, BAD, BAD, (File(BAD, BAD),)),),
        keywords=Keywords((BAD,), (BAD,), (BAD,)), labels=Labels((BAD,), (BAD,)),
        checks=(Check(BAD, "failed", BAD, BAD, (Finding(BAD, "note", BAD, 3),)),),
        origin=Origin(BAD, BAD, BAD, BAD, 1, 2, BAD, BAD),
        lineage=Lineage(BAD, (BAD,), BAD, BAD), extra=BAD,
    ).but(messages=(Message(BAD, BAD), Message("user", BAD)))  # fmt: skip
    tally = {"in": 1, "made": 0, "out": 0, "rejected": {BAD: 1}, "unfinished": 0}
    summary = {
        **SUMMARY, "complete": False, "stopped": BAD, "bugs": [BAD], "stages": {BAD: tally},
        "desks": {BAD: {"asked": 1}}, "book": {BAD: 2}, "metrics": {BAD: 1.0},
        "versions": {BAD: BAD},
    }  # fmt: skip
    data = {**seen(0.1), "job": {"limits": {**LIMITS, BAD: BAD}}}
    data["outcome"]["environment"] = BAD
    pin = {"address": f"x:{BAD}", "version": BAD, "sha256": BAD}
    recipe = {**RECIPE, "name": BAD, "given": {"inputs": {"a": {"pinned": [pin]}}}}
    return finish(
        directory, [row], [dataclasses.replace(row).no(BAD, BAD, BAD)], [row.no(BAD, BAD, BAD)],
        evidence=[("a", BAD, data)], summary=summary, recipe=recipe,
    )  # fmt: skip


def test_nothing_that_a_row_says_becomes_markup(tmp_path):
    text = page.text(gather(hostile(tmp_path)))
    parts = Parts(text)
    assert len(parts.of("script")) == 1
    assert parts.of("img") == []
    assert not [name for _, attrs in parts.tags for name in attrs if name.startswith("on")]
    assert "49" not in "".join(t for t in parts.texts if "7 * 7" in t)
    assert "".join(parts.texts).count("<script>alert(1)</script>") > 60
    assert parts.open == []


def test_control_codes_are_shown(tmp_path):
    finish(tmp_path, [sample("a", asked="x\x00\x1b[31my\r\nz\fw")])
    text = page.text(gather(tmp_path))
    assert not re.search(r"[\x00-\x08\x0b-\x1f]", text)
    assert "x\ufffd\ufffd[31my\nz\ufffdw" in text


def test_long_texts_are_cut(tmp_path):
    finish(tmp_path, [sample("a", asked="x" * 50_000)])
    text = page.text(gather(tmp_path))
    assert len(text) < 60_000
    assert "[38,000 more characters]" in text


def test_an_empty_run_has_a_page(tmp_path):
    parts = Parts(page.text(gather(finish(tmp_path))))
    assert parts.of("h1") == [{}]
    assert parts.open == []


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({}, []),
        ({"a": 1, "b": 4}, [("b", 4, 1.0), ("a", 1, 0.25)]),
        ({f"{n:02}": 1 for n in range(20)}, [*[(f"{n:02}", 1, 1.0) for n in range(12)],
                                             ("8 others", 8, 1.0)]),
    ],
)  # fmt: skip
def test_bars(counts, expected):
    assert [(bar.label, bar.count, bar.part) for bar in page.bars(counts)] == expected
