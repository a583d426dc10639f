"""Answers as they come: the language that was asked for, several blocks, prompts, prose around."""

import pytest

from backfeed.engine.methods._asked_language import asked_languages
from backfeed.engine.methods.code_blocks import extract_code

F = "def f(x):\n    return x + 1\n"
BETTER = "def f(x):\n    return 1 + x  # better\n"
JS = "function f(x) {\n    return x + 1;\n}\n"
GO = "package main\n\nfunc F(x int) int {\n\treturn x + 1\n}\n"


def fenced(code, tag="python", mark="```"):
    return f"{mark}{tag}\n{code}{mark}\n"


REQUESTS = [
    ("Write a Rust function that adds one.", "let x = 1;\n", "rust"),
    ("Write a C# function.", "using System;\n\nclass A { int F() { return 1; } }\n", "csharp"),
    ("How do I list files in the terminal?", "ls -l\n", "bash"),
    ("Create a shell script.", "#!/bin/sh\nls\n", "bash"),
    ("Sort it.", "#!/usr/bin/env python3\nprint(1)\n", "python"),
    ("Given the following Ruby code in `a.rb`, add a test.", "puts 1\n", "ruby"),
    ("Convert this Python code to Go:\n\ndef f(): pass", GO, "go"),
    ("Rewrite it for Python from C:\n\nint f();", F, "python"),
    ("Create a page with HTML and CSS.", "<!DOCTYPE html>\n<html></html>\n", "html"),
    ("Parse JSON in Python.", "import json\njson.loads('1')\n", "python"),
    ("Select all rows of a MySQL table.", "SELECT * FROM a;\n", "sql"),
    ("Say hello.", "fn main() {\n    println!(\"{}\", 1);\n}\n", "rust"),
    ("Write it in Python.", "def f(x:\n    return\n", "python"),  # the parser will tell
]  # fmt: skip


@pytest.mark.parametrize(("request_", "code", "language"), REQUESTS)
@pytest.mark.parametrize("mark", ["", "```"])
def test_the_request_says_what_no_tag_says(request_, code, language, mark):
    answer = fenced(code, "", mark) if mark else code
    found = extract_code(answer, request=request_)
    assert (found.language, found.code.strip()) == (language, code.strip())


def test_a_tag_outweighs_the_request_and_the_row_outweighs_both():
    assert extract_code(fenced(JS, "js"), request="Write it in Python.").language == "javascript"
    assert extract_code(fenced(F, "js"), "python", "Write it in Ruby.").language == "python"


SHELL = "pip install x\n"
PAGE = "<p>\n<b>\n</b>\n</p>\n"


@pytest.mark.parametrize(
    ("answer", "request_", "language"),
    [
        (fenced(SHELL, "bash") + fenced(F), "Write f.", "python"),
        (fenced(PAGE, "html") + fenced(JS, "js"), "Write a JavaScript client.", "javascript"),
        (fenced(PAGE, "html") + fenced(JS, "js"), "Write a page.", "javascript"),
        (fenced(JS, "js") + fenced(F), "Write it in Python.", "python"),
        (fenced(JS, "js") + fenced(F), "Write it.", "javascript"),
        (fenced(PAGE, "xml"), "Write it in HTML.", "html"),
        (fenced(F, "c"), "Write a Python function.", "python"),
        (fenced("int f(int x) { return x; }\n", "c"), "Write it in Python.", "c"),
        (fenced(SHELL * 9, "bash") + fenced("x = 1\n", "ruby"), "Set it up.", "bash"),
    ],
)
def test_which_of_several_tags_is_the_answer(answer, request_, language):
    assert extract_code(answer, request=request_).language == language


IMPORTS = "import math\n\nPOINTS = [1, 2]\n"
USES = "def g():\n    return math.pi + sum(POINTS)\n"
ALTERNATIVES = ("xs = sorted(xs)\n", "xs.sort()\nxs = xs[:]\n")
NOTEBOOKS = [
    ((IMPORTS, USES, "print(g())\n"), (IMPORTS, USES)),
    (("y = 1\n", IMPORTS, USES), (IMPORTS, USES)),
    (("import math\n", "x = math.pi\n", "print(x)\n"), (0, 1, 2)),
    (ALTERNATIVES, (1,)),
    ((F, BETTER, "print(f(1))\n"), (1,)),
]


@pytest.mark.parametrize(("cells", "kept"), NOTEBOOKS)
def test_cells_of_a_notebook(cells, kept):
    """What the answer needs of earlier cells comes with it; other ways to say it do not."""
    found = extract_code("Then\n\n".join(fenced(cell) for cell in cells), "python")
    parts = [cells[part] if isinstance(part, int) else part for part in kept]
    assert found.code == "\n".join(parts)


def test_commands_are_taken_in_order_and_without_their_prompt():
    answer = fenced("$ mkdir a\n$ cp b \\\n    c\ncopied\n", "bash") + fenced("$ ls\n", "bash")
    assert extract_code(answer).code == "mkdir a\ncp b \\\n    c\n\nls\n"


def test_what_was_typed_into_python_is_the_code():
    typed = ">>> def f(x):\n...     return x\n>>> f(1)\n1\n"
    assert extract_code(fenced(typed)).code == "def f(x):\n    return x\nf(1)\n"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("`print(sum(xs))`", "print(sum(xs))\n"),
        ("Use `xs = sorted(xs)` for that.", "xs = sorted(xs)\n"),
        ("Use `sorted` for that.", ""),
        ("Either `x = 1` or `x = 2` will do.", ""),
    ],
)
def test_inline_code_counts_if_it_is_the_only_line_of_code(answer, code):
    assert extract_code(answer, "python").code == code


def test_sentences_around_code_that_does_not_parse_are_no_code():
    broken = "public class A {\n  int f() { return 1 }\n  int g() { return 2; }\n}\n"
    said = (
        f"There is an error in `f` of A.b. Here it is:\n\n{broken}\nA sign is missing, it seems.\n"
    )
    found = extract_code(said, request="Find the error in the Java code.")
    assert (found.code, found.language) == (broken, "java")


@pytest.mark.parametrize(
    ("text", "languages"),
    [
        ("Write a function in C that calls R.", ["c"]),
        ("Vitamin C and plan B go well. Go on!", []),
        ("Use Go's net/http to write a Go program.", ["go"]),
        ("Do it in JavaScript, not in Java.", ["javascript", "java"]),
        ("Return JSON from a Flask app written in Python.", ["python", "json"]),
        ("Réalise ceci: Написать функцию на Python", ["python"]),
        ("", []),
    ],
)
def test_languages_that_a_request_names(text, languages):
    assert asked_languages(text) == languages
