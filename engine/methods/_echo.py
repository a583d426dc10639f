"""Values that are what their call was given: they tell little of what the code does."""

import re

_QUOTES = re.compile(r"[\"'`]")


def echoes(call: str, value: str) -> bool:
    """Is the value what the call was given last?

    >>> echoes("f('a')", '"a"'), echoes("f(12)", "2"), echoes("f a b", "b")
    (True, False, True)
    """
    given, seen = _QUOTES.sub("", call).rstrip(")"), _QUOTES.sub("", value).rstrip(")")
    return given.endswith(seen) and given[: len(given) - len(seen)].endswith(("(", " "))
