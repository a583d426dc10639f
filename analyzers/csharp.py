"""C#: its grammar, and nothing else that could judge it here."""

from backfeed.analyzers._parsed import Parsed


class _CSharp(Parsed):
    language = "csharp"


PLUGIN = _CSharp()
