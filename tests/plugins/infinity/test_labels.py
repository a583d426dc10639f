"""Labels, fine and coarse, by a model, by cues and by words."""

import json

import pytest
from selecting import run

from backfeed.engine.conformance import Rows
from backfeed.plugin import (
    ConfigError,
    InputError,
    InvalidReply,
    Labels,
    Message,
    Prompt,
    Read,
    Refused,
    Sample,
    Who,
    notes,
    rejoined,
)
from backfeed.plugins.infinity._classes import by_cues, published
from backfeed.plugins.infinity.classify_labels import ClassifyLabels
from backfeed.plugins.infinity.label_rows import LabelRows
from backfeed.plugins.infinity.label_terms import LabelTerms


def row(name, said="Sort a list.", *fine):
    return Sample(id=name, messages=(Message("user", said),), labels=Labels(fine=fine))


def labelled(reply, sample=None):
    def answer(request):
        if isinstance(request, Who):
            return "big"
        assert request.name == "labels/fine"
        return {"text": reply if isinstance(reply, str) else json.dumps(reply)}

    return rejoined(LabelRows().each(sample or row("a")), answer)[0]


def test_labels_in_two_languages():
    said = {
        "labels": [{"en": "Sorting ", "zh": "排序"}, {"en": "programming ability", "zh": "编程"}]
    }
    found = labelled(said)
    assert found.labels.fine == ("sorting", "programming ability")
    assert notes.noted(found)["labels_zh"] == ["排序", "编程"]
    assert found.lineage.model == "big"
    assert found.lineage.prompt.startswith("labels/fine@")


def test_what_is_no_label_is_left_out():
    far = {"en": "how to sort a list of things", "zh": ""}
    found = labelled({"labels": [far, {"en": "sorting"}, {"en": "Sorting"}]})
    assert found.labels.fine == ("sorting",)
    lost = labelled({"labels": [far]})
    assert (lost.rejected.reason, lost.rejected.stage) == ("no-label", "label_rows")


@pytest.mark.parametrize(
    "reply", [{"labels": []}, {"labels": [{"en": str(n)} for n in range(7)]}, "Sorting.", "{}"]
)
def test_a_reply_of_another_form_is_asked_for_again_and_then_fails(reply):
    with pytest.raises(InvalidReply):
        labelled(reply)


def test_a_row_that_has_labels_keeps_them():
    assert labelled("", row("a", "Sort.", "mine")).labels.fine == ("mine",)


def classified(rows, replies=(), files=None, **settings):
    asked = []

    def answer(request):
        if isinstance(request, Read):
            return (files or {}).get(request.name)
        assert isinstance(request, Prompt)
        asked.append(request.fields["labels"])
        if not replies:
            raise Refused("filtered", "no")
        said = [
            {"label": one, "class_name": replies[one]}
            for one in request.fields["labels"] if one in replies
        ]  # fmt: skip
        return {"text": json.dumps({"classes": said})}

    result = rejoined(ClassifyLabels(**settings).whole(Rows(rows)), answer)
    return list(result.rows), result, asked


LAW, CODE = "Law", "Programming and Software Development"


def test_each_label_is_put_into_one_class_and_counted():
    rows = [row("a", "x", "sorting", "contract law"), row("b", "x", "sorting"), row("c", "x")]
    found, result, asked = classified(rows, {"sorting": CODE, "contract law": LAW}, at_once=1)
    assert asked == [["contract law"], ["sorting"]]
    assert [one.labels.coarse for one in found] == [(CODE, LAW), (CODE,), ()]
    assert result.metrics[f"rows/{CODE}"] == 2
    assert result.metrics["labels"] == 2
    told = json.loads(result.artefacts["label_classes"])
    assert told == {"sorting": CODE, "contract law": LAW}


def test_a_class_that_there_is_none_of_is_asked_again_and_then_is_the_last():
    found, _, asked = classified([row("a", "x", "sorting", "zither")], {"sorting": "Magic"})
    assert asked == [["sorting", "zither"], ["sorting", "zither"]]
    assert found[0].labels.coarse == ("Other",)
    found, result, _ = classified([row("a", "x", "sorting")])
    assert found[0].labels.coarse == ("Other",)
    assert json.loads(result.artefacts["label_classes"]) == {}


def test_what_was_put_into_a_class_stays_there(tmp_path):
    path = tmp_path / "label_classes"
    path.write_text(json.dumps({"sorting": LAW, "old": "gone"}))
    rows = [row("a", "x", "sorting", "old")]
    found, _, asked = classified(rows, {"old": CODE}, {"label_classes": path})
    assert asked == [["old"]]
    assert found[0].labels.coarse == (LAW, CODE)
    path.write_text("[1]")
    with pytest.raises(InputError, match="label_classes"):
        classified(rows, {}, {"label_classes": path})


def test_classes_of_the_user(tmp_path):
    path = tmp_path / "classes.toml"
    path.write_text('[[class]]\nname = "work"\ncues = ["sort"]\n[[class]]\nname = "play"\n')
    found, result, asked = classified(
        [row("a", "x", "sorting", "chess")], files={"coarse_classes": path}, by="cues"
    )
    assert found[0].labels.coarse == ("work", "play")
    assert asked == []
    assert result.metrics == {"rows/work": 1, "rows/play": 1, "labels": 2}
    for text in ("x = [", '[[class]]\nname = "one"\n', "[[class]]\ncues = []\n"):
        path.write_text(text)
        with pytest.raises((InputError, KeyError)):
            classified([row("a")], files={"coarse_classes": path}, by="cues")


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("string processing", CODE), ("contract law", LAW), ("creative writing", "Creativity"),
        ("linear algebra", "Mathematical"), ("machine learning", "Data Science"),
        ("world history", "Humanities"), ("zither", "Other"), ("stock trading", "Finance"),
        ("organic chemistry", "Science"), ("english grammar", "Linguistics"),
    ],
)  # fmt: skip
def test_words_speak_for_a_class(label, name):
    assert by_cues(label, published()).startswith(name)


def test_there_are_twenty_six_classes_each_with_its_own_name():
    assert len({one.name for one in published()}) == len(published()) == 26


def test_terms_are_labels_without_a_model():
    rows = [row(f"{n}", f"Sort the orders by date, item {n}.") for n in range(6)]
    rows += [row(f"more {n}", f"Write a poem about rain, number {n}.") for n in range(90)]
    rows.append(row("has", "Sort.", "mine"))
    found, result = run(LabelTerms(), rows)
    assert "item" in found[0].labels.fine
    assert set(found[0].labels.fine) <= {"sort", "order", "orders", "date", "item", "the"}
    assert found[0].checks[-1].findings[0].rule == "tf-idf"
    assert "poem" not in found[10].labels.fine
    assert found[-1].labels.fine == ("mine",)
    assert result.metrics["labels"] >= 3
    with pytest.raises(ConfigError, match="most = 0"):
        LabelTerms(most=0)


def test_another_way_of_deciding_is_refused():
    with pytest.raises(ConfigError, match="'model' or 'cues'"):
        ClassifyLabels(by="luck")
    assert ClassifyLabels(by="cues").asks == ()
