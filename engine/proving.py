"""Before a run: does its sandbox hold, here and now? What was tried stands in the run's summary.

The probes run through the real path, once for each start of the machine, user and environment; that
they held is kept in the user's cache.
"""

import asyncio
import hashlib
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from backfeed.engine.contracts import Service
from backfeed.engine.errors import BackfeedError, ConfigError
from backfeed.engine.files import user_cache, write_whole
from backfeed.engine.identity import digest
from backfeed.sandboxes.selfcheck import probes

TRIES = 3
BOOT = Path("/proc/sys/kernel/random/boot_id")


def prove(name: str, service: Service) -> list[dict[str, Any]]:
    """Try every probe, or recall that all of them held. Returns them as `probes.run` does.

    Raises `ConfigError` if the sandbox does not hold: nothing has run in it then.
    """
    place = _place(service)
    known = _recalled(place)
    if known:
        return known
    found = asyncio.run(_tried(service))
    failed = [one for one in found if not one["ok"]]
    if failed:
        told = "; ".join(f"{one['name']}: {one['got']}, not {one['expected']}" for one in failed)
        raise ConfigError(
            f"the sandbox {name} does not hold on this machine, so nothing is run ({told}). "
            "`backfeed doctor --sandbox` shows all that was tried; use another --sandbox"
        )
    if place is not None:
        with suppress(BackfeedError, OSError):
            write_whole(place, msgspec.json.encode(found))
    return found


async def _tried(service: Service) -> list[dict[str, Any]]:
    """All probes side by side; what a busy machine may have spoilt is tried again. A hole is not:
    that is a hole.
    """
    found = {one["name"]: one for one in await probes.run(service)}
    for _ in range(TRIES - 1):
        again = [p for p in probes.PROBES if _is_unsure(found[p.name])]
        for probe in again:
            found |= {one["name"]: one for one in await probes.run(service, [probe])}
    return list(found.values())


def _is_unsure(one: Mapping[str, Any]) -> bool:
    return not one["ok"] and "was printed" not in one["got"]


def _place(service: Service) -> Path | None:
    """Where it is kept that all held; None where nothing can be."""
    facts = getattr(service, "in_force", {})
    tried = [
        (probe.name, hashlib.sha256(probe.code.encode()).hexdigest()) for probe in probes.PROBES
    ]
    with suppress(BackfeedError, OSError):
        boot = BOOT.read_text().strip()
        mark = digest(boot, os.geteuid(), service.identity, dict(facts), tried)
        return user_cache("probes") / f"{mark}.json"
    return None


def _recalled(place: Path | None) -> list[dict[str, Any]]:
    if place is None:
        return []
    with suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode(place.read_bytes(), type=list[dict[str, Any]])
    return []
