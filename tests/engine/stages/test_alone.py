"""Which problems stand alone: rules against labels that were given by hand."""

import tomllib
from pathlib import Path

import pytest

from backfeed.engine.records import Sample
from backfeed.engine.stages._alone import missing, too_many, untold, words
from backfeed.engine.stages._problems import REPLIES, dependent, with_given

PROBLEMS = tomllib.loads(Path(__file__).with_name("problems.toml").read_text(encoding="utf-8"))


def why_not(row):
    sample = Sample(question_type=row["type"], language=row["language"], entry_point=row["name"])
    return dependent(row["problem"], sample, row.get("given", ""))


def test_the_labelled_set_is_large_and_has_all_types():
    assert min(len(PROBLEMS["good"]), len(PROBLEMS["bad"])) >= 40
    assert {row["type"] for row in PROBLEMS["good"]} == REPLIES.keys()
    assert {row["type"] for row in PROBLEMS["bad"]} == REPLIES.keys()
    assert len({row["language"] for row in PROBLEMS["good"]}) >= 10


def test_few_good_problems_are_turned_away_and_few_bad_ones_pass():
    caught = [row for row in PROBLEMS["bad"] if why_not(row)]
    wronged = [(row["name"], why_not(row)) for row in PROBLEMS["good"] if why_not(row)]
    precision = len(caught) / (len(caught) + len(wronged))
    recall = len(caught) / len(PROBLEMS["bad"])
    assert precision >= 0.95, wronged
    assert recall >= 0.95, [row["name"] for row in PROBLEMS["bad"] if row not in caught]


WORDS = {
    "code": "code that is not there", "names": "it never tells", "name": "it does not name",
    "signature": "it has no signature", "example": "it has no example", "schema": "no tables",
    "table": "a table that is not there", "figure": "the reader does not have",
    "url": "the reader does not have", "file": "the reader does not have",
    "project": "the reader does not have", "before": "the reader does not have",
    "placeholder": "not filled in", "cut": "it breaks off", "shown": "it shows no code",
    "symptom": "it tells no symptom",
}  # fmt: skip


@pytest.mark.parametrize("row", PROBLEMS["bad"], ids=lambda row: f"{row['why']}-{row['name']}")
def test_a_bad_problem_is_told_what_it_lacks(row):
    assert WORDS[row["why"]] in why_not(row)


POINTERS = [
    ("Mend the code below.", "it points at code that is not there: 'the code below'"),
    ("Mend the code below.\n\n```python\na = 1\nb = 2\n```", ""),
    ("Mend the code below.\n\n```python\n>>> f(1)\n2\n```",
     "it points at code that is not there: 'the code below'"),
    ("Mend the code below.\n\n```python\na = f(1)\n```", ""),
    ("Mend the code below.\n\n```python\ndef f(a): ...\n```",
     "it points at code that is not there: 'the code below'"),
    ("Print a snippet of text.", ""),
    ("Return the given status code.", ""),
    ("Write the following function, `f(x)`.", ""),
    ("Use the following table.\n\n| a |\n|---|\n| 1 |", ""),
    ("See https://example.org/x.", "it points at what the reader does not have: "
     "'See https://example.org/x.'"),
    ("Return `https://example.org/` with the path joined.", ""),
]  # fmt: skip


@pytest.mark.parametrize(("problem", "why"), POINTERS)
def test_what_is_pointed_at_has_to_be_there(problem, why):
    assert missing(problem, shown=False) == why


NAMES = [
    ("Call `load_it()` first.", ["load_it"]),
    ("It takes a list `row_ids`.", []),
    ("- `row_ids`: numbers", []),
    ("Call `f` with `row_ids`.", ["row_ids"]),
    ("Write `f(row_ids)`. Sort `row_ids`.", []),
    ("Ask the `UserStore`.", ["UserStore"]),
    ("Implement the `UserStore` class.", []),
    ("Ask the `UserStore`.\n\n```python\nclass UserStore: ...\n```", []),
    ("Ask the `UserStore`.\n\n```python\ndef f(store: UserStore): ...\n```", ["UserStore"]),
    ("Raise `ValueError` or `KeyError`; see `os.path`, `Optional`, `None`.", []),
    ("The word `items`, the file `a.py`, the call `f(x)`.", []),
]


@pytest.mark.parametrize(("problem", "names"), NAMES)
def test_names_that_nothing_tells(problem, names):
    assert untold(problem, "python", "f") == names


def test_a_small_share_of_names_may_be_untold():
    told = " ".join(f"A list `told_{n}`." for n in range(3))
    assert too_many(f"{told} And `bare_one`.", "python", "f") == ""
    assert "bare_one, bare_two" in too_many(f"{told} And `bare_one`, `bare_two`.", "python", "f")


def test_each_language_has_its_own_words():
    assert "defaultdict" in words("python") - words("go")
    assert "StringBuilder" in words("java") - words("python")
    assert "Partial" in words("typescript")
    assert "None" in words("a language that nobody knows")


def test_code_is_put_below_a_problem_that_does_not_show_it():
    code = "def f(x):\n    return x\n"
    assert with_given("Mend it.", code, "python") == f"Mend it.\n\n```python\n{code}```"
    shown = f"Mend it:\n\n```py\n{code}```\n"
    assert with_given(shown, code, "python") == shown.strip()
    assert with_given("Mend it.", "x = '```'", "python").endswith("````python\nx = '```'\n````")
    assert with_given("Nothing is shown. ", "\n", "python") == "Nothing is shown."
