"""`--set`: what is changed in a recipe's plain form before it is loaded."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from backfeed.engine.config import nearest
from backfeed.engine.errors import ConfigError


def unique(name: str, names: dict[str, int]) -> str:
    """A name that no earlier step has: the second `fit` is `fit-2`."""
    names[name] = names.get(name, 0) + 1
    return name if names[name] == 1 else f"{name}-{names[name]}"


def override(plain: dict[str, Any], text: str) -> None:
    """Apply one `--set`: `step.key=value` for a stage, `stop.key=value` for a section."""
    target, eq, value = text.partition("=")
    first, dot, key = target.partition(".")
    if not eq or not dot:
        raise ConfigError(
            f"--set {text!r}: write it as step.key=value, e.g. cut_units.max_lines=30"
        )
    role, _, setting = key.partition(".")
    if first in ("stop", "output", "sandbox"):
        plain.setdefault(first, {})[key] = _value(value)
    elif first == "models" and setting:
        plain.setdefault("models", {}).setdefault(role, {})[setting] = _value(value)
    else:
        for entry in _named(plain, first, text):
            entry[key] = _value(value)


def _named(plain: Mapping[str, Any], name: str, text: str) -> list[dict[str, Any]]:
    """The steps that are called so; `NAME-2` is the second one of a name, as in reports."""
    entries = list(_entries(plain.get("step", ())))
    names = [[entry[key] for key in ("name", "use", "loop") if key in entry] for entry in entries]
    counts: dict[str, int] = {}
    for mine in names:
        mine += [unique(str(mine[0]), counts)] if mine else []
    found = [entry for entry, mine in zip(entries, names, strict=True) if name in mine]
    if not found:
        known = [str(mine[0]) for mine in names if mine]
        raise ConfigError(f"--set {text!r}: no step {name!r}; {nearest(name, known)}")
    return found


def _entries(steps: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for entry in steps:
        yield entry
        yield from _entries(entry.get("step", ()))


def _value(text: str) -> Any:
    """A TOML value if it is one, the text itself if not."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
