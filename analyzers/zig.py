"""Zig: its grammar, and nothing else that could judge it here."""

from backfeed.analyzers._parsed import Parsed


class _Zig(Parsed):
    language = "zig"


PLUGIN = _Zig()
