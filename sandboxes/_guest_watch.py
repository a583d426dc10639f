"""Inside the sandbox: pid 1 of a program's namespaces watches it, ends it, says what it used."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import time
from typing import Any

from backfeed.sandboxes._guest_wire import STOPPED

PERIOD_S = 0.02
TICKS = os.sysconf("SC_CLK_TCK")


def others() -> list[str]:
    """The processes in here besides pid 1, as named in /proc."""
    names = os.listdir("/proc")  # noqa: PTH208
    return [name for name in names if name.isdigit() and name != "1"]


def read(path: str) -> str:
    """A small file of /proc; empty if the process is gone."""
    try:
        with open(path, encoding="ascii", errors="replace") as file:  # noqa: PTH123
            return file.read()
    except OSError:
        return ""


def cpu_of(pid: str) -> float:
    """CPU seconds of a process and of the children that it waited for."""
    fields = read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15]) / TICKS


def line_kb(text: str, name: str) -> int:
    """A line's number of KiB; 0 without that line."""
    _, there, rest = text.partition(f"\n{name}:")
    return int(rest.split(None, 1)[0]) if there else 0


def resident_kb(pid: str) -> int:
    """Resident memory in KiB, with what is shared, and the tables that the kernel keeps of it."""
    text = read(f"/proc/{pid}/status")
    return line_kb(text, "VmRSS") + line_kb(text, "VmPTE")


def share_kb(pid: str) -> int:
    """The same, a shared page counted in equal parts by all who share it."""
    tables = line_kb(read(f"/proc/{pid}/status"), "VmPTE")
    return line_kb(read(f"/proc/{pid}/smaps_rollup"), "Pss") + tables


def children_cpu_s() -> float:
    """CPU seconds of all that pid 1 has buried, and of all whom those had."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def bury(pid: int) -> int | None:
    """Take leave of all who have died; the wait status of `pid` if it is among them."""
    found = None
    while True:
        try:
            dead, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return found
        if dead == 0:
            return found
        if dead == pid:
            found = status


def bury_all() -> None:
    """Kill everyone, and wait until nobody is left."""
    while True:
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)
        try:
            os.wait()
        except ChildProcessError:
            return


class Watch:
    """Watches the program `pid`. Memory is bounded for all processes together, so is CPU time."""

    def __init__(self, pid: int, limits: dict[str, Any]) -> None:
        self.pid, self.limits = pid, limits
        self.began = time.monotonic()
        self.most_kb = int(limits["memory_kb"])
        self.peak_kb = 0
        self.closely = False
        self.stopped = ""
        self.status = 0
        self.base_kb = resident_kb("self")

    def run(self) -> tuple[int, ...]:
        """Watch until the program has ended or must end; everything in here is dead then.

        The wait status, who stopped it, strays, CPU and wall time in µs, the peak in KiB.
        """
        pause = PERIOD_S
        while not self._ended(pause):
            before = time.monotonic()
            self.stopped = self._excess(before)
            if self.stopped:
                break
            times = 1 if self.closely else 4  # near the limit, soon again
            pause = max(PERIOD_S, times * (time.monotonic() - before))
        wall_s = time.monotonic() - self.began
        strays = 0 if self.stopped else sum(map(self._lives, others()))
        bury_all()
        return self._account(wall_s, strays)

    def _ended(self, pause: float) -> bool:
        """Wait for a death for as long as `pause`; did the program die?"""
        signal.sigtimedwait({signal.SIGCHLD}, pause)
        found = bury(self.pid)
        self.status = found or 0
        return found is not None

    def _excess(self, now: float) -> str:
        pids = others()
        held_kb = sum(map(resident_kb, pids))
        # What forks share is in this sum once for each of them.
        self.closely = held_kb > self.most_kb and len(pids) > 1
        if self.closely:
            held_kb = sum(map(share_kb, pids))
        self.peak_kb = max(self.peak_kb, held_kb)
        if held_kb > self.most_kb:
            return "memory"
        if children_cpu_s() + sum(map(cpu_of, pids)) >= self.limits["cpu_us"] / 1e6:
            return "cpu"
        return "wall" if now - self.began >= self.limits["wall_us"] / 1e6 else ""

    def _lives(self, pid: str) -> bool:
        state = read(f"/proc/{pid}/stat").rpartition(")")[2].split()[:1]
        return bool(state) and state[0] not in "ZX"

    def _account(self, wall_s: float, strays: int) -> tuple[int, ...]:
        # A new process inherits the peak of the one that forked it: below that nothing is known.
        largest_kb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        if largest_kb <= self.base_kb * 1.1:
            largest_kb = 0
        return (
            self.status, STOPPED.index(self.stopped), strays, round(children_cpu_s() * 1e6),
            round(wall_s * 1e6), max(self.peak_kb, largest_kb),
        )  # fmt: skip
