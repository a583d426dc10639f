"""Control groups for slots: the last line behind the watch, where the machine lets us make them.

Verdicts do not hang on them (the watch inside decides in every mode); they bound what a slot can
take of the host before it is seen. There are three ways to one, tried in this order:

* Version 2, and our own group is ours to divide (systemd calls that delegated): slots get groups
  beside `backfeed-main`, where our processes go, since a group that is divided may hold none. If
  it holds processes that are not ours, it is left alone.
* Version 2, and systemd makes us a scope per slot, as it does for each user that is logged in.
  Nothing is started anew for that: a slot's first process alone begins in it.
* Version 1, and the directories of memory and pids can be written: those of root.
"""

import os
import time
import uuid
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from backfeed.sandboxes import _divided, _scope

ROOT = Path("/sys/fs/cgroup")
MOST_TASKS = 4096
PREFIX = "backfeed-slot-"
PATIENCE_S = 2.0

REMEDY = (
    "systemd makes them for users that are logged in, or for whom root has said "
    "`loginctl enable-linger USER`; a service gets its own with Delegate=yes"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """How a process is started in a group: words before its command and their variables; groups
    that it joins, or the directory of the one that it is in and divides.
    """

    words: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    divided: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """The directories of one slot's group, one per controller; and the names of its limits."""

    paths: tuple[Path, ...]
    memory: Path
    limit: str
    kills: str

    def enter(self) -> Entry:
        """How a process is started in it."""
        return Entry(groups=tuple(map(str, self.paths)))

    def bound(self, memory_mb: int) -> None:
        """Bound the memory of all processes in the group together."""
        with suppress(OSError):  # version 1 refuses less than is held just now
            (self.memory / self.limit).write_text(str(memory_mb << 20))

    def mark(self) -> float:
        """How many processes the kernel has killed for want of memory so far."""
        return _kills(self.memory / self.kills)

    def killed(self, mark: float) -> bool:
        """Are there more of them now?"""
        return self.mark() > mark

    def remove(self) -> None:
        """Remove the group, and what is left in it; what cannot be yet is left to the next run's
        sweep.
        """
        _end(self.paths)


class Scoped:
    """The group that systemd makes for a slot, anew at each start of it. As `Group`."""

    def __init__(self, system: _scope.System) -> None:
        self._system, self._folder = system, Path()

    def enter(self) -> Entry:
        """As in `Group`; the old group goes with its processes."""
        name = f"{PREFIX}{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._folder = _root() / self._system.place.lstrip("/") / f"{name}.scope"
        return Entry(
            words=tuple(self._system.command(name, MOST_TASKS)),
            variables=self._system.variables,
            divided=str(self._folder),
        )

    def bound(self, memory_mb: int) -> None:
        """As in `Group`."""
        with suppress(OSError):
            (self._folder / _scope.INNER / "memory.max").write_text(str(memory_mb << 20))

    def mark(self) -> float:
        """As in `Group`."""
        return _kills(self._folder / _scope.INNER / "memory.events")

    def killed(self, mark: float) -> bool:
        """As in `Group`."""
        return self.mark() > mark

    def remove(self) -> None:
        """As in `Group`; systemd removes the directory."""
        with suppress(OSError):
            (self._folder / _scope.INNER / "cgroup.kill").write_text("1")


def mode() -> str:
    """What can be used here: "cgroup2", "cgroup2 of systemd", "cgroup1" or "none"."""
    if parents := _parents():
        return "cgroup2" if "" in parents else "cgroup1"
    return "cgroup2 of systemd" if _system() else "none"


def make() -> Group | Scoped | None:
    """A new group, empty; None where the machine has none for us."""
    parents = _parents()
    if not parents:
        system = _system()
        return Scoped(system) if system else None
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
        with suppress(OSError):  # no such file where nothing swaps
            (made[0] / "memory.swap.max").write_text("0")
        return Group(tuple(made), made[0], "memory.max", "memory.events")
    memory = parents["memory"] / name
    return Group(tuple(made), memory, "memory.limit_in_bytes", "memory.oom_control")


def told() -> str:
    """The same for people, with what to do about it where something can be done."""
    found = mode()
    if found != "none":
        return found
    return f"no control groups ({REMEDY})" if _divided.SYSTEMD.is_dir() else "no control groups"


@cache
def _system() -> _scope.System | None:
    return _scope.system() if (_root() / "cgroup.controllers").exists() else None


def _kills(path: Path) -> int:
    try:
        file = os.open(path, os.O_RDONLY)  # before each job: the plain call costs a third
    except OSError:
        return 0
    try:
        words = os.read(file, 4096).split()
        return int(words[words.index(b"oom_kill") + 1])
    except (OSError, ValueError):
        return 0
    finally:
        os.close(file)


def _end(paths: Iterable[Path]) -> None:
    end = time.monotonic() + PATIENCE_S
    left = set(paths)
    while (left := {path for path in left if not _removed(path)}) and time.monotonic() < end:
        time.sleep(0.005)


def _removed(path: Path) -> bool:
    with suppress(OSError):
        (path / "cgroup.kill").write_text("1")
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
        if owner.isdigit() and not (_divided.PROC / owner).exists():
            with suppress(OSError):
                path.rmdir()


def _root() -> Path:
    """Where version 2 is mounted: beside version 1, in a folder of its own."""
    return ROOT if (ROOT / "cgroup.controllers").exists() else ROOT / "unified"


def _parents() -> dict[str, Path]:
    """The directories in which groups may be made, by controller; "" is version 2."""
    found: dict[str, Path] = {}
    try:
        lines = (_divided.PROC / "self" / "cgroup").read_text().splitlines()
    except OSError:
        return {}
    for line in lines:
        _, kinds, path = line.split(":", 2)
        for kind in _divided.NEEDED.intersection(kinds.split(",")):
            found[kind] = ROOT / kind / path.lstrip("/")
        if not kinds and (own := _divided.found(_root() / path.lstrip("/"))):
            return {"": own}
    usable = all(os.access(path, os.W_OK) for path in found.values())
    return found if len(found) == len(_divided.NEEDED) and usable else {}
