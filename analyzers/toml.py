"""TOML: Python's own parser says whether a text is well-formed."""

import re
import tomllib
from typing import Any

from backfeed.analyzers import _parsed
from backfeed.analyzers._parsed import Data

Plain = dict[str, Any]


class _Toml(Data):
    language = "toml"
    tool = "python"

    def parse(self, code: str) -> Plain:
        """What the parser says."""
        try:
            tomllib.loads(code.replace("\r\n", "\n"))
        except tomllib.TOMLDecodeError as error:
            line = re.search(r"at line (\d+)", str(error))
            last = code.count("\n") + 1
            return _parsed.wrong(str(error), int(line[1]) if line else last)
        except (ValueError, RecursionError) as error:
            return _parsed.unread(f"{type(error).__name__}: {error}")
        return {"word": "ok"}


PLUGIN = _Toml()
