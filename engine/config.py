"""TOML to frozen settings: unknown keys are refused with the nearest known name."""

import dataclasses
import difflib
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from backfeed.engine.errors import ConfigError

T = TypeVar("T")


def nearest(name: str, known: Iterable[str]) -> str:
    """A clause that names the nearest known name, or all of them."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"there are: {', '.join(names)}" if names else "there are none"


def read_toml(path: Path) -> dict[str, Any]:
    """The contents of a TOML file. Raises `ConfigError` with the line that is wrong."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"there is no file {path}") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path} cannot be read as TOML: {error}") from error


def build(kind: type[T], settings: Mapping[str, Any], where: str) -> T:
    """A dataclass of these settings. Raises `ConfigError` that names the key, value and remedy."""
    known = {item.name for item in dataclasses.fields(kind) if item.init}  # type: ignore[arg-type]
    for key in settings:
        if key not in known:
            raise ConfigError(f"{where} has no setting {key!r}; {nearest(key, known)}")
    try:
        return msgspec.convert(dict(settings), kind, strict=False)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{where}: {error}") from error


def plain(settings: Any) -> dict[str, Any]:
    """A dataclass of settings as plain data."""
    data: dict[str, Any] = msgspec.to_builtins(settings)
    return data


def changed_keys(old: Mapping[str, Any], new: Mapping[str, Any], under: str = "") -> list[str]:
    """The dotted keys in which two nested mappings differ, with both values."""
    found: list[str] = []
    for key in sorted({*old, *new}):
        before, after, name = old.get(key), new.get(key), f"{under}{key}"
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            found += changed_keys(before, after, f"{name}.")
        elif _lists(before, after):
            numbered = [dict(enumerate(map(_named, part))) for part in (before, after)]
            found += changed_keys(
                {str(k): v for k, v in numbered[0].items()},
                {str(k): v for k, v in numbered[1].items()}, f"{name}.",
            )  # fmt: skip
        elif before != after:
            found.append(f"{name}: {before!r} -> {after!r}")
    return found


def _lists(before: Any, after: Any) -> bool:
    return all(isinstance(part, list) and part and isinstance(part[0], Mapping) for part in (before, after))


def _named(value: Any) -> Any:
    return value
