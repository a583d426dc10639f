"""Scala: its grammar, and nothing else that could judge it here."""

from backfeed.analyzers._parsed import Parsed


class _Scala(Parsed):
    language = "scala"


PLUGIN = _Scala()
