"""Source text cut into code, comments and strings."""

import pytest

from backfeed.engine.grammar import grammars
from backfeed.engine.methods.text_parts import Marks, parts, words


def of_kind(kind: str, language: str, text: str) -> list[str]:
    marks = grammars()[language].marks
    return [part.text for part in parts(text, marks) if part.kind == kind]


COMMENTS = [
    ("python", 'x = "#no"  # yes\n', ["# yes"]),
    ("python", '"""# no"""\n', []),
    ("python", "x = '''\n# no\n'''\n", []),
    ("javascript", "a = '// no'; // yes\n/* and\n this */ b", ["// yes", "/* and\n this */"]),
    ("javascript", "a = `// no ${x}`;", []),
    ("go", "a := `// no\n\\` // yes\n", ["// yes"]),
    ("rust", "fn f<'a>(x: &'a str) {} // yes\nlet q = '\"'; // too\n", ["// yes", "// too"]),
    ("c", "char q = '\"'; /* yes */", ["/* yes */"]),
    ("bash", "echo ${#x} # yes\n", ["# yes"]),
    ("lua", "x = 1 -- one\n--[[ two\n ]]", ["-- one", "--[[ two\n ]]"]),
    ("ruby", "=begin\nall\n=end\nx = 1 # one", ["=begin\nall\n=end", "# one"]),
    ("sql", "select '--no' -- yes", ["-- yes"]),
]


@pytest.mark.parametrize(("language", "text", "expected"), COMMENTS)
def test_comments_are_told_from_strings(language, text, expected):
    assert of_kind("comment", language, text) == expected


@pytest.mark.parametrize("language", grammars())
@pytest.mark.parametrize("text", ["", "'", '"""', "/*", "#", "x = 'a\nb", "\\", "é'\x00'"])
def test_no_character_is_lost(language, text):
    assert "".join(part.text for part in parts(text, grammars()[language].marks)) == text


def test_an_open_string_ends_with_its_line():
    assert of_kind("comment", "python", "x = 'open\n# after") == ["# after"]


@pytest.mark.parametrize(
    ("comment", "said"),
    [
        ("# One", "One"),
        ("// One", "One"),
        ("/** One\n * two */", "One\ntwo "),
        ("-- One", "One"),
        ("#!/bin/sh", "/bin/sh"),
    ],
)
def test_the_words_of_a_comment(comment, said):
    assert words(comment).strip(" ") == said.strip(" ")


def test_without_marks_all_is_code():
    assert [part.kind for part in parts("# 'x'", Marks())] == ["code"]
