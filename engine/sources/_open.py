"""Open addresses of code: pin each to a version and a digest, then read its files as samples.

    pinned = resolve("pypi:boltons", cache)          # asks the index, downloads, unpacks
    for sample in read(pinned): ...                   # code of one file each, alive or rejected
    again = resolve("pypi:boltons", cache, {"pypi:boltons": pin_of(pinned)})   # no network

`cache` is a folder of the run (DIR/.work/sources) that may be deleted. `pins` are kept by the
caller, in recipe.toml: the address as it was given, or as it was pinned, to `version` and `sha256`.
What an address comes to is checked against its pin, and refused if it is something else.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from backfeed.engine import registry
from backfeed.engine.config import build
from backfeed.engine.contracts import Pin, Pinned, ReadRules, Source
from backfeed.engine.records import Sample
from backfeed.engine.sources._address import parse_address

AT_ONCE = 8

Pins = Mapping[str, Mapping[str, Any]]


def resolve(address: str, cache: Path, pins: Pins | None = None) -> Pinned:
    """Pin one address. `Pinned.address` names that very version, and resolves to it again.

    Raises `InputError` (no such package, folder, version; not what was pinned), `UnknownName` (no
    such source), `Outage` (the network), `ServiceRefusal` (an index that wants another key).
    """
    parsed = parse_address(address)
    wanted = (pins or {}).get(address)
    pin = None if wanted is None else Pin(str(wanted["version"]), str(wanted["sha256"]))
    return _source(parsed.scheme).resolve(parsed.rest, cache, pin)


def resolve_all(addresses: Sequence[str], cache: Path, pins: Pins | None = None) -> list[Pinned]:
    """Pin several addresses side by side; the first error by their order is raised."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda address: resolve(address, cache, pins), addresses))


def read(pinned: Pinned, rules: ReadRules | Mapping[str, Any] | None = None) -> Iterator[Sample]:
    """The files of a pinned source, in a fixed order; `rules` are `ReadRules`, or their keys.

    Raises `InputError` if none is in a language that the rules ask for.
    """
    made = rules if isinstance(rules, ReadRules) else build(ReadRules, rules or {}, "sources")
    yield from _source(parse_address(pinned.address).scheme).read(pinned, made)


def pin_of(pinned: Pinned) -> dict[str, str]:
    """What to keep of a pinned address, as plain data."""
    return {"version": pinned.version, "sha256": pinned.sha256}


def _source(scheme: str) -> Source:
    source: Source = registry.load("sources", scheme)
    return source
