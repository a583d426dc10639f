"""JSON: Python's own parser says whether a text is well-formed."""

import json
from typing import Any

from backfeed.analyzers import _parsed
from backfeed.analyzers._parsed import Data

Plain = dict[str, Any]


class _Json(Data):
    language = "json"
    hello = "{}"
    tool = "python"

    def parse(self, code: str) -> Plain:
        """What the parser says; numbers may be of any length, and none of them is `NaN`."""
        try:
            json.loads(code, parse_int=str, parse_float=str, parse_constant=_refused)
        except json.JSONDecodeError as error:
            return _parsed.wrong(error.msg, error.lineno)
        except _Constant as error:
            return _parsed.wrong(f"{error} is no value", 0)
        except RecursionError as error:
            return _parsed.unread(str(error))
        return {"word": "ok"}


class _Constant(ValueError):
    """Python takes `NaN` and the infinities, and nobody else does."""


def _refused(word: str) -> None:
    raise _Constant(word)


PLUGIN = _Json()
