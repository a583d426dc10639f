"""What stages tell later ones of a sample besides its fields: a JSON object in `extra`."""

import json
from contextlib import suppress
from typing import Any

from backfeed.engine.records import Sample


def noted(sample: Sample) -> dict[str, Any]:
    """The notes; none if `extra` holds something else, as rows of others may."""
    with suppress(ValueError):
        told = json.loads(sample.extra)
        if isinstance(told, dict):
            return told
    return {}


def with_notes(sample: Sample, **more: Any) -> Sample:
    """A copy with these notes besides those that it has.

    >>> with_notes(with_notes(Sample(), persona="a tester"), set=["task:sort"]).extra
    '{"persona": "a tester", "set": ["task:sort"]}'
    """
    told = {**noted(sample), **more}
    return sample.but(extra=json.dumps(told, ensure_ascii=False, sort_keys=True))
