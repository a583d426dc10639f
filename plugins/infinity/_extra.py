"""The columns of a row that its reader did not understand, and kept."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from backfeed.plugin import Sample


def columns(sample: Sample) -> Mapping[str, Any]:
    """The other columns by name; none if there are none, or what is there is no object."""
    if not sample.extra:
        return {}
    try:
        found = json.loads(sample.extra)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def named(extra: Mapping[str, Any], names: Sequence[str]) -> str:
    """What the first of these columns says that says something; empty if none does."""
    for name in names:
        value = extra.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
            return str(value).strip()
    return ""
