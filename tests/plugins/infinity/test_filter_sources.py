"""Sub-tasks that say little are dropped, by their figures or by a list."""

import json
import tomllib

import pytest
from selecting import alive, run

from backfeed.plugin import ConfigError, InputError, Message, Origin, Sample
from backfeed.plugins.infinity._density import Counted, Limits, judged
from backfeed.plugins.infinity.filter_sources import FilterSources


def rows(task, answers, *, source="flan", domain="knowledge"):
    extra = json.dumps({"task": task}) if task else ""
    return [
        Sample(
            id=f"{task}/{number}", kind="general", question_type=domain, extra=extra,
            origin=Origin(source=source),
            messages=(Message("user", f"Text {number}?"), Message("assistant", answer)),
        )
        for number, answer in enumerate(answers)
    ]  # fmt: skip


LABELS = ["positive", "negative", "mixed"] * 20
LONG = [f"It was in the year {1900 + n} that the bridge of place {n} was built." for n in range(60)]
SHORT = [f"place {n}" for n in range(60)]
SAME = ["This text is about a film that somebody saw at home."] * 58 + ["A.", "B."]


def reasons(found):
    return {(row.rejected.reason if row.rejected else "") for row in found}


def told(result):
    return tomllib.loads(result.artefacts["sources"].decode())


@pytest.mark.parametrize(
    ("answers", "reason"),
    [(LABELS, "classification"), (LONG, ""), (SHORT, "short-answers"), (SAME, "classification")],
)
def test_a_sub_task_is_judged_by_its_answers(answers, reason):
    found, result = run(FilterSources(), rows("t", answers))
    assert reasons(found) == {reason}
    kind = "drop" if reason else "keep"
    [entry] = told(result)[kind]
    assert (entry["source"], entry["task"], entry["rows"]) == ("flan", "t", 60)


@pytest.mark.parametrize(
    ("distinct", "rows_", "reason"),
    [(20, 50, "classification"), (21, 50, None), (20, 40, "classification"), (20, 39, None)],
)
def test_the_bounds_of_classification(distinct, rows_, reason):
    counted = Counted()
    for number in range(rows_):
        counted.add(f"an answer with enough words, number {number % distinct}")
    found = judged(counted, Limits(least_rows=30))
    assert (found.reason if found else None) == reason


def test_a_share_of_short_answers_is_inclusive():
    few = [f"word {n} and some more of them" for n in range(12)]
    found, _ = run(FilterSources(), rows("t", [*SHORT[:48], *few]))
    assert reasons(found) == {"short-answers"}
    found, _ = run(FilterSources(), rows("t", [*SHORT[:47], *few, "and one more long answer"]))
    assert reasons(found) == {""}


def test_answers_that_are_nearly_all_the_same():
    answers = [f"This is the long answer of the number {n % 30}." for n in range(3000)]
    found, _ = run(FilterSources(), rows("t", answers))
    assert reasons(found) == {"same-answers"}


def test_a_thin_one():
    answers = [f"w{n} two three four" if n % 2 else f"w{n}" for n in range(60)]
    found, _ = run(FilterSources(), rows("t", answers))
    assert reasons(found) == {"thin"}


def test_only_whole_sub_tasks_of_the_domains_are_dropped():
    other = rows("math", ["4", "5"] * 30, domain="math")
    found, result = run(FilterSources(), [*rows("t", LABELS), *rows("u", LONG), *other])
    assert {one.partition("/")[0] for one in alive(found)} == {"u", "math"}
    assert len(alive(found)) == 120
    assert result.metrics == {"tasks": 2, "tasks_dropped": 1, "rows_dropped": 60}


def test_a_small_sub_task_is_kept():
    found, _ = run(FilterSources(), rows("t", LABELS[:49]))
    assert reasons(found) == {""}
    found, _ = run(FilterSources(least_rows=49), rows("t", LABELS[:49]))
    assert reasons(found) == {"classification"}


def test_a_source_without_tasks_is_one():
    found, result = run(FilterSources(), rows("", LABELS, source="imdb.jsonl"))
    [entry] = told(result)["drop"]
    assert "task" not in entry
    assert found[0].rejected.detail == "imdb.jsonl: 3 distinct answers in 60 rows"


def test_a_list_wins(tmp_path):
    path = tmp_path / "list.toml"
    path.write_text(
        '[[keep]]\nsource = "flan"\ntask = "t"\n[[drop]]\nsource = "old"\nreason = "no licence"\n'
    )
    pool = [*rows("t", LABELS), *rows("u", LONG, source="old")]
    found, _ = run(FilterSources(), pool, droplist=path)
    assert len(alive(found)) == 60
    assert (found[-1].rejected.reason, found[-1].rejected.detail) == (
        "listed", "old/u: no licence",
    )  # fmt: skip


def test_what_it_wrote_can_be_given_to_it(tmp_path):
    pool = [*rows("t", LABELS), *rows("u", LONG)]
    _, first = run(FilterSources(), pool)
    path = tmp_path / "sources.toml"
    path.write_bytes(first.artefacts["sources"])
    found, _ = run(FilterSources(least_rows=10_000), pool, droplist=path)
    assert {one.partition("/")[0] for one in alive(found)} == {"u"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[drop", "no TOML"),
        ("[[drop]]\ntask = 'x'\n", "names its source"),
        ("a = 1\n", "a: write"),
    ],
)
def test_a_list_of_another_form_is_told(tmp_path, text, said):
    path = tmp_path / "list.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=said):
        run(FilterSources(), rows("t", LABELS), droplist=path)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"domains": ("maths",)}, "maths; there are: code, math"),
        ({"short": 80}, "short = 80"),
        ({"labels": 0}, "labels = 0"),
    ],
)
def test_a_setting_that_is_none_is_told(settings, said):
    with pytest.raises(ConfigError, match=said):
        FilterSources(**settings)
