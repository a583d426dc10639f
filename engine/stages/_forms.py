"""What a script test looks like in each language: rules and examples for prompts, as data."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_FILE = ("prompts", "tests", "forms.toml")


@dataclass(frozen=True, slots=True)
class Form:
    """The rule in words, and one case of a function `add` (of SQL: of a query) that keeps to it."""

    rule: str
    example: str


@cache
def forms() -> dict[str, Form]:
    """The form of each language that is known; others have no script tests."""
    text = files(__package__).joinpath(*_FILE).read_text(encoding="utf-8")
    return {name: Form(**told) for name, told in tomllib.loads(text).items()}
