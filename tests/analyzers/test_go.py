"""Go: joining texts, what builds lack, and what test programs come to in the sandbox."""

from dataclasses import replace

import pytest

from backfeed.analyzers import _go_outcome, _go_source
from backfeed.analyzers._go_source import Piece
from backfeed.analyzers.go import PLUGIN
from backfeed.engine.records import File, Sample
from backfeed.engine.records import Test as Tested
from backfeed.engine.requests import CodeCheck, Limits, Outcome, rejoined
from backfeed.engine.stages._runs import run_tests

ADD = "package main\n\nfunc Add(x, y int) int { return x + y }\n"
TEST = """\
import "testing"

func TestAdd(t *testing.T) {
	if Add(1, 2) != 3 {
		t.Errorf("1 + 2 is %d", Add(1, 2))
	}
}
"""


def test_pieces_become_one_file_with_their_imports_first():
    first = 'package main\nimport (\n"testing"\n"math"\n)\n'
    pieces = [Piece("a.go", first), Piece("b.go", 'import "math"\nvar x = math.Pi')]
    text = _go_source.joined(pieces)
    assert text.splitlines()[:5] == [
        "package main", "//line a.go:3:1", 'import "testing"', "//line a.go:4:1", 'import "math"',
    ]  # fmt: skip
    assert text.endswith("//line b.go:1:1\n             \nvar x = math.Pi\n")


@pytest.mark.parametrize(
    ("code", "imported"),
    [
        ('func F() string { return strings.ToUpper("a") }', ["strings"]),
        ("var r = rand.Intn(3)\nvar w sync.WaitGroup", ["math/rand", "sync"]),
        ('import "strings"\nvar s = strings.ToUpper("a")', ["strings"]),
        ("func F(strings T) int { return strings.Len }", []),
        ("var x = mine.Value()", []),
    ],
)
def test_packages_of_the_standard_library_are_imported_where_it_is_asked_for(code, imported):
    text = _go_source.joined([Piece("a.go", code)], complete=True)
    assert [one.said.strip('"') for one in _go_source.outline(text).imports] == imported


@pytest.mark.parametrize(
    ("result", "body"),
    [
        ("", "{}"),
        ("int", "{ return *new(int) }"),
        ("([]int, error)", "{ return *new([]int), *new(error) }"),
        ("(n int, err error)", "{ return }"),
        ("map[string]int", "{ return *new(map[string]int) }"),
    ],
)
def test_a_stub_returns_zero_values(result, body):
    code = f"package p\n\nfunc F(x int) {result} {{ panic(x) }}\n"
    assert PLUGIN.stub(code, "F") == f"package p\n\nfunc F(x int) {result} {body}\n"


def test_a_stub_may_leave_packages_unused():
    code = 'package p\n\nimport s "strings"\n\nfunc F() string { return s.ToUpper("a") }\n'
    assert 'import _ "strings"' in PLUGIN.stub(code, "F")


@pytest.mark.parametrize(
    ("said", "absent"),
    [
        ('main.go:3:8: cannot find package "github.com/a/b" in any of:', "github.com/a/b"),
        ("a.go:4:2: package slices is not in GOROOT (/usr/lib/go/src/slices)", "slices"),
        ("a.go:4:2: package stringutils is not in GOROOT (/usr/lib/go/src/stringutils)", ""),
        ("./a.go:3:1: undefined: min", "a later go: undefined: min"),
        ("./a.go:3:1: undefined: total", ""),
        ("./a.go:3:1: undefined: total\nnote: module requires Go 1.26", ""),
        ("./a.go:3:1: has no field or method Loop\nnote: module requires Go 1.26", "go 1.26"),
        ("./a.go:3:1: syntax error: unexpected {\nnote: module requires Go 1.26", ""),
    ],
)  # fmt: skip
def test_what_the_sandbox_lacks_is_told_from_what_is_wrong(said, absent):
    found = _go_outcome.lacking(said)
    assert [one["error"]["message"] for one in found] == ([absent] if absent else [])


def test_without_a_tool_chain_nothing_is_known():
    outcome = Outcome("CE", stderr="the sandbox has no program 'go'\n")
    asking = PLUGIN.check([CodeCheck("go", "package a")])
    job = next(asking)
    with pytest.raises(StopIteration) as told:
        asking.send(outcome)
    assert [one["word"] for one in told.value.value] == ["unknown"]
    assert PLUGIN.lacking(job, outcome) == "the sandbox lacks a package: go"
    [found] = PLUGIN.results(job, outcome)
    assert found["error"]["type"] == "ModuleNotFoundError"


def test_the_word_of_a_record_must_be_ours():
    job = PLUGIN.test_job({"code": ADD, "tests": [{"code": TEST, "setup": ""}]})
    forged = '{"word": "x", "tests": [{"executed": 1, "error": null, "phase": "test"}]}'
    assert PLUGIN.results(job, Outcome("AC", report=forged)) == []


@pytest.fixture
def ran(answer):
    def do(code, *tests):
        sample = Sample(language="go", code=code, entry_point="Add", tests=tests)
        return rejoined(run_tests(sample, code, Limits(cpu_s=2.0), check="test"), answer)

    return do


def script(code, setup=""):
    return Tested("script", code=code, setup=setup)


@pytest.mark.bwrap
def test_what_a_test_says_is_told(ran):
    found = ran(ADD.replace("+", "-"), script(TEST))
    assert (found.word, found.detail, found.line) == ("WA", "AssertionError: 1 + 2 is -1", 5)


@pytest.mark.bwrap
@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("import \"os\"\nfunc Add(x, y int) int { os.Exit(0); return 3 }", "FORGED"),
        ("func Add(x, y int) int { panic(\"no\") }", "RE"),
        ("func Add(x, y int) int { for {} }", "TLE"),
        ("func Add(x, y int) int { z := 1; return x + y }", "CE"),
        ("import \"example.com/no/a\"\nfunc Add(x, y int) int { return a.B(x, y) }", "NONE"),
        ("import \"strings\"\nfunc Add(x, y int) int { return x + y }", "CE"),
        ("func main() {}\nfunc Add(x, y int) int { return x + y }", "AC"),
    ],
)  # fmt: skip
def test_an_answer_comes_to_its_word(ran, body, word):
    assert ran(f"package main\n{body}\n", script(TEST)).word == word


@pytest.mark.bwrap
@pytest.mark.parametrize("code", [ADD, ADD.replace("main", "add"), f"{ADD}\nfunc main() {{}}\n"])
def test_a_package_is_built_by_the_compiler_alone(answer, code):
    job = PLUGIN.test_job({"code": code, "tests": [{"code": TEST, "setup": ""}]})
    words = job.build.command
    build = replace(job.build, command=(*words[: words.index("--") + 1], "false"))
    outcome = Outcome(**answer(replace(job, build=build)))
    assert [one["executed"] for one in PLUGIN.results(job, outcome)] == [1]


@pytest.mark.parametrize(
    "text",
    ['import "C"', 'import "embed"', 'import "internal/abi"', "//go:build linux"],
)
def test_what_the_compiler_needs_more_for_is_built_by_the_go_command(text):
    job = PLUGIN.run_job(f"package main\n\n{text}\n\nfunc main() {{}}\n")
    words = job.build.command
    assert words[3] == "command"


@pytest.mark.bwrap
@pytest.mark.parametrize(
    ("test", "word", "executed"),
    [
        ('func main() { if Add(1, 2) != 3 { panic(1) }; if Add(0, 0) != 0 { panic(0) } }', "AC", 2),
        ('func main() { if Add(1, 2) != 4 { panic("no") } }', "WA", 0),
        ('if Add(1, 2) != 4 { panic("no") }', "WA", 0),
        ("func TestNothing(t int) {}", "CE", 0),
        ('import "testing"\nfunc TestA(t *testing.T) { t.Skip() }', "NONE", 0),
        ('import ("os"; "testing")\nfunc TestMain(m *testing.M) { os.Exit(m.Run()) }\n'
         "func TestA(t *testing.T) { if Add(1, 1) != 2 { t.Error(1) } }", "AC", 1),
        ('import ("os"; "testing")\nfunc TestMain(m *testing.M) { os.Exit(0) }\n'
         "func TestA(t *testing.T) {}", "FORGED", 0),
    ],
)  # fmt: skip
def test_tests_of_many_forms_are_run(ran, test, word, executed):
    found = ran(ADD, script(test))
    assert (found.word, found.executed) == (word, executed), found.detail


@pytest.mark.bwrap
def test_a_package_with_test_files_is_run(ran):
    files = (
        File("go.mod", "module add\n\ngo 1.18\n"),
        File("add_test.go", TEST.replace("import", "package main\n\nimport", 1)),
    )
    test = Tested("framework", framework="gotest", files=files)
    assert (ran(ADD, test).word, ran(ADD.replace("+", "*"), test).word) == ("AC", "WA")


@pytest.mark.bwrap
def test_a_package_in_a_folder_is_run_there(ran):
    read = 'package a\nimport ("os"; "testing")\nfunc TestA(t *testing.T) {\n' \
        '\tif _, err := os.Stat("testdata/x"); err != nil { t.Fatal(err) }\n}\n'  # fmt: skip
    files = (File("a/b/a_test.go", read), File("a/b/testdata/x", ""), File("a/b/a.go", "package a"))
    test = Tested("framework", framework="gotest", files=files)
    assert ran(ADD, test).word == "AC"


@pytest.mark.bwrap
@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("func F[T x.Ordered](a, b T) bool { return a < b }", "unknown"),
        ("func F() int { return x.Value() + y }", "invalid"),
        ("func F() int { return x.Value() }", "ok"),
    ],
)
def test_what_follows_from_an_absent_package_is_no_error(answer, code, word):
    batch = [CodeCheck("go", f'package a\n\nimport "example.com/x"\n\n{code}\n')]
    assert [one["word"] for one in rejoined(PLUGIN.check(batch), answer)] == [word]


@pytest.mark.bwrap
@pytest.mark.parametrize(
    ("package", "code", "word"),
    [
        ("a", "func F(g *Graph) int { return g.Size() }", "unknown"),
        ("a", "func F(n int) int { return helper(n) }", "unknown"),
        ("a", "func F() { var found []node; _ = found }", "unknown"),
        ("a", "func F() *node { return new(node) }", "unknown"),
        ("a", "type S struct{}\n\nfunc F(s *S) { s.Push(1) }", "unknown"),
        ("a", "type S struct{}\n\nfunc F(s *S) error { return s }", "unknown"),
        ("a", "func (m Matrix[T]) F() T { var t T = 0; return t }", "unknown"),
        ("a", "func F(total int) int { return totals }", "invalid"),
        ("a", "func F(s string) string { return strings.ToUpper(s) }", "invalid"),
        ("a", "type S struct{ n int }\n\nfunc F(s *S) int { return s.Next }", "invalid"),
        ("a", "func F(s []int) { s.Push(1) }", "invalid"),
        ("a", "func F(g *Graph) { x := 1 }", "invalid"),
        ("main", "func F(g *Graph) int { return g.Size() }", "invalid"),
        ("main", "func F(n int) int { return helper(n) }", "invalid"),
    ],
)
def test_a_file_of_a_library_has_others_beside_it(answer, package, code, word):
    batch = [CodeCheck("go", f"package {package}\n\n{code}\n")]
    assert [one["word"] for one in rejoined(PLUGIN.check(batch), answer)] == [word]


@pytest.mark.bwrap
def test_a_file_of_tests_may_use_any_name_of_its_package(answer):
    code = (
        'package a\n\nimport "testing"\n\n'
        "func TestF(t *testing.T) { if epsilon > 1 { t.Fatal() } }\n"
    )
    [found] = rejoined(PLUGIN.check([CodeCheck("go", code)]), answer)
    assert found["word"] == "unknown"
