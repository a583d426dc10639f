"""Splits: what hangs together stands on one side."""

import pytest

from backfeed.engine.methods.splits import near_clusters, split
from backfeed.engine.records import Lineage, Message, Origin, Sample

WORDS = [f"word{n}" for n in range(40)]


def text(*change):
    return " ".join([*WORDS, *change])


def row(name, path="", parents=(), code="", ask="", sha=""):
    return Sample(
        id=name,
        messages=(Message("user", ask or f"question {name}"), Message("assistant", "a")),
        code=code or f"x = {name!r}",
        origin=Origin("s", path=path, sha256=sha),
        lineage=Lineage("stage", tuple(parents)),
    )


def sides(rows, **more):
    """The split of each row, over many hashes: names are prefixed, so that groups fall anew."""
    for turn in range(12):
        named = [
            sample.but(
                id=f"{turn}{sample.id}",
                lineage=Lineage("stage", tuple(f"{turn}{p}" for p in sample.lineage.parents)),
            )
            for sample in rows
        ]
        found = split(lambda named=named: named, {"valid": 0.5}, **more)
        yield [found.of[sample.id] for sample in named]


TOGETHER = {
    "one file": [row("a", "f"), row("b", "f")],
    "one file by its bytes": [row("a", "f", sha="1"), row("b", "g", sha="1")],
    "parent and child": [row("a", "f"), row("b", "g", ["a"])],
    "siblings": [row("a", parents=["p"]), row("b", parents=["p"])],
    "a composed row and its parents": [row("a", "f"), row("b", "g"), row("c", "f + g", ["a", "b"])],
    "a parent that was not kept": [row("a", parents=["p", "q"]), row("b", parents=["q", "r"])],
    "nearly the same answer": [row("a", code=text("one")), row("b", code=text("two"))],
    "nearly the same question": [row("a", ask=text("one")), row("b", ask=text("two"))],
}
APART = {
    "files": [row("a", "f"), row("b", "g")],
    "no file is known": [row("a"), row("b")],
    "other texts": [row("a", code=text(*map(str, range(30)))), row("b", code=text(*"pqrstuvw"))],
    "composed rows of one pair of files": [row("a", "f + g", "pq"), row("b", "f + g", "rs")],
}


@pytest.mark.parametrize("rows", TOGETHER.values(), ids=TOGETHER)
def test_stand_on_one_side(rows):
    filler = [row(f"other {n}") for n in range(len(rows))]
    found = [set(names[: len(rows)]) for names in sides([*rows, *filler])]
    assert all(len(names) == 1 for names in found)
    assert {"train"} in found
    assert {"valid"} in found


@pytest.mark.parametrize("rows", APART.values(), ids=APART)
def test_may_stand_apart(rows):
    assert any(len(set(names)) == 2 for names in sides(rows))


@pytest.mark.parametrize(
    ("count", "shares", "expected"),
    [
        (100, {"valid": 0.02}, {"train": 98, "valid": 2}),
        (100, {"valid": 0.02, "test": 0.1}, {"train": 88, "valid": 2, "test": 10}),
        (3, {"valid": 0.02}, {"train": 2, "valid": 1}),
        (1, {"valid": 0.5}, {"train": 0, "valid": 1}),
        (0, {"valid": 0.5}, {"train": 0, "valid": 0}),
    ],
)
def test_shares(count, shares, expected):
    rows = [row(f"{n}", f"file {n}") for n in range(count)]
    assert split(lambda: rows, shares).counts() == expected


def test_a_group_that_is_too_large_stays_in_train():
    rows = [row(f"{n}", "one file") for n in range(50)] + [row("a"), row("b")]
    found = split(lambda: rows, {"valid": 0.1, "test": 0.1})
    assert found.counts() == {"train": 50, "valid": 2, "test": 0}
    assert (found.largest, found.groups) == (50, {"train": 1, "valid": 2})


def test_is_the_same_every_time_and_in_any_order():
    rows = [row(f"{n}", f"file {n % 30}") for n in range(90)]
    first, again, turned = (
        split(lambda some=some: some, {"valid": 0.1}).of for some in (rows, rows, rows[::-1])
    )
    assert first == again == turned


def chain(count):
    """Files of one row each, all tied together by rows composed of neighbours."""
    rows = [row(f"{n}", f"file {n}") for n in range(count)]
    return rows + [row(f"c{n}", "", [f"{n}", f"{n + 1}"]) for n in range(count - 1)]


def test_composed_rows_tie_everything_together_unless_they_may_be_left_out():
    rows = chain(60)
    whole = split(lambda: rows, {"valid": 0.2})
    assert whole.counts() == {"train": 119, "valid": 0}
    cut = split(lambda: rows, {"valid": 0.2}, cut=True)
    assert cut.counts()["valid"] >= 12
    assert cut.left_out + sum(cut.counts().values()) == 119
    assert 0 < cut.left_out <= 24
    for sample in rows[60:]:
        homes = {cut.of[parent] for parent in sample.lineage.parents}
        assert cut.of[sample.id] == (homes.pop() if len(homes) == 1 else "")


def test_a_composed_row_stays_beside_what_is_nearly_equal():
    """And so does one that was made of it."""
    same = text("one")
    rows = [row(f"{n}", f"file {n}") for n in range(8)]
    made = [row("c", parents=["0", "1"], code=same), row("d", parents=["2", "3"], code=same)]
    made.append(row("e", parents=["c", "4"]))
    for names in sides([*rows, *made], cut=True):
        homes = {names[n] for n in range(4)}
        both = homes.pop() if len(homes) == 1 else ""
        assert names[8] == names[9] == both
        assert names[10] == (both if both == names[4] else "")


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([], []),
        (["", "", " "], [0, 1, 2]),
        ([text("a"), "other words", text("b"), text("a")], [0, 1, 0, 0]),
        (["short", "short", "shorter"], [0, 0, 1]),
    ],
)
def test_near_clusters(texts, expected):
    assert near_clusters(lambda: texts) == expected
