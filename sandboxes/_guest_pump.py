"""Collects what a program writes, no more than it may, until it has closed everything."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable

PIECE = 1 << 16
TAIL = 1 << 15


class Pump:
    """Reads descriptors until each has ended. `taken` holds the bytes by name."""

    def __init__(self, ends: dict[str, int], most: dict[str, int]) -> None:
        self.ends, self.most = ends, most
        self.taken = {name: bytearray() for name in ends}
        self._names = {end: name for name, end in ends.items()}

    def run(self, deadline: float, kill: Callable[[], None]) -> str:
        """Read until all have ended. Returns "" or why `kill` was called: "output" or "lost".

        `deadline` is in `time.monotonic` seconds; after a kill, what was written is still read,
        but no longer kept, for one second at most.
        """
        poll = select.poll()
        for end in self.ends.values():
            poll.register(end, select.POLLIN)
        why = ""
        while self._names:
            left = deadline - time.monotonic()
            ready = poll.poll(max(left, 0) * 1000)
            for end, _ in ready:
                if not self._read(end, keep=not why):
                    poll.unregister(end)
                    os.close(end)
                elif self._too_much(end) and not why:
                    why, deadline = "output", time.monotonic() + 1
                    kill()
            if not ready and left <= 0:
                if why:
                    break
                why, deadline = "lost", time.monotonic() + 1
                kill()
        for end in self._names:
            os.close(end)
        return why

    def _read(self, end: int, *, keep: bool) -> bool:
        try:
            part = os.read(end, PIECE)
        except OSError:
            part = b""
        if not part:
            del self._names[end]
            return False
        name = self._names[end]
        if keep or name == "status":
            self.taken[name] += part
        return True

    def _too_much(self, end: int) -> bool:
        name = self._names[end]
        return len(self.taken[name]) > self.most.get(name, 1 << 16)
