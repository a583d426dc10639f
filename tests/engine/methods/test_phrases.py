"""Normal forms of phrases, and what a text supports."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backfeed.engine.methods.phrases import (
    Sign,
    Support,
    Words,
    clean,
    form,
    singular,
    stem,
    tokens,
)
from backfeed.engine.stages._vocabulary import signs, words

WORDS = Words(
    short={"dfs": "depth first search", "regex": "regular expression"},
    spelling={"normalise": "normalize"},
    plurals={"indices": "index", "news": "news"},
    dull=frozenset({"a", "write", "function"}),
)
SIGNS = (
    Sign(("generator",), (r"\byield\b",)),
    Sign(("recursion",), (r"\bENTRY\b[\s\S]*\bENTRY\b",)),
)


def lacking(phrase, text="", code="", name="f"):
    return Support(text, code, words=WORDS, signs=[s.of(name) for s in SIGNS]).lacking(phrase)


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("Binary  Searches.", "binary search"), ("depth-first_search", "depth first search"),
        ("DFS", "depth first search"), ("regexes", "regular expression"),
        ("normalise indices", "normalize index"), ("news", "news"), ("C++ classes", "c++ class"),
        ("stable sorting", "stable sorting"), ("", ""),
    ],
)  # fmt: skip
def test_normal_forms(phrase, expected):
    assert form(phrase, WORDS) == expected


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("binary search", "binary search tree"), ("min heap", "max heap"), ("bus", "bu"),
        ("sorting", "stable sorting"), ("class", "clas"), ("singly linked list", "linked list"),
        ("physics", "physic"), ("hash", "has"), ("tries", "tree"), ("c", "c++"), ("c", "c#"),
    ],
)  # fmt: skip
def test_what_differs_stays_apart(one, two):
    assert form(one, words()) != form(two, words())


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Regex", "regular expressions"), ("BFS", "breadth-first search"), ("colour", "color"),
        ("serialisation", "serialization"), ("vertices", "vertex"), ("queries", "query"),
        ("lru caches", "Least Recently Used cache"), ("lambda functions", "anonymous function"),
    ],
)  # fmt: skip
def test_our_own_tables_join_what_is_the_same(one, two):
    assert form(one, words()) == form(two, words())


def test_each_kind_of_change_can_be_left_out():
    assert form("Regexes", WORDS, spelt=False) == "regexes"
    assert form("Regexes", WORDS, short=False) == "regex"


@given(st.text("abcs -_ieyA", max_size=20))
def test_a_normal_form_is_its_own(phrase):
    once = form(phrase, words(), short=False)
    assert clean(once) == once
    assert form(phrase.upper(), words(), short=False) == once


@pytest.mark.parametrize("word", ["class", "basis", "status", "physics", "yes", "gas", "has"])
def test_what_is_no_plural(word):
    assert singular(word, words()) == word


@pytest.mark.parametrize(
    "family",
    ["sort sorts sorted sorting", "validate validation validating", "reverse reversed reversal",
     "recursion recursive", "parse parser parsing", "split splitting", "remove removal removing"],
)  # fmt: skip
def test_a_family_has_one_stem(family):
    assert len({stem(word) for word in family.split()}) == 1


@pytest.mark.parametrize("pair", ["string strong", "list last", "heap hip", "set sum", "map mop"])
def test_strangers_have_not(pair):
    assert len({stem(word) for word in pair.split()}) == 2


def test_identifiers_are_split():
    assert set(tokens("binary_search HTTPHeader x2")) == {
        "binary", "search", "httpheader", "http", "header", "x2", "x", "2",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("phrase", "text", "code"),
    [
        ("binary search", "", "def binary_search(): pass"), ("sorting", "Sort the list.", ""),
        ("linked lists", "", "class LinkedList: pass"), ("hash map", "", "x = hashmap()"),
        ("generator", "", "yield 1"), ("write a generator", "", "yield 1"),
        ("depth first search", "Use DFS.", ""), ("recursion", "", "def f(): return f()"),
        ("generator", "Yes: `yield` it.", ""),
    ],
)  # fmt: skip
def test_what_is_supported(phrase, text, code):
    assert lacking(phrase, text, code) == []


@pytest.mark.parametrize(
    ("phrase", "text", "code", "words"),
    [
        ("quantum search", "Search it.", "", ["quantum"]),
        ("generator", "", "y = 1", ["generator"]),
        ("recursion", "Write f. f(1) gives 2.", "def f(x): return 2", ["recursion"]),
        ("write a function", "", "x", ["write", "a", "function"]),
        ("generator", "Why yield? `yield` is a word.", "x = 1", ["generator"]),
    ],
)  # fmt: skip
def test_what_is_not(phrase, text, code, words):
    assert lacking(phrase, text, code) == words


def test_a_sign_with_the_entry_point_needs_one():
    assert lacking("recursion", code="f f", name="") == ["recursion"]


def test_parts_of_a_sign_are_sought_one_after_the_other():
    pairs = [Sign(("pair",), (r"(?i)\ba\b[\s\S]*\bb\b",))]

    def shows(code):
        return Support("", code, words=WORDS, signs=pairs).lacking("pair") == []

    assert shows("x A y\nz B")
    assert not shows("b a")
    assert not shows("a c")


@pytest.mark.parametrize("language", ["python", "rust", "c", "sql", "perl", ""])
def test_our_signs_can_be_sought_in_anything(language):
    """Also in a text that makes careless patterns go over it again and again."""
    known = [sign.of("f") for sign in signs(language)]
    for piece in ("(", "a<a ", "left ", "f ", "for x ", "[a ", "{a ", "if f("):
        assert Support("", piece * 20_000, words=words(), signs=known).lacking("no such") == [
            "no", "such",
        ]  # fmt: skip
