"""A command and all processes that come of it: their CPU time and memory, looked at as they run."""

import ctypes
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

_TICKS, _PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
_SUBREAPER = 36
MIB = 1 << 20
PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class Look:
    """Seconds since the start, CPU seconds of all and of the first, memory (MiB) of first and all.

    CPU time of a process that ended stands with who waited for it. Where nobody did, the sum stays
    as it was until others have used as much; what the first one used itself is always right.
    """

    at_s: float
    cpu_s: float
    own_cpu_s: float
    own_mib: float
    all_mib: float


def watched(
    command: Sequence[str], log: Path, *, every_s: float, seen: Callable[[Look], None]
) -> tuple[int, Look]:
    """Run a command to its end; its exit status, and the last look.

    What a process left behind is counted still: orphans come to this one.
    """
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    began = time.monotonic()
    with log.open("wb") as out:
        running = subprocess.Popen(command, stdout=out, stderr=out)
    before, most = _reaped_s(), Look(0, 0, 0, 0, 0)
    while running.poll() is None:
        time.sleep(every_s)
        most = _look(running.pid, began, most.cpu_s + before)
        most = replace(most, cpu_s=most.cpu_s - before)
        seen(most)
    ended_s = time.monotonic() - began
    _reap()
    last = replace(most, at_s=ended_s, cpu_s=max(_reaped_s() - before, most.cpu_s))
    return running.returncode, last


def _reaped_s() -> float:
    used = os.times()
    return used.children_user + used.children_system


def _look(first: int, began: float, before: float) -> Look:
    cpu, mine, own, all_ = _reaped_s(), 0.0, 0.0, 0.0
    for pid in _below(os.getpid()):
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
            pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
        except (OSError, ValueError, IndexError):
            continue  # it has just ended
        times = [int(one) / _TICKS for one in stat.rpartition(")")[2].split()[11:15]]
        cpu += sum(times)
        all_ += pages * _PAGE / MIB
        if pid == first:
            mine, own = sum(times[:2]), pages * _PAGE / MIB
    return Look(time.monotonic() - began, max(cpu, before), mine, own, all_)


def _below(root: int) -> Iterator[int]:
    """All processes that came of one."""
    above: dict[int, list[int]] = {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            said = place.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        above.setdefault(int(said.rpartition(")")[2].split()[1]), []).append(int(place.parent.name))
    left = above.get(root, [])
    while left:
        yield from left
        left = [child for pid in left for child in above.get(pid, [])]


def _reap() -> None:
    """Wait for orphans that came to this process; for so long as it may take them to end."""
    until = time.monotonic() + PATIENCE_S
    with suppress(ChildProcessError):
        while time.monotonic() < until:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                time.sleep(0.1)
        left = " ".join(map(str, _below(os.getpid())))
        sys.stderr.write(f"processes are left of the command: {left}\n")
