"""Tokens of syntax trees say how code is built, in every language that has a grammar."""

import re

import pytest

from backfeed.engine.grammar import grammars
from backfeed.engine.methods.fingerprints import APART, fingerprints
from backfeed.engine.trees import known, tree_tokens

# A snippet, the names of its own in it, and the signs of a comment.
CODE = {
    "bash": ('sum() {\n  for n in "$@"; do total=$((total + n)); done\n  sort -n "$1"\n}\n',
             "sum n total", "# {}\n"),
    "c": ("int add(int a, int *b) { struct p x; x.left = 1; return a + b[0] - x.left; }",
          "add a b p x left", "/* {} */"),
    "cpp": ('template <typename T> T add(const V<T>& v) { T s = 0; for (auto& x : v) s += x;\n'
            'std::cout << "a\\n"; return s; }', "add T v s x", "// {}\n"),
    "csharp": ('public static int Add(int a, int b) { var s = $"x{a + b}"; return s + "x"; }',
               "Add a b s", "// {}\n"),
    "dart": ("int add(int a, {int b = 2}) { final s = 'x ${a + b}'; return a + s; }",
             "add a b s", "// {}\n"),
    "elixir": ('defmodule M do\n  @doc "adds"\n  def add(a, b), do: a + b\nend', "M add a b",
               "# {}\n"),
    "go": ("func Add(a, b int) int {\n\ts := p.Left\n\treturn a + b + s\n}\n", "Add a b s p Left",
           "// {}\n"),
    "haskell": ('add :: Int -> Int -> Int\nadd a b = a + b\n', "add a b", "{{- {} -}}"),
    "java": ('class A { int add(int a, int b) { String s = "x"; list.add(a); return s + b; } }',
             "A add a b s list", "/* {} */"),
    "javascript": ("function add(a, b) { const o = {a, b: 1}; o.left = `x ${a + b}`; return o; }",
                   "add a o left", "// {}\n"),
    "julia": ('function add(a::Int, b=2)\n  s = "x $(a)"\n  return a + b\nend', "add a b s",
              "#= {} =#"),
    "kotlin": ('fun add(a: Int, b: Int = 2): Int { val s = "x ${a + b}"; return a + s }',
               "add a b s", "/* {} */"),
    "lua": ('local function add(a, b)\n  local t = {x = 1}\n  t.x = a\n  return a + b, t:foo("s")'
            "\nend", "add a b t x foo", "--[[ {} ]]"),
    "perl": ("sub add {\n  my ($first, $other) = @_;\n  my %known = (key => 1);\n"
             '  print "x $first\\n";\n  return $first + $known{key} + foo($other);\n}\n',
             "add first other known foo", "# {}\n"),
    "php": ('function add($a, $b) { $this->x = "v $a"; return $a + $b; }', "add a b x",
            "/* {} */"),
    "python": ('def add(a, b=2):\n    """Add."""\n    s = f"x {a + b}"\n    self.left = a\n'
               "    return sorted(a, key=s)\n", "add a b s left", "# {}\n"),
    "ruby": ('def add(a, b = 2)\n  @x = "v #{a}"\n  h = {k: 1, :z => 2}\n'
             "  a.each { |i| h[i] + 1 }\nend", "add a b h i k z each", "# {}\n"),
    "rust": ('fn add(a: i32, b: i32) -> i32 { let p = P { left: a }; print!("{}", p); p.left + b }',
             "add a b p P left", "/* {} */"),
    "scala": ('def add(a: Int, b: Int = 2): Int = { val s = s"x ${a + b}"; a + s }', "add a b",
              "/* {} */"),
    "swift": ('func add(_ a: Int, to b: Int = 2) -> Int { let s = "x \\(a + b)"; return s }',
              "add a b s to", "/* {} */"),
    "typescript": ("function add(a: number, b?: string): number { const o: F = {a, b: 1};"
                   " return o.a; }", "add F o", "/* {} */"),
    "zig": ('fn add(a: i32, b: i32) i32 {\n    const s = "x";\n    return a + b;\n}\n',
            "add a b s", "// {}\n"),
}  # fmt: skip
DATA = {
    "css": (".red { color: red; margin: 0 4px; }", ".red { color: blue; margin: 0 4px; }"),
    "html": ('<div class="a"><p>Text</p></div>', '<div class="a"><b>Text</b></div>'),
    "json": ('{"a": [1, 2.5, "x", null]}', '{"b": [1, 2.5, "x", null]}'),
    "toml": ("a = 1\n", "b = 1\n"),
    "yaml": ("a: 1\nb:\n  - x\n", "a: 1\nb:\n  - y\n"),
}


def renamed(code, names):
    for name in names.split():
        code = re.sub(rf"(?<![\w-]){name}(?!\w)", f"other_{name}", code)
    return code


def test_every_grammar_is_tried_here():
    assert set(CODE) | set(DATA) == {name for name in grammars() if known(name)}


@pytest.mark.parametrize("language", CODE)
def test_other_names_change_nothing(language):
    code, names, _ = CODE[language]
    other = renamed(code, names)
    tokens = tree_tokens(code, language)
    assert other != code
    assert tokens == tree_tokens(other, language)
    assert len(tokens) > 10


@pytest.mark.parametrize("language", CODE)
def test_comments_and_white_space_change_nothing(language):
    code, _, form = CODE[language]
    first, second = (form.format(text) for text in ("one", "what is said, is said (again)"))
    noted = f"{first}\n{code}\n\n{second}"
    tag = "<?php " if language == "php" else ""
    assert tree_tokens(tag + noted.replace(" = ", "  =  "), language) == tree_tokens(code, language)


@pytest.mark.parametrize("language", CODE)
def test_what_is_done_is_seen(language):
    code = CODE[language][0]
    assert tree_tokens(code, language) != tree_tokens(
        re.sub(r"return (?=o)|\+", "-", code), language
    )


@pytest.mark.parametrize("language", DATA)
def test_what_data_says_is_not_left_out(language):
    one, two = (tree_tokens(text, language) for text in DATA[language])
    assert one != two
    assert len(one) == len(two)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("x = 1", "x = 22"),
        ("x = 'a'", 'x = "b c"'),
        ("f(a, b,)", "f(a, b)"),
        ("x = 1; y = 2", "x = 1\ny = 2"),
        ('def f():\n    """Doc."""\n    return 1', "def f():\n    return 1"),
        ("self.name = name", "self.name = title"),
        ("f(name=name)", "f(name=other)"),
        ("x = f'{a} and {b}'", "y = f'{b}, {a}!'"),
    ],
)
def test_python_that_is_built_alike(one, two):
    assert tree_tokens(one, "python") == tree_tokens(two, "python")


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("x = 1", "x = 1.0"),
        ("x = 1", "x += 1"),
        ("a - b", "a - a"),
        ("x = 'a'", "x = f'{a}'"),
        ("if a: b", "while a: b"),
        ("self.left", "left"),
    ],
)
def test_python_that_is_not(one, two):
    assert tree_tokens(one, "python") != tree_tokens(two, "python")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("", "python"),
        ("# only said", "python"),
        ("Once upon a time there was a fox.", "python"),
        ("Once upon a time there was a fox.", "java"),
        ("x = 1", "latin"),
        ("select 1", "sql"),
    ],
)
def test_what_has_no_tokens(text, language):
    assert tree_tokens(text, language) == []


def test_a_slip_is_no_reason_to_read_nothing():
    body = "def f(a):\n    b = [x for x in a if x > 1]\n    return sum(b) + len(a)\n\n"
    whole, cut = (tree_tokens(body * 4 + end, "python") for end in ("", "def g("))
    assert [token for token in cut if token != APART][: len(whole) - 3] == [
        token for token in whole if token != APART
    ]


PARTS = {
    "c": ("int f(int a) { return a; }", "int g(int b) { return b + 1; }"),
    "go": ("func f(a int) int { return a }", "func g(b int) int { return b + 1 }"),
    "java": ("int f(int a) { return a; }", "int g(int b) { return b + 1; }"),
    "python": ("def f(a):\n    return a", "@cached\nclass A:\n    def g(self):\n        return 1"),
    "ruby": ("def f(a)\n  a\nend", "def g(b)\n  b + 1\nend"),
    "rust": ("fn f(a: i32) -> i32 { a }", "fn g(b: i32) -> i32 { b + 1 }"),
    "typescript": ("function f(a) { return a; }", "class A { g(b) { return b + 1; } }"),
}


@pytest.mark.parametrize("language", PARTS)
def test_functions_and_classes_may_change_places(language):
    frame = "class All {{ {} }}" if language == "java" else "{}"
    one, two = (
        tree_tokens(frame.format("\n\n".join(parts)), language)
        for parts in (PARTS[language], PARTS[language][::-1])
    )
    assert one != two
    assert (fingerprints(one) == fingerprints(two)).all()


def test_odd_texts_are_read():
    for text, count in [("\ud800 = 1", 0), ("x = '\N{SNAKE}'", 3), ("a." * 5000 + "b", 10_001)]:
        assert len(tree_tokens(text, "python")) == count
    assert len(tree_tokens("x = " + "(" * 3000 + ")" * 3000, "python")) < 6003
