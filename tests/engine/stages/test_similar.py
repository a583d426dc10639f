"""Rows whose embeddings are near: the first stays, exactly as when each is compared with each."""

import asyncio
import math

import numpy as np
import pytest
from verbs import By, run, step

from backfeed.engine.conformance import Rows, same_requests
from backfeed.engine.errors import ConfigError, Refused
from backfeed.engine.models import hashing
from backfeed.engine.output import read_rows
from backfeed.engine.recipe import Stop
from backfeed.engine.records import Message, Sample
from backfeed.engine.requests import Embed, rejoined
from backfeed.engine.stages import _similar
from backfeed.engine.stages.deduplicate import Deduplicate

FAR = {"add": 0, "plus": 10, "sum": 25, "sort": 90, "order": 95}


def row(question, answer="x", name=""):
    return Sample(id=name, messages=(Message("user", question), Message("assistant", answer)))


def turned(request):
    """The first word of a text as an angle in degrees."""
    angle = math.radians(FAR[request.text.split()[0]])
    return [round(math.cos(angle), 6), round(math.sin(angle), 6)]


def told(directory, rows, similar, answer=turned, **settings):
    """The questions that stay, reason and detail of those that leave; and what was embedded."""
    service = By(answer)
    stage = Deduplicate(similar=similar, **settings)
    done = run(directory, step(stage), samples=rows, services={"embedder": service})
    stay = {r.id: r.instruction for r in read_rows(directory / "corpus")}
    gone = {}
    for r in read_rows(directory / "rejected"):
        before, _, first = r.rejected.detail.rpartition(" ")
        gone[r.instruction] = (r.rejected.reason, before, stay[first])
    return list(stay.values()), gone, (service.asked, done)


@pytest.mark.parametrize(
    ("similar", "stay", "gone"),
    [
        (0.98, ["add", "sum", "sort"], {"plus": 0.985, "order": 0.996}),
        (0.99, ["add", "plus", "sum", "sort"], {"order": 0.996}),
        (0.9, ["add", "sort"], {"plus": 0.985, "sum": 0.906, "order": 0.996}),
        (1.0, ["add", "plus", "sum", "sort", "order"], {}),
    ],
)
def test_the_first_stays_and_how_near_the_others_are_is_told(tmp_path, similar, stay, gone):
    stayed, left, _ = told(tmp_path, map(row, FAR), similar)
    assert stayed == stay
    first = {"plus": "add", "sum": "add", "order": "sort"}
    assert left == {
        name: ("similar", f"cosine {score:.3f} to", first[name]) for name, score in gone.items()
    }


def test_what_is_near_to_a_row_that_left_stays(tmp_path):
    """`sum` is near to `plus`, but that is gone: nothing that stays says it."""
    stay, gone, _ = told(tmp_path, map(row, ["add", "plus", "sum"]), 0.96)
    assert stay == ["add", "sum"]
    assert list(gone) == ["plus"]


def test_equal_rows_are_embedded_once_and_named_as_such(tmp_path):
    rows = [row("add"), row("plus"), row("PLUS "), row(" ")]
    stay, gone, (asked, done) = told(tmp_path, rows, 0.98)
    assert stay == ["add", " "]
    assert gone["plus"] == ("similar", "cosine 0.985 to", "add")
    assert gone["PLUS "] == ("duplicate", "", "add")
    assert sorted(asked) == ["add", "plus"]
    assert done.report.metrics["similar"] == 1


@pytest.mark.parametrize(
    ("part", "asked"),
    [("instruction", {"add"}), ("row", {"add\n\nf(x)", "add\n\ng(x)"})],
)
def test_the_instruction_or_the_whole_row_is_embedded(tmp_path, part, asked):
    rows = [row("add", "f(x)"), row("add", "g(x)")]
    *_, (texts, _) = told(tmp_path, rows, 0.98, similar_of=part)
    assert set(texts) == asked


def test_a_text_that_cannot_be_embedded_is_near_to_nothing_and_counted(tmp_path):
    def answer(request):
        return Refused("too-long", "400") if request.text == "plus" else turned(request)

    stay, gone, (_, done) = told(tmp_path, map(row, FAR), 0.98, answer)
    assert stay == ["add", "plus", "sum", "sort"]
    assert list(gone) == ["order"]
    assert done.report.metrics["not_embedded"] == 1


def test_vectors_of_several_lengths_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="vectors of 3 and of 4 numbers: name one that keeps"):
        told(tmp_path, map(row, ["add", "plus"]), 0.9, lambda asked: [0.5] * len(asked.text))


def oracle(vectors, least):
    """For each vector the first before it that stays with such a cosine, or itself."""
    stay, found = [], []
    for number, one in enumerate(vectors):
        scores = [(other, float(one @ vectors[other])) for other in stay]
        first = next((other for other, score in scores if score >= least), number)
        stay += [number] if first == number else []
        found.append(first)
    return found


@pytest.mark.parametrize(("piece", "most"), [(1024, 16384), (16, 64), (7, 30), (1, 1)])
def test_it_finds_what_comparing_each_with_each_finds(monkeypatch, piece, most):
    monkeypatch.setattr(_similar, "PIECE", piece)
    monkeypatch.setattr(_similar, "MOST_ROWS", most)
    drawn = np.random.default_rng(7).normal(size=(400, 6))
    drawn = np.round(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), 6)
    packed = [one.astype(np.float32).tobytes() for one in drawn]
    found = _similar.first_similar(lambda: enumerate(packed), np.arange(400), 0.9)
    assert found.first.tolist() == oracle(drawn, 0.9)
    assert 50 < (found.first != np.arange(400)).sum() < 350
    assert all((found.scores > 0) == (found.first != np.arange(400)))


def test_rows_that_left_before_are_not_looked_at():
    packed = [np.array([1, 0], np.float32).tobytes()] * 4
    found = _similar.first_similar(lambda: enumerate(packed), np.array([0, 0, 2, 2]), 0.9)
    assert found.first.tolist() == [0, 0, 0, 0]
    assert found.scores.tolist() == [0, 0, 1, 0]


def test_it_is_found_across_waves_as_in_one(tmp_path):
    words = ["add one", "sort a list", "reverse text", "find primes", "count words"]
    rows = [row(f"Write code to {words[n % 5]} {'quickly ' * (n % 3)}{n // 40}.", str(n))
            for n in range(300)]  # fmt: skip
    found = []
    for name, stop in (("one", Stop()), ("two", Stop(accepted=10**6))):
        services = {"embedder": hashing.PLUGIN.embedder("", {"dimension": 64})}
        done = run(tmp_path / name, step(Deduplicate(similar=0.9)), samples=rows, stop=stop,
                   services=services)  # fmt: skip
        gone = {r.id: r.rejected for r in read_rows(done.directory / "rejected")}
        found.append((gone, done.codes()))
        assert done.report.asked["embedder"]["asked"] == 120
    assert found[0] == found[1]
    assert 50 < len(found[0][0]) < 300


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"similar": 0.4}, r"similar = 0.4: give 0.5 to 1, such as 0.95, or 0 for off"),
        ({"similar": 1.2}, r"similar = 1.2"),
        ({"similar_of": "answer"}, "similar_of = 'answer': give instruction or row"),
    ],
)
def test_settings_that_make_no_sense_are_refused(keys, message):
    with pytest.raises(ValueError, match=message):
        Deduplicate(**keys)


def test_it_asks_an_embedder_only_if_it_is_set_to():
    assert Deduplicate().asks == Deduplicate().named == ()
    assert Deduplicate(similar=0.9, trees=0.8).asks == ("compute", "embedder")
    assert Deduplicate(similar=0.9).named == ("embedder",)


def test_it_conforms():
    assert same_requests(Deduplicate(similar=0.9), [row("add"), row("plus")], turned) == []


def test_a_stand_in_tells_spellings_apart():
    """What the docs say of hashing: no meaning."""
    texts = ["Reverse a string.", "Reverse the string.", "Turn text back to front."]
    service = hashing.PLUGIN.embedder("", {})
    one, two, three = asyncio.run(service.answer([Embed(text) for text in texts]))
    assert np.dot(one, two) > 0.5 > 0.2 > np.dot(one, three)


def test_no_row_at_all():
    rejoined(Deduplicate(similar=0.9).whole(Rows([])), turned)
