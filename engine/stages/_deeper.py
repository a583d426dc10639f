"""Asking pattern: what slower tools say of code that its language's own let pass."""

from collections.abc import Sequence

from backfeed.engine import languages
from backfeed.engine.requests import Analysis, Asks, CodeCheck, together


def deeper(
    names: Sequence[str], language: str, codes: Sequence[str]
) -> Asks[list[tuple[str, list[Analysis]]]]:
    """For each pass that knows the language: its name, and what it says of each text."""
    passes = [languages.deep(name) for name in sorted(set(names))]
    asked = [one.name for one in passes if language in one.languages]
    parts = [[CodeCheck(language, code, deep=name) for code in codes] for name in asked]
    found: list[list[Analysis]] = yield from together(map(together, parts))
    return list(zip(asked, found, strict=True))
