"""Policies: what they mean, and what is refused with the value and the remedy."""

import tomllib

import pytest

from backfeed.engine.errors import ConfigError
from backfeed.engine.gate.policy import Policy, load, parse


def policy(text):
    return parse(tomllib.loads(text), "gate.toml")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("forbiden = []", "has no setting 'forbiden'; did you mean 'forbidden'?"),
        (
            "[pass_rate]\nminimun = 1",
            "[pass_rate] has no setting 'minimun'; did you mean 'minimum'?",
        ),
        ("[pass_rate]", "minimum"),
        ("[pass_rate]\nminimum = 95", "both are shares from 0 to 1"),
        ("[pass_rate]\nminimum = 0.9\nconfidence = 1", "nothing is known at confidence 1"),
        ("[pass_rate]\nminimum = 0.9\nof = 'tests'", "of = 'tests'; did you mean 'test'?"),
        ("failed = -1", "failed = -1: a bound is not below 0"),
        ("failed = 1.5", "failed = 1.5: a number with a point is a share, at most 1.0"),
        ("failed = nan", "is a share, at most 1.0"),
        ("failed = '2 %'", "failed is '2 %': write rows as a number (3) or a share (0.02)"),
        ("[rules]\nforbiden = ['x']", "a list of rules is `forbidden`, above the tables"),
        ("failed = true", "failed is True: write rows as a number"),
        ("reject = 3", "reject is 3: write a table, [reject]"),
        ("[reject]\nsyntax = '1'", "reject.syntax is '1'"),
        ("[level]\ntestd = 0.9", "no level 'testd'; did you mean 'tested'?"),
        ("until = 'tests'", "until = 'tests'; did you mean 'test'?"),
        ("until = 'analyze'\n[level]\ntested = 0.9", "write until = 'test', or leave it out"),
        ("until = 'run'\n[pass_rate]\nminimum = 0.9", "write until = 'test'"),
        ("forbidden = 'secret/*'", "forbidden is 'secret/*': write a list of names"),
        ("licences = ['Apache2']", "licences has 'Apache2'; did you mean 'Apache-2.0'?"),
        ("required_columns = [1]", "required_columns is [1]: write a list of names"),
    ],
)
def test_a_mistake_is_refused_with_the_remedy(text, complaint):
    with pytest.raises(ConfigError) as error:
        policy(text)
    assert complaint in str(error.value)
    assert "gate.toml" in str(error.value)


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        ("", "analyze"),
        ("until = 'parse'", "parse"),
        ("[level]\nparsed = 1.0", "analyze"),
        ("[level]\nran = 0.5", "run"),
        ("[level]\nanalyzed = 1.0\nproven = 0.1", "prove"),
        ("[pass_rate]\nminimum = 0.9", "test"),
        ("[pass_rate]\nminimum = 0.9\nof = 'run'", "run"),
        ("until = 'prove'\n[level]\nran = 1", "prove"),
    ],
)
def test_it_looks_as_deep_as_is_asked(text, depth):
    assert policy(text).depth == depth


def test_a_share_and_a_number_stay_apart():
    made = policy("failed = 1\nunreadable = 1.0\n[reject]\nsyntax = 0.0\nstub = 0")
    kinds = [type(made.failed), type(made.unreadable), *map(type, made.reject.values())]
    assert kinds == [int, float, float, int]


def test_nothing_is_tolerated_unless_said():
    assert policy("") == Policy(unreadable=0, failed=0)


def test_an_absent_file_is_told(tmp_path):
    with pytest.raises(ConfigError, match="there is no file"):
        load(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("text", "compares"),
    [
        ("", False),
        ("failed = 0.5", False),
        ("duplicates = 1.0", True),
        ("[reject]\n'near-*' = 3", True),
        ("[reject]\nsyntax = 3", False),
    ],
)
def test_rows_are_compared_if_that_is_asked(text, compares):
    assert policy(text).compares is compares


def test_benchmarks_lie_beside_the_policy(tmp_path):
    path = tmp_path / "gate.toml"
    path.write_text("against = ['tasks.jsonl', '/elsewhere/mbpp.jsonl']")
    assert load(path).against == (str(tmp_path / "tasks.jsonl"), "/elsewhere/mbpp.jsonl")
