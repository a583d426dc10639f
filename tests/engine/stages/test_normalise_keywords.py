"""The stage that gives keywords one name: its dialogue, by hand."""

import json

import pytest

from backfeed.engine.conformance import Rows
from backfeed.engine.errors import ConfigError, InputError, Refused
from backfeed.engine.records import Keywords, Labels, Sample
from backfeed.engine.requests import Embed, Read, rejoined
from backfeed.engine.stages.normalise_keywords import NormaliseKeywords

MEANING = {"dictionary": 0, "hash table": 0, "min heap": 1, "max heap": 1, "heap": 1}
"""Phrases with one number are near to each other, in normal form; others to nothing."""


def rows(*phrases):
    return [Sample(id=str(n), keywords=Keywords(knowledge=one)) for n, one in enumerate(phrases)]


def vector(text):
    found = [0.0] * 64
    found[MEANING.get(text, 2 + sum(map(ord, text)) % 60)] = 1.0
    return found


def normalised(*phrases, given=None, table=None, asked=None, **settings):
    """The result of rows with knowledge points; `given` are files by artefact."""

    def answer(request):
        if isinstance(request, Read):
            return (given or {}).get(request.name)
        assert isinstance(request, Embed)
        (asked if asked is not None else []).append(request.text)
        if request.text == "refused":
            raise Refused("filtered", "no")
        return vector(request.text)

    stage = NormaliseKeywords(**settings)
    return rejoined(stage.whole(Rows(table or rows(*phrases))), answer)


def names(found):
    return [row.keywords.knowledge for row in found.rows]


def synonyms(found):
    return json.loads(found.artefacts["synonyms"])


def test_case_plural_and_synonym_are_one_and_are_counted():
    found = normalised(
        ("Heap", "binary trees"), ("heap", "binary-tree"), ("heap", "regex"),
        ("regular expression", "hash tables"), ("regex", "dictionary"), ("dictionary",),
    )  # fmt: skip
    assert names(found) == [
        ("heap", "binary trees"), ("heap", "binary trees"), ("heap", "regex"),
        ("regex", "dictionary"), ("regex", "dictionary"), ("dictionary",),
    ]  # fmt: skip
    assert found.metrics == {
        "phrases_before": 8, "phrases_after": 4, "merged_case": 1, "merged_plural": 1,
        "merged_synonym": 2, "merged_association": 0,
    }  # fmt: skip
    assert synonyms(found)["hash tables"] == "dictionary"


@pytest.mark.parametrize(
    "phrases",
    [("binary search", "binary search tree"), ("min heap", "max heap"), ("heap", "min heap"),
     ("sorting", "stable sorting"), ("c", "c++")],
)  # fmt: skip
def test_what_differs_is_not_joined(phrases):
    found = normalised(phrases, phrases)
    assert names(found) == [phrases, phrases]
    assert found.metrics["phrases_after"] == 2


def test_spaces_and_hyphens_make_no_difference():
    found = normalised(("hash map", "data-set"), ("hashmap", "dataset"), ("hash map", "dataset"))
    assert names(found)[1] == ("hash map", "dataset")


def test_a_phrase_stands_once_under_its_first_kind():
    row = Sample(keywords=Keywords(("sorting",), ("Sorting",), ("sorting", "heaps", "heap")))
    [found] = normalised(table=[row]).rows
    assert found.keywords == Keywords(("sorting",), (), ("heap",))


def test_a_name_once_given_stays(tmp_path):
    first = normalised(("dictionary",), ("dictionary",), ("hash table",))
    (tmp_path / "s").write_bytes(first.artefacts["synonyms"])
    later = [("hash table",)] * 5 + [("hash tables", "dictionaries")]
    found = normalised(*later, given={"synonyms": tmp_path / "s"})
    assert names(found) == [("dictionary",)] * 6
    assert synonyms(found)["hash tables"] == "dictionary"
    assert set(synonyms(first)) <= set(synonyms(found))


def test_the_users_file_wins(tmp_path):
    (tmp_path / "o").write_text('dictionary = "mapping"\n"min heaps" = "heap"\nfoo = ""\n')
    found = normalised(
        ("dictionary", "min heap", "foo"),
        ("hash table", "bar"),
        given={"overrides": tmp_path / "o"},
    )
    assert names(found) == [("mapping", "heap"), ("mapping", "bar")]


def test_without_a_threshold_nothing_is_embedded():
    asked = []
    found = normalised(("dictionary", "hash table"), asked=asked, threshold=None)
    assert (asked, names(found)) == ([], [("dictionary", "hash table")])


def test_what_has_no_embedding_keeps_its_name():
    assert names(normalised(("refused", "heap"))) == [("refused", "heap")]


def test_association_is_off_unless_asked_for():
    lists = [("yield", "generator")] * 3 + [("generator",)]
    assert names(normalised(*lists))[0] == ("yield", "generator")
    found = normalised(*lists, support=3, confidence=0.7)
    assert names(found) == [("generator",)] * 4
    assert found.metrics["merged_association"] == 1


def test_rows_keep_their_order_and_the_rest():
    table = [Sample(id="b", code="x"), Sample(id="a")]
    assert list(normalised(table=table).rows) == table


@pytest.mark.parametrize("text", ["[1, 2", '{"a": 1}', "a = 1"])
def test_a_bad_file_is_told(tmp_path, text):
    (tmp_path / "o").write_text(text)
    with pytest.raises(InputError, match="the file of overrides"):
        normalised(("a",), given={"overrides": tmp_path / "o"})


@pytest.mark.parametrize("settings", [{"threshold": 1.5}, {"confidence": 0}, {"support": 1}])
def test_settings_are_checked(settings):
    with pytest.raises(ConfigError, match="normalise_keywords"):
        NormaliseKeywords(**settings)


def test_labels_are_put_together_and_rare_ones_dropped():
    said = [("Heap", "coding"), ("heaps", "coding"), ("sql",)]
    table = [Sample(id=str(n), labels=Labels(fine=one)) for n, one in enumerate(said)]
    found = normalised(table=table, of="labels", threshold=None, least=2)
    assert [row.labels.fine for row in found.rows] == [("heap", "coding"), ("heap", "coding"), ()]
    assert found.metrics["dropped_rare"] == 1
    told = json.loads(found.artefacts["label_names"])
    assert told == {"Heap": "heap", "heaps": "heap", "coding": "coding", "sql": "sql"}
    assert NormaliseKeywords(of="labels").writes == ("label_names",)


def test_what_cannot_be_put_together_is_told():
    with pytest.raises(ConfigError, match="'words': it is keywords or labels"):
        NormaliseKeywords(of="words")
