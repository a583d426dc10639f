"""Samples, ids and counts."""

import pytest

from backfeed.engine.errors import PluginFault
from backfeed.engine.identity import Ids, content_id, digest, sha256, sha256_of, well_formed
from backfeed.engine.records import (
    LEVELS,
    VERDICT_OF,
    Check,
    File,
    Keywords,
    Message,
    Place,
    Sample,
    Test,
)
from backfeed.engine.tally import Tallies, Tally

SAID = (Message("system", "s"), Message("user", "q"), Message("assistant", "a"))


def test_a_rejected_sample_keeps_what_is_known():
    gone = Sample(id="x", code="a").no("parse", "syntax", "d" * 3000)
    assert (gone.code, gone.rejected.stage, len(gone.rejected.detail)) == ("a", "parse", 2000)


@pytest.mark.parametrize(
    ("before", "check", "after"),
    [("none", "ran", "ran"), ("tested", "ran", "tested"), ("ran", None, "ran")],
)
def test_the_level_is_the_strongest_evidence(before, check, after):
    assert Sample(level=before).checked(Check("c", "passed"), level=check).level == after


def test_levels_and_verdicts():
    assert LEVELS == ("none", "parsed", "analyzed", "ran", "tested", "proven")
    assert set(VERDICT_OF.values()) == {"passed", "failed", "unverified"}
    assert "IE" not in VERDICT_OF


def test_a_child_is_new_and_knows_its_parent():
    parent = Sample(id="p", code="a", level="ran").checked(Check("c", "passed"))
    child = parent.child("split", 1, code="b")
    assert (child.lineage.parents, child.level, child.checks) == (("p",), "none", ())
    assert child.id != parent.child("split", 2).id
    assert child.id == parent.child("split", 1, code="c").id


def test_random_numbers_hang_on_seed_sample_and_name():
    one, again = Sample(id="a"), Sample(id="a", code="other")
    assert one.rng("x").random() == again.rng("x").random()
    others = [one.rng("y"), Sample(id="b").rng("x"), one.child("s", 1).rng("x")]
    assert len({rng.random() for rng in [one.rng("x"), *others]}) == 4


def test_the_question_and_the_answer():
    assert (Sample(messages=SAID).instruction, Sample(messages=SAID).response) == ("q", "a")
    assert (Sample().instruction, Sample().response) == ("", "")
    assert Sample(messages=SAID, code="abc", files=(File("x", "yz"),)).size == 8


@pytest.mark.parametrize(
    "other",
    [
        Sample(code="b"), Sample(code="a", language="go"), Sample(code="a", messages=SAID),
        Sample(code="a", tests=(Test("script"),)), Sample(code="a", files=(File("x", ""),)),
    ],
)  # fmt: skip
def test_the_id_is_what_a_sample_says(other):
    assert content_id(other) != content_id(Sample(code="a"))


def test_the_id_is_not_where_a_sample_stands():
    same = Sample(code="a", source_id="9", level="ran", split="test", question_type="x")
    assert content_id(same) == content_id(Sample(code="a"))
    assert content_id(Sample(code="a", place=Place("d.jsonl", 3))) == content_id(Sample(code="a"))


def test_what_says_nothing_yet_is_told_apart_by_its_keywords():
    words = [Keywords(task=(one,)) for one in ("sort", "merge")]
    assert len({content_id(Sample(keywords=one)) for one in (*words, Keywords())}) == 3
    assert len({content_id(Sample(keywords=one, code="a")) for one in words}) == 1


def test_the_kth_equal_one_is_numbered():
    ids = Ids()
    named = [ids.name(Sample(code=code)).id for code in "aaba"]
    assert named == [named[0], f"{named[0]}-2", named[2], f"{named[0]}-3"]


@pytest.mark.parametrize(
    ("one", "two"), [({"a": 1, "b": 2}, {"b": 2, "a": 1}), ((1, 2), [1, 2]), (File("a", "b"),) * 2]
)
def test_equal_data_have_equal_digests(one, two):
    assert digest(one) == digest(two)


def test_digests_of_files(tmp_path):
    (tmp_path / "a").write_bytes(b"x" * 300_000)
    assert sha256_of(tmp_path / "a") == sha256("x" * 300_000)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("a\ud800b", "a�b"), ("\ud83d\ude00", "😀"), ({"\udfff": ["\ud800", 1]}, {"�": ["�", 1]})],
)
def test_what_utf8_cannot_say_is_replaced(value, expected):
    assert well_formed(value) == expected


def test_lost_rows_are_refused():
    tallies = Tallies()
    tallies.of("parse").merge(Tally(entered=3, out=2))
    with pytest.raises(PluginFault, match="stage 'parse' lost 1 rows"):
        tallies.check()


def test_counts_come_back_from_plain_data():
    tallies = Tallies()
    tallies.of("split").add([Sample(), Sample(), Sample().no("split", "short")])
    assert tallies["split"].plain() == {
        "in": 1, "made": 2, "out": 2, "rejected": {"short": 1}, "unfinished": 0,
    }  # fmt: skip
    assert Tallies.from_plain(tallies.plain()) == tallies
    tallies.check()
