"""TOML to settings: what is unknown or of a wrong type is named, with the remedy."""

from dataclasses import dataclass

import pytest

from backfeed.engine.config import build, changed_keys, nearest, plain, read_toml
from backfeed.engine.errors import ConfigError


@dataclass(frozen=True)
class Settings:
    max_lines: int = 30
    share: float | None = None
    rules: tuple[str, ...] = ()

    def __post_init__(self):
        if self.max_lines < 1:
            raise ValueError("max_lines must be at least 1")


def factory(size: int = 1, colour: str = "red"):
    return (size, colour)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, Settings()),
        ({"max_lines": 3}, Settings(3)),
        ({"max_lines": "3"}, Settings(3)),
        ({"share": 1}, Settings(share=1.0)),
        ({"rules": ["a", "b"]}, Settings(rules=("a", "b"))),
    ],
)
def test_settings_are_built(settings, expected):
    assert build(Settings, settings, "recipe") == expected


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"max_line": 3}, "here has no setting 'max_line'; did you mean 'max_lines'"),
        ({"x": 3}, "here has no setting 'x'; there are: max_lines, rules, share"),
        ({"max_lines": "many"}, r"here: Expected `int`, got `str` - at `\$.max_lines`"),
        ({"rules": "a"}, r"Expected `array`, got `str` - at `\$.rules`"),
        ({"max_lines": 0}, "max_lines must be at least 1"),
    ],
)
def test_what_is_wrong_is_named(settings, complaint):
    with pytest.raises(ConfigError, match=complaint):
        build(Settings, settings, "here")


def test_a_factory_is_called_with_its_settings():
    assert build(factory, {"size": 2}, "here") == (2, "red")
    with pytest.raises(ConfigError, match="no setting 'color'; did you mean 'colour'"):
        build(factory, {"color": "blue"}, "here")


@pytest.mark.parametrize(
    ("name", "known", "clause"),
    [
        ("revers", ["reverse", "x"], "did you mean 'reverse'?"),
        ("zzz", ["b", "a"], "there are: a, b"),
        ("zzz", [], "there are none"),
    ],
)
def test_the_nearest_name(name, known, clause):
    assert nearest(name, known) == clause


@pytest.mark.parametrize(
    ("text", "complaint"),
    [(None, "there is no file"), ("a = \nb = 1", "cannot be read as TOML: .*line 1")],
)
def test_a_file_that_cannot_be_read(tmp_path, text, complaint):
    if text is not None:
        (tmp_path / "a.toml").write_text(text)
    with pytest.raises(ConfigError, match=complaint):
        read_toml(tmp_path / "a.toml")


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, ["a: 1 -> 2"]),
        ({}, {"a": 2}, ["a: None -> 2"]),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, ["a.b: 1 -> 2"]),
        ({"s": [{"a": 1}]}, {"s": [{"a": 2}]}, ["s.0.a: 1 -> 2"]),
        ({"s": [{"a": 1}]}, {"s": [{"a": 1}, {"b": 1}]}, ["s.1: None -> {'b': 1}"]),
        ({"s": [1]}, {"s": [2]}, ["s: [1] -> [2]"]),
    ],
)
def test_what_differs_is_named_by_its_key(old, new, changed):
    assert changed_keys(old, new) == changed


def test_settings_become_plain_again():
    assert plain(Settings(rules=("a",))) == {"max_lines": 30, "share": None, "rules": ("a",)}
