"""Rewritten instructions: good ones pass, those that are the same, another, or harmful do not."""

import json
import tomllib
from pathlib import Path

import pytest

from backfeed.plugin import ConfigError, Message, Refused, Sample, Who, notes, rejoined
from backfeed.plugins.infinity import _rewrites
from backfeed.plugins.infinity.evolve import Evolve

SEEDS = tomllib.loads((Path(__file__).parent / "data/rewrites.toml").read_text())["seed"]
POEM = "Write a short poem about rain."
HARDER = "Write a short poem about rain in a dry year, in three stanzas of four lines."
FINE = {"reason": "It asks for more.", "same": False, "kept": True, "harmful": False}


def seed(text=POEM, **changes):
    return Sample(id="seed", kind="general", messages=(Message("user", text),)).but(**changes)


def evolved(new, judged=None, sample=None, asked=None, changed="It demands more.", **settings):
    """What comes of a rewriting, with the judge's word."""

    def answer(request):
        if isinstance(request, Who):
            return request.role
        (asked if asked is not None else []).append(request)
        if request.name == "evolve/rewrite":
            if new is None:
                raise Refused("filtered", "no")
            return {"text": json.dumps({"changed": changed, "instruction": new})}
        if judged is None:
            raise Refused("filtered", "no judge")
        return {"text": json.dumps(judged)}

    stage = Evolve(**{"keep": False, **settings})
    return rejoined(stage.each(sample or seed()), answer)


def reason(found):
    return found[-1].rejected.reason if found[-1].rejected else ""


def test_a_harder_instruction_is_a_child_without_an_answer():
    old = seed(messages=(Message("user", POEM), Message("assistant", "It rains.")))
    [found] = evolved(HARDER, FINE, old)
    assert (found.instruction, found.response) == (HARDER, "")
    assert (found.lineage.stage, found.lineage.parents) == ("evolve", ("seed",))
    assert found.lineage.model == "strong judge"
    assert notes.noted(found)["operators"][0] in Evolve().operators
    assert notes.noted(found)["changed"] == "It demands more."
    assert found.checks[-1].findings[0].message == "It asks for more."


def test_a_seed_can_go_on_beside_what_it_became():
    assert [one.id == "seed" for one in evolved(HARDER, FINE, keep=True)] == [True, False]
    kept = evolved(POEM, FINE, keep=True)
    assert [one.rejected is None for one in kept] == [True, False]


@pytest.mark.parametrize(
    ("judged", "why"),
    [
        ({"same": True}, "identical"), ({"kept": False}, "lost-intent"),
        ({"harmful": True, "same": True}, "harmful"), ({"answerable": False}, "unanswerable"),
    ],
)  # fmt: skip
def test_the_judge_has_a_word(judged, why):
    found = evolved(HARDER, {**FINE, **judged})
    assert (reason(found), found[-1].rejected.detail) == (why, "It asks for more.")


@pytest.mark.parametrize(
    ("new", "changed", "why"),
    [
        (POEM, "More.", "identical"), ("  ", "More.", "identical"), (HARDER, " ", "identical"),
        (f"#Rewritten Prompt#: {HARDER}", "More.", "leaked-template"),
        (HARDER + " And" * 80, "More.", "too-long"),
        ("Set up a budget for a wedding with ninety guests.", "More.", "lost-intent"),
    ],
)  # fmt: skip
def test_rules_ask_no_judge(new, changed, why):
    asked = []
    found = evolved(new, None, asked=asked, changed=changed)
    assert reason(found) == why
    assert [request.name for request in asked] == ["evolve/rewrite"]


def test_without_a_word_of_the_judge_nothing_passes():
    assert reason(evolved(HARDER, None)) == "filtered"
    assert reason(evolved(None)) == "filtered"


def test_a_wide_operator_may_ask_for_something_else():
    new = "Set up a haiku about the smell of a cellar."
    assert reason(evolved(new, FINE, operators={"breadth": 1.0})) == ""
    assert reason(evolved(new, FINE, operators={"depth": 1.0})) == "lost-intent"


def test_each_operator_is_drawn_and_one_at_a_time():
    drawn = {
        notes.noted(evolved(HARDER, FINE, seed(id=str(n)))[0])["operators"][0] for n in range(60)
    }
    assert drawn == {"constraints", "deepening", "concretising", "reasoning"}
    twice = evolved(HARDER + " Rhyme it, with a riddle.", FINE, evolved(HARDER, FINE)[0])[0]
    assert len(notes.noted(twice)["operators"]) == 2


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"operators": {"harder": 1.0}}, "'harder'; there are: constraints, deepening"),
        ({"operators": {"depth": 0.0}}, "one of them is more"), ({"operators": {}}, "more"),
        ({"least_kept": 2.0}, "least_kept = 2.0"),
    ],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(settings, told):
    with pytest.raises(ConfigError, match=told):
        Evolve(**settings)


def by_rule(old, new):
    """The reason that rules alone give."""
    if _rewrites.unchanged(old, new):
        return "identical"
    return "lost-intent" if _rewrites.drifted(old, new, 0.3) else ""


def test_what_rules_alone_tell_of_eighty_rewritings():
    told = {kind: [by_rule(one["text"], one[kind]) for one in SEEDS] for kind in
            ("same", "drifted", "harmful", "good")}  # fmt: skip
    assert len(SEEDS) == 20
    assert told["drifted"] == ["lost-intent"] * 20
    assert told["good"] == [""] * 20
    assert told["same"].count("identical") >= 8
    assert told["harmful"] == [""] * 20


@pytest.mark.parametrize(("kind", "why"), [
    ("same", "identical"), ("drifted", "lost-intent"), ("harmful", "harmful"), ("good", ""),
])  # fmt: skip
def test_eighty_rewritings_with_the_word_of_a_judge_who_is_right(kind, why):
    word = {"same": kind == "same", "kept": kind != "drifted", "harmful": kind == "harmful"}
    for one in SEEDS:
        assert reason(evolved(one[kind], {**FINE, **word}, seed(one["text"]))) == why
