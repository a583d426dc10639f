"""Dart: its grammar, and nothing else that could judge it here."""

from backfeed.analyzers._parsed import Parsed


class _Dart(Parsed):
    language = "dart"


PLUGIN = _Dart()
