"""What a text asks for, and what of it is lost in other words."""

import tomllib
from pathlib import Path

import pytest

from backfeed.engine.methods.problem_facts import Facts, blocks, facts, lost, marked, prose

REWORDINGS = tomllib.loads(Path(__file__).with_name("rewordings.toml").read_text(encoding="utf-8"))
TEXT = """Write `top(items, n)`, which returns the two largest of at most 10 `items`.

It must not change `items`, and raises `ValueError` if there are fewer than 2.

1. Sort them.

```python
>>> top([1, 5, 3], 2)
[5, 3]
```
"""
SAME = """I have a list, `items`, never longer than that: at most 10 values. From it I need the
two largest, as a result of `top(items, n)`. With fewer than 2, please raise `ValueError`.
And do not touch `items`.

```python
>>> top([1, 5, 3], 2)
[5, 3]
```"""


def test_the_facts_of_a_text():
    assert facts(TEXT) == Facts(
        frozenset({"top(items, n)", "items", "ValueError"}),
        ("10", "2", "2"),
        frozenset({("most", "10"), ("less", "2"), ("raise", "ValueError")}),
        (">>> top([1, 5, 3], 2)\n[5, 3]",),
    )


def test_other_words_for_the_same():
    assert lost(TEXT, SAME) == ""
    assert lost(TEXT, TEXT) == ""


LOSSES = [
    (("`ValueError`", "`TypeError`"), "gone: ValueError"),
    (("two largest", "three largest"), "numbers: -2, +3"),
    (("at most 10", "at least 10"), "bounds: least 10, most 10"),
    (("values", "values of 7 kinds"), "numbers: +7"),
    (("[5, 3]", "[5, 4]"), "a fenced block is not as it was"),
    (("```python", "```\n```python"), "a fenced block is not as it was"),
    (("`top(items, n)`", "`top(items, count)`"), "gone: top(items, n)"),
    (("a list", "a `list`"), "come: list"),
    (("And do not touch `items`.", "And leave `items` alone."), "it no longer tells a prohibition"),
    (("please raise `ValueError`", "`ValueError` is right"), "bounds: raise ValueError"),
    (("as a result of", "by"), "it no longer tells what is returned"),
]


@pytest.mark.parametrize(("change", "what"), LOSSES)
def test_what_is_lost_is_named(change, what):
    changed = SAME.replace(*change)
    if "touch" in change[0]:
        changed = changed.replace("never longer than that: ", "")
    assert changed != SAME
    assert lost(TEXT, changed) == what


WORDS = [
    ("no more than 5 words", "up to five words"),
    ("more than 3 items", "over 3 items"),
    ("at least 2,000 lines", "no fewer than 2000 lines"),
    ("It prints nothing else than the sum.", "Only the sum is output."),
    ('Say "no" to it.', "To it, say “no”."),
    ("1. One. 2 items.", "2 items: one."),
]


@pytest.mark.parametrize(("one", "other"), WORDS)
def test_words_for_one_bound(one, other):
    assert lost(one, other) == ""
    assert facts(one).bounds == facts(other).bounds


def test_bounds_are_not_mistaken_for_those_in_them():
    assert facts("no more than 5").bounds == {("most", "5")}
    assert facts("more than 5").bounds == {("more", "5")}
    assert facts("over the hills, 5 times a day").bounds == set()


def test_numbers_are_whole_words():
    text = "No two of v2 or x3 are 4th; 5-fold, 2.5 and twofold, -1, 1,000 and 1e3."
    assert facts(text).numbers == ("-1", "1000", "1e3", "2.5", "5")


def test_blocks_marks_and_prose():
    text = "A ``x `y` z`` and `b`.\n\n~~~~\n`c`\n~~~~\nEnd `d`\n```py\nopen `e`\n"
    assert marked(text) == ["x `y` z", "b", "d"]
    assert blocks(text) == ["`c`\n", "open `e`\n"]
    assert "open" not in prose(text)


def test_most_true_rewordings_pass_and_false_ones_do_not():
    passed = {
        label: [pair["new"] for pair in pairs if not lost(pair["old"], pair["new"])]
        for label, pairs in REWORDINGS.items()
    }
    assert min(map(len, REWORDINGS.values())) >= 12
    assert len(passed["same"]) >= 0.9 * len(REWORDINGS["same"])
    assert passed["other"] == []
