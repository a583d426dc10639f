"""Elixir: its grammar, and nothing else that could judge it here."""

from backfeed.analyzers._parsed import Parsed


class _Elixir(Parsed):
    language = "elixir"


PLUGIN = _Elixir()
