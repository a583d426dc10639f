"""Recorded numbers: what differs in its last digits is the same, what differs in more is not."""

import pytest

from backfeed.engine import languages
from backfeed.engine.records import Sample
from backfeed.engine.records import Test as Tested
from backfeed.engine.requests import Limits, rejoined
from backfeed.engine.stages._runs import run_tests

CODE = {
    "c": "double f(double x) { return x * @; }\n",
    "cpp": "double f(double x) { return x * @; }\n",
    "java": "class A {\n    static double f(double x) { return x * @; }\n}\n",
    "javascript": "const f = (x) => x * @;\n",
    "php": "<?php\nfunction f($x) { return $x * @; }\n",
    "ruby": "def f(x)\n  x * @\nend\n",
    "rust": "fn f(x: f64) -> f64 {\n    x * @\n}\n",
    "typescript": "const f = (x: number): number => x * @;\n",
}
PAIRS = [("f(1.0)", "0.1"), ("f(-3.5)", "-0.35"), ("f(0.0)", "0.0")]


def tests_of(language):
    pairs = [(call.replace("f(", "A.f(" if language == "java" else "f("), v) for call, v in PAIRS]
    return pairs, *languages.call(language, "test_of", pairs)


@pytest.mark.parametrize("language", sorted(CODE))
def test_they_are_shown_as_they_are(language):
    pairs, kind, text = tests_of(language)
    shown = languages.call(language, "shown", [(kind, text)], 3)
    assert sorted(line.partition(" ")[0] for line in shown.split("\n")) == sorted(
        c for c, _ in pairs
    )
    assert all(any(line.endswith(f" {value}") for line in shown.split("\n")) for _, value in pairs)


@pytest.mark.bwrap
@pytest.mark.parametrize("language", sorted(CODE))
def test_the_last_digits_do_not_count(language, answer):
    _, kind, text = tests_of(language)
    for factor, verdict in (("0.1000000000001", "passed"), ("0.1001", "failed")):
        code = CODE[language].replace("@", factor)
        sample = Sample(
            id="a", kind="code", language=language, code=code, entry_point="f",
            tests=(Tested(kind, "recorded", code=text),),
        )  # fmt: skip
        found = rejoined(run_tests(sample, code, Limits(), check="test"), answer)
        assert found.verdict == verdict, found
