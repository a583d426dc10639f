"""Code of any language as a tree: definitions, stubs, mutants, comments, what is missing."""

import re

import pytest

from backfeed.analyzers import _tree, _tree_fit, _tree_mutants
from backfeed.engine.languages import ALIKE

CPP = """#include <vector>
// the rest of the world
class Sum {
public:
    Sum(int start) : total(start) {}
    int get() const { return total; }  /* é */
private:
    int total;
};
int add(int x, int y) {
    if (x > 3 && y < 2) { return x + 1; }
    return x + y;
}
void nothing(int x) { add(x, 1); }
"""


def test_definitions_have_names_bodies_and_types():
    found = _tree.definitions("cpp", CPP)
    assert [(one.kind, one.name, one.result, one.line) for one in found] == [
        ("class", "Sum", "", 3), ("function", "get", "int", 6), ("function", "add", "int", 10),
        ("function", "nothing", "void", 14),
    ]  # fmt: skip
    text = CPP.encode()
    assert text[slice(*found[3].body)] == b"{ add(x, 1); }"


def test_a_stub_keeps_what_is_around_the_bodies():
    assert _tree_mutants.stub("cpp", CPP, "add").endswith(
        "int add(int x, int y) { return {}; }\nvoid nothing(int x) { add(x, 1); }\n"
    )
    all_of_it = _tree_mutants.stub("cpp", CPP, "")
    assert "int get() const { return {}; }  /* é */" in all_of_it
    assert all_of_it.endswith("void nothing(int x) {}\n")
    assert _tree_mutants.stub("cpp", CPP, "Sum").count("{ return {}; }") == 1
    assert _tree_mutants.stub("cpp", "int x = 1;\n", "x") == ""


def test_mutants_are_different_each_with_one_fault_and_always_the_same():
    made = _tree_mutants.mutants("cpp", CPP, "add", most=50)
    found = [text for _, text in made]
    assert len(found) == len(set(found)) > 8
    assert made == _tree_mutants.mutants("cpp", CPP, "add", most=50)
    assert made[:3] == _tree_mutants.mutants("cpp", CPP, "add", most=3)
    assert CPP not in found
    for wanted in ("x >= 3", "x > 4", "|| y", "!(x > 3 && y < 2)", "return {};", "x - y"):
        assert any(wanted in one for one in found), wanted
    assert all("{ return total; }" in one and "add(x, 1)" in one for one in found)
    assert not any(_tree.tree("cpp", one.encode()).root_node.has_error for one in found)


MESSAGES = [
    ("javascript", 'throw new Error("no")'), ("javascript", 'console.error( "no", x)'),
    ("java", 'throw new IllegalStateException("no")'), ("cpp", 'throw std::runtime_error("no")'),
    ("c", 'fprintf(stderr, "no")'), ("php", "throw new \\Exception('no')"),
    ("ruby", "raise ArgumentError, 'no'"), ("ruby", "raise ArgumentError.new('no')"),
    ("ruby", "raise 'no'"), ("go", 'panic("no")'), ("rust", 'panic!("no")'),
    ("rust", 'x.expect("no")'), ("lua", 'error("no")'), ("perl", "die 'no'"),
]  # fmt: skip
HEADS = {
    "javascript": "function f(x) {{ {}; return {}; }}",
    "java": "class A {{ String f(int x) {{ {}; return {}; }} }}",
    "cpp": "auto f(int x) {{ {}; return {}; }}", "c": "char *f(int x) {{ {}; return {}; }}",
    "php": "<?php function f($x) {{ {}; return {}; }}", "ruby": "def f(x)\n{}\n{}\nend\n",
    "go": "package main\nfunc f(x int) string {{ {}; return {} }}",
    "rust": "fn f(x: Option<i32>) -> &'static str {{ {}; {} }}",
    "lua": "function f(x) {}; return {} end", "perl": "sub f {{ {}; return {}; }}",
}  # fmt: skip


@pytest.mark.parametrize(("language", "said"), MESSAGES)
def test_a_message_that_is_emptied_looks_equivalent(language, said):
    code = HEADS[language].format(said, '"yes"') + "\n"
    made = {text: operator for operator, text in _tree_mutants.mutants(language, code, "", most=50)}
    assert made[re.sub("""(["'])no.""", r"\1\1", code)] == ALIKE
    assert made[code.replace('"yes"', '""')] == "string"
    few = [name for name, _ in _tree_mutants.mutants(language, code, "", most=1) if name != ALIKE]
    assert len(few) == 1


def test_comments_are_blanked_in_place():
    bare = _tree.without_comments("cpp", CPP)
    assert "rest of the world" not in bare
    assert "é" not in bare
    assert [line.rstrip() for line in bare.splitlines()][9:] == CPP.splitlines()[9:]
    assert _tree.without_comments("cpp", 'x = "// no comment";') == 'x = "// no comment";'


@pytest.mark.parametrize(
    ("code", "word", "line"),
    [
        ("int f() { return 1; }\n", "ok", None),
        ("int f() {\n  return 1;\n", "unknown", 2),
        ("int f( { return 1; }\n", "unknown", 1),
        ("", "ok", None),
    ],
)
def test_what_the_grammar_does_not_take_is_suspected(code, word, line):
    found = _tree.parse("cpp", code)
    assert found["word"] == word
    assert found.get("line") == line


@pytest.mark.parametrize(
    ("code", "rules"),
    [
        ("int f(int x) { return x; }", []),
        ("int f(int x) { }", ["stub"]),
        ("int f(int x) { // TODO\n}", ["stub"]),
        ("int g(int x) { return x; }", ["missing-name"]),
        ("int f(int x) {\n  // ... rest of the code here\n  return x; }", ["cut-code"]),
        ("int f(int x) {\n  // ...\n  return x; }", ["cut-code"]),
        ("int f(int x) {\n  // write your code here\n  return x; }", []),
        ("int f(int x) {\n  // write your code here\n}", ["stub"]),
        ("int f(int x) {\n  // ....^^....\n  return x; }", []),
        ("int g() { return 1; }\nint f(int x);", []),
    ],
)
def test_what_does_not_fit_is_named(code, rules):
    found = _tree_fit.fit("cpp", code, "f", instruction="Write a function `f`.")
    assert [finding["rule"] for finding in found] == rules


def test_a_name_is_missed_only_if_it_was_asked_for():
    code = "int maxOf(int x) { return x; }"
    assert _tree_fit.fit("cpp", code, "maximum", instruction="Write maxOf.") == []
    assert _tree_fit.fit("cpp", code, "maxof", instruction="Write maxof.") == []
    [missed] = _tree_fit.fit("cpp", code, "maximum", instruction="Write maximum.")
    assert missed["rule"] == "missing-name"
    text = "Return the maximum of a list with `largest(list)`."
    assert _tree_fit.fit("cpp", code, "maximum", instruction=text) == []
    both = "Write `int maxOf(int x)`. For example, max_of(3) is 3."
    assert _tree_fit.fit("cpp", code, "max_of", instruction=both) == []
    [missed] = _tree_fit.fit("cpp", code, "largest", instruction=text)
    assert missed["message"] == "largest is not defined"


@pytest.mark.parametrize(
    ("instruction", "name"),
    [("Write `nothing`, then `add`.", "nothing"), ("Write add.", "add"), ("Do it.", "")],
)
def test_the_name_that_is_asked_for(instruction, name):
    assert _tree_fit.entry_point_of("cpp", instruction, CPP) == name


def test_a_lone_function_is_meant_whatever_is_said():
    assert _tree_fit.entry_point_of("cpp", "Do it.", "int only() { return 1; }") == "only"


@pytest.mark.parametrize("language", ["c", "cpp"])
def test_a_function_that_gives_a_pointer_to_pointers_is_emptied(language):
    stub = _tree_mutants.stub(language, "char **f(int x) { return g(x); }\n", "f")
    assert "g(x)" not in stub
    assert "return" in stub
