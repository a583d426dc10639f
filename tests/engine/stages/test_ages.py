"""Code for a later tool chain than the one that is there: nothing is held against it."""

import pytest
from stages.dialogue import outcome

from backfeed.engine.errors import Refused
from backfeed.engine.grammar import grammars
from backfeed.engine.records import Sample
from backfeed.engine.records import Test as Tested
from backfeed.engine.requests import CodeCheck, Job, Limits, rejoined
from backfeed.engine.stages._ages import too_old
from backfeed.engine.stages._runs import run_tests
from backfeed.engine.stages.analyze import Analyze

NEW = "fn f(x: u32) -> u32 {\n    x.div_ceil(2)\n}\n"
OLD = "fn f(x: u32) -> u32 {\n    x / 2\n}\n"


def said(version):
    """An answer to what asks for the version."""
    return lambda job: outcome(stdout=version)


def ages(language, text, version):
    return rejoined(too_old(language, [text]), said(version))


@pytest.mark.parametrize(
    ("language", "text", "version", "why"),
    [
        ("rust", NEW, "rustc 1.63.0 (abc 2022-08-08)", "rustc 1.63.0 < 1.73"),
        ("rust", NEW, "rustc 1.95.0 (abc)", ""),
        ("rust", OLD, "rustc 1.63.0", ""),
        ("rust", '[package]\nedition = "2024"\n', "rustc 1.84.1", "rustc 1.84.1 < 1.85"),
        ("rust", '[package]\nrust-version = "1.90"\n', "rustc 1.84.1", "rustc 1.84.1 < 1.90"),
        ("go", "module x\n\ngo 1.25\n", "go version go1.19.8 linux/amd64", "go 1.19.8 < 1.25"),
        ("go", 'import (\n\t"slices"\n)\n', "go version go1.19.8", "go 1.19.8 < 1.21"),
        ("go", 'import "strings"\n', "go version go1.19.8", ""),
        ("java", "switch (x) { case Circle c -> 1; }", "openjdk 17.0.15", "java 17.0.15 < 21"),
        ("python", "def f[T](x: T) -> T:\n    return x\n", "Python 3.11.7", "python 3.11.7 < 3.12"),
        ("javascript", "new Set([1]).isSubsetOf(a)", "v20.20.2", "node 20.20.2 < 22"),
        ("nowhere", NEW, "1.0", ""),
    ],
)
def test_what_a_text_needs_is_compared_with_what_is_there(language, text, version, why):
    assert ages(language, text, version) == why


def test_no_tool_chain_is_no_old_one():
    def refuse(job):
        raise Refused("no-command", "rustc is not there")

    assert rejoined(too_old("rust", [NEW]), refuse) == ""


def test_a_version_is_named_by_each_rule():
    rules = [rule for known in grammars().values() for rule in known.newer]
    assert rules
    assert [rule for rule in rules if not rule.least and "(" not in rule.pattern] == []


@pytest.mark.parametrize(
    ("code", "verdict", "detail"),
    [(NEW, "unverified", "rustc 1.63.0 < 1.73"), (OLD, "failed", "error[E0599]: no method")],
)
def test_tests_that_were_not_built_say_why(code, verdict, detail):
    def answer(job):
        if job.command[:2] == ("rustc", "--version"):
            return outcome(stdout="rustc 1.63.0")
        return outcome("CE", stderr="error[E0599]: no method\n", exit_code=1)

    tests = (Tested("script", "author", code="#[test]\nfn t() { assert_eq!(f(3), 2); }"),)
    sample = Sample(language="rust", code=code, entry_point="f", tests=tests)
    found = rejoined(run_tests(sample, code, Limits(), check="test"), answer)
    assert (found.verdict, found.detail) == (verdict, detail)


@pytest.mark.parametrize(("code", "word"), [(NEW, "unverified"), (OLD, "failed")])
def test_what_an_old_analyzer_says_is_a_remark(code, word):
    finding = {"rule": "E0599", "level": "error", "message": "no method", "line": 2, "column": 0}

    def answer(request):
        if isinstance(request, CodeCheck):
            return {"word": "invalid", "tool": "rustc", "version": "1", "findings": [finding]}
        assert isinstance(request, Job)
        return outcome(stdout="rustc 1.63.0")

    [found] = rejoined(Analyze().each(Sample(language="rust", code=code)), answer)
    [check] = found.checks
    assert check.verdict == word
    assert bool(found.rejected) == (word == "failed")
    levels = [one.level for one in check.findings]
    assert levels == (["error"] if word == "failed" else ["note", "note"])
