"""The stage that says problems in other words: its dialogue, by hand."""

import json
from collections import Counter

import pytest

from backfeed.engine.errors import ConfigError, Refused
from backfeed.engine.methods.notes import noted, with_notes
from backfeed.engine.prompts import mark
from backfeed.engine.records import Lineage, Message, Sample
from backfeed.engine.requests import Prompt, Who, rejoined
from backfeed.engine.stages.harden import Harden
from backfeed.engine.stages.reword import Reword, Reworded, drawn, voices
from backfeed.engine.tally import Tally

OLD = """Write a function `cut(text, size)` that splits `text` into pieces of at most 80 characters.

The function must not break words, and it raises `ValueError` if `size` is less than 1. It returns
the list of pieces, in order; empty pieces are left out.

```python
>>> cut("a bb", 2)
['a', 'bb']
```"""
NEW = """Long lines ruin our newsletter. What we need is `cut(text, size)`: give it some `text`, and
the result is its pieces one after the other, none of them empty, each no more than 80 characters.

Words stay whole: never break one. Anybody who asks for a `size` of less than 1 gets an error,
so throw `ValueError` then.

```python
>>> cut("a bb", 2)
['a', 'bb']
```"""
SAMPLE = Sample(
    id="a", language="python", question_type="generate", entry_point="cut",
    messages=(Message("user", OLD),), code="def cut(text, size): ...\n",
    lineage=Lineage("reverse", ("u",), "reverse/generate@1", "writer"),
)  # fmt: skip


def reworded(problem, *, sample=SAMPLE, asked=None, **settings):
    """All rows that come of a reply."""

    def answer(request):
        (asked if asked is not None else []).append(request)
        if isinstance(request, Who):
            return "reworder"
        if isinstance(problem, Exception):
            raise problem
        return {"text": json.dumps({"outline": ["a"], "problem": problem}), "finish": "stop"}

    return rejoined(Reword(**settings).each(sample), answer)


def test_the_same_in_other_words():
    [found] = reworded(f"\n{NEW}\n")
    assert (found.instruction, found.rejected, found.id) == (NEW, None, "a")
    told = noted(found)
    assert (told["persona"], told["tone"], told["plain"]) == (*drawn(SAMPLE), OLD)
    assert 0.1 < told["rouge"] < 0.6
    assert found.code == SAMPLE.code
    assert found.lineage == Lineage(
        "reword", ("u",), f"reverse/generate@1 reword/voice@{mark('reword/voice')}",
        "writer reworder",
    )  # fmt: skip


def test_the_model_is_told_who_speaks_and_how():
    asked = []
    reworded(NEW, asked=asked)
    persona, tone = drawn(SAMPLE)
    assert (asked[0].name, asked[0].reply) == ("reword/voice", Reworded)
    assert asked[0].fields == {
        "language": "python", "entry_point": "cut", "persona": persona, "tone": tone,
        "problem": OLD,
    }  # fmt: skip


def test_the_answer_stays_in_its_place():
    talk = (Message("system", "s"), *SAMPLE.messages, Message("assistant", "So."))
    [found] = reworded(NEW, sample=SAMPLE.but(messages=talk))
    assert [m.content for m in found.messages] == ["s", NEW, "So."]


def test_many_voices_are_drawn_alike():
    known = voices()
    assert (len(known["personas"]), len(known["tones"])) == (21, 6)
    found = [drawn(SAMPLE.but(id=str(n))) for n in range(2000)]
    assert len({*found}) == 21 * 6
    assert max(Counter(tone for _, tone in found).values()) < 450


FAILED = [
    (NEW.replace("80", "90"), "meaning-changed", "numbers: -80, +90"),
    (NEW.replace("no more than", "at least"), "meaning-changed", "bounds: least 80, most 80"),
    (NEW.replace("`ValueError`", "`KeyError`"), "meaning-changed", "gone: ValueError"),
    (NEW.replace("throw `ValueError` then", "fine"), "meaning-changed", "gone: ValueError"),
    (NEW.replace("(text, size)", "(line, size)", 1), "meaning-changed", "gone: cut(text, size)"),
    (NEW.replace("['a', 'bb']", "['a bb']"), "meaning-changed", "a fenced block is not as it was"),
    (NEW.split("```")[0], "meaning-changed", "a fenced block is not as it was"),
    (NEW.replace("Words stay whole: never break one.", "Words stay whole.")
     .replace("none of them empty", "all with text in them").replace("no more than", "at most"),
     "meaning-changed", "it no longer tells a prohibition"),
    (OLD.replace("Write", "Please write"), "too-alike", "ROUGE-L 0.989; at most 0.7"),
    ("", "meaning-changed", "a fenced block is not as it was"),
]  # fmt: skip


@pytest.mark.parametrize(("problem", "reason", "detail"), FAILED)
def test_what_is_not_the_same_is_told_and_the_old_text_goes_on(problem, reason, detail):
    kept, told = reworded(problem)
    assert kept == with_notes(SAMPLE, unworded=reason)
    assert (told.rejected.stage, told.rejected.reason) == ("reword", reason)
    assert told.rejected.detail.startswith(detail)
    assert (told.id != "a", told.lineage.parents) == (True, ("a",))


def test_or_it_is_rejected_in_its_place():
    [told] = reworded(NEW.replace("80", "90"), failed="reject")
    assert (told.id, told.rejected.reason) == ("a", "meaning-changed")


def test_how_alike_it_may_be_is_a_setting():
    assert len(reworded(OLD, most_alike=1)) == 1
    assert reworded(NEW, most_alike=0.1)[1].rejected.reason == "too-alike"


def test_a_refusal_of_the_model_leaves_the_old_text():
    kept, told = reworded(Refused("content-filter", "no"))
    assert (kept.instruction, told.rejected.reason) == (OLD, "content-filter")


def test_nothing_vanishes():
    tally = Tally()
    for text in (NEW, OLD, ""):
        tally.add(reworded(text))
    tally.check("reword")
    assert (tally.entered, tally.made, tally.out) == (3, 2, 3)


def test_a_share_is_reworded():
    asked = []
    for n in range(200):
        reworded(NEW, sample=SAMPLE.but(id=str(n)), asked=asked, chance=0.25)
    assert 30 < sum(isinstance(request, Prompt) for request in asked) < 70
    assert reworded(NEW, sample=SAMPLE.but(messages=())) == [SAMPLE.but(messages=())]


BAD = [
    ({"chance": -1}, "chance = -1: it is a share"),
    ({"most_alike": 7}, "most_alike = 7: it is a share"),
    ({"failed": "drop"}, "write 'keep' or 'reject'"),
]


@pytest.mark.parametrize(("settings", "why"), BAD)
def test_settings_that_make_no_sense(settings, why):
    with pytest.raises(ConfigError, match=why):
        Reword(**settings)


def test_what_is_reworded_does_not_hang_on_what_was_hardened():
    def asks(stage, number):
        row = Sample(id=str(number), messages=(Message("user", "Write `f(x)`."),))
        return next(iter(stage.each(row)), None) is not None

    both = sum(asks(Harden(chance=0.5), n) and asks(Reword(chance=0.5), n) for n in range(400))
    assert 60 < both < 140
