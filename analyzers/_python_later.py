"""Syntax that came with a later Python than the oldest that is of use, written as before it."""

import re

_LONGEST = 300_000
_BRACKETS = r"\[(?:[^\[\]\n]|\[[^\[\]\n]*\])*\]"
_NAMED = r"(?:\w+\.)*[A-Z]\w*"
# What is written anew: type parameters and `type` (3.12), `except` of several without brackets
# (3.14). Names of exceptions begin with a capital: `except E, e` is how Python 2 named one.
_NEW = (
    (re.compile(rf"^([ \t]*(?:async[ \t]+)?def[ \t]+\w+){_BRACKETS}(?=\()", re.MULTILINE), r"\1"),
    (re.compile(rf"^([ \t]*class[ \t]+\w+){_BRACKETS}(?=[ \t]*[(:])", re.MULTILINE), r"\1"),
    (re.compile(rf"^([ \t]*)type[ \t]+(\w+)(?:{_BRACKETS})?[ \t]*=(?!=)", re.MULTILINE), r"\1\2 ="),
    (
        re.compile(
            rf"^([ \t]*except\*?[ \t]+)({_NAMED}(?:[ \t]*,[ \t]*{_NAMED})+)[ \t]*:", re.MULTILINE
        ),
        r"\1(\2):",
    ),
)


def older(code: str) -> str:
    """The code without such syntax; empty if there is none in it."""
    if len(code) > _LONGEST:
        return ""
    text = code
    for pattern, instead in _NEW:
        text = pattern.sub(instead, text)
    return text if text != code else ""
