"""Code out of answers: each row is an answer, and what is to be had of it."""

import pytest

from backfeed.engine.methods.code_blocks import ALIASES, blocks, extract_code

F = "def f(x):\n    return x + 1\n"
G = "def g(x):\n    return f(x) * 2\n"
BETTER = "def f(x):\n    return 1 + x  # better\n"
JAVA = "class A {\n  int f(int x) { return x + 1; }\n}\n"


def fenced(code, tag="python", mark="```"):
    return f"{mark}{tag}\n{code}{mark}\n"


# What the answer is, and the code that is found in it for a Python problem.
FOUND = {
    "one block": (fenced(F), F, "one block"),
    "prose around": (f"Sure!\n\n{fenced(F)}\nIt adds one.", F, "one block"),
    "no tag": (fenced(F, ""), F, "one block"),
    "tag of plain text": (fenced(F, "text"), F, "one block"),
    "alias py": (fenced(F, "py"), F, "one block"),
    "alias Python3, upper case": (fenced(F, "Python3"), F, "one block"),
    "attributes in braces": (fenced(F, "{.python}"), F, "one block"),
    "attributes after": (fenced(F, 'python title="f.py"'), F, "one block"),
    "path after a colon": (fenced(F, "python:src/f.py"), F, "one block"),
    "class of a highlighter": (fenced(F, "language-python"), F, "one block"),
    "tildes": (fenced(F, mark="~~~"), F, "one block"),
    "four backticks": (fenced(F, mark="````"), F, "one block"),
    "longer end": (f"```python\n{F}````\n", F, "one block"),
    "a fence in a longer one": (f"````python\nX = '''\n```\n'''\n{F}````", None, "one block"),
    "tildes inside": (f"```python\nX = '''\n~~~\n'''\n{F}```", None, "one block"),
    "indented, as in a list": ("1. So:\n   ```python\n   x = 1\n   ```", "x = 1\n", "one block"),
    "indented deeper inside": ("  ```py\n  if x:\n      y\n  ```", "if x:\n    y\n", "one block"),
    "shallow lines stay": ("  ```py\nx = 1\n  ```", "x = 1\n", "one block"),
    "Windows lines": (fenced(F).replace("\n", "\r\n"), F, "one block"),
    "not closed": (f"So:\n```python\n{F}", F, "one block"),
    "closed behind the last line": (f"```python\n{F.rstrip()}```", F, "one block"),
    "opened behind words": (f"Here you go: ```python\n{F}```", F, "one block"),
    "wrong tag": (fenced(F, "c"), F, "one block, tagged c"),
    "two that go together": (fenced(F) + "then\n" + fenced(G), f"{F}\n{G}", "2 blocks"),
    "an example after": (fenced(F) + fenced("print(f(1))\n" * 9), F, "2 blocks"),
    "the same again": (fenced(F) + "Or:\n" + fenced(BETTER), BETTER, "2 blocks"),
    "another language beside": (fenced(JAVA, "java") + fenced(F), F, "one block"),
    "output beside": (fenced(F) + fenced("2\n", "output"), F, "one block"),
    "untagged output beside": (fenced(F) + fenced("2\n", ""), F, "one block"),
    "the second one not closed": (fenced(F) + f"```python\n{G}", f"{F}\n{G}", "2 blocks"),
    "a stray end": (fenced(F) + "```", F, "one block"),
    "bare": (F, F, "bare code"),
    "bare, ended by a fence": (f"{F}```\nIt adds one.", F.rstrip(), "bare code"),
    "bare, between prose": (f"Here it is:\n\n{F}\nIt adds one.", F, "bare code between prose"),
    "bare, prose after": (f"{F}\nIt adds one, as was asked.", F, "bare code between prose"),
}  # fmt: skip
NOT_FOUND = {
    "nothing": ("", "empty answer"),
    "blanks": (" \n\t\n", "empty answer"),
    "prose": ("I cannot help with that.", "prose only"),
    "prose that mentions code": ("Use `sorted`. Then return the first one, if any:", "prose only"),
    "a word that starts a line of code": (
        "import duties rose.\nTrade fell.\nIt is so.\nYes.\n",
        "prose only",
    ),
    "another language": (fenced(JAVA, "java"), "only java code"),
    "output": (fenced("2\n", "output"), "only output code"),
    "data": (fenced('{"a": 1}\n', "json"), "only json code"),
    "an empty block, not closed": ("So:\n```python\n", "prose only"),
}  # fmt: skip


@pytest.mark.parametrize("name", FOUND)
def test_code_is_found(name):
    answer, code, how = FOUND[name]
    found = extract_code(answer, "python")
    assert (found.language, found.how) == ("python", how)
    assert found.code == code if code else "def f" in found.code


@pytest.mark.parametrize("name", NOT_FOUND)
def test_no_code_is_found(name):
    answer, how = NOT_FOUND[name]
    found = extract_code(answer, "python")
    assert (found.code, found.how) == ("", how)


def test_broken_code_is_still_code():
    """Whether it parses is for the parser to say."""
    broken = "def f(x):\n    return (x\n\n    y = 1\n"
    assert extract_code(fenced(broken), "python").code == broken
    assert extract_code(broken, "python").how == "bare code that may not parse"


@pytest.mark.parametrize(
    ("answer", "language"),
    [
        (fenced(F), "python"),
        (fenced(F, ""), "python"),  # its parser takes it
        (F, "python"),
        (fenced(JAVA, "java"), "java"),
        (fenced("fn f() {}\n", "rs"), "rust"),
        (fenced("2\n", "output") + fenced("fn f() {}\n", "rs"), "rust"),
        (fenced("(defun f (x) (+ x 1))\n", ""), ""),
        (fenced("SELECT 1;\n", "postgresql"), "sql"),
        (fenced("x = 1\nprint(x)\n", ""), "python"),  # other grammars take it, too
        (fenced("let x = 1;\n", ""), "javascript"),
    ],
)
def test_the_language_is_found(answer, language):
    """By tag first, then by a parser."""
    assert extract_code(answer).language == language


JS = "function f(x) {\n    return x + 1;\n}\n"
GO = "package main\n\nfunc F(x int) int {\n\treturn x + 1\n}\n"
RUST = "pub fn f(x: i32) -> i32 {\n    x + 1\n}\n"
CPP = "#include <vector>\nint f(const std::vector<int>& x) { return x.size(); }\n"
SQL = "SELECT name, SUM(total) AS spent\nFROM orders\nGROUP BY name;\n"
MIXED = {
    "python": F,
    "javascript": JS,
    "java": JAVA,
    "go": GO,
    "rust": RUST,
    "cpp": CPP,
    "sql": SQL,
}


@pytest.mark.parametrize("language", MIXED)
def test_the_right_block_of_mixed_answers_in_each_language(language):
    """Between a command, what it prints, data, and code of another language."""
    other = "go" if language == "java" else "java"
    answer = (
        f"Install it:\n\n{fenced('pip install x && make', 'bash')}\nIn another language it is\n\n"
        f"{fenced(MIXED[other], other)}\nand here\n\n{fenced(MIXED[language], language)}\n"
        f"which prints\n\n{fenced('2', 'text')}\n{fenced('{}', 'json')}"
    )
    found = extract_code(answer, language)
    assert (found.code, found.language, found.how) == (MIXED[language], language, "one block")


@pytest.mark.parametrize("tag", ["ruby", "kotlin", "c#"])
@pytest.mark.parametrize("language", MIXED)
def test_a_mislabelled_fence_is_found_and_told(language, tag):
    found = extract_code(f"So:\n\n{fenced(MIXED[language], tag)}\nDone.\n", language)
    assert (found.code, found.language) == (MIXED[language], language)
    assert found.how == f"one block, tagged {ALIASES.get(tag, tag)}"


def test_a_block_that_is_what_its_tag_says_is_not_taken_for_another_language():
    assert extract_code(fenced(JAVA, "java"), "go").how == "only java code"


TRIM = 'trim() {\n  local text=$1\n  echo "${text# }"\n}\n'
ADD = "sub add {\n    my ($x, $y) = @_;\n    return $x + $y;\n}\n"


@pytest.mark.parametrize(
    ("answer", "language", "code"),
    [
        (TRIM, "bash", TRIM),
        (ADD, "perl", ADD),
        ("local M = {}\nreturn M\n", "lua", "local M = {}\nreturn M\n"),
        (f"Here is the function you want:\n\n{TRIM}\nIt takes one blank off.\n", "bash", TRIM),
        ("You can use the command cut for this.\n", "bash", ""),
    ],
)
def test_code_of_a_grammar_that_takes_prose_is_found(answer, language, code):
    assert extract_code(answer, language).code.strip() == code.strip()


def test_a_language_without_a_parser():
    assert extract_code(fenced(JAVA, "java"), "java").code == JAVA
    assert extract_code(fenced(F), "java").how == "only python code"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("```\n\n```", [("", "\n", True)]),
        ("```a\n1\n```\n~~~b\n2\n~~~", [("a", "1\n", True), ("b", "2\n", True)]),
        ("```a\n1\n~~~\n```", [("a", "1\n~~~\n", True)]),
        ("```a\n1", [("a", "1\n", False)]),
        ("`f`, ``g`` and ```h```", []),
        ("no `` fence", []),
    ],
)
def test_blocks(answer, expected):
    assert [(b.language, b.code, b.closed) for b in blocks(answer)] == expected


def test_aliases_lead_to_names():
    assert not set(ALIASES) & set(ALIASES.values())


@pytest.mark.parametrize("answer", ["`" * 100_000, "```x\n" * 20_000, "~~~\n```\n" * 20_000])
def test_hostile_answers_take_no_long_time(answer):
    assert extract_code(answer, "python").how


def test_code_that_a_grammar_only_suspects_is_whole():
    code = "#include <typeinfo>\nint f() {\n    return 1;\n}\n"
    code += "int g() { return typeid(int) == typeid(3); }\n"
    assert extract_code(code, "cpp").code == code
    said = f"Here it is, as you asked for.\n{code}\nIt gives back its argument, as you asked.\n"
    assert "as you asked" not in extract_code(said, "cpp").code


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("sql", "SELECT name\nFROM users\nWHERE age > 3;\n"),
        ("sql", "select name from users;\n"),
        ("html", "<ul>\n<li>a</li>\n</ul>\n"),
        ("css", "a:hover {\n  color: red;\n}\n"),
        ("json", '{"a": [1, 2]}\n'),
        ("yaml", "a: 1\nb:\n  - c\n"),
        ("toml", "[a]\nb = 1\n"),
        ("kotlin", "fun f(x: Int) = x\n"),
        ("csharp", "int F(int x) => x;\n"),
        ("haskell", "f :: Int -> Int\nf x = x\n"),
        ("elixir", "defmodule A do\n  def f(x), do: x\nend\n"),
        ("swift", "struct A { var x: Int }\n"),
    ],
)
def test_bare_code_of_languages_with_lines_of_their_own(language, code):
    assert extract_code(code, language).how == "bare code"
    found = extract_code(
        f"Here is what you asked for:\n\n{code}\nIt does what is wanted.", language
    )
    assert (found.code.strip(), found.how) == (code.strip(), "bare code between prose")


@pytest.mark.parametrize("language", ["sql", "html", "yaml", "json", "css"])
def test_prose_alone_is_no_code(language):
    prose = "Select the rows that you need.\nWith a table of users it is easy to do so.\n"
    assert extract_code(prose, language).code == ""
