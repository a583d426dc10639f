"""A slot: one long-lived sandbox with the guest in it, which runs programs one after another.

Every call blocks (a slot belongs to one thread) and none blocks for ever. A slot that fails is
killed and started anew for the next job; the job that met the failure is an `Outage`.
"""

import os
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import IO, Any

import msgspec

from backfeed.engine.errors import ConfigError, Outage
from backfeed.engine.requests import Job
from backfeed.sandboxes._cgroup import Group
from backfeed.sandboxes._outcome import Ended
from backfeed.sandboxes._protocol import ended, greeting, request

START_S = 30.0
GRACE_S = 10.0
LIFE = 1000
TRUSTED_MB = 256  # guest, zygote, and the job itself
PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of a job, and whether the prepared interpreter ran it."""

    ended: Ended
    warm: bool


class Gone(Exception):
    """The guest has closed its end, or did not answer in time."""


class Slot:
    """One sandbox. `launch(log)` starts it: a process that speaks the protocol over its standard
    input and output, and writes complaints to `log`.
    """

    def __init__(
        self,
        launch: Callable[[IO[bytes]], "subprocess.Popen[bytes]"],
        seccomp: bytes,
        group: Group | None = None,
    ) -> None:
        self._launch, self._seccomp, self._group = launch, seccomp, group
        self._bound_mb = 0
        self._closed = False
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None
        self._ran = 0
        self.facts: dict[str, Any] = {}

    def start(self) -> None:
        """Start the sandbox if it does not run. Raises `ConfigError` with what it complained of."""
        if self._process is not None:
            return
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  closed by `stop`
        self._ran = 0
        deadline = time.monotonic() + START_S
        try:
            self._process = self._launch(self._log)
        except OSError as error:
            self.stop()
            raise ConfigError(f"the sandbox does not start: {error}") from error
        self._unless_closed(self._process)
        for end in (self._process.stdin, self._process.stdout):
            os.set_blocking(end.fileno(), False)  # type: ignore[union-attr]
        try:
            self._write(greeting(self._seccomp), deadline)
            self.facts = msgspec.json.decode(self._block(deadline))["facts"]
        except (Gone, msgspec.DecodeError, KeyError) as error:
            said = self._complaint()
            self.stop()
            raise ConfigError(f"the sandbox does not start: {said or error}") from error

    def run(self, job: Job, *, warm: bool) -> Ran:
        """Run one job. Raises `Refused` for the job's fault, `Outage` for the sandbox's."""
        said = request(job, warm=warm)
        if self._ran >= LIFE:
            self.stop()
        try:
            self.start()
        except ConfigError as error:
            raise Outage(str(error)) from error
        self._ran += 1
        kills = self._brace(job)
        try:
            deadline = time.monotonic() + job.limits.wall_s + GRACE_S
            self._write(said, deadline)
            head: Mapping[str, Any] = msgspec.json.decode(self._block(deadline))
            streams = [self._block(deadline) for _ in range(3)]
        except (Gone, msgspec.DecodeError) as error:
            detail = self._complaint()
            self.stop()
            raise Outage(f"the sandbox failed: {error} {detail}".strip()) from error
        try:
            found = ended(head, streams)
            if found.signal == signal.SIGKILL and self._group and self._group.killed() > kills:
                found = replace(found, out_of_memory=True)
            return Ran(found, bool((head.get("told") or {}).get("warm")))
        except Outage:
            self.stop()
            raise

    def _brace(self, job: Job) -> int:
        """Set the group's limit for a job, above what the watch allows; how many it has killed."""
        if self._group is None:
            return 0
        most_mb = job.limits.memory_mb + 3 * job.limits.disk_mb + TRUSTED_MB
        if most_mb != self._bound_mb:
            self._group.bound(most_mb)
            self._bound_mb = most_mb
        return self._group.killed()

    def _unless_closed(self, process: "subprocess.Popen[bytes]") -> None:
        """Whoever closed the slot while it started has not seen its process."""
        if self._closed:
            process.kill()

    def kill(self) -> None:
        """End it for good, from any thread; its own thread then finds it gone and cleans up."""
        self._closed = True
        if (process := self._process) is not None:
            process.kill()

    def remove(self) -> None:
        """Stop, and give back what was made for the slot; when its thread is done with it."""
        self.stop()
        if self._group is not None:
            self._group.remove()

    def stop(self) -> None:
        """Kill the sandbox with everything in it; the next job starts another."""
        process, self._process = self._process, None
        log, self._log = self._log, None
        if log is not None:
            log.close()
        if process is None:
            return
        process.kill()
        for end in (process.stdin, process.stdout):
            if end is not None:
                end.close()
        process.wait()

    def _ends(self) -> tuple[int, int]:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise Gone("it was stopped")
        return process.stdin.fileno(), process.stdout.fileno()

    def _write(self, data: bytes, deadline: float) -> None:
        view = memoryview(data)
        end = self._ends()[0]
        while view:
            _await(end, select.POLLOUT, deadline)
            try:
                view = view[os.write(end, view[:PIECE]) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise Gone("it closed its input") from error

    def _read(self, count: int, deadline: float) -> bytes:
        end = self._ends()[1]
        parts = []
        while count:
            _await(end, select.POLLIN, deadline)
            part = os.read(end, min(count, PIECE))
            if not part:
                raise Gone("it ended")
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def _block(self, deadline: float) -> bytes:
        return self._read(int.from_bytes(self._read(4, deadline), "little"), deadline)

    def _complaint(self) -> str:
        if self._process is not None and self._process.poll() is None:
            try:
                self._process.wait(0.2)
            except subprocess.TimeoutExpired:
                return ""
        if self._log is None:
            return ""
        self._log.seek(0)
        return self._log.read()[-2000:].decode("utf-8", "replace").strip()


def _await(end: int, event: int, deadline: float) -> None:
    poll = select.poll()
    poll.register(end, event)
    if not poll.poll(max(deadline - time.monotonic(), 0) * 1000):
        raise Gone("it did not answer in time")
