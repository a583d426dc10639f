"""Units, comments and calls in any language: what the shared machinery reads and writes."""

import pytest

from backfeed.analyzers import _tree_calls, _tree_docs, _tree_recorded, _tree_units
from backfeed.analyzers._described import Description, Example, knowable, telling
from backfeed.engine import languages
from backfeed.engine.requests import Job, Outcome

JS = """const LIMIT = 3;
const helper = (x) => x % LIMIT;
const apart = 1;

/**
 * Sums what is left of each number after a division, {@link helper}.
 *
 * See https://example.com/sums for more.
 * @author somebody
 * @param {number[]} numbers - whole numbers
 *   in any order
 * @param {string} [sign='+'] what stands before it
 * @return {number} the sum
 * @throws {Error} if there are none
 * @example total([1, 2]) // => 3
 */
export function total(numbers, sign = '+') {
  let sum = 0;
  for (const one of numbers) {
    sum += helper(one);
  }
  return sum;
}
"""


def units(language, text, bounds=(1, 50, 80)):
    return {one.name: one for one in _tree_units.units(language, text, bounds)}


def test_a_unit_takes_what_it_needs_and_no_more():
    code = units("javascript", JS)["total"].code
    assert "const LIMIT = 3;\n" in code
    assert "const helper" in code
    assert "apart" not in code
    assert "export" not in code
    assert code.index("LIMIT = 3") < code.index("const helper") < code.index("/**")


@pytest.mark.parametrize(
    ("language", "text", "reason"),
    [
        ("javascript", "import x from './x';\nfunction f() {\n  return x();\n}\n", "import"),
        ("javascript", "const x = require('left-pad');\nfunction f() { return x(); }\n", "import"),
        ("javascript", "import x from './x';\nfunction f() {\n  return 1;\n}\n", ""),
        ("javascript", "const { sep } = require('path');\nfunction f() { return sep; }\n", ""),
        ("javascript", "class A {\n  f() { return 1; }\n}\n", "method"),
        ("javascript", "function g() {\n  function f() { return 1; }\n}\n", "nested"),
        ("go", 'package a\nimport "a.b/c"\nfunc f() int { return c.D() }\n', "import"),
        ("go", 'package a\nimport "strings"\nfunc f() int { return 1 }\n', ""),
        ("java", "class A { int f() { return 1; } }\n", "method"),
        ("java", "class A { private static int f() { return 1; } }\n", "method"),
        ("java", "class A { static int f() { return 1; } }\n", ""),
        ("rust", "use crate::x;\nfn f() -> u8 { x() }\n", "import"),
        ("c", '#include "x.h"\nint f(void) { return 1; }\n', ""),
        ("cpp", "namespace a { int f() { return 1; } }\n", ""),
    ],
)
def test_what_stands_alone(language, text, reason):
    assert units(language, text)["f"].reason == reason


def test_go_is_given_only_the_imports_that_it_uses():
    text = (
        'package a\nimport (\n"os"\n"strings"\n)\nfunc f() string { return strings.ToUpper("") }\n'
    )
    code = units("go", text)["f"].code
    assert code.startswith('package main\n\nimport "strings"\n')
    assert "os" not in code


def test_a_static_method_keeps_its_class():
    text = "class A {\n  static final int K = 2;\n  int other;\n  static int f() { return K; }\n}\n"
    code = units("java", text)["f"].code
    assert "K = 2" in code
    assert "other" not in code
    assert _tree_calls.called("java", code, "f") == "A.f"


def test_the_head_of_a_file_tells_of_its_only_function():
    text = "//! Adds one to a number, which is all it does.\n\nfn f(x: u8) -> u8 {\n    x + 1\n}\n"
    assert units("rust", text)["f"].code.startswith("/// Adds one")
    assert "Adds" not in units("rust", text + "fn g() -> u8 { 2 }\n")["f"].code
    licence = "// Licence: MIT, see that file for all of it.\n\nfn f() -> u8 {\n    2\n}\n"
    assert "MIT" not in units("rust", licence)["f"].code


def test_a_comment_is_read_by_its_sections():
    found = _tree_docs.describe("javascript", units("javascript", JS)["total"].code, "total")
    assert found.reason == ""
    assert found.prose.startswith("Sums what is left of each number after a division, `helper`.")
    assert "somebody" not in found.prose
    assert "https" not in found.prose
    assert found.parameters[0] == ("numbers", "whole numbers in any order")
    assert found.parameters[1] == ("sign", "what stands before it")
    assert found.returns == "the sum"
    assert found.examples == (Example("total([1, 2])", "3"),)
    assert found.signature == "function total(numbers, sign = '+')"


RUST = """/// Says whether a word is long.
///
/// # Arguments
///
/// * `word` - any word
///
/// # Returns
///
/// true if it has ten letters
///
/// # Examples
///
/// ```
/// assert_eq!(long("a").unwrap(), false);
/// ```
fn long(word: &str) -> Option<bool> {
    Some(word.len() >= 10)
}
"""


def test_rusts_headings_are_sections():
    found = _tree_docs.describe("rust", RUST, "long")
    assert (found.prose, found.returns) == (
        "Says whether a word is long.", "true if it has ten letters",
    )  # fmt: skip
    assert found.parameters == (("word", "any word"),)
    assert found.examples == (Example('long("a").unwrap()', "false"),)


@pytest.mark.parametrize(
    ("comment", "reason"),
    [
        ("", "no-docstring"),
        ("// It adds.", "short-docstring"),
        ("// It adds, the same as above.", "leans-on-context"),
        ("// It does what `otherThing` does, but for zero.", "leans-on-context"),
    ],
)
def test_words_that_are_not_enough(comment, reason):
    code = f"{comment}\nfunction f(n) {{\n  return n;\n}}\n"
    assert _tree_docs.describe("javascript", code, "f").reason == reason


@pytest.mark.parametrize(
    ("signature", "prose", "reason"),
    [
        ("function f(base = DEFAULT_BASE)", "", "unknown-default"),
        ("function f({ base = DEFAULT_BASE, n = 3 } = {})", "Adds.", "unknown-default"),
        ("const DEFAULT_BASE = 37;\nfunction f(base = DEFAULT_BASE)", "", ""),
        ("function f(base = DEFAULT_BASE)", "`DEFAULT_BASE` is 37.", ""),
        ("int f(int most = INT_MAX)", "", ""),
        ("function f(base = 37)", "", ""),
    ],
)
def test_a_default_has_a_value(signature, prose, reason):
    found = knowable(Description("f", "function", signature, prose))
    assert found.reason == reason
    assert found.detail == ("DEFAULT_BASE" if reason else "")


@pytest.mark.parametrize(
    ("line", "pairs"),
    [
        ("f(1) => 2", [("f(1)", "2")]),
        ("f([1, 2]) = [2, 1]", [("f([1, 2])", "[2, 1]")]),
        ('f("a)") // => "b"', [('f("a)")', '"b"')]),
        ("f(1); // returns 2", [("f(1)", "2")]),
        ("f(1) is two of a kind", []),
        ("f(1) => two of a kind", []),
        ("see f(1)", []),
        ("off(1) => 2", []),
        ("f(1\n", []),
    ],
)
def test_examples_are_calls_with_values(line, pairs):
    code = f"/**\n * Gives what it is given.\n * {line}\n */\nfunction f(n) {{\n  return n;\n}}\n"
    found = _tree_docs.examples("javascript", code, "f")
    assert [(one.source, one.want) for one in found] == pairs


@pytest.mark.parametrize(
    ("language", "code", "types"),
    [
        ("go", "func f(a, b int, c []string) int { return 1 }", ["int", "int", "[]string"]),
        ("rust", "fn f(mut a: Vec<u8>, b: &'a str) {}", ["Vec<u8>", "&'a str"]),
        ("java", "class A { static int f(final int[] a, String b) { return 1; } }",
         ["int[]", "String"]),
        ("typescript", "const f = (a: number[], b?: string) => 1;", ["number[]", "string"]),
        ("javascript", "function f(a, b = 2) { return 1; }", ["", ""]),
        ("c", "int f(const char *a, unsigned long n) { return 1; }",
         ["const char *", "unsigned long"]),
        ("cpp", "int f(const std::vector<int>& a) { return 1; }", ["const std::vector<int>&"]),
    ],
)  # fmt: skip
def test_parameters_have_the_types_that_are_written(language, code, types):
    assert [one.type for one in _tree_calls.parameters(language, code, "f")] == types


def test_calls_are_drawn_by_type_and_start_with_those_shown():
    code = "func f(n int, s string, xs []float64) int { return 1 }"
    found = _tree_calls.inputs("go", code, "f", shown=['f(7, "x", nil)'], most=9)
    assert found[0] == 'f(7, "x", nil)'
    assert len(found) == len(set(found)) == 9
    assert all("[]float64{" in call for call in found[1:])
    assert found == _tree_calls.inputs("go", code, "f", shown=['f(7, "x", nil)'], most=9)


def test_what_nobody_can_make_is_not_called():
    assert _tree_calls.inputs("go", "func f(x *os.File) int { return 1 }", "f") == []
    assert _tree_calls.inputs("go", "func f() int { return 1 }", "f") == []


def test_numbers_below_zero_are_for_code_that_speaks_of_them():
    plain = _tree_calls.inputs("go", "func f(n int) int { return n }", "f")
    signed = _tree_calls.inputs("go", "func f(n int) int { if n < 0 { return 1 }; return n }", "f")
    assert "f(-4)" not in plain
    assert "f(-4)" in signed


@pytest.mark.parametrize(
    ("text", "call", "rest"),
    [
        ("f(1) + 2", "f(1)", " + 2"),
        ("f('(', [g(2)]);", "f('(', [g(2)])", ";"),
        (r'f("\")")', r'f("\")")', ""),
        ("f(1", "", "f(1"),
        ("f", "", "f"),
    ],
)
def test_a_call_ends_with_its_bracket(text, call, rest):
    assert _tree_calls.split_call(text) == (call, rest)


PAIRS = [("f([1, 2], 'x,')", "[2, 1]"), ("f(1)", "null")]


@pytest.mark.parametrize("language", ["javascript", "typescript", "go", "rust", "java", "c", "cpp"])
def test_a_recorded_test_gives_its_pairs_back(language):
    text = _tree_recorded.test(language, PAIRS)
    assert _tree_recorded.pairs(language, text) == PAIRS


def test_what_calls_gave_is_read_by_number():
    said = "noise\nbackfeed-record 2 [1]\nxbackfeed-record 0 3\nbackfeed-record x 1\n"
    found = _tree_recorded.values(Job(), Outcome("AC", stdout=said))
    assert found == [{"repr": "3", "wrap": ""}, {"skip": "no value"}, {"repr": "[1]", "wrap": ""}]
    assert _tree_recorded.values(Job(), Outcome("AC", stdout="")) == []


def test_an_authors_value_is_written_as_it_was_seen():
    shown = [Example("f(1)", "1100"), Example("f(2)", "3")]
    _, text = languages.call(
        "javascript", "test_of_examples", shown, {"f(1)": '"1100"', "f(2)": "4"}
    )
    assert _tree_recorded.pairs("javascript", text) == [("f(1)", '"1100"'), ("f(2)", "3")]


def test_the_calls_that_tell_the_most_differ():
    pairs = [("f(1)", "true"), ("f(2)", "true"), ("f(3)", "[1, 2]"), ("f(4)", "x" * 200)]
    assert telling(pairs, 2) == [("f(3)", "[1, 2]"), ("f(1)", "true")]
    assert telling(pairs[:2], 2) == pairs[:2]
