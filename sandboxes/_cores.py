"""Which cores slots may take: those we may run on, and no more than our share of the time pays for.

A container often sees all cores of its machine and has the time of a few. One slot more than that
would make every program wait, and some run out of wall time.
"""

import math
import os
from collections.abc import Iterator
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")


def usable() -> list[int]:
    """The cores for slots, at least one.

    Of more cores than the quota pays for, some are drawn: neighbours on one machine that all took
    the first would share them.
    """
    cores = sorted(os.sched_getaffinity(0))
    share = quota()
    if share is None or share >= len(cores):
        return cores
    first = int.from_bytes(os.urandom(4)) % len(cores)
    return sorted((cores[first:] + cores[:first])[: max(math.ceil(share), 1)])


def quota() -> float | None:
    """How many cores' time our control group and those above it have; None if nothing bounds it."""
    return min(_quotas(), default=None)


def _quotas() -> Iterator[float]:
    for folder in _folders():
        most = _words(folder / "cpu.max") or [
            *_words(folder / "cpu.cfs_quota_us"), *_words(folder / "cpu.cfs_period_us"),
        ]  # fmt: skip
        if len(most) == 2 and all(word.isdigit() for word in most) and int(most[1]):
            yield int(most[0]) / int(most[1])


def _folders() -> Iterator[Path]:
    """Of version 2 and of version 1's cpu: our group's folder and all above, as far as seen from
    here. A container's own root is where its group is, whatever the path says.
    """
    for line in _lines(OWN):
        _, kinds, path = line.split(":", 2)
        if kinds and "cpu" not in kinds.split(","):
            continue
        top = ROOT / "cpu" if kinds else ROOT
        inner = Path(path.lstrip("/"))
        yield from (top / folder for folder in (inner, *inner.parents) if ".." not in folder.parts)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []


def _words(path: Path) -> list[str]:
    return " ".join(_lines(path)).split()
