"""TOML to frozen settings: unknown keys are refused with the nearest known name."""

import dataclasses
import difflib
import inspect
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

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


def build(kind: Callable[..., T], settings: Mapping[str, Any], where: str) -> T:
    """A dataclass of these settings; or what a factory makes of them.

    Raises `ConfigError` that names the key, the value and the remedy.
    """
    known = _names(kind)
    for key in settings:
        if key not in known:
            raise ConfigError(f"{where} has no setting {key!r}; {nearest(key, known)}")
    try:
        if not dataclasses.is_dataclass(kind):
            return kind(**settings)
        return cast(T, msgspec.convert(dict(settings), kind, strict=False))
    except (msgspec.ValidationError, TypeError, ValueError) as error:
        raise ConfigError(f"{where}: {error}") from error


def _names(kind: Callable[..., Any]) -> set[str]:
    if dataclasses.is_dataclass(kind):
        return {item.name for item in dataclasses.fields(kind) if item.init}
    return set(inspect.signature(kind).parameters)


def plain(settings: Any) -> dict[str, Any]:
    """A dataclass of settings as plain data."""
    data: dict[str, Any] = msgspec.to_builtins(settings)
    return data


def changed_keys(old: Mapping[str, Any], new: Mapping[str, Any], under: str = "") -> list[str]:
    """The dotted keys in which two nested mappings differ, with both values."""
    found: list[str] = []
    for key in sorted({*old, *new}):
        before, after, name = _keyed(old.get(key)), _keyed(new.get(key)), f"{under}{key}"
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            found += changed_keys(before, after, f"{name}.")
        elif before != after:
            found.append(f"{name}: {old.get(key)!r} -> {new.get(key)!r}")
    return found


def _keyed(value: Any) -> Any:
    """A list of tables as a table, by number."""
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        return {str(number): item for number, item in enumerate(value)}
    return value
