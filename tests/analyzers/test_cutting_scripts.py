"""What is cut from scripts, what they take, and what their comments say of it."""

import pytest

from backfeed.analyzers import _tree_calls, _tree_docs, _tree_parameters
from backfeed.engine import languages

BODY = "  a\n  b\n  c\n  d\n"


def only(language, text):
    """The one unit that a text has."""
    [found] = [
        one for one in languages.call(language, "units", text, (3, 40, 80)) if not one.reason
    ]
    return found


@pytest.mark.parametrize(
    ("language", "body", "names"),
    [
        ("bash", 'f() { local a=$1 b="${2:-x}"; echo "$a$b"; }', [("a", False), ("b", True)]),
        ("bash", "f() { echo $1 $2; }", [("given1", False), ("given2", False)]),
        ("bash", "f() { local n=${1#-}; echo $n; }", [("n", False)]),
        ("bash", "f() { echo \"$1\" | awk '{print $3}'; }", [("given1", False)]),
        ("bash", "f() { local a=$1; shift; echo $1; }", []),
        ("bash", "f() { echo $3; }", []),
        ("perl", "sub f { my ($a, @b) = @_; return $a; }", [("a", False), ("b", True)]),
        ("perl", "sub f { my $a = shift; my $b = shift // 2; 1 }", [("a", False), ("b", True)]),
        ("perl", "sub f { return $_[0] + $_[1]; }", [("given1", False), ("given2", False)]),
        ("perl", "sub f { return sum(@_); }", [("_", True)]),
    ],
)
def test_what_a_body_takes_by_itself(language, body, names):
    found = _tree_parameters.parameters(language, body, "f")
    assert [(one.name, one.optional) for one in found] == names


def test_what_is_taken_stands_in_the_signature():
    code = "sub f {\n    my ($n, $m) = @_;\n    return $n;\n}\n"
    said = _tree_docs.describe("perl", f"# Gives a number, and nothing else.\n{code}", "f")
    assert said.signature == "sub f { my ($n, $m) = @_; ... }"


@pytest.mark.parametrize(
    ("language", "code", "call"),
    [
        ("lua", "local M = {}\nfunction M.f(s)\n  return s:upper()\nend\n", 'M.f("'),
        ("lua", "local function f(s)\n  return s:upper()\nend\n", 'f("'),
        ("ruby", "module M\n  def self.f(s)\n    s.upcase\n  end\nend\n", 'M.f("'),
        ("ruby", "def f(key:)\n  key.upcase\nend\n", 'f(key: "'),
        ("php", "<?php\nclass K { static function f(string $s) { return $s; } }\n", 'K::f("'),
        ("php", "<?php\n/** @param int[] $s */\nfunction f(array $s) { return $s; }\n", "f(["),
        ("bash", 'f() { local s=$1; echo "$s"; }\n', 'f "'),
        ("perl", "sub f { my ($s) = @_; return lc $s; }\n", 'f("'),
        ("ruby", "def f(s, other = nil)\n  s.upcase\nend\n", 'f("'),
    ],
)
def test_calls_are_written_as_the_language_has_them(language, code, call):
    types = _tree_docs.types_told(language, code, "f")
    found = _tree_calls.inputs(language, code, "f", types=types)
    assert found
    assert all(one.startswith(call) for one in found)


@pytest.mark.parametrize(
    ("comment", "types"),
    [
        ("@param [Integer] n how many", {"n": "Integer"}),
        ("@param n [Array<String>] the words", {"n": "Array<String>"}),
        ("@param int|null $n how many", {"n": "int|null"}),
        ("@param array<int, string> $n the words", {"n": "array<int, string>"}),
        ("@param n number how many", {"n": "number"}),
        ("@tparam string n the text", {"n": "string"}),
        ("@string[opt] n the text", {"n": "string"}),
        ("@param n the words, as a list", {"n": "?str"}),
        ("@param n optional, of any kind", {"n": "?optional"}),
    ],
)
def test_types_in_comments(comment, types):
    code = f"--- Text.\n-- {comment}\nfunction f(n)\n  return n\nend\n"
    assert _tree_docs.types_told("lua", code, "f") == types


def test_the_innermost_module_goes_with_its_function():
    text = f"module A\n  class B::C < D\n    def self.f\n{BODY}    end\n  end\nend\n"
    code = only("ruby", text).code
    assert code.startswith("class C\n    def self.f\n")
    assert code.endswith("end\nend\n")


def test_statements_that_fill_a_table_go_with_it():
    text = f"T = {{}}\n9.times do |n|\n  T[n] = n\nend\nputs 1\ndef f\n  T\n{BODY}end\n"
    code = only("ruby", text).code
    assert "T[n] = n" in code
    assert "puts" not in code


def test_a_method_that_an_object_is_asked_for_is_no_function_of_the_file():
    text = f"def join; 1; end\ndef f(x)\n  x.join\n{BODY}end\n"
    assert "def join" not in only("ruby", text).code


@pytest.mark.parametrize(
    ("language", "text", "reason"),
    [
        (
            "perl",
            "sub f {\n my $self = shift;\n my $n = 1;\n my $m = 2;\n return $n;\n}\n",
            "method",
        ),
        ("lua", "local function f(self, n)\n  n = 1\n  n = 2\n  return n\nend\n", "method"),
        (
            "perl",
            "use Foo qw(g);\nsub f {\n my $n = shift;\n $n = g($n);\n return 1;\n}\n",
            "import",
        ),
        (
            "php",
            "<?php\nuse A\\B;\nfunction f() {\n $b = 1;\n $c = 2;\n return new B();\n}\n",
            "import",
        ),
    ],
)
def test_what_is_no_unit(language, text, reason):
    [found] = languages.call(language, "units", text, (3, 40, 80))
    assert found.reason == reason


def test_documentation_in_pod_is_read():
    pod = "=head2 f\n\nGives C<x> back.\n\n=cut\n\n"
    text = f"{pod}sub f {{\n my $x = shift;\n my $y = $x;\n return $y;\n}}\n"
    found = only("perl", text)
    assert _tree_docs.describe("perl", found.code, "f").prose == "Gives `x` back."


def test_an_indented_example_is_no_prose():
    shown = '#    f(2)\n#    #=> "a=b"\n'
    code = f"# Gives text.\n#\n{shown}def f(n)\n  n\nend\n"
    said = _tree_docs.describe("ruby", code, "f")
    assert said.prose == "Gives text."
    assert [(one.source, one.want) for one in said.examples] == [("f(2)", '"a=b"')]
