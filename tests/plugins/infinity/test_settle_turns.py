"""Turns put in order: what is repaired, what is refused, and what is said of it."""

import json

import pytest

from backfeed.plugin import ConfigError, File, Message, Origin, Place, Sample
from backfeed.plugins.infinity.settle_turns import SettleTurns

ROLES = {"u": "user", "a": "assistant", "s": "system", "t": "tool"}


def talk(*turns):
    """Messages of `u: text`."""
    pairs = (turn.partition(":") for turn in turns)
    return tuple(Message(ROLES[role], text.strip()) for role, _, text in pairs)


def settled(*turns, **settings):
    [found] = SettleTurns(**settings).each(Sample(messages=talk(*turns)))
    return found


def said(found):
    short = {role: letter for letter, role in ROLES.items()}
    return [f"{short[m.role]}:{m.content}" for m in found.messages]


def rules(found):
    return [finding.rule for check in found.checks for finding in check.findings]


@pytest.mark.parametrize(
    ("turns", "expected", "repairs"),
    [
        (["u:Hi!", "a:Hello."], ["u:Hi!", "a:Hello."], []),
        (["s:Be kind.", "u:Hi!", "a:Hello."], ["s:Be kind.", "u:Hi!", "a:Hello."], []),
        (["u:1", "a:call", "t:x", "t:y", "a:2"], ["u:1", "a:call", "t:x", "t:y", "a:2"], []),
        (
            ["a:You are a helpful assistant.", "u:Hi!", "a:Hello."],
            ["s:You are a helpful assistant.", "u:Hi!", "a:Hello."],
            ["system-as-answer"],
        ),
        (["a:Hi, how can I help?", "u:1+1?", "a:2"], ["u:1+1?", "a:2"], ["opens-with-answer"]),
        (["u:1+1?", "s:Be kind.", "a:2"], ["s:Be kind.", "u:1+1?", "a:2"], ["system-moved"]),
        (["s:A", "s:B", "u:1+1?", "a:2"], ["s:A\n\nB", "u:1+1?", "a:2"], ["system-joined"]),
        (["u:1+1?", "u:Please!", "a:2"], ["u:1+1?\n\nPlease!", "a:2"], ["joined-turns"]),
        (["u:1+1?", "a:2", "a:Two."], ["u:1+1?", "a:2\n\nTwo."], ["joined-turns"]),
        (["u:1+1?", "u:1+1?", "a:2"], ["u:1+1?", "a:2"], ["repeated-turn"]),
        (["u:1+1?", "a:2", "u:"], ["u:1+1?", "a:2"], ["empty-turn"]),
        (["u:1+1?", "a:2", "u:And 2+2?"], ["u:1+1?", "a:2"], ["unanswered-end"]),
        (["u:1+1?", "a:2", "u:Look.", "t:x"], ["u:1+1?", "a:2"], ["unanswered-end"] * 2),
    ],
)
def test_what_is_repaired(turns, expected, repairs):
    found = settled(*turns)
    assert found.rejected is None
    assert said(found) == expected
    assert rules(found) == repairs


@pytest.mark.parametrize(
    ("turns", "reason"),
    [
        (["a:Four.", "u:2+2?"], "wrong-order"),
        (["a:You are a helpful assistant.", "u:2+2?"], "wrong-order"),
        (["t:x", "u:2+2?", "a:4"], "wrong-order"),
        (["a:Four."], "no-question"),
        (["u:2+2?"], "no-answer"),
        (["u:2+2?", "a:"], "no-answer"),
        (["u:", "a:Four."], "empty-question"),
        (["u:1", "a:2", "s:Be kind.", "u:3", "a:4"], "system-inside"),
        (["u:1", "t:x", "a:2"], "tool-uncalled"),
        (["u:1", "a:call", "t:x", "u:2", "a:3"], "missing-answer"),
        ([], "no-question"),
    ],
)
def test_what_is_refused(turns, reason):
    rejected = settled(*turns).rejected
    assert (rejected.stage, rejected.reason) == ("settle_turns", reason)


@pytest.mark.parametrize(
    ("turns", "settings", "reason"),
    [
        (["u:1", "u:2", "a:3"], {"doubled": "refuse"}, "doubled-turn"),
        (["a:Hi!", "u:1", "a:3"], {"loose_ends": "refuse"}, "wrong-order"),
        (["u:1", "a:3", "u:2"], {"loose_ends": "refuse"}, "unanswered-end"),
    ],
)
def test_what_settings_refuse(turns, settings, reason):
    assert settled(*turns, **settings).rejected.reason == reason
    assert settled(*turns).rejected is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" Yes.", "Yes."), ("\n\nYes.\n", "Yes."), ("Yes.", "Yes."),
        (" for x in y:\n    print(x)", "for x in y:\n    print(x)"),
        ("    a\n    b\n", "    a\n    b"), (" 1. a\n2. b", "1. a\n2. b"),
    ],
)  # fmt: skip
def test_white_space_around_a_turn_is_left_out(text, expected):
    row = Sample(messages=(Message("user", "Who?"), Message("assistant", text)))
    [found] = SettleTurns().each(row)
    assert found.response == expected
    assert rules(found) == ([] if text == expected else ["trimmed"])


def test_a_repair_says_which_turn():
    [check] = settled("u:1+1?", "a:2", "u:And 2+2?").checks
    assert [(f.level, f.line) for f in check.findings] == [("note", 3)]


@pytest.mark.parametrize(
    ("sample", "source"),
    [
        (Sample(extra=json.dumps({"source": "flan", "dataset": "x"})), "flan"),
        (Sample(extra=json.dumps({"dataset": "x"})), "x"),
        (Sample(extra=json.dumps({"source": ["x"]}), place=Place("a/b.jsonl", 3)), "a/b.jsonl"),
        (Sample(place=Place("a/b.jsonl", 3)), "a/b.jsonl"),
        (Sample(origin=Origin(source="pypi:x"), extra='{"source": "flan"}'), "pypi:x"),
        (Sample(extra="no json"), ""),
    ],
)
def test_where_a_row_is_from_is_kept(sample, source):
    [found] = SettleTurns().each(sample.but(messages=talk("u:1", "a:2")))
    assert found.origin.source == source


@pytest.mark.parametrize(
    ("sample", "kind"),
    [(Sample(), "general"), (Sample(language="go"), "code"), (Sample(code="x"), "code")],
)
def test_the_kind_is_set(sample, kind):
    [found] = SettleTurns().each(sample.but(messages=talk("u:1", "a:2")))
    assert found.kind == kind


def test_files_are_an_answer():
    asked = Sample(messages=talk("u:Write a.py."), files=(File("a.py", "x = 1\n"),))
    [found] = SettleTurns().each(asked)
    assert (found.rejected, said(found)) == (None, ["u:Write a.py."])


@pytest.mark.parametrize(
    ("text", "tag", "right"),
    [
        ("请写一首关于秋天的诗", "ko", "zh"),
        ("日本の首都はどこですか", "zh-cn", "ja"),
        ("이 문장을 번역해 주세요", "en", "ko"),
        ("请写一首关于秋天的诗", "zh-cn", "zh-cn"),
        ("Write a poem.", "ko", "ko"),
        ("Привет, как дела?", "bg", "bg"),
    ],
)
def test_a_tag_that_the_script_belies_is_mended(text, tag, right):
    extra = json.dumps({"langdetect": tag, "n": 1})
    [found] = SettleTurns().each(Sample(messages=talk(f"u:{text}", "a:2"), extra=extra))
    assert json.loads(found.extra) == {"langdetect": right, "n": 1}
    assert rules(found) == ([] if tag == right else ["wrong-language"])


@pytest.mark.parametrize("name", ["doubled", "loose_ends"])
def test_a_choice_that_is_none_is_told(name):
    with pytest.raises(ConfigError, match=f"settle_turns.{name} = 'maybe'"):
        SettleTurns(**{name: "maybe"})


@pytest.mark.package("py3langid")
def test_a_classifier_knows_languages_of_one_script():
    text = "Schreibe bitte ein kurzes Gedicht über den Herbst und die fallenden Blätter im Wald."
    extra = json.dumps({"lang": "es"})
    row = Sample(messages=talk(f"u:{text}", "a:Gut."), extra=extra)
    [plain], [found] = SettleTurns().each(row), SettleTurns(classify=True).each(row)
    assert json.loads(plain.extra) == {"lang": "es"}
    assert json.loads(found.extra) == {"lang": "de"}
