"""Our own control group of version 2, divided: our processes in one part, slots in others.

The kernel lets no group hold both processes and children that are bounded. So ours go to `MAIN`, if
the group is ours to divide and holds nothing else.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
SYSTEMD = Path("/run/systemd/system")
MAIN = "backfeed-main"
NEEDED = {"memory", "pids"}
TRIES = 3


def found(own: Path) -> Path | None:
    """The directory whose children have memory and pids: our group, made such, or the one above."""
    if own.name == MAIN:
        own = own.parent
    if not (_has(own / "cgroup.controllers") and _writable(own) and _delegated(own)):
        return None
    return own if _has(own / "cgroup.subtree_control") or _divide(own) else None


def _delegated(own: Path) -> bool:
    """Where systemd manages groups, it says which are ours to divide; root could any."""
    if not SYSTEMD.is_dir():
        return True
    for name in ("user.delegate", "trusted.delegate"):
        with suppress(OSError):
            if os.getxattr(own, name) == b"1":
                return True
    return False


def _has(controllers: Path) -> bool:
    return _words(controllers) >= NEEDED


def _writable(own: Path) -> bool:
    names = ("", "cgroup.procs", "cgroup.subtree_control")
    return all(os.access(own / name, os.W_OK) for name in names)


def _divide(own: Path) -> bool:
    """Move our processes to a child, and hand the controllers down; undo it if that fails.

    Nothing is moved that is not ours. What is born meanwhile is met by another try.
    """
    main = own / MAIN
    for _ in range(TRIES):
        inside = _words(own / "cgroup.procs")
        if not inside <= _ours(_born()):
            break
        with suppress(OSError):
            main.mkdir(exist_ok=True)
            for pid in inside:
                _join(main, pid)
            (own / "cgroup.subtree_control").write_text("+memory +pids")
            return True
    for pid in _words(main / "cgroup.procs"):
        with suppress(OSError):
            _join(own, pid)
    with suppress(OSError):
        main.rmdir()
    return False


def _join(group: Path, pid: str) -> None:
    with suppress(ProcessLookupError):
        (group / "cgroup.procs").write_text(pid)


def _born() -> dict[str, str]:
    """Who started each process."""
    found = {}
    for place in PROC.glob("[0-9]*"):
        with suppress(OSError):
            found[place.name] = (place / "stat").read_text().rpartition(")")[2].split()[1]
    return found


def _ours(parents: Mapping[str, str]) -> set[str]:
    """This process and all that come from it."""
    found = {str(os.getpid())}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def _words(path: Path) -> set[str]:
    try:
        return set(path.read_text().split())
    except OSError:
        return set()
