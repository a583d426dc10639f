"""Julia: its grammar, and nothing else that could judge it here."""

from backfeed.analyzers._parsed import Parsed


class _Julia(Parsed):
    language = "julia"


PLUGIN = _Julia()
