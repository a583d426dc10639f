"""Tables that lie beside the stages, as TOML."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def table(path: str) -> dict[str, Any]:
    """The table in a file of this folder, such as `prompts/reword/voices.toml`."""
    return tomllib.loads((files(__package__) / path).read_text(encoding="utf-8"))
