"""Values as literals, inside a sandbox. Standard library only; the harness imports it there."""

import itertools
import math
from typing import Any

LONGEST = 4000
MOST_ITEMS = 100
DEEPEST = 6
PLAIN = (int, float, complex, str, bytes, bool, type(None))


def described(value: Any) -> dict[str, str]:
    """A recorded value: its literal and what to wrap the call in to get it, or why there is none.

    An iterator is read to its end; one that stands in another value has no literal.
    """
    wrap = ""
    if hasattr(value, "__next__"):
        items = list(itertools.islice(value, MOST_ITEMS + 1))
        if len(items) > MOST_ITEMS:
            return {"skip": "endless"}
        value, wrap = items, "list"
    if not is_literal(value):
        return {"skip": type(value).__name__}
    text = written(value)
    return {"wrap": wrap, "repr": text} if len(text) <= LONGEST else {"skip": "long"}


def is_literal(value: Any, depth: int = 0) -> bool:
    """Is this a value that a literal can be written for, of exactly these types?"""
    if type(value) in PLAIN:
        return not (isinstance(value, float) and not math.isfinite(value))
    if depth > DEEPEST or type(value) not in (list, tuple, set, frozenset, dict):
        return False
    parts = [part for pair in value.items() for part in pair] if type(value) is dict else value
    return len(value) <= MOST_ITEMS and all(is_literal(part, depth + 1) for part in parts)


def written(value: Any) -> str:
    """A literal that reads back as the same value, whatever the hash seed."""
    if type(value) is set:
        return f"{{{_sorted(value)}}}" if value else "set()"
    if type(value) is frozenset:
        return f"frozenset({{{_sorted(value)}}})" if value else "frozenset()"
    if type(value) is dict:
        pairs = (f"{written(key)}: {written(item)}" for key, item in value.items())
        return f"{{{', '.join(pairs)}}}"
    if type(value) is list:
        return f"[{', '.join(map(written, value))}]"
    if type(value) is tuple:
        return f"({', '.join(map(written, value))}{',' if len(value) == 1 else ''})"
    return repr(value)


def _sorted(items: Any) -> str:
    return ", ".join(sorted(map(written, items)))
