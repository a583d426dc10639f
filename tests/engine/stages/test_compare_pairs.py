"""The judge of pairs: its dialogue, by hand."""

import json

import pytest

from backfeed.engine.conformance import Rows
from backfeed.engine.errors import ConfigError, Refused
from backfeed.engine.methods.notes import with_notes
from backfeed.engine.records import Message, NamedScore, Sample
from backfeed.engine.requests import Prompt, rejoined
from backfeed.engine.stages.compare_pairs import Compared, ComparePairs


def pair(number, direction="depth", **more):
    """A row that was made harder."""
    row = Sample(
        id=f"p{number}", language="python", entry_point="f",
        messages=(Message("user", f"new {number}"),),
    )  # fmt: skip
    return with_notes(row, before=f"old {number}", directions=["input", direction], **more)


def by_text(request):
    """A judge who finds the new ones harder, wherever they stand."""
    return "first" if request.fields["one"].startswith("new") else "second"


def judged(rows, judge=by_text, asked=None, **settings):
    def answer(request):
        (asked if asked is not None else []).append(request)
        word = judge(request)
        if isinstance(word, Exception):
            raise word
        text = json.dumps({"first": "a", "second": "b", "harder": word})
        return {"text": text, "finish": "stop"}

    found = rejoined(ComparePairs(**{"share": 1, **settings}).whole(Rows(rows)), answer)
    return list(found.rows), dict(found.metrics)


JUDGES = [
    (by_text, 1, "harder"),
    (lambda request: "second" if by_text(request) == "first" else "first", -1, "easier"),
    (lambda _: "first", 0, "even"),
    (lambda _: "second", 0, "even"),
    (lambda _: "neither", 0, "even"),
    (lambda request: "neither" if by_text(request) == "first" else "second", 0, "even"),
]


@pytest.mark.parametrize(("judge", "value", "word"), JUDGES)
def test_only_what_both_orders_agree_in_counts(judge, value, word):
    [row], metrics = judged([pair(1)], judge)
    assert row.scores == (NamedScore("harder", value),)
    assert row.rejected is None
    assert metrics[f"{word}_depth"] == metrics["judged_depth"] == metrics["judged_all"] == 1


def test_each_pair_is_shown_in_both_orders():
    asked = []
    judged([pair(1)], asked=asked)
    first, second = asked
    assert (first.name, first.reply, first.role) == ("judge/harder", Compared, "judge")
    assert first.fields == {
        "language": "python", "entry_point": "f", "one": "old 1", "other": "new 1",
    }  # fmt: skip
    assert (second.fields["one"], second.fields["other"]) == ("new 1", "old 1")


def test_the_histogram_is_by_direction():
    rows = [pair(n, "depth" if n % 3 else "input") for n in range(9)]
    _, metrics = judged(
        rows, lambda request: "first" if request.fields["one"] in {"new 0", "new 3"} else "second"
    )
    assert metrics == {
        "taken_input": 12, "taken_depth": 6, "judged_all": 9, "harder_all": 2,
        "even_all": 7, "judged_input": 3, "harder_input": 2,
        "even_input": 1, "judged_depth": 6, "even_depth": 6, "agreed": round(2 / 9, 4),
    }  # fmt: skip


def test_the_text_before_it_was_put_into_other_words_is_judged():
    asked = []
    judged([pair(1, plain="new, plainly")], asked=asked)
    assert asked[0].fields["other"] == "new, plainly"


def test_a_share_is_judged_and_all_rows_go_on_in_order():
    rows = [pair(n) for n in range(300)]
    asked = []
    found, metrics = judged(rows, asked=asked, share=0.1)
    assert 10 < metrics["judged_all"] < 60
    assert len(asked) == 2 * metrics["judged_all"]
    assert [row.id for row in found] == [row.id for row in rows]


def test_what_is_no_pair_or_is_refused_has_no_score():
    rows = [Sample(id="a"), with_notes(Sample(id="b"), before="x"), pair(1)]
    found, metrics = judged(rows, lambda _: Refused("content-filter"))
    assert found == rows
    assert metrics == {"taken_depth": 1, "taken_input": 1}


def test_easier_ones_can_be_rejected():
    easier = lambda request: "second" if by_text(request) == "first" else "first"  # noqa: E731
    [row], _ = judged([pair(1)], easier, reject_easier=True)
    assert (row.rejected.stage, row.rejected.reason) == ("compare_pairs", "easier")
    [row], _ = judged([pair(1)], reject_easier=True)
    assert row.rejected is None


def test_a_share_is_a_share():
    with pytest.raises(ConfigError, match=r"share = 2: it is a share"):
        ComparePairs(share=2)


def test_what_it_asks_is_a_prompt():
    asked = []
    judged([pair(1)], asked=asked, role="cheap")
    assert {type(request) for request in asked} == {Prompt}
    assert {request.role for request in asked} == {"cheap"}
