"""What a script test looks like in each language: rules and examples for prompts, as data."""

from dataclasses import dataclass
from functools import cache

from backfeed.engine.stages._tables import table


@dataclass(frozen=True, slots=True)
class Form:
    """The rule in words, and one case of a function `add` (of SQL: of a query) that keeps to it."""

    rule: str
    example: str


@cache
def forms() -> dict[str, Form]:
    """The form of each language that is known; others have no script tests."""
    return {name: Form(**told) for name, told in table("prompts/tests/forms.toml").items()}
