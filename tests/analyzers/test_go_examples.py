"""Go as a source of problems: an author's examples, and what calls are seen to give."""

import pytest

from backfeed.analyzers import _go_source
from backfeed.analyzers.go import PLUGIN
from backfeed.engine.requests import Outcome

ADD = "package main\n\nfunc Add(x, y int) int { return x + y }\n"
EXAMPLE = """\
package sums_test

import ("fmt"; "strings"; "example.com/sums"; "example.com/other")

func ExampleAdd() {
	total := sums.Add(1, 2)
	fmt.Println(total, strings.Repeat("a", total))
	// Output: 3 aaa
}
"""


@pytest.mark.parametrize(
    ("old", "new", "there"),
    [
        ("", "", True),
        ("sums.", "", True),
        ("// Output", "// It gives", False),
        ("sums.Add(1, 2)", "sums.Sub(1, 2)", False),
        ("total)", "sums.Sub(total))", False),
        ("strings.Repeat", "other.Repeat", False),
        ("total)", "add(total))", False),
    ],
)
def test_an_example_is_a_test_if_it_needs_no_more_than_the_code(old, new, there):
    text = EXAMPLE.replace(old, new)
    text = text if "sums." in text else text.replace("sums_test", "sums")
    kind, test = PLUGIN.tests_beside(ADD, "Add", (text,))
    assert kind == "script"
    assert ("total := Add(1, 2)" in test) is there
    assert bool(test) is there


def test_an_example_is_shown_if_it_is_short():
    _, test = PLUGIN.tests_beside(ADD, "Add", (EXAMPLE,))
    long = test.replace("total :=", "\n" * 12 + "total :=")
    call = PLUGIN.test_of([("Add(1, 2)", "3")])
    shown = PLUGIN.shown([("script", test), call])
    assert shown.startswith("total := Add(1, 2)\nfmt.Println(total, ")
    assert shown.endswith("\n// Output: 3 aaa")
    assert PLUGIN.shown([("script", long), call]) == "Add(1, 2) // 3"


@pytest.mark.parametrize(
    ("said", "output", "unordered"),
    [
        ("// Output: 3", "3\n", False),
        ("// output:\n\t// a\n\t//   b", "a\n  b\n", False),
        ("/* Unordered output:\nx */", "x\n", True),
        ("// 1\n\n\t// Output:", "", False),
    ],
)
def test_what_an_example_prints_is_said_by_its_last_comment(said, output, unordered):
    [found] = _go_source.examples(f"package a\n\nfunc ExampleF() {{\n\tF()\n\t{said}\n}}\n")
    assert (found.output, found.unordered) == (output, unordered)


@pytest.mark.bwrap
@pytest.mark.parametrize(
    ("body", "seen"),
    [
        ('if x < 0 { return 0, errors.New("no") }; return x, nil', ["0, anError", "1, nil"]),
        ("return int(math.Pow(10, 30) * float64(x)), nil", []),
    ],
)
def test_of_an_error_it_is_recorded_that_there_is_one(answer, body, seen):
    result = 'import ("errors"; "math")\n\nvar _, _ = errors.New, math.Pow\n\n'
    code = f"package main\n\n{result}func F(x int) (int, error) {{ {body} }}\n"
    job = PLUGIN.record_job(code, ["F(-1)", "F(1)"])
    told = PLUGIN.recorded(job, Outcome(**answer(job)))
    found = [one["repr"] for one in told if "repr" in one]
    assert found == seen
    if seen:
        kind, test = PLUGIN.test_of(list(zip(["F(-1)", "F(1)"], found, strict=True)))
        assert [one["error"] for one in results_of(answer, code, test)] == [None]
        other = code.replace('errors.New("no")', "nil")
        assert results_of(answer, other, test)[0]["error"]["type"] == "AssertionError"
        assert kind == "script"


def results_of(answer, code, test):
    job = PLUGIN.test_job({"code": code, "tests": [{"code": test, "setup": ""}]})
    return PLUGIN.results(job, Outcome(**answer(job)))
