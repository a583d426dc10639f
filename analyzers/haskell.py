"""Haskell: its grammar, and nothing else that could judge it here."""

from backfeed.analyzers._parsed import Parsed


class _Haskell(Parsed):
    language = "haskell"


PLUGIN = _Haskell()
