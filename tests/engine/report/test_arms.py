"""The arms of an ablation: equal budgets, nothing shared with what is held out, honest costs."""

import re

import pytest
from finished import finish, sample

from backfeed.engine.errors import InputError
from backfeed.engine.records import Check, Keywords, Lineage, Message
from backfeed.engine.report import _arm_table, arms
from backfeed.engine.report._arm_costs import Cost, costs, owned

STATIC = tuple(Check(name, "passed") for name in ("parse", "analyze", "fit"))
RECIPE = {
    "name": "r",
    "step": [
        {"use": "reverse", "name": "reverse"},
        {"use": "fit", "name": "fit"},
        {"loop": "more", "step": [
            {"use": "backfeed", "name": "backfeed"}, {"use": "fit", "name": "fit-2"},
        ]},
        {"use": "reword", "name": "reword"},
    ],
}  # fmt: skip
SUMMARY = {
    "stages_cost": {
        "reverse": {"model:strong": {"calls": 90, "tokens_in": 5000, "tokens_out": 1000,
                                     "usd": 6.0}},
        "backfeed": {"model:strong": {"calls": 30, "tokens_in": 700, "tokens_out": 200, "usd": 0.9},
                     "model:cheap": {"calls": 9, "tokens_in": 100, "tokens_out": 0, "usd": 0.1}},
        "reword": {"model:cheap": {"calls": 9, "tokens_in": 240, "tokens_out": 0, "usd": 0.24}},
    }
}  # fmt: skip
WORDS = [
    "apple",
    "river",
    "stone",
    "cloud",
    "tiger",
    "piano",
    "candle",
    "forest",
    "mirror",
    "engine",
    "basket",
    "copper",
]


def text(number, about):
    """A problem of its own: numbers in all places, that no two of them are nearly equal."""
    return " ".join(f"{word}{about}{number * 7919 % 997}" for word in WORDS)


def row(branch, number, **more):
    """A row of a branch, from a file of its own."""
    mark = f"{branch[0]}{number}"
    asked, said = text(number, branch), text(number, f"{branch}-answer")
    lineage = Lineage(branch, (f"seed of {mark}",))
    kept = {"asked": asked, "said": said, "lineage": lineage, "level": "tested", "code": said}
    return sample(mark, f"file {mark}", **{**kept, **more})


def failed(branch, number, **more):
    """One that verification turned away."""
    kept = {"checks": (*STATIC, Check("test", "failed")), "level": "analyzed"}
    return row(branch, number, **kept, **more).no("execute", "WA")


def unanswered(number):
    return row("reverse", number, messages=(Message("user", text(number, "open")),)).no(
        "answer", ""
    )


@pytest.fixture
def ran(tmp_path):
    """Reverse: 80 problems, 60 accepted, 16 failed, 4 not answered; backfeed: 40, 20, 20."""
    accepted = [row("reverse", n) for n in range(60)] + [row("backfeed", n) for n in range(20)]
    left = [failed("reverse", n) for n in range(60, 76)] + [unanswered(n) for n in range(76, 80)]
    left += [failed("backfeed", n) for n in range(20, 40)]
    return finish(tmp_path / "run", accepted, left, recipe=RECIPE, summary=SUMMARY)


def by_name(found):
    return {arm.name: arm for arm in found.arms}


def test_six_arms_of_equally_many_rows(ran):
    found = arms.ablation(ran)
    told = by_name(found)
    assert list(told) == [
        "reverse-raw", "backfeed-raw", "both-raw",
        "reverse-filtered", "backfeed-filtered", "both-filtered",
    ]  # fmt: skip
    [size] = {len(set(arm.ids)) for arm in found.arms}
    assert size == told["backfeed-filtered"].free <= 20
    assert [(arm.asked, arm.available) for arm in found.arms] == [
        (80, 76), (40, 40), (120, 116), (80, 60), (40, 20), (120, 80),
    ]  # fmt: skip
    halves = [sum(id_.startswith("b") for id_ in told[f"both-{of}"].ids) for of in arms.RELEASES]
    assert halves == [size // 2] * 2


def test_raw_arms_have_rejected_rows_and_filtered_ones_none(ran):
    found = arms.ablation(ran)
    gone = {arm.name: sum(row.rejected is not None for row in arms.rows(found, arm))
            for arm in found.arms}  # fmt: skip
    assert [gone[name] for name in gone if name.endswith("filtered")] == [0, 0, 0]
    assert all(gone[name] for name in gone if name.endswith("raw"))


def test_the_seed_decides_and_nothing_else(ran):
    one, two = arms.ablation(ran), arms.ablation(ran)
    other = arms.ablation(ran, seed=1)
    assert [arm.ids for arm in one.arms] == [arm.ids for arm in two.arms]
    assert by_name(one)["reverse-raw"].ids != by_name(other)["reverse-raw"].ids
    assert {*one.held_out["reverse"]} == {*other.held_out["reverse"]}


def test_no_arm_has_what_hangs_together_with_a_held_out_row(tmp_path):
    """One file, a common parent, the same problem: in an arm or held out, never both."""
    rows = [row("reverse", n).but(origin=row("reverse", n // 3).origin) for n in range(60)]
    rows += [row("backfeed", n, lineage=Lineage("backfeed", (f"r{n}",))) for n in range(30)]
    copies = [failed("reverse", 100 + n, asked=text(n, "reverse")) for n in range(60)]
    found = arms.ablation(finish(tmp_path, rows, copies, recipe=RECIPE), share=0.2)
    held = list(arms.held_out(found))
    assert len(held) >= 10
    taken = [row for arm in found.arms for row in arms.rows(found, arm)]
    assert not {row.instruction for row in held} & {row.instruction for row in taken}
    assert not {row.origin.path for row in held if row.id[0] == "r"} & {
        row.origin.path for row in taken if row.id[0] == "r"
    }
    parents = {row.lineage.parents[0] for row in held if row.id[0] == "b"}
    assert not parents & {row.id for row in taken}
    assert found.left_out >= len([row for row in held if row.id[0] == "r"])


def test_nothing_is_held_out_if_nothing_shall(ran):
    found = arms.ablation(ran, share=0.0)
    assert (found.held_out, found.left_out) == ({"reverse": (), "backfeed": ()}, 0)
    assert {len(arm.ids) for arm in found.arms} == {20}


def test_a_budget_of_tokens(ran):
    """Reverse used 6,160 tokens for 76 and 60 rows, backfeed 1,080 for 40 and 20."""
    found = arms.ablation(ran, budget="tokens", share=0.0)
    assert {arm.name: len(arm.ids) for arm in found.arms} == {
        "reverse-raw": 13, "backfeed-raw": 40, "both-raw": 6 + 20,
        "reverse-filtered": 10, "backfeed-filtered": 20, "both-filtered": 5 + 10,
    }  # fmt: skip
    assert all(900 < arm.cost.tokens <= 1080 for arm in found.arms)


def test_without_tokens_there_is_no_budget_of_them(tmp_path):
    rows = [row(branch, n) for branch in ("reverse", "backfeed") for n in range(20)]
    finish(tmp_path, rows, summary={"stages_cost": {}}, recipe=RECIPE)
    with pytest.raises(InputError, match="no tokens that models used for backfeed or reverse"):
        arms.ablation(tmp_path, budget="tokens")
    assert {len(arm.ids) for arm in arms.ablation(tmp_path, share=0.0).arms} == {20}


def test_a_branch_without_rows_is_refused(tmp_path):
    finish(tmp_path, [row("reverse", n) for n in range(9)], [failed("backfeed", 1)])
    with pytest.raises(InputError, match=r"no accepted row of backfeed .*1 problems were asked"):
        arms.ablation(tmp_path)


def test_rows_that_were_given_are_in_no_arm(tmp_path):
    rows = [row(branch, n) for branch in ("reverse", "backfeed") for n in range(9)]
    given = [sample(f"g{n}", asked=text(n, "given"), said=text(n, "it")) for n in range(5)]
    found = arms.ablation(finish(tmp_path, [*rows, *given]), share=0.0)
    assert found.given == 5
    assert not [id_ for arm in found.arms for id_ in arm.ids if id_.startswith("g")]


def test_steps_belong_to_branches():
    assert dict(owned(RECIPE)) == {
        "reverse": "reverse", "fit": "reverse", "backfeed": "backfeed", "fit-2": "backfeed",
        "reword": "shared",
    }  # fmt: skip
    plain = {"step": [{"use": "reverse"}, {"loop": "l", "step": [{"use": "fit", "name": "f"}]}]}
    assert dict(owned(plain)) == {"reverse": "shared", "f": "shared"}


@pytest.mark.parametrize(
    ("summary", "expected"),
    [
        (SUMMARY, {"reverse": Cost(6160.0, 6.16), "backfeed": Cost(1080.0, 1.08)}),
        ({}, {"reverse": Cost(None, None), "backfeed": Cost(None, None)}),
        ({"stages_cost": {}}, {"reverse": Cost(0, 0), "backfeed": Cost(0, 0)}),
    ],
)
def test_costs(summary, expected):
    found = costs(summary, RECIPE, {"reverse": 80, "backfeed": 40})
    assert {name: (cost.tokens, cost.usd and round(cost.usd, 9)) for name, cost in found.items()} \
        == {name: (cost.tokens, cost.usd) for name, cost in expected.items()}  # fmt: skip


def test_an_unknown_price_stays_unknown():
    """Of the steps that a branch has no part in, too, it asks nothing."""
    desk = {"calls": 1, "tokens_in": 10, "tokens_out": 0, "usd": None}
    told = {**SUMMARY["stages_cost"], "backfeed": {"model:x": desk}}
    found = costs({"stages_cost": told}, RECIPE, {"reverse": 1, "backfeed": 1})
    assert found["backfeed"] == Cost(130.0, None)
    assert found["reverse"].usd == pytest.approx(6.12)


def test_what_an_arm_is_like():
    keywords = [Keywords(("a",), (), ("x", "y")), Keywords(("a",), (), ("z",)), Keywords()]
    rows = [row("reverse", n, keywords=each) for n, each in enumerate(keywords)]
    found = _arm_table.measured([*rows, failed("reverse", 9)])
    assert (found.rows, found.accepted, dict(found.levels)) == (4, 3, {"tested": 3})
    assert (found.with_keywords, found.keywords, found.keyword_rate) == (2, 4, 200.0)
    assert (found.distinct, found.nearest) == (1.0, 0.0)


def test_the_table(ran):
    found = arms.ablation(ran, share=0.0)
    told = [_arm_table.plain(arm, _arm_table.measured(arms.rows(found, arm)))
            for arm in found.arms]  # fmt: skip
    lines = _arm_table.markdown(found, told).splitlines()
    cells = [re.split(r"\s*\|\s*", line)[1:-1] for line in lines if line.startswith("|")]
    assert {len(line) for line in cells} == {len(_arm_table.HEAD)}
    table = {line[0]: dict(zip(cells[0], line, strict=True)) for line in cells[2:]}
    one, raw = table["backfeed-filtered"], table["backfeed-raw"]
    assert [one[name] for name in ("problems", "release", "yield", "rows", "accepted", "tested")] \
        == ["40", "20", "50 %", "20", "100 %", "100 %"]  # fmt: skip
    assert (one["tokens / row"], one["tokens / accepted"]) == ("54", "54")
    assert (one["USD / accepted"], raw["tokens / row"]) == ("0.054", "27")
    # What a rejected row had reached is no level of the arm.
    assert (raw["analyzed"], raw["tested"]) == ("0 %", raw["accepted"])


def test_what_is_not_known_is_said(tmp_path):
    rows = [row(branch, n) for branch in ("reverse", "backfeed") for n in range(9)]
    found = arms.ablation(finish(tmp_path, rows), share=0.0)
    told = [_arm_table.plain(arm, _arm_table.measured(arms.rows(found, arm)))
            for arm in found.arms]  # fmt: skip
    assert {arm["tokens_per_row"] for arm in told} == {None}
    assert _arm_table.markdown(found, told).count("not known") == 18
