"""A slot: one long-lived sandbox with the guest in it, which runs programs one after another.

Every call blocks (a slot belongs to one thread) and none blocks for ever. A slot that fails is
killed and started anew for the next job; the job that met the failure is an `Outage`.
"""

import signal
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import IO, Any, Protocol

import msgspec

from backfeed.engine.errors import ConfigError, Outage
from backfeed.engine.requests import Job, Limits
from backfeed.sandboxes._line import Gone, Line
from backfeed.sandboxes._protocol import Made, Reply, Trusted, greeting, is_plain, reply, request

START_S = 30.0
GRACE_S = 10.0
LIFE = 1000
AT_ONCE = 1 << 16
TRUSTED_MB = 256  # guest, zygote, and the job itself


class Bound(Protocol):
    """The last line behind the watch inside: what the host lets a slot take. A `_cgroup.Group`."""

    def bound(self, memory_mb: int) -> None:
        """Bound the memory of all processes in the slot together."""

    def mark(self) -> float:
        """A moment, to ask `killed` about."""

    def killed(self, mark: float) -> bool:
        """Has the kernel killed a process for want of memory since then?"""

    def remove(self) -> None:
        """Give back what is held; nothing runs any more."""


class Slot:
    """One sandbox. `launch(log)` starts it: it speaks the protocol over a line, and writes
    complaints to `log`. `trusted` is what it is given of ours.
    """

    def __init__(
        self,
        launch: Callable[[IO[bytes]], Line],
        trusted: Trusted,
        group: Bound | None = None,
    ) -> None:
        self._launch, self._trusted, self._group = launch, trusted, group
        self._bound_mb = 0
        self._closed = False
        self._data = bytearray()
        self._line: Line | None = None
        self._log: IO[bytes] | None = None
        self._ran = 0
        self._prepared: frozenset[str] = frozenset()
        self.facts: dict[str, Any] = {}

    def start(self) -> None:
        """Start the sandbox if it does not run. Raises `ConfigError` with what it complained of."""
        if self._line is not None:
            return
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  closed by `stop`
        self._ran = 0
        self._data.clear()
        deadline = time.monotonic() + START_S
        try:
            self._line = self._launch(self._log)
        except (ConfigError, OSError) as error:
            self.stop()
            raise ConfigError(f"the sandbox does not start: {error}") from error
        self._unless_closed(self._line)
        try:
            self._write(greeting(self._trusted), deadline)
            self.facts = msgspec.json.decode(self._block(deadline))["facts"]
            self._prepared = frozenset(self.facts.pop("modules"))
        except (Gone, msgspec.DecodeError, KeyError) as error:
            said = self._complaint()
            self.stop()
            raise ConfigError(f"the sandbox does not start: {said or error}") from error

    def run(
        self, job: Job, *, warm: bool, given: Sequence[Made] = (), wanted: Sequence[str] = ()
    ) -> Reply:
        """Run one job: with files `given` besides its own, to leave what is `wanted`.

        A slot in which a program left a process behind is not used again.

        Raises `Refused` for the job's fault, `Outage` for the sandbox's.
        """
        if self._ran >= LIFE:
            self.stop()
        try:
            self.start()
        except ConfigError as error:
            raise Outage(str(error)) from error
        warm = warm and is_plain(job, self._prepared)
        said = request(job, warm=warm, given=given, wanted=wanted)
        self._ran += 1
        mark = self._brace(job)
        try:
            deadline = time.monotonic() + job.limits.wall_s + GRACE_S
            self._write(said, deadline)
            told = self._block(deadline)
        except Gone as error:
            detail = self._complaint()
            self.stop()
            raise Outage(f"the sandbox failed: {error} {detail}".strip()) from error
        try:
            found = reply(told)
        except Outage:
            self.stop()
            raise
        if found.ended.signal == signal.SIGKILL and self._group and self._group.killed(mark):
            found = replace(found, ended=replace(found.ended, out_of_memory=True))
        if found.ended.strays:
            self.stop()
        return found

    def _brace(self, job: Job) -> float:
        """Set the group's limit for a job, above what the watch allows; the moment it begins."""
        if self._group is None:
            return 0.0
        most_mb = most_memory_mb(job.limits)
        if most_mb != self._bound_mb:
            self._group.bound(most_mb)
            self._bound_mb = most_mb
        return self._group.mark()

    def _unless_closed(self, line: Line) -> None:
        """Whoever closed the slot while it started has not seen its line."""
        if self._closed:
            line.kill()

    def kill(self) -> None:
        """End it for good, from any thread; its own thread then finds it gone and cleans up."""
        self._closed = True
        if (line := self._line) is not None:
            line.kill()

    def remove(self) -> None:
        """Stop, and give back what was made for the slot; when its thread is done with it."""
        self.stop()
        if self._group is not None:
            self._group.remove()

    def stop(self) -> None:
        """Kill the sandbox with everything in it; the next job starts another."""
        line, self._line = self._line, None
        log, self._log = self._log, None
        if line is not None:
            line.close()
        if log is not None:
            log.close()

    def _write(self, data: bytes, deadline: float) -> None:
        line, view = self._here(), memoryview(data)
        while view:
            view = view[line.send(view, deadline) :]

    def _read(self, count: int, deadline: float) -> bytes:
        """Exactly `count` bytes; what comes with them is kept for the next."""
        line, data = self._here(), self._data
        while len(data) < count:
            data += line.receive(max(count - len(data), AT_ONCE), deadline)
        found = bytes(data[:count])
        del data[:count]
        return found

    def _block(self, deadline: float) -> bytes:
        return self._read(int.from_bytes(self._read(4, deadline), "little"), deadline)

    def _here(self) -> Line:
        if self._line is None:
            raise Gone("it was stopped")
        return self._line

    def _complaint(self) -> str:
        if self._line is None or self._log is None or not self._line.ended(0.2):
            return ""
        self._log.seek(0)
        return self._log.read()[-2000:].decode("utf-8", "replace").strip()


def most_memory_mb(limits: Limits) -> int:
    """What a slot may take of the host while a job with these limits runs."""
    return limits.memory_mb + 3 * limits.disk_mb + TRUSTED_MB
