"""What this machine looks like from outside while a program runs, and after it."""

import threading
import time
from pathlib import Path
from types import TracebackType

PERIOD_S = 0.02
SETTLE_S = 2.0
EXEC_LOOKS, EXEC_S = 5, 0.002


def left(tag: str, within_s: float = SETTLE_S) -> list[str]:
    """The processes that carry this word in their command line or environment and are not gone
    within this time.
    """
    end = time.monotonic() + within_s
    while (found := _tagged(tag)) and time.monotonic() < end:
        time.sleep(0.05)
    return found


def _tagged(tag: str) -> list[str]:
    word, found = tag.encode(), []
    for place in Path("/proc").glob("[0-9]*"):
        told, around = _words(place)
        if (word in told or word in around) and not _dead(place):
            found.append(told.replace(b"\0", b" ").decode(errors="replace").strip() or place.name)
    return found


def _words(place: Path) -> tuple[bytes, bytes]:
    """A process's command line and environment. Both are empty for a moment while it turns into
    another program (and always, for the kernel's own): it is looked at again.
    """
    for _ in range(EXEC_LOOKS):
        told, around = _bytes(place / "cmdline"), _bytes(place / "environ")
        if told or around or not _has_program(place):
            break
        time.sleep(EXEC_S)
    return told, around


def _has_program(place: Path) -> bool:
    try:
        return bool((place / "exe").readlink())
    except OSError:
        return False


def _dead(place: Path) -> bool:
    return _bytes(place / "stat").rpartition(b")")[2].split()[:1] in ([], [b"Z"], [b"X"])


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def available_mb() -> float:
    """The memory that this machine could still give, in MiB."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) / 1024
    return 0.0


def read_bytes() -> int:
    """How much this process has read so far, from files and pipes; 0 where nobody counts."""
    try:
        told = Path("/proc/self/io").read_text()
    except OSError:
        return 0
    return int(told.split()[1])


class Watch:
    """Looks at memory and reading while its block runs. `dip_mb` is by how much the memory that
    this machine could give went down meanwhile, `read_mb` how much this process has read.
    """

    def __init__(self) -> None:
        self.dip_mb = self.read_mb = 0.0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "Watch":
        self._before_mb, self._before_bytes = available_mb(), read_bytes()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end.set()
        self._thread.join()
        self.read_mb = (read_bytes() - self._before_bytes) / (1 << 20)

    def _look(self) -> None:
        while not self._end.wait(PERIOD_S):
            self.dip_mb = max(self.dip_mb, self._before_mb - available_mb())
