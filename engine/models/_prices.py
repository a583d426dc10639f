"""What tokens cost, of models that nobody told the price of: from a table, by address and name.

The table that comes with the package holds list prices as they were known at its date; the file
that BACKFEED_PRICES names goes before it. A price that stands in neither is unknown: it is said,
and never guessed.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from backfeed.engine.config import read_toml
from backfeed.engine.errors import ConfigError
from backfeed.engine.ledger import Price

VARIABLE = "BACKFEED_PRICES"
ANY = "*"
_DATED = re.compile(r"-\d{4}-\d{2}-\d{2}$")
_HEAD = ("date", "currency")


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"in_": "in"}):
    """Dollars for a million tokens that are sent, and that come back; the share in a batch."""

    in_: float
    out: float
    batch: float = 1.0


@dataclass(frozen=True, slots=True)
class Listed:
    """A price of a table, and which table: its date, or its file."""

    entry: Entry
    table: str


def listed(url: str, name: str) -> Listed | None:
    """The price of a model at an address; None if no table has it.

    A name with a date behind it has the price of the name without, unless it has its own. Raises
    `ConfigError` for a table that cannot be read.
    """
    host = urlsplit(url).netloc
    for told, table in _tables():
        for place in (host, ANY):
            for known in (name, _DATED.sub("", name)):
                if (plain := told.get(place, {}).get(known)) is not None:
                    return Listed(_entry(plain, f"{table}: [{place!r}.{known!r}]"), table)
    return None


def price(url: str, name: str, told: Price) -> tuple[Price, str]:
    """The price with what the settings leave open, and the table that this was taken from."""
    found = None if told.known else listed(url, name)
    if found is None:
        return told, ""
    sent, came = told.usd_per_million_in, told.usd_per_million_out
    entry = found.entry
    filled = Price(entry.in_ if sent is None else sent, entry.out if came is None else came)
    return filled, found.table


def share(url: str, name: str, told: float | None) -> float:
    """The share of its price that a model costs in a batch: all of it, unless that is known."""
    if told is not None:
        return told
    found = listed(url, name)
    return 1.0 if found is None else found.entry.batch


def _tables() -> Iterator[tuple[Mapping[str, Any], str]]:
    """The user's, if there is one, then the one of the package."""
    if path := os.environ.get(VARIABLE, ""):
        yield _read(Path(path), f"the prices of {path}")
    with as_file(files(__package__) / "prices.toml") as own:
        told = read_toml(own)
    yield told, f"list prices of {told['date']}"


def _read(path: Path, table: str) -> tuple[Mapping[str, Any], str]:
    told = read_toml(path)
    if (currency := told.get("currency", "USD")) != "USD":
        raise ConfigError(f"{table}: currency = {currency!r}: limits and sums are in USD")
    for place, models in told.items():
        if place not in _HEAD and not isinstance(models, Mapping):
            raise ConfigError(f'{table}: {place!r} is no section: write ["HOST"."MODEL"]')
        for name, plain in models.items() if place not in _HEAD else ():
            _entry(plain, f"{table}: [{place!r}.{name!r}]")
    return told, table


def _entry(plain: Any, where: str) -> Entry:
    try:
        found = msgspec.convert(plain, Entry)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{where}: {error}") from error
    if min(found.in_, found.out, found.batch) < 0:
        raise ConfigError(f"{where}: a price may not be negative")
    return found
