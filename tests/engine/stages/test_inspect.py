"""The stage that looks for secrets, personal data, licences and poor instructions."""

import pickle

import pytest
from stages.dialogue import computed

from backfeed.engine.config import build
from backfeed.engine.errors import ConfigError
from backfeed.engine.records import File, Message, Sample
from backfeed.engine.records import Test as Tested
from backfeed.engine.requests import rejoined
from backfeed.engine.stages.inspect import Inspect

KEY = "AK" + "IA" + "QW3ERT5YUI7OPA9S"
ASKED = "Write a Python function that counts the words of a text."
CODE = "def count(text):\n    return len(text.split())\n"


def row(answer: str = f"```python\n{CODE}```", question: str = ASKED, **more: object) -> Sample:
    talk = (Message("user", question), Message("assistant", answer))
    return Sample(id="1", language="python", messages=talk, **more)


def inspected(sample: Sample, **settings: object) -> Sample:
    [found] = rejoined(build(Inspect, settings, "inspect").each(sample), computed)
    return found


def rules(sample: Sample, **settings: object) -> list[str]:
    return [f"{f.level} {f.rule}" for f in inspected(sample, **settings).checks[-1].findings]


def test_a_clean_row_passes():
    found = inspected(row(code=CODE))
    assert found.rejected is None
    assert (found.checks[-1].verdict, found.checks[-1].findings) == ("passed", ())


def test_a_row_without_texts_is_unverified():
    assert inspected(Sample(id="1")).checks[-1].verdict == "unverified"


@pytest.mark.parametrize(
    ("sample", "where"),
    [
        (row(f"x = 1\nkey = '{KEY}'"), "answer, line 2"),
        (row(question=f"Use {KEY} and count."), "instruction, line 1"),
        (row(code=f"key = '{KEY}'\n"), "code, line 1"),
        (row(files=(File("a/conf.py", f"\nkey = '{KEY}'"),)), "a/conf.py, line 2"),
        (row(tests=(Tested("script", code=f"use('{KEY}')"),)), "test 1, line 1"),
    ],
    ids=["answer", "instruction", "code", "file", "test"],
)
def test_a_secret_rejects_wherever_it_is_and_is_not_told(sample, where):
    found = inspected(sample)
    assert (found.rejected.stage, found.rejected.reason) == ("inspect", "secret")
    assert found.rejected.detail == f"secret/aws-key: AWS Access Key in the {where}"
    assert found.checks[-1].verdict == "failed"
    assert KEY not in repr(found.checks) + repr(found.rejected)


def test_code_that_stands_in_the_answer_is_told_once():
    code = f"key = '{KEY}'\n"
    assert rules(row(f"```python\n{code}```", code=code)) == ["error secret/aws-key"]


def test_each_family_has_its_rules():
    code = "# SPDX-License-Identifier: GPL-3.0-only\n# ask jane.roe87@fastmail.com\nx = 1\n"
    sample = row(f"As an AI model, I can do so.\n```python\n{code}```", code=code)
    assert rules(sample) == [
        "note pii/email", "note licence/GPL-3.0-only", "warning quality/self-identification",
    ]  # fmt: skip
    assert rules(sample, families=["licence"]) == ["note licence/GPL-3.0-only"]
    assert rules(sample, families=[]) == []


def test_a_copyright_without_a_licence_is_told():
    code = "# Copyright (c) 2019 Somebody Ltd.\nx = 1\n"
    assert rules(row(code=code)) == ["note licence/copyright"]


def test_levels_are_set_by_rule_the_last_one_counts():
    sample = row("Ask jane.roe87@fastmail.com at 93.184.215.14.", "Who can help me with this?")
    assert rules(sample, levels={"pii/email": "error"}) == ["error pii/email", "note pii/ip"]
    assert rules(sample, levels={"pii/*": "off", "pii/ip": "warning"}) == ["warning pii/ip"]
    found = inspected(sample, levels={"pii/*": "error"})
    assert found.rejected.reason == "pii"
    assert inspected(row(f"k = '{KEY}'"), levels={"secret/*": "warning"}).rejected is None


def test_many_of_one_rule_are_told_in_short():
    mails = "\n".join(f"jane.roe{n}@fastmail.com" for n in range(25))
    found = inspected(row(mails, "List the addresses of our staff.")).checks[-1].findings
    assert len(found) == 11
    assert found[-1].message == "15 more of these"


def test_each_turn_is_looked_at():
    talk = (
        "Count the words of a text.",
        "I am sorry, but I cannot help with that.",
        "Thanks!",
        "No.",
    )
    turns = tuple(Message(("user", "assistant")[n % 2], text) for n, text in enumerate(talk))
    [flaw] = inspected(Sample(id="1", messages=turns)).checks[-1].findings
    assert flaw.rule == "quality/refusal"


def test_a_row_without_an_answer_is_told():
    assert rules(Sample(id="1", messages=(Message("user", ASKED),))) == [
        "warning quality/empty-answer"
    ]
    assert rules(Sample(id="1", language="python", code=CODE)) == [
        "warning quality/empty-instruction"
    ]


def test_prose_in_another_language_is_told_where_asked():
    pytest.importorskip("py3langid", reason="pip install 'backfeed[language]'")
    french = row(question="Écris une fonction Python qui compte les mots d'un texte.")
    assert rules(french) == []
    assert rules(french, natural=["en"]) == ["warning language/fr"]
    assert rules(french, natural=["en", "fr"]) == []
    found = inspected(french, natural=["en"], levels={"language/*": "error"})
    assert found.rejected.reason == "language"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"families": ["secrets"]}, "no family is called 'secrets'"),
        ({"families": ["language"]}, r"natural = \[\"en\"\]"),
        ({"levels": {"pii/mail": "error"}}, "no rule is called 'pii/mail'; pii/ has email"),
        ({"levels": {"pii": "error"}}, "no rule is called 'pii'"),
        ({"levels": {"pii/email": "fatal"}}, "pii/email = 'fatal'; a level is one of off, note"),
        ({"natural": ["english"]}, "'english' is no language"),
    ],
)
def test_wrong_settings_are_refused_with_the_remedy(settings, said):
    with pytest.raises(ConfigError, match=said):
        build(Inspect, settings, "inspect")


def test_it_travels_to_workers():
    stage = Inspect(levels={"pii/email": "error"})
    assert pickle.loads(pickle.dumps(stage)) == stage
