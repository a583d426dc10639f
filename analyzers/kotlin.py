"""Kotlin: its grammar, and nothing else that could judge it here."""

from backfeed.analyzers._parsed import Parsed


class _Kotlin(Parsed):
    language = "kotlin"


PLUGIN = _Kotlin()
