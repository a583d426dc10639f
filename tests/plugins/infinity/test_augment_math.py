"""Word problems with other numbers: programs of recorded replies are really run."""

import random
import re
import tomllib
from pathlib import Path

import pytest
from conformance.answers import Honest

from backfeed.plugin import (
    ConfigError,
    Job,
    Message,
    Outcome,
    Prompt,
    Sample,
    Who,
    code_blocks,
    rejoined,
)
from backfeed.plugins.infinity import _masking, _programs
from backfeed.plugins.infinity.augment_math import AugmentMath

DATA = Path(__file__).with_name("data") / "word_problems.toml"
PROBLEMS = tomllib.loads(DATA.read_text())["problem"]
SOLVED = [one for one in PROBLEMS if one["right"]]
REFUSED = [one for one in PROBLEMS if not one["right"]]


def reply_of(recorded, numbers):
    """What a model said: a program, or prose."""
    kind, _, rest = recorded.partition(":")
    if kind == "prose":
        return rest
    if kind == "syntax":
        return "```python\ndef solve(n1\n```\n"
    body = rest if kind == "body" else f"return {recorded}"
    names = ", ".join(one.name for one in numbers)
    return f'So:\n\n```python\ndef solve({names}):\n    """Solve it."""\n    {body}\n```\n'


@pytest.fixture(scope="module")
def honest():
    made = Honest()
    yield made
    made.close()


def row(problem):
    said = (Message("user", problem["q"]), Message("assistant", problem["a"]))
    return Sample(id=problem["q"][:20], kind="general", question_type="math", messages=said)


def driven(problem, honest, **settings):
    """The rows that come out, and the prompts that were asked."""
    numbers = _masking.mask(problem["q"]).numbers
    replies = [*problem.get("wrong", ()), *filter(None, [problem["right"]])]
    asked = []

    def answer(request):
        if isinstance(request, Prompt):
            asked.append(request)
            return {"text": reply_of(replies[len(asked) - 1], numbers)}
        if isinstance(request, Who):
            return "a recorded model"
        assert isinstance(request, Job)
        return honest.job(request)

    return rejoined(AugmentMath(**settings).each(row(problem)), answer), asked


def rules(found):
    return [finding.rule for check in found.checks for finding in check.findings]


def test_there_are_fifty():
    assert len({one["q"] for one in PROBLEMS}) == 50
    assert len(REFUSED) == 9


@pytest.mark.slow
@pytest.mark.parametrize("problem", SOLVED, ids=lambda one: one["q"][:30])
def test_variants_have_answers_that_were_run(problem, honest):
    [first, own, *variants], asked = driven(problem, honest)
    assert first.messages == row(problem).messages
    assert rules(first) == ["variants"]
    assert own.instruction == problem["q"]
    assert len(asked) == 1 + len(problem.get("wrong", ()))
    assert 1 <= len(variants) <= 3
    assert len({one.instruction for one in (own, *variants)}) == 1 + len(variants)
    for one in (own, *variants):
        values = [float(n.text.replace(",", "")) for n in _masking.mask(one.instruction).numbers]
        expected = eval(problem["right"], {f"n{n}": v for n, v in enumerate(values, 1)})
        assert _masking.same(_masking.result_of(one.response), expected)
        assert expected > 0
        assert (one.level, one.lineage.stage, one.lineage.parents) == (
            "ran", "augment_math", (first.id,),
        )  # fmt: skip


@pytest.mark.slow
def test_a_program_that_is_shown_prints_the_answer(honest):
    [_, own, one, *_], _ = driven(SOLVED[4], honest)
    for made in (own, one):
        [block] = code_blocks.blocks(made.response)
        code = _programs.job(block.code, [], 2.0)
        run = Job(files=code.files[:1], command=("python", "program.py"))
        outcome = run.decode(honest.job(run))
        assert float(outcome.stdout) == _masking.result_of(made.response)


@pytest.mark.slow
@pytest.mark.parametrize("problem", REFUSED, ids=lambda one: one["q"][:30])
def test_a_wrong_program_is_refused(problem, honest):
    [only], asked = driven(problem, honest)
    assert (only.rejected, rules(only), only.checks[0].verdict) == (
        None, ["wrong-program"], "unverified",
    )  # fmt: skip
    assert [one.name for one in asked] == ["programs/write", "programs/repair", "programs/repair"]


def test_a_repair_is_told_what_was_wrong(honest):
    [*_], [_, repair] = driven(SOLVED[3], honest)
    assert repair.fields["complaint"] == (
        "for the problem's own numbers it gives 720, which is not the answer"
    )
    assert "n1 * n2" in repair.fields["code"]
    assert repair.fields["template"] == "A box holds {n1} eggs. How many boxes do {n2} eggs fill?"


def test_it_asks_no_more_than_it_may(honest):
    [only], asked = driven(SOLVED[19], honest, repairs=1)
    assert (rules(only), len(asked)) == (["wrong-program"], 2)


@pytest.mark.parametrize(
    ("domain", "question", "answer", "checks"),
    [
        ("chat", "Tom has 3 apples.", "7", []),
        ("math", "Prove it.", "7", ["no-word-problem"]),
        ("math", "Tom has 3 apples. How many?", "Three.", ["no-word-problem"]),
    ],
)
def test_other_rows_go_on_and_nothing_is_asked(domain, question, answer, checks):
    said = (Message("user", question), Message("assistant", answer))
    sample = Sample(kind="general", question_type=domain, messages=said)
    [found] = rejoined(AugmentMath().each(sample), pytest.fail)
    assert (found.messages, rules(found)) == (said, checks)


@pytest.mark.parametrize(
    ("text", "template"),
    [
        ("3 apples, 2.5 kg and 1,200 men.", "{n1} apples, {n2} kg and {n3} men."),
        ("In 1999 at 5:30 he paid 3/4 of $20.", "In 1999 at 5:30 he paid 3/4 of ${n1}."),
        ("The 2nd of 7 B2 boxes, 3-way.", "The 2nd of {n1} B2 boxes, 3-way."),
        ("It is 25% of 80.", "It is {n1}% of {n2}."),
    ],
)
def test_which_numbers_are_masked(text, template):
    masked = _masking.mask(text)
    assert masked.template == template
    assert masked.filled({}) == text


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ("3 + 4 = 7", 7), ("#### 1,200", 1200), ("It is \\boxed{3/4}.", 0.75), ("None.", None),
        ("The answer is $30. That is 25% less.", 30), ("-2.5 degrees", -2.5), ("1/0", None),
    ],
)  # fmt: skip
def test_the_result_of_an_answer(answer, value):
    assert _masking.result_of(answer) == value


@pytest.mark.parametrize(
    ("value", "known", "expected"),
    [(7.0, 7, True), (7.1, 7, False), (3.3333, 3.33, True), (3.34, 3.33, False), (7.4, 7, False)],
)
def test_a_value_may_be_rounded_as_the_known_one_is(value, known, expected):
    assert _masking.same(value, known) == expected


def test_other_numbers_keep_their_order_and_form():
    numbers = _masking.mask("24 of 30 at 2.50, and 24 more, 40%.").numbers
    rng = random.Random(1)
    for _ in range(50):
        found = _masking.drawn(numbers, _masking.guessed(numbers), rng)
        assert found["n1"] == found["n4"] < found["n2"] <= 60
        assert found["n2"] % 10 == found["n5"] % 10 == 0
        assert re.fullmatch(r"\d\.\d\d", numbers[2].written(found["n3"]))


def test_ranges_of_a_program_are_kept_to_and_not_shown():
    ranges = 'RANGES = {"n1": (4, 5), "n2": (0, 1), "x": (3, 1)}'
    code = f"{ranges}\n\n\ndef solve(n1, n2):\n    return n1\n"
    assert _masking.ranges_of(code) == {"n1": (4, 5), "n2": (0, 1)}
    assert "RANGES" not in _programs.shown(code)
    numbers = _masking.mask("3 of 2").numbers
    for seed in range(20):
        found = _masking.drawn(numbers, _masking.ranges_of(code), random.Random(seed))
        assert found["n1"] in {4, 5}
        assert found["n2"] in {0, 1}


@pytest.mark.parametrize(
    "code", ["RANGES = open('x')", "RANGES = {'n1': 3}", "RANGES = 1", "def ("]
)
def test_ranges_that_are_none(code):
    assert _masking.ranges_of(code) is None


@pytest.mark.parametrize("report", ["", "[]", "[1]", '{"a": 1}', '[{"value": "x"}]'])
def test_a_report_that_is_none_is_no_value(report):
    found = _programs.ran(Outcome("AC", report=report), 1)
    assert found.values == (None,)


@pytest.mark.parametrize("settings", [{"variants": 0}, {"tries": 2}, {"repairs": -1}, {"cpu_s": 0}])
def test_a_setting_that_makes_nothing_is_told(settings):
    with pytest.raises(ConfigError, match="augment_math: variants"):
        AugmentMath(**settings)
