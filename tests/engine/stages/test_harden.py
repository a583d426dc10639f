"""The stage that makes problems harder: its dialogue, by hand."""

import json
from collections import Counter

import pytest

from backfeed.engine.errors import ConfigError, Refused
from backfeed.engine.methods.notes import noted, with_notes
from backfeed.engine.prompts import mark
from backfeed.engine.records import Lineage, Message, Sample
from backfeed.engine.records import Test as Tested
from backfeed.engine.requests import Prompt, Who, rejoined
from backfeed.engine.stages.harden import DIRECTIONS, Evolved, Harden, definitions
from backfeed.engine.tally import Tally

OLD = "Write `top(items, n)`: the `n` largest of `items`.\n\n>>> top([1, 3, 2], 2)\n[3, 2]"
NEW = (
    "Write `top(items, n)`: the `n` largest of `items`, in one pass and without changing `items`;"
    " equal ones keep their order.\n\n>>> top([1, 3, 2], 2)\n[3, 2]"
)
SAMPLE = with_notes(
    Sample(
        id="a", language="python", question_type="generate", entry_point="top",
        messages=(Message("user", OLD),), tests=(Tested("doctest", "doc", code=">>> top([], 1)"),),
        lineage=Lineage("reverse", ("u",), "reverse/generate@1", "writer", 3),
    ),
    snippet="def top(items, n): ...",
)  # fmt: skip
GOOD = {"changed": "One pass.", "entry_point": "top", "problem": NEW, "answerable": True}


def hardened(*replies, sample=SAMPLE, asked=None, **settings):
    """All rows that come of replies in turn."""
    left = iter(replies)

    def answer(request):
        (asked if asked is not None else []).append(request)
        if isinstance(request, Who):
            return "strong one"
        said = next(left)
        if isinstance(said, Exception):
            raise said
        return {"text": json.dumps({**GOOD, **said}), "finish": "stop"}

    return rejoined(Harden(**{"chance": 1, **settings}).each(sample), answer)


def test_the_harder_problem_takes_the_place_of_the_old_one():
    [found] = hardened({}, weights={"constraints": 1})
    assert (found.id, found.instruction, found.rejected) == ("a", NEW, None)
    told = noted(found)
    assert (told["directions"], told["before"]) == (["constraints"], OLD)
    assert told["snippet"] == "def top(items, n): ..."
    assert found.lineage == Lineage(
        "harden", ("u",), f"reverse/generate@1 harden/evolve@{mark('harden/evolve')}",
        "writer strong one", 3,
    )  # fmt: skip


def test_tests_of_the_easier_problem_go():
    [found] = hardened({})
    assert found.tests == ()


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_each_direction_can_be_chosen_and_says_what_it_means(direction):
    asked = []
    [found] = hardened({}, asked=asked, weights={direction: 2}, most_words=30)
    assert noted(found)["directions"] == [direction]
    prompt = asked[0]
    assert (prompt.name, prompt.reply, prompt.role) == ("harden/evolve", Evolved, "strong")
    assert prompt.fields == {
        "language": "python", "question_type": "generate", "entry_point": "top", "most_words": 30,
        "direction": direction, "definition": definitions()[direction], "problem": OLD,
    }  # fmt: skip


def test_definitions_are_data_and_differ():
    told = definitions()
    assert tuple(told) == DIRECTIONS
    assert len({*told.values()}) == 6
    assert all(len(text.split()) >= 25 for text in told.values())


def test_directions_are_drawn_by_weight():
    def drawn(**weights):
        stage = Harden(weights=weights)
        return Counter(stage._drawn(SAMPLE.but(id=str(n)), 0) for n in range(1200))

    alike = drawn()
    assert alike.keys() == {*DIRECTIONS}
    assert all(150 < count < 250 for count in alike.values())
    assert 800 < drawn(depth=3, input=1)["depth"] < 1000
    assert drawn(depth=3, input=1).keys() == {"depth", "input"}


def test_a_share_of_the_problems_is_made_harder():
    asked = []
    for n in range(200):
        hardened({}, sample=SAMPLE.but(id=str(n)), asked=asked, chance=0.3)
    assert 40 < sum(isinstance(request, Prompt) for request in asked) < 80


def test_one_direction_a_round():
    later = NEW.replace("in one pass", "in two passes, whatever their kind,")
    [found] = hardened({}, {"problem": later}, rounds=2)
    assert (found.instruction, noted(found)["before"]) == (later, NEW)
    assert len(noted(found)["directions"]) == 2


LONG = " ".join(["word"] * 41)
FAILED = [
    ({"problem": OLD.upper().replace("`", "")}, "unchanged"),
    ({"problem": f"{OLD} "}, "unchanged"),
    ({"changed": " "}, "unchanged"),
    ({"problem": ""}, "unchanged"),
    ({"problem": f"#Rewritten Prompt#\n\n{NEW}"}, "leaked-template"),
    ({"problem": f"{NEW} (Requirement added: one pass.)"}, "leaked-template"),
    ({"problem": f"{NEW} The original exercise had no such bound."}, "leaked-template"),
    ({"problem": f"{NEW} {definitions()['depth'][:90]}"}, "leaked-template"),
    ({"answerable": False}, "unanswerable"),
    ({"problem": f"{NEW} See the code above."}, "unanswerable"),
    ({"problem": NEW.replace(">>> ", "")}, "unanswerable"),
    ({"problem": f"{NEW} Call `rank_all` and `RankStore`."}, "unanswerable"),
    ({"problem": f"{NEW}\n\n{LONG}"}, "too-long"),
    ({"entry_point": "top_n"}, "entry-point-lost"),
    ({"problem": NEW.replace("top", "best")}, "entry-point-lost"),
]


@pytest.mark.parametrize(("changes", "reason"), FAILED)
def test_a_failed_evolution_is_told_and_its_problem_goes_on(changes, reason):
    kept, told = hardened(changes, weights={"depth": 1})
    assert (kept.id, kept.instruction, kept.rejected) == ("a", OLD, None)
    assert (kept.tests, kept.lineage) == (SAMPLE.tests, SAMPLE.lineage)
    assert noted(kept)["refused"] == [f"depth: {reason}"]
    assert "directions" not in noted(kept)
    assert (told.rejected.stage, told.rejected.reason) == ("harden", reason)
    assert told.rejected.detail
    assert told.id != "a"
    assert told.lineage.parents == ("a",)
    assert noted(told)["directions"] == ["depth"]


@pytest.mark.parametrize(("changes", "reason"), FAILED)
def test_or_it_is_rejected_in_its_place(changes, reason):
    [told] = hardened(changes, failed="reject")
    assert (told.id, told.rejected.reason) == ("a", reason)


def test_nothing_vanishes():
    tally = Tally()
    for replies in ([{}, {}], [{"changed": ""}, {}], [{"changed": ""}, {"changed": ""}]):
        again = [{**reply, "problem": NEW + " " * n} for n, reply in enumerate(replies)]
        tally.add(hardened(*again, rounds=2))
    tally.check("harden")
    assert (tally.entered, tally.made, tally.out) == (3, 4, 3)
    assert tally.rejected == {"unchanged": 4}


def test_rows_of_their_own_are_named_apart():
    rows = hardened({"changed": ""}, {"changed": ""}, rounds=2)
    assert len({row.id for row in rows}) == 3


def test_a_refusal_of_the_model_fails_the_evolution_only():
    kept, told = hardened(Refused("content-filter", "no"))
    assert (kept.instruction, kept.rejected) == (OLD, None)
    assert (told.rejected.reason, told.rejected.detail) == ("content-filter", "no")


def test_a_shown_block_stays_or_is_put_back():
    code = "def top(items, n):\n    return sorted(items)[:n]\n"
    asks = (
        f"`top` returns the smallest ones instead of the largest. Mend it.\n\n```python\n{code}```"
    )
    row = with_notes(
        SAMPLE.but(question_type="debug", messages=(Message("user", asks),)), given=code
    )
    harder = "`top` returns the smallest instead of the largest. Mend it in one pass."
    [found] = hardened({"problem": harder}, sample=row)
    assert found.instruction == f"{harder}\n\n```python\n{code}```"


def test_the_entry_point_may_change_with_the_text():
    [found] = hardened({"entry_point": "`top_of`", "problem": NEW.replace("top", "top_of")})
    assert found.entry_point == "top_of"


UNTOUCHED = [
    SAMPLE.but(code="def top(items, n): ...\n"),
    SAMPLE.but(messages=(*SAMPLE.messages, Message("assistant", "So."))),
    SAMPLE.but(messages=()),
]


@pytest.mark.parametrize("sample", UNTOUCHED)
def test_what_has_its_answer_goes_on_untouched(sample):
    asked = []
    assert hardened(sample=sample, asked=asked) == [sample]
    assert asked == []


BAD = [
    ({"weights": {"breadth": 1}}, "weights has 'breadth'; there are: constraints, depth"),
    ({"weights": {"depth": 0}}, "one of them is more"),
    ({"chance": 1.5}, "it is a share"),
    ({"failed": "drop"}, "write 'keep' or 'reject'"),
]


@pytest.mark.parametrize(("settings", "why"), BAD)
def test_settings_that_make_no_sense(settings, why):
    with pytest.raises(ConfigError, match=why):
        Harden(**settings)
