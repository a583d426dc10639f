"""Against a baseline: what got worse fails, what is as it was does not."""

import json

import pytest
from judged_rows import failed, judged, row, unread

from backfeed.engine.errors import InputError
from backfeed.engine.gate import baseline
from backfeed.engine.gate.clauses import clauses
from backfeed.engine.gate.policy import parse

OLD = [row("a"), row("b", said="b"), failed("c", 3), failed("d", 4), unread("e", 5)]


def against(tmp_path, before, now, *, told=None, **policy):
    """The states of the clauses, and the rows to blame, with the summary of an earlier gate."""
    _, found = judged(before, **policy)
    path = tmp_path / "summary.json"
    path.write_text(json.dumps(told or {"stages": {}, "gate": baseline.plain(found)}))
    known = baseline.load(path, clauses(parse(policy, "gate.toml")))
    verdict, _ = judged(now, known, **policy)
    return {one.name: one.state for one in verdict.outcomes}, [one.name for one in verdict.broken]


def test_the_same_rows_are_as_before(tmp_path):
    states, broken = against(tmp_path, OLD, OLD)
    assert states == {"unreadable": "as before", "failed": "as before"}
    assert broken == []


def test_rows_may_move(tmp_path):
    moved = [one.but(place=one.place.__class__("other.jsonl", 9)) for one in reversed(OLD)]
    assert against(tmp_path, OLD, moved)[1] == []


@pytest.mark.parametrize(
    ("added", "blamed"),
    [
        ([failed("f", 6)], ["f"]),
        ([failed("c", 6)], ["c"]),  # a second copy of a row that was broken once
        ([unread("g", 7, "no-answer")], ["g"]),
        ([row("h", said="h")], []),
    ],
)
def test_only_new_rows_are_blamed(tmp_path, added, blamed):
    assert against(tmp_path, OLD, [*OLD, *added])[1] == blamed


def test_a_row_that_was_good_and_is_not_is_new(tmp_path):
    now = [*OLD[:1], failed("b", 2), *OLD[2:]]
    states, broken = against(tmp_path, OLD, now)
    assert (states["failed"], broken) == ("broken", ["b"])


def test_one_bad_row_for_another_is_worse(tmp_path):
    now = [*OLD[:3], failed("x", 4), OLD[4]]
    assert against(tmp_path, OLD, now)[1] == ["x"]


@pytest.mark.parametrize(
    ("good", "state"), [(2, "broken"), (3, "as before"), (30, "as before"), (100, "kept")]
)
def test_shares_are_compared_as_shares(tmp_path, good, state):
    before = [failed("c"), *(row(str(n), said=str(n)) for n in range(3))]
    now = [failed("x"), *(row(str(n), said=str(n)) for n in range(good))]
    assert against(tmp_path, before, now, failed=0.01)[0]["failed"] == state


def test_a_level_that_fewer_rows_reach_is_worse(tmp_path):
    before = [row("a"), row("b", said="b"), failed("c")]
    policy = {"level": {"analyzed": 0.9}, "failed": 1.0}
    assert against(tmp_path, before, before, **policy)[0]["level.analyzed"] == "as before"
    now = [*before, failed("d")]
    assert against(tmp_path, before, now, **policy)[0]["level.analyzed"] == "broken"


def test_a_baseline_that_knows_nothing_of_a_clause_forgives_nothing(tmp_path):
    _, found = judged(OLD)
    told = {"stages": {}, "gate": baseline.plain(found)}
    states, _ = against(tmp_path, OLD, OLD, told=told, required_columns=["tests"])
    assert states["required_columns.tests"] == "broken"


@pytest.mark.parametrize(("count", "state"), [(1, "broken"), (2, "as before"), (3, "as before")])
def test_of_the_summary_of_a_check_numbers_are_compared(tmp_path, count, state):
    told = {
        "accepted": 3, "levels": {"analyzed": 3},
        "stages": {"read": {"rejected": {"not-json": 1}}, "parse": {"rejected": {"syntax": count}}},
    }  # fmt: skip
    states, _ = against(tmp_path, OLD, OLD, told=told)
    assert states == {"unreadable": "as before", "failed": state}


def test_the_rows_of_another_data_set_are_refused(tmp_path):
    _, found = judged(OLD)
    known = baseline.Baseline("there", sketch=found.sketch)
    strangers = [("mark", row("z"))]
    with pytest.raises(InputError, match="there is of another data set: none of the 5 rows"):
        list(known.meeting(strangers))
    assert list(known.meeting([*strangers, (found.sketch[0], row())]))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (None, "there is no baseline"),
        ("{", "cannot be read as a summary.json"),
        ("[]", "is no summary.json of a run"),
        ('{"recipe": "x"}', "is no summary.json of a run: it has no 'stages'"),
        ('{"stages": {}, "gate": {}}', "its 'gate' is not as a gate writes it"),
    ],
)
def test_what_is_no_baseline_is_refused(tmp_path, text, complaint):
    path = tmp_path / "summary.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InputError, match=complaint):
        baseline.load(path, [])
