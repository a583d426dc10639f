"""CSS: its grammar, and nothing else that could judge it here."""

from backfeed.analyzers._parsed import Parsed


class _Css(Parsed):
    language = "css"


PLUGIN = _Css()
