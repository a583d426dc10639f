"""ROUGE-L against values of the package rouge_score, and against the textbook's table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backfeed.engine.methods.rouge import Rouge, reference, rouge_l, tokens

COUNTED = "one two three four five six seven eight nine ten "
BACK = "ten nine eight seven six five four three two one "

# Made once with rouge_score 0.1.2, RougeScorer(["rougeL"], use_stemmer=False).score(text, other):
# it brings nltk and others, so the tests do without it.
KNOWN = [
    ("the cat sat on the mat", "the cat on a mat", (0.8, 0.6666666666666666, 0.7272727272727272)),
    (
        "Write a function `merge_sorted(a, b)` that merges two sorted lists.",
        "Given two lists that are sorted, merge them with `merge_sorted(a, b)`.",
        (0.3076923076923077, 0.3333333333333333, 0.32),
    ),
    ("", "", (0, 0, 0)),
    ("a", "", (0, 0, 0)),
    ("", "a", (0, 0, 0)),
    ("!!! ...", "words", (0, 0, 0)),
    ("a b c d", "d c b a", (0.25, 0.25, 0.25)),
    ("a a a b", "a b a a", (0.75, 0.75, 0.75)),
    (
        "Naïve café: 3.14 × x_1",
        "naive cafe 3 14 x 1",
        (0.6666666666666666, 0.5714285714285714, 0.6153846153846153),
    ),
    (
        "Return the 2 largest numbers of `items`, at most 10.",
        "`items` holds numbers; return its 2 largest; at most 10 are given.",
        (0.5, 0.6, 0.5454545454545454),
    ),
    ("running runner runs", "run run run", (0, 0, 0)),
    ("İstanbul KELVIN K", "istanbul kelvin k", (0.6666666666666666, 0.5, 0.5714285714285715)),
    (COUNTED * 9, BACK * 7, (0.21428571428571427, 0.16666666666666666, 0.1875)),
]

words = st.lists(st.sampled_from("abcde"), max_size=90)


def by_table(one, other):
    """The length of the longest common subsequence, cell by cell."""
    row = [0] * (len(other) + 1)
    for mine in one:
        last = row
        row = [0]
        for index, theirs in enumerate(other):
            same = last[index] + 1 if mine == theirs else max(row[-1], last[index + 1])
            row.append(same)
    return row[-1]


@pytest.mark.parametrize(("text", "other", "value"), KNOWN)
def test_values_are_those_of_rouge_score(text, other, value):
    assert rouge_l(text, other) == Rouge(*value)


@given(words, words)
def test_bits_count_what_the_table_counts(one, other):
    assert reference(" ".join(one)).common(other) == by_table(one, other)


def test_a_text_is_made_ready_once():
    ready = reference("put the lists into one")
    assert [ready.score(tokens(text)).recall for text in ("put one", "lists", "of it")] == [
        0.4, 0.2, 0.0,
    ]  # fmt: skip
