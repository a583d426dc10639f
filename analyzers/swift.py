"""Swift: its grammar, and nothing else that could judge it here."""

from backfeed.analyzers._parsed import Parsed


class _Swift(Parsed):
    language = "swift"


PLUGIN = _Swift()
