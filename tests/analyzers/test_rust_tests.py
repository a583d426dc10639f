"""Tests that stand in the file of a Rust function: which of them are its tests."""

import pytest

from backfeed.analyzers import _rust_tests
from backfeed.engine import languages
from backfeed.engine.records import Sample
from backfeed.engine.records import Test as Tested
from backfeed.engine.requests import Limits, rejoined
from backfeed.engine.stages._runs import run_tests

FILE = """use std::cmp::max;

const FACTOR: i32 = 2;

/// Doubles a number.
pub fn double(n: i32) -> i32 {
    n * FACTOR
}

fn other(n: i32) -> i32 {
    n
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;
    use rand::random;

    #[test]
    fn of_two() {
        assert_eq!(double(2), 4);
        let five = 5;
        assert_eq!(double(five), 10);
    }

    #[test]
    fn of_a_map() {
        let made: HashMap<i32, i32> = HashMap::from([(1, double(1))]);
        assert_eq!(made[&1], 2);
    }

    #[test]
    fn with_another() {
        assert_eq!(double(other(2)), 4);
    }

    #[test]
    fn with_what_its_code_has() {
        assert_eq!(double(1), FACTOR);
    }

    #[test]
    fn with_a_crate() {
        let n = random();
        assert_eq!(double(n), 2 * n);
    }

    #[test]
    #[should_panic(expected = "overflow")]
    fn of_too_much() {
        double(i32::MAX);
    }

    #[test]
    fn of_another() {
        assert_eq!(other(2), 2);
    }

    fn helper() {
        double(3);
    }
}
"""


def test_those_that_need_nothing_else_are_taken():
    found = _rust_tests.test_of("double", (FILE,))
    assert found.startswith(
        "use std::collections::HashMap;\n\n#[test]\nfn of_two() {\n    assert_eq!"
    )
    assert found.count("#[test]") == 2
    assert "fn of_a_map" in found
    assert _rust_tests.test_of("absent", (FILE,)) == ""


def test_what_stands_alone_is_shown():
    kind, text = languages.call("rust", "tests_beside", "", "double", (FILE,))
    assert languages.call("rust", "shown", [(kind, text)]) == "double(2) // 4"


def test_where_nothing_stands_alone_a_short_test_is_shown():
    test = "#[test]\nfn a() {\n    let n = double(1);\n    assert_eq!(n, 2);\n}\n"
    told = languages.call("rust", "shown", [("script", test)])
    assert told == "let n = double(1);\nassert_eq!(n, 2);"
    assert languages.call("rust", "shown", [("script", test.replace("assert_eq!", "drop"))]) == ""


@pytest.mark.bwrap
@pytest.mark.parametrize(("body", "verdict"), [("n * 2", "passed"), ("n + 2", "failed")])
def test_they_run_after_the_answer(answer, body, verdict):
    kind, text = languages.call("rust", "tests_beside", "", "double", (FILE,))
    code = f"pub fn double(n: i32) -> i32 {{\n    {body}\n}}\n"
    sample = Sample(
        id="a", kind="code", language="rust", code=code, entry_point="double",
        tests=(Tested(kind, "doc", code=text),),
    )  # fmt: skip
    found = rejoined(run_tests(sample, code, Limits(), check="test"), answer)
    assert found.verdict == verdict
