"""Rows are chosen so that their topics are spread as the tasks' are."""

import json
from collections import Counter

import pytest
from selecting import alive, row, run, tasks

from backfeed.engine.conformance import same_requests
from backfeed.plugin import ConfigError, InputError, Labels, Read, Refused, dsir
from backfeed.plugins.infinity import _texts, _topics
from backfeed.plugins.infinity.match_topics import MatchTopics

TOPICS = {
    "sort": "Sort the list of numbers in ascending order by merging sorted halves, case {}.",
    "date": "Parse a calendar date string and return its weekday and month name, case {}.",
    "graph": "Find the shortest path between two nodes of a weighted graph, case {}.",
    "text": "Count the vowels and consonants in the words of a sentence, case {}.",
}


def rows(domain="", **counts):
    """So many rows of each topic; the ids say which."""
    made = [
        row(f"{name} {n}", TOPICS[name].format(n * 7 % 5), domain)
        for name, count in counts.items()
        for n in range(count)
    ]
    return sorted(made, key=lambda one: one.id[::-1])


def said(**counts):
    return [TOPICS[name].format(n % 5) for name, count in counts.items() for n in range(count)]


def kept(found):
    return Counter(name.split()[0] for name in alive(found))


@pytest.fixture
def target(tmp_path):
    return tasks(tmp_path / "t", humaneval=said(sort=20, date=10, graph=10))


def test_the_selection_has_the_topics_of_the_tasks(target):
    pool = rows(sort=40, date=40, graph=40, text=60)
    found, result = run(MatchTopics(k=40, clusters=3), pool, target=target)
    assert [one.id for one in found] == [one.id for one in pool]
    assert kept(found) == {"sort": 20, "date": 10, "graph": 10}
    metrics = result.metrics
    assert metrics["topics_tv_selected/all"] == 0 < metrics["topics_tv_pool/all"]
    assert (metrics["topics_selected/all"], metrics["topics_short/all"]) == (40, 0)


def test_topics_are_told_by_their_words(target):
    found, result = run(MatchTopics(k=4, clusters=3), rows(sort=3, date=3, graph=3), target=target)
    table = json.loads(result.artefacts["topic_table"])["all"]
    assert sorted(one["tasks"] for one in table) == [0.25, 0.25, 0.5]
    [largest] = [one["topic"] for one in table if one["tasks"] == 0.5]
    assert set(largest.split()[1:]) <= set(dsir.tokens(TOPICS["sort"]))
    [gone] = {one.rejected.detail for one in found if one.rejected and one.id[:4] == "sort"}
    assert gone == f"topic {largest!r}: place 3 of 3, 2 wanted"


def test_a_topic_with_too_few_rows_stays_short(target):
    found, result = run(
        MatchTopics(k=40, clusters=3), rows(sort=5, date=40, graph=40), target=target
    )
    assert kept(found) == {"sort": 5, "date": 10, "graph": 10}
    assert result.metrics["topics_short/all"] == 15


def test_each_domain_has_its_own_topics(tmp_path):
    two = tasks(tmp_path / "t", mbpp=said(sort=9, date=1), gsm8k=said(text=2, graph=2))
    pool = [*rows("code", sort=20, date=20), *rows("math", text=9, graph=9), *rows("chat", sort=5)]
    stage = MatchTopics(k=10, clusters=2, domains={"mbpp": "code", "gsm8k": "math"})
    found, result = run(stage, pool, target=two)
    by = Counter((one.question_type, one.id.split()[0]) for one in found if not one.rejected)
    assert by == {
        ("code", "sort"): 9, ("code", "date"): 1, ("math", "text"): 5, ("math", "graph"): 5,
        ("chat", "sort"): 5,
    }  # fmt: skip
    assert {name.partition("/")[2] for name in result.metrics} == {"code", "math"}


def test_a_file_may_name_the_topics(tmp_path, target):
    """By words and pairs; what has none of them is another topic; labels of such a name win."""
    file = tmp_path / "topics.toml"
    file.write_text('[words]\nordering = ["sort", "merging sorted"]\ntime = ["weekday"]\n')
    pool = rows(sort=20, date=20, text=20)
    pool[0] = row("label 0", "Something else entirely.").but(labels=Labels(fine=("ordering",)))
    found, result = run(MatchTopics(k=20), pool, target=target, topics=file)
    assert kept(found) == {"sort": 9, "label": 1, "date": 5, "text": 5}
    table = json.loads(result.artefacts["topic_table"])["all"]
    assert [(one["topic"], one["tasks"]) for one in table] == [
        ("ordering", 0.5), ("time", 0.25), ("other", 0.25),
    ]  # fmt: skip


def test_a_file_may_say_the_shares_and_no_tasks_are_needed(tmp_path):
    file = tmp_path / "topics.toml"
    file.write_text('[words]\na = ["sort"]\nb = ["weekday"]\n[shares]\na = 1\nb = 3\n')
    found, result = run(MatchTopics(k=12), rows(sort=20, date=20, text=9), topics=file)
    assert kept(found) == {"sort": 3, "date": 9}
    assert result.metrics["topics_tv_selected/all"] == 0


def test_nothing_is_random(target):
    pool = rows(sort=9, date=9, graph=9)

    def answer(request):
        if isinstance(request, Read):
            return {"target": target}.get(request.name)
        return request.function(*request.arguments)

    assert same_requests(MatchTopics(k=9), pool, answer) == []


def test_clusters_are_never_more_than_there_are_kinds_of_texts():
    found = _topics.clusters(said(sort=1, date=1), 20)
    assert len(found.names) == len(found.centres) == 2
    assert len(_topics.clusters(["same words"] * 50, 20).names) == 1


def test_many_tasks_are_looked_at_evenly(monkeypatch):
    monkeypatch.setattr(_topics, "MOST_TASKS", 12)
    found = _topics.clusters(said(sort=400, date=400, graph=400), 3)
    assert len(found.names) == 3


def test_without_tasks_and_shares_rows_go_on(tmp_path):
    pool = rows(sort=2)
    found, result = run(MatchTopics(), pool)
    assert (found, result.metrics, json.loads(result.artefacts["topic_table"])) == (pool, {}, {})


def test_rows_that_no_worker_could_read_are_rejected(target, monkeypatch):
    def broken(texts):
        if "KILLS" in texts:
            raise Refused("compute-dies", "features")
        return features(texts)

    features = _texts.dsir.features
    monkeypatch.setattr(_texts, "AT_ONCE", 1)
    monkeypatch.setattr(_texts.dsir, "features", broken)
    found, _ = run(MatchTopics(share=1), [*rows(sort=4), row("bad", "KILLS")], target=target)
    assert (found[-1].rejected.reason, kept(found)["bad"]) == ("not-scored", 0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[words", "the topics cannot be read"),
        ("[words]\na = 3\n", "the topics cannot be read"),
        ("[word]\na = []\n", "the topics cannot be read"),
        ("", "the topics name none"),
        ('[words]\na = ["b"]\n[shares]\na = -1\n', "give 'a' the share -1.0"),
        ('[words]\na = ["b"]\n[shares]\na = 0\n', "all shares are 0"),
    ],
)
def test_topics_of_another_form_are_refused(tmp_path, text, message):
    (tmp_path / "topics.toml").write_text(text)
    with pytest.raises(InputError, match=message):
        run(MatchTopics(), rows(sort=1), topics=tmp_path / "topics.toml")


@pytest.mark.parametrize(
    "settings",
    [{"share": 0}, {"k": -1}, {"clusters": 1}, {"text": "all"}, {"domains": {"mbpp": "coding"}}],
)
def test_settings_that_make_no_sense_are_refused(settings):
    with pytest.raises(ConfigError, match="match_topics"):
        MatchTopics(**settings)
