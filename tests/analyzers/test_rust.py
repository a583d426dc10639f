"""Rust: what builds lack, how snippets are wrapped, and what test programs come to."""

import json

import pytest

from backfeed.analyzers import _rust_check, _rust_outcome
from backfeed.analyzers.rust import PLUGIN
from backfeed.engine.errors import Refused
from backfeed.engine.records import File, Sample
from backfeed.engine.records import Test as Tested
from backfeed.engine.requests import CodeCheck, Limits, Outcome, rejoined
from backfeed.engine.stages._runs import run_tests

ADD = "pub fn add(x: i32, y: i32) -> i32 {\n    x + y\n}\n"
TEST = """\
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds() {
        assert_eq!(add(1, 2), 3);
    }
}
"""


@pytest.mark.parametrize(
    ("code", "message", "crate"),
    [
        ("E0432", "unresolved import `rand`", "rand"),
        ("E0432", "unresolved import `std::nope`", ""),
        ("E0432", "unresolved import `crate::util`", ""),
        ("E0433", "cannot find module or crate `serde` in this scope", "serde"),
        ("E0433", "failed to resolve: use of unresolved module or unlinked crate `a`", "a"),
        ("E0433", "failed to resolve: use of undeclared crate or module `a`", "a"),
        ("E0433", "failed to resolve: use of undeclared type `HashMap`", ""),
        ("E0433", "cannot find type `HashMap` in this scope", ""),
        ("E0463", "can't find crate for `regex`", "regex"),
        ("E0425", "cannot find value `x` in this scope", ""),
    ],
)
def test_a_crate_that_is_not_there_is_told_from_a_mistake(code, message, crate):
    assert _rust_outcome.lacking(code, message) == crate


@pytest.mark.parametrize(
    ("code", "wrapped"),
    [
        ("let x = 1;", "fn backfeed() { let x = 1;\n}"),
        ("fn f(&self) {}", "struct BackfeedSelf; impl BackfeedSelf { fn f(&self) {}\n}"),
        ("fn f() {}", "fn f() {}"),
        ("use a::b;\nmacro_rules! m { () => {} }", "use a::b;\nmacro_rules! m { () => {} }"),
    ],
)
def test_a_snippet_is_wrapped_where_it_is_no_file(code, wrapped):
    assert _rust_check.wrapped(code) == wrapped


@pytest.mark.parametrize(
    ("code", "edition"),
    [
        ("fn f() { if let Some(x) = a && x > 1 {} }", "2024"),
        ("fn f() { while a && let Some(x) = b {} }", "2024"),
        ("fn f() { let c = a && b; if c { let d = 1; } }", "2021"),
        ("async fn gen() {}", "2021"),
    ],
)
def test_the_last_edition_is_asked_for_where_it_must_be(code, edition):
    assert _rust_check.edition(code) == edition


@pytest.mark.parametrize(
    ("result", "body"),
    [
        ("", "{}"), ("-> usize ", "{ 0 }"), ("-> Vec<Vec<u8>> ", "{ Vec::new() }"),
        ("-> &'a str ", '{ "" }'), ("-> Option<&str> ", "{ None }"), ("-> bool ", "{ false }"),
        ("-> Result<u8, String> ", "{ unimplemented!() }"),
    ],
)  # fmt: skip
def test_a_stub_returns_what_is_empty(result, body):
    code = f"fn f(x: u8) {result}{{ g(x) }}\n"
    assert PLUGIN.stub(code, "f") == f"fn f(x: u8) {result}{body}\n"


def test_without_a_tool_chain_nothing_is_known():
    asking = PLUGIN.check([CodeCheck("rust", "fn f() {}")])
    assert "rustc" in next(asking).command[2]
    with pytest.raises(StopIteration) as told:
        asking.throw(Refused("no-command", "the sandbox has no program 'rustc'"))
    assert [one["word"] for one in told.value.value] == ["unknown"]


def test_tests_without_an_end_have_no_result():
    job = PLUGIN.test_job({"code": ADD, "tests": [{"code": TEST, "setup": ""}]})
    assert PLUGIN.results(job, Outcome("AC", exit_code=0, stdout="running 1 test\n")) == []


@pytest.fixture
def ran(answer):
    def do(code, *tests):
        sample = Sample(language="rust", code=code, entry_point="add", tests=tests)
        return rejoined(run_tests(sample, code, Limits(cpu_s=2.0), check="test"), answer)

    return do


def script(code, setup=""):
    return Tested("script", code=code, setup=setup)


@pytest.mark.bwrap
def test_what_a_test_says_is_told(ran):
    found = ran(ADD.replace("+", "-"), script(TEST))
    detail = "AssertionError: assertion `left == right` failed left: -1 right: 3"
    assert (found.word, found.detail, found.line) == ("WA", detail, 7)


@pytest.mark.bwrap
@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("std::process::exit(0)", "FORGED"),
        ('panic!("no")', "RE"),
        ("let mut z = x; loop { z = z.wrapping_mul(y) }", "TLE"),
        ("z + y", "CE"),
        ("nowhere::add(x, y)", "NONE"),
        ("nowhere::add(x, z)", "CE"),
        ("x + y } fn main() {", "AC"),
    ],
)
def test_an_answer_comes_to_its_word(ran, body, word):
    assert ran(f"fn add(x: i32, y: i32) -> i32 {{ {body} }}\n", script(TEST)).word == word


@pytest.mark.bwrap
@pytest.mark.parametrize(
    ("test", "word", "executed"),
    [
        ("fn main() { assert_eq!(add(1, 2), 3); assert!(add(0, 0) == 0); }", "AC", 2),
        ("fn main() { assert_eq!(add(1, 2), 4); }", "WA", 1),
        ("assert_eq!(add(1, 2), 4);", "WA", 1),
        ("fn main() -> Result<(), String> { Err(String::new()) }", "WA", 1),
        ("fn nothing() {}", "NONE", 0),
        ("#[test]\n#[should_panic]\nfn t() { add(1, 1); }", "WA", 1),
        ("#[test]\n#[ignore]\nfn t() { assert_eq!(add(1, 1), 2); }", "AC", 1),
    ],
)
def test_tests_of_many_forms_are_run(ran, test, word, executed):
    found = ran(ADD, script(test))
    assert (found.word, found.executed) == (word, executed), found.detail


@pytest.mark.bwrap
def test_a_package_is_run_with_its_ignored_tests(ran):
    manifest = '[package]\nname = "adder"\nversion = "0.1.0"\nedition = "2021"\n'
    test = "#[test]\n#[ignore]\nfn adds() { assert_eq!(adder::add(1, 2), 3); }\n"
    files = (File("Cargo.toml", manifest), File("tests/adds.rs", test))
    tests = Tested("framework", framework="cargotest", files=files)
    assert (ran(ADD, tests).word, ran(ADD.replace("+", "*"), tests).word) == ("AC", "WA")
    lacking = File("Cargo.toml", f'{manifest}[dependencies]\nno-such-crate = "1"\n')
    tests = Tested("framework", framework="cargotest", files=(lacking, files[1]))
    found = ran(ADD, tests)
    assert (found.word, found.detail) == ("NONE", "the sandbox lacks a package: no-such-crate")


@pytest.mark.bwrap
@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("use super::graph::Graph;\nfn f(g: Graph) {}", "unknown"),
        ("use rand::Rng;\nfn f() -> u8 { rand::thread_rng().nope() }", "invalid"),
        ("use rand::Rng;\nfn f() -> u8 { rand::rng().random_range(0..9) }", "unknown"),
        ("use rand::Rng;\nfn f() -> u8 { rand::thread_rng().gen_range(0, 9) }", "unknown"),
        ('use nowhere::X;\nfn f(_: X) -> u8 { let y: i32 = "a"; 1 }', "invalid"),
        ("use nowhere::X;\nfn f(_: X) -> u8 { z }", "invalid"),
        ("use nowhere::*;\nfn f(_: X) -> u8 { z }", "unknown"),
        ("use nowhere::make;\nmake! { Z }\nfn f() -> u8 { Z }", "unknown"),
        ("use nowhere::X;\nfn f(x: X) -> u8 { x.one()?.two() }", "unknown"),
        ("use std::nope::X;", "invalid"),
        ("fn f() -> u8 { 1 } // é", "ok"),
    ],
)
def test_what_follows_from_an_absent_module_is_no_error(answer, code, word):
    batch = [CodeCheck("rust", code)]
    assert [one["word"] for one in rejoined(PLUGIN.check(batch), answer)] == [word]


MANY = (
    "fn f() -> u8 { 1 }", "use crate::graph::Graph;\nfn f(g: Graph) {}", "fn f( {",
    "pub struct A;\nimpl A { fn f(&self) -> u8 { self.nope() } }", "fn f() { let x: u8 = \"\"; }",
    "use nowhere::X;\nfn f(x: X) {}", "fn f() -> String { let s = String::new(); drop(s); s }",
    "fn f() { let f = |x: u8| x; f.nope(); }", "#![allow(unused)]\nfn f() -> u8 { y }",
    "mod a { pub fn g() {} }\nfn f() { a::h() }", "mod b;", "let v = vec![1]; v.nope();",
)  # fmt: skip


@pytest.mark.bwrap
def test_what_is_said_of_a_snippet_does_not_hang_on_its_neighbours(answer):
    batch = [CodeCheck("rust", code) for code in MANY]
    together = rejoined(PLUGIN.check(batch), answer)
    assert together == [rejoined(PLUGIN.check([one]), answer)[0] for one in batch]
    assert [one["word"] for one in together].count("ok") == 1


def refused(line, crate):
    return (
        f"error[E0061]: this method takes 1 argument\n  --> main.rs:{line}:2\n"
        f"note: method defined here\n --> {crate}src/rng.rs:1:2\n"
        "error: aborting due to 1 previous error\n"
    )


@pytest.mark.parametrize(
    ("line", "crate", "missed"),
    [
        (9, "/usr/share/cargo/registry/rand-0.8.5/", "another rand than 0.8.5"),
        (9, "/home/a/.cargo/registry/src/b-1f/md-5-0.10.1/", "another md-5 than 0.10.1"),
        (3, "/usr/share/cargo/registry/rand-0.8.5/", ""),  # the answer's own doing
        (9, "", ""),
    ],
)
def test_tests_for_another_version_of_a_crate_are_not_run(line, crate, missed):
    found = _rust_outcome._unbuilt(refused(line, crate), 5)
    assert [one["error"]["message"] for one in found] == ([missed] if missed else [])


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "thread 'tests::adds' (12) panicked at src/lib.rs:7:5:\n"
            "assertion `left == right` failed: no\n  left: -1\n right: 3\nnote: run\n",
            ("src/lib.rs", 7, "assertion `left == right` failed: no left: -1 right: 3"),
        ),
        (
            "thread 'tests::adds' panicked at 'assertion failed: `(left == right)`\n"
            "  left: `-1`,\n right: `3`: no', src/lib.rs:7:5\nnote: run\n",
            ("src/lib.rs", 7, "assertion `left == right` failed: no left: -1 right: 3"),
        ),
        ("thread 'main' panicked at 'it's over', a.rs:3:1\n", ("a.rs", 3, "it's over")),
        ("test tests::adds ... FAILED\n", ("", 0, "")),
    ],
)
def test_panics_are_read_as_old_and_new_compilers_tell_them(said, told):
    assert _rust_outcome._first_panic(said) == told


def test_what_a_compiler_calls_unstable_is_not_known():
    span = {"line_start": 1, "column_start": 4, "is_primary": True}
    said = {"level": "error", "code": {"code": "E0658"}, "message": "unstable", "spans": [span]}
    assert _rust_check._judged(json.dumps(said), "fn f() {}")["word"] == "unknown"
