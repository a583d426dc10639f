"""Which domain a row belongs to."""

import re

import pytest
from pool_rows import labelled, needs_shared

from backfeed.plugin import Message, Sample
from backfeed.plugin import Test as Tested
from backfeed.plugins.infinity import _cues
from backfeed.plugins.infinity._domains import domain_of
from backfeed.plugins.infinity.route_domains import RouteDomains


def routed(question, answer="Yes.", **more):
    messages = (Message("user", question), Message("assistant", answer))
    [found] = RouteDomains().each(Sample(messages=messages, **more))
    return found


@pytest.mark.parametrize(
    ("question", "answer", "domain"),
    [
        ("Write a Go function that reverses a slice.", "func rev(x []int) {}", "code"),
        ("Construct a shell script that counts files.", "#!/bin/sh\nls | wc -l", "code"),
        ("What is the output of the following C code? int x = 5;", "It prints 5.", "code"),
        ("Translate this Python code to Ruby.", "puts 1", "code"),
        ("Fix it.", "```\nlocal x = 1\nprint(x)\n```", "code"),
        ("Make it faster.", "So:\n```python\nx = 1\n```\n", "code"),
        ("What does this print?\n```c\nint main() {}\n```", "Nothing.", "code"),
        ("Tom has 3 apples and buys 4 more. How many apples has he?", "3 + 4 = 7", "math"),
        ("Compute the integral.", "It is \\boxed{4}.", "math"),
        ("Solve the equation 3x + 2 = 11.", "3x = 9\nx = 3", "math"),
        ("Calculate 15% of 80.", "12", "math"),
        ("Who wrote Faust?", "Goethe.", "knowledge"),
        ("Classify the review as positive or negative: it was dull.", "negative", "knowledge"),
        ("Is the following true or false? Water boils at 50 degrees.", "false", "knowledge"),
        ("Explain why the sky is blue.", "Light is scattered.", "knowledge"),
        ("Write a poem about autumn.", "Leaves fall.", "chat"),
        ("Hello!", "Hello, how can I help?", "chat"),
        ("I feel sad today. Can you help me?", "I am sorry to hear that.", "chat"),
        ("Rewrite this more politely: give me that.", "Could I have it?", "chat"),
        ("请用Python编写一个排序函数。", "def f(x): return sorted(x)", "code"),
        ("小明有3个苹果，又买了4个，他现在有多少个苹果？", "3 + 4 = 7，一共7个。", "math"),
        ("中国的首都是哪个城市？", "北京是中华人民共和国的首都。", "knowledge"),
        ("请写一首关于秋天的诗。", "秋风起，落叶飞。", "chat"),
        ("请问能介绍一下你自己么？", "我是一个可以回答各种问题的助手。", "chat"),
        ("Suggest names for a cat.", "Tom; Ada.", "chat"),
    ],
)
def test_rows_of_each_domain(question, answer, domain):
    found = routed(question, answer)
    assert found.question_type == domain == domain_of(found)
    assert found.kind == ("code" if domain == "code" else "general")


@pytest.mark.parametrize("more", [{"language": "go"}, {"tests": (Tested("script"),)}])
def test_what_brings_tests_or_a_language_is_code(more):
    assert routed("Hello!", "Hi.", **more).question_type == "code"


def test_it_says_why():
    [check] = routed("Who wrote Faust?", "Goethe.").checks
    assert (check.name, check.verdict, check.findings[0].rule) == (
        "route_domains", "passed", "knowledge",
    )  # fmt: skip
    assert "a fact is asked for" in check.findings[0].message


def test_the_type_before_is_kept():
    found = routed("Hello!", question_type="generate")
    assert [(f.rule, f.message) for f in found.checks[0].findings][1] == ("type-before", "generate")


def test_a_row_that_nobody_routed_is_code_or_chat():
    assert domain_of(Sample(kind="code", question_type="generate")) == "code"
    assert domain_of(Sample(kind="general")) == "chat"


def test_cues_are_named_in_words():
    assert all(re.fullmatch(r"[a-zA-Z' ,-]+", name) for name in _cues.names())
    assert {cue.domain for cue in _cues.cues()} == {"code", "math", "knowledge", "chat"}


@needs_shared
@pytest.mark.may_skip(reason="reads data that are not part of the repository")
@pytest.mark.parametrize(("part", "least", "rows"), [("tuned", 0.85, 500), ("fresh", 0.7, 40)])
def test_it_agrees_with_people(part, least, rows):
    """Measured: 0.88 of tuned ones, 0.77 of fresh ones."""
    pairs = list(labelled(part))
    right = sum(RouteDomains().each(row)[0].question_type == domain for row, domain in pairs)
    assert len(pairs) >= rows
    assert right / len(pairs) >= least
