"""What a comment and a signature say: of values that are given, of types, of what is returned."""

import json

import pytest

from backfeed.analyzers import _tree_docs
from backfeed.engine import languages

SEARCH = """/**
 * Finds a number in a list.
 * @param {number[]} list %s
 * @param {number} n a %s
 * @returns {number} where it is
 * @returns {number} -1 if it is not there
 */
function find(list, n) {
  return n < 0 ? -1 : list.indexOf(n);
}
"""


def test_calls_keep_what_a_comment_asks_of_values():
    def given(*words):
        calls = languages.call("javascript", "inputs", SEARCH % words, "find", ((), 60))
        lists = [json.loads(call[len("find(") : call.index("]") + 1]) for call in calls]
        numbers = [int(call.rpartition(", ")[2].rstrip(")")) for call in calls]
        return all(one == sorted(one) for one in lists), min(numbers)

    assert given("what is looked at", "number") == (False, -4)
    assert given("sorted numbers", "non-negative number") == (True, 0)
    assert given("sorted numbers", "natural number") == (True, 1)


def test_all_that_is_said_of_what_it_returns_is_kept():
    found = _tree_docs.describe("javascript", SEARCH % ("a", "b"), "find")
    assert found.returns == "where it is; -1 if it is not there"


OWN_TYPES = [
    ("rust", "pub struct P {\n    n: i32,\n}\n\nfn f(p: P) -> i32 {\n    1\n}\n", "pub struct P"),
    (
        "typescript",
        "interface P { n: number }\nfunction f(p: P): number {\nreturn 1\n}\n",
        "interface P",
    ),
    ("cpp", "struct P { int n; };\nint f(const P& p) {\nreturn 1;\n}\n", "struct P {"),
]


@pytest.mark.parametrize(("language", "code", "begin"), OWN_TYPES)
def test_a_signature_comes_with_the_types_that_the_file_has(language, code, begin):
    assert _tree_docs.describe(language, code, "f").signature.startswith(begin)
    other = _tree_docs.describe(language, code.replace("p: P", "p").replace("P&", "int&"), "f")
    assert begin not in other.signature


def test_a_signature_has_the_parameters_of_its_template():
    code = "// x\ntemplate <typename T>\nT f(T a) {\n  return a;\n}\n"
    assert _tree_docs.describe("cpp", code, "f").signature == "template <typename T> T f(T a)"
