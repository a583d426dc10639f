"""Control groups for slots: the last line behind the watch, where the machine lets us make them.

Verdicts do not hang on them (the watch inside decides in every mode); they bound what a slot can
take of the host before it is seen. Version 2 needs a delegated directory, version 1 a writable one.
"""

import os
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
MOST_TASKS = 4096
PREFIX = "backfeed-slot-"
PATIENCE_S = 2.0


@dataclass(frozen=True, slots=True)
class Group:
    """The directories of one slot's group, one per controller; and the names of its limits."""

    paths: tuple[Path, ...]
    memory: Path
    limit: str
    kills: str

    def bound(self, memory_mb: int) -> None:
        """Bound the memory of all processes in the group together."""
        with suppress(OSError):  # below what is held just now, it cannot be set
            (self.memory / self.limit).write_text(str(memory_mb << 20))

    def mark(self) -> float:
        """How many processes the kernel has killed for want of memory so far."""
        return self._kills()

    def killed(self, mark: float) -> bool:
        """Are there more of them now?"""
        return self._kills() > mark

    def _kills(self) -> int:
        with suppress(OSError, ValueError):
            for line in (self.memory / self.kills).read_text().splitlines():
                name, _, count = line.partition(" ")
                if name == "oom_kill":
                    return int(count)
        return 0

    def remove(self) -> None:
        """Remove the group once what was killed in it is gone; what lives longer is left to the
        next run's sweep.
        """
        end = time.monotonic() + PATIENCE_S
        while not all(map(_removed, self.paths)) and time.monotonic() < end:
            time.sleep(0.005)


def mode() -> str:
    """What can be used here: "cgroup2", "cgroup1" or "none"."""
    parents = _parents()
    if not parents:
        return "none"
    return "cgroup2" if "" in parents else "cgroup1"


def make() -> Group | None:
    """A new group, empty; None where the machine has none for us."""
    parents = _parents()
    if not parents:
        return None
    for parent in parents.values():
        _sweep(parent)
    name = f"{PREFIX}{os.getpid()}-{uuid.uuid4().hex[:8]}"
    made = []
    for kind, parent in parents.items():
        path = parent / name
        path.mkdir(exist_ok=True)
        made.append(path)
        if kind in {"", "pids"}:
            (path / "pids.max").write_text(str(MOST_TASKS))
    if "" in parents:
        with suppress(OSError):
            (made[0] / "memory.swap.max").write_text("0")
        return Group(tuple(made), made[0], "memory.max", "memory.events")
    memory = parents["memory"] / name
    return Group(tuple(made), memory, "memory.limit_in_bytes", "memory.oom_control")


def _removed(path: Path) -> bool:
    try:
        path.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _sweep(parent: Path) -> None:
    """Remove the groups of runs that were killed. Processes of other namespaces seem dead, but a
    group in which something runs cannot be removed.
    """
    for path in parent.glob(f"{PREFIX}*"):
        owner = path.name.removeprefix(PREFIX).partition("-")[0]
        if owner.isdigit() and not Path("/proc", owner).exists():
            _removed(path)


def _parents() -> dict[str, Path]:
    """The directories in which groups may be made, by controller; "" is version 2."""
    found: dict[str, Path] = {}
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return {}
    for line in lines:
        _, kinds, path = line.split(":", 2)
        for kind in kinds.split(","):
            if kind in {"memory", "pids"}:
                found[kind] = ROOT / kind / path.lstrip("/")
            elif not kind and _delegated(ROOT / path.lstrip("/")):
                return {"": ROOT / path.lstrip("/")}
    usable = all(os.access(path, os.W_OK) for path in found.values())
    return found if len(found) == 2 and usable else {}


def _delegated(path: Path) -> bool:
    """Does version 2 hand memory and pids down to the children of this directory?"""
    try:
        handed = set((path / "cgroup.subtree_control").read_text().split())
    except OSError:
        return False
    return {"memory", "pids"} <= handed and os.access(path, os.W_OK)
