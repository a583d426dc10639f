"""The columns of a row that its reader did not understand, and kept."""

from collections.abc import Mapping, Sequence
from typing import Any


def named(extra: Mapping[str, Any], names: Sequence[str]) -> str:
    """What the first of these columns says that says something; empty if none does."""
    for name in names:
        value = extra.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
            return str(value).strip()
    return ""
