"""Releases: what is in which, and what was dropped between them."""

import json
import re

import pytest
from finished import finish, sample

from backfeed.engine.commands import export
from backfeed.engine.records import Check, Lineage, Message
from backfeed.engine.report import card, facts, page, releases
from backfeed.engine.report.facts import Counted, gather

STATIC = frozenset({"parse", "analyze", "fit"})
RECIPE = {
    "name": "r",
    "step": [
        {"use": "parse", "name": "parse"},
        {"loop": "more", "step": [{"use": "analyze", "name": "a-2"}, {"use": "fit", "name": "f"}]},
        {"use": "accept", "name": "accept"},
    ],
}


def checks(**verdicts):
    return tuple(Check(name, verdict) for name, verdict in verdicts.items())


CLEAN = checks(parse="passed", analyze="unverified", fit="passed")
FAILED = (*CLEAN, *checks(test="failed"))
WITHOUT_ANSWER = (Message("user", "Write it."),)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (sample("a"), ("filtered", "paper", "raw")),
        (sample("a", checks=FAILED).no("execute", "WA"), ("paper", "raw")),
        (sample("a", checks=FAILED).no("execute-2", "WA"), ("paper", "raw")),
        (sample("a", checks=CLEAN).no("accept", "level-analyzed"), ("paper", "raw")),
        (sample("a", checks=checks(parse="failed")).no("parse", "syntax"), ("raw",)),
        (sample("a", checks=CLEAN).no("fit", "stub"), ("raw",)),
        (sample("a").no("extract", "cut"), ("raw",)),
        # Turned away before the static filter has seen it, or in spite of what that found.
        (sample("a").no("agree", "disagree"), ("raw",)),
        (sample("a").no("write_tests", "no-tests"), ("raw",)),
        (sample("a", checks=(*CLEAN, *checks(fit="failed"))).no("execute", "RE"), ("raw",)),
        # Nothing that verification said.
        (sample("a", checks=CLEAN).no("deduplicate", "near-duplicate"), ()),
        (sample("a", checks=CLEAN).no("decontaminate", "benchmark"), ()),
        (sample("a", checks=CLEAN).no("stop", "beyond-the-stop"), ()),
        (sample("a", checks=CLEAN).no("execute", "error:execute:ValueError"), ()),
        (sample("a", checks=CLEAN).no("engine", "unfinished"), ()),
        # No pair.
        (sample("a", messages=WITHOUT_ANSWER).no("parse", "syntax"), ()),
        (sample("a", messages=()).no("execute", "WA"), ()),
    ],
)
def test_releases_of_a_row(row, expected):
    assert releases.releases(row, STATIC) == expected


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (sample("a", lineage=Lineage("reverse", ("s",))), "reverse"),
        (sample("a", lineage=Lineage("backfeed", ("s", "t"))), "backfeed"),
        (sample("a", lineage=Lineage("rebuild", ("s",))), "backfeed"),
        (sample("a", question_type="compose", lineage=Lineage("x")), "backfeed"),
        # Made harder afterwards: the lineage tells of that, the notes still have the set.
        (sample("a", extra='{"set": ["task:sort"]}', lineage=Lineage("harden")), "backfeed"),
        (sample("a", extra='{"given": "x"}', lineage=Lineage("harden")), "reverse"),
        (sample("a", extra="set", lineage=Lineage("reverse")), "reverse"),
        (sample("a"), "given"),
    ],
)
def test_branch_of_a_row(row, expected):
    assert releases.branch(row) == expected


@pytest.fixture
def ran(tmp_path):
    """Two branches in two languages, with rows that left everywhere."""
    made, fed = {"lineage": Lineage("reverse", ("s",))}, {"lineage": Lineage("backfeed", ("s",))}
    go = {"language": "go", **fed}
    return finish(
        tmp_path / "run",
        [sample("a", **made), sample("b", **made), sample("c", **fed), sample("d", **go)],
        [
            sample("e", checks=FAILED, **made).no("execute", "WA"),
            sample("f", checks=checks(parse="failed"), **made).no("parse", "syntax"),
            sample("g", checks=FAILED, **go).no("execute", "CE"),
            sample("h", checks=FAILED, **go).no("execute", "CE"),
            sample("i", **made).no("deduplicate", "near-duplicate"),
            sample("j", messages=WITHOUT_ANSWER, **fed).no("answer", "cut"),
            sample("k", messages=(), **made).no("cut_units", "too-short"),
        ],
        recipe=RECIPE,
    )


def test_rows_of_a_release(ran):
    found = {name: [row.id for row in releases.rows(ran, name)] for name in releases.RELEASES}
    assert found == {"filtered": [*"abcd"], "paper": [*"abcdegh"], "raw": [*"abcdefgh"]}


def test_raw_rows_say_that_they_failed(ran):
    left = [row for row in releases.rows(ran, "raw") if row.rejected is not None]
    assert [row.rejected.reason for row in left] == ["WA", "syntax", "CE", "CE"]
    assert all(any(check.verdict == "failed" for check in row.checks) for row in left)


def test_drops_by_branch_language_and_reason(ran):
    found = Counted.of(ran).plain()["drops"]
    assert json.loads(json.dumps(found)) == found
    assert list(found) == ["reverse", "backfeed"]
    assert found["reverse"] == {
        "python": {
            "asked": 5, "raw": 4, "paper": 3, "filtered": 2, "rate": 0.5, "static_rate": 0.25,
            "reasons": {"execute": {"WA": 1}, "parse": {"syntax": 1}},
        }
    }  # fmt: skip
    go, python = found["backfeed"]["go"], found["backfeed"]["python"]
    assert (go["asked"], go["raw"], go["filtered"], go["rate"]) == (3, 3, 1, 0.666667)
    assert go["reasons"] == {"execute": {"CE": 2}}
    assert (python["asked"], python["raw"], python["rate"]) == (2, 1, 0.0)


def test_without_a_recipe_the_stage_alone_tells(tmp_path):
    row = sample("a").no("execute", "WA")
    finish(tmp_path, [], [row])
    assert releases.static_checks(tmp_path) == frozenset()
    assert [one.id for one in releases.rows(tmp_path, "paper")] == ["a"]


def test_what_is_known_of_a_run_is_not_counted_again(ran, monkeypatch):
    known = Counted.of(ran)
    whole = page.text(gather(ran))
    monkeypatch.setattr(facts, "drops", None)
    monkeypatch.setattr(facts, "counted", None)
    assert page.text(gather(ran, known)) == whole


def test_the_card_and_the_page_tell_it(ran):
    found = gather(ran)
    told = card.text(found)
    assert (
        "| reverse | `python` | 5 | 4 | 3 | 2 | 50 % | `execute: WA` 1, `parse: syntax` 1 |" in told
    )
    assert "| backfeed | `go` | 3 | 3 | 3 | 1 | 66.7 % | `execute: CE` 2 |" in told
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", page.text(found).split('id="drops"')[1])
    assert cells[:8] == [
        "reverse", "python", "5", "4", "3", "2", "50 %", "execute: WA 1, parse: syntax 1",
    ]  # fmt: skip


def test_many_reasons_are_summed(tmp_path):
    left = [sample(f"{n}").no("fit", f"rule-{n % 9}") for n in range(10)]
    finish(tmp_path, [sample("a")], left)
    [one] = card.dropped(gather(tmp_path))
    assert (len(one.reasons), one.reasons[0], one.others) == (6, ("fit: rule-0", 2), 3)


def test_a_run_without_problems_says_nothing_of_drops(tmp_path):
    facts = gather(finish(tmp_path, [], [sample("a", messages=()).no("cut_units", "short")]))
    assert "What verification dropped" not in card.text(facts)
    assert 'id="drops"' not in page.text(facts)


def test_the_command_knows_them():
    assert export.RELEASES == releases.RELEASES
