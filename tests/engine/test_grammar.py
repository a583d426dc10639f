"""What is known of languages without running them."""

import re

import pytest

from backfeed.engine import grammar
from backfeed.engine.grammar import claimants, dialect_named, grammars, language_named, language_of
from backfeed.engine.methods.code_blocks import ALIASES

LANGUAGES = [
    ("a/b.py", "", "python"),
    ("A.PY", "", "python"),
    ("x.mjs", "", "javascript"),
    ("x.tsx", "", "typescript"),
    ("x.h", "int f(void);\n", "c"),
    ("x.h", "#pragma once\nnamespace a { class B {}; }\n", "cpp"),
    ("x.h", "template <typename T> T f();", "cpp"),
    ("x.hpp", "", "cpp"),
    ("Rakefile", "task :x", "ruby"),
    ("run", "#!/usr/bin/env python3\n", "python"),
    ("run", "#!/usr/bin/env -S python3.12 -u\n", "python"),
    ("run", "#!/bin/sh\n", "bash"),
    ("run", "#!/usr/bin/perl -w\n", "perl"),
]
NOT_CODE = [
    ("notes.txt", "#!/bin/sh\n"),
    ("README.md", "import os"),
    ("run", "import os"),
    ("run", "#!/usr/bin/make -f"),
    ("types.d.ts", "export declare const x: number;"),
    ("de.ts", '<?xml version="1.0"?>\n<!DOCTYPE TS>'),
    ("stub.pyi", "def f() -> int: ..."),
]


@pytest.mark.parametrize(("path", "text", "expected"), LANGUAGES)
def test_the_language_of_a_file(path, text, expected):
    assert language_of(path, text) == expected


@pytest.mark.parametrize(("path", "text"), NOT_CODE)
def test_what_is_no_code(path, text):
    assert language_of(path, text) == ""


@pytest.mark.parametrize(
    ("word", "expected"),
    [("Python", "python"), ("C++", "cpp"), ("golang", "go"), ("shell", "bash"), ("Zig", "zig")],
)
def test_names_that_people_use(word, expected):
    assert language_named(word) == expected


def test_a_name_may_say_which_form_of_a_language_is_meant():
    words = ("MariaDB", "sql", "Spark SQL", "python")
    assert [dialect_named(word) for word in words] == ["mysql", "", "spark", ""]
    tags = {word for word in grammars()["sql"].dialects if " " not in word}
    assert {word for word, language in ALIASES.items() if language == "sql"} == tags


def test_an_extension_may_have_two_claimants():
    assert claimants("x.h") == ("c", "cpp")


def test_the_grammars_are_whole():
    assert {"python", "javascript", "go", "rust", "sql"} <= set(grammars())
    for name, known in grammars().items():
        assert known.name == name
        assert all(extension.startswith(".") for extension in known.extensions)
        assert known.marks.line_comments or known.marks.block_comments


@pytest.mark.parametrize("name", grammars())
def test_every_pattern_compiles(name):
    known = grammar.grammars()[name]
    patterns = (*known.imports, *known.signs, *known.test_signs, *known.not_code_signs)
    assert all(re.compile(pattern, re.MULTILINE) for pattern in patterns)


def test_no_alias_means_two_languages():
    words = [word for g in grammars().values() for word in (g.name, *g.aliases)]
    assert len(words) == len(set(words))
