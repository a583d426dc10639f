"""YAML: its grammar tells whether a text is well-formed."""

from backfeed.analyzers._parsed import Data


class _Yaml(Data):
    language = "yaml"


PLUGIN = _Yaml()
