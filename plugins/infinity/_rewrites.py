"""What can be told of a rewritten instruction by rule: that it is the same, another, or cut."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from backfeed.plugin import rouge
from backfeed.plugins.infinity._small_words import ASKING

SAME = 0.9
"""The ROUGE-L from which on a rewriting counts as not changed."""
_LEAKS = re.compile(
    r"#\s*(?:given|rewritten|new|original) (?:prompt|instruction)\s*#?"
    r"|\b(?:rewritten|evolved|harder|modified) (?:prompt|instruction|version of th)"
    r"|\b(?:original|previous|earlier|given) (?:prompt|instruction|version of th)"
    r"|\bhow it changes:|\bhere is (?:the|a) (?:harder|new|rewritten)\b",
    re.IGNORECASE,
)
_ENDINGS = re.compile(r"(?:ations?|ing|ed|es|s|ly)$")
_APOLOGY = re.compile(r"\b(?:sorry|apologi[sz]e|i can(?:'t|not)|as an ai)\b", re.IGNORECASE)
LEAST_WORDS = 80
"""An answer that apologises and has fewer words is none (WizardLM's rule)."""


@dataclass(frozen=True, slots=True)
class Operator:
    """A way to evolve an instruction; a `wide` one need not keep what is asked."""

    text: str
    wide: bool = False


@cache
def operators() -> dict[str, Operator]:
    """All of them, by name."""
    told = tomllib.loads((files(__package__) / "_operators.toml").read_text(encoding="utf-8"))
    return {name: Operator(**one) for name, one in told.items()}


def unchanged(old: str, new: str) -> str:
    """Why a rewriting demands nothing new; empty if that cannot be told."""
    if not new.strip():
        return "it is empty"
    if rouge.tokens(old) == rouge.tokens(new):
        return "the same words"
    alike = rouge.rouge_l(old, new).fmeasure
    if alike > SAME:
        return f"ROUGE-L {alike:.3f} to the instruction before"
    if (more := _subject(new) - _subject(old)) or len(new) < len(old):
        return "" if more else "it says less than before, and nothing else"
    return "no word of it is new"


def drifted(old: str, new: str, least: float) -> str:
    """Why a rewriting is about something else: it keeps fewer than the share of words that matter.

    Too short an instruction, or one in an alphabet that is not cut into words, tells nothing.

    >>> drifted("Describe how tides come about.", "Draw up a budget for a wedding.", 0.3)
    'it keeps 0 of 3 words: come, describe, tid'
    """
    before = _subject(old)
    if len(before) < 2:
        return ""
    kept = before & _subject(new)
    if len(kept) >= least * len(before):
        return ""
    lost = ", ".join(sorted(before - kept)[:8])
    return f"it keeps {len(kept)} of {len(before)} words: {lost}"


def leaked(old: str, new: str) -> str:
    """Words of our prompt in the new text that are not in the old one; empty if none are."""
    found = (match[0] for match in _LEAKS.finditer(new) if match[0].lower() not in old.lower())
    return next(found, "")


def no_answer(text: str) -> str:
    """Why a text is no answer to an evolved instruction (WizardLM's eliminations); else empty."""
    words = rouge.tokens(text)
    if not any(word not in ASKING for word in words) and text.isascii():
        return "it says nothing"
    if len(words) < LEAST_WORDS and (match := _APOLOGY.search(text)):
        return f"it apologises: {match[0]!r}"
    return "" if text.strip() else "it is empty"


def _subject(text: str) -> set[str]:
    """The words that matter, without endings."""
    return {_ENDINGS.sub("", word) for word in rouge.tokens(text) if word not in ASKING}
