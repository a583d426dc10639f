"""The line from a slot to the trusted part of its sandbox, whatever holds the other end."""

import os
import select
import subprocess
import time
from typing import Protocol

PIECE = 1 << 20


class Gone(Exception):
    """The guest has closed its end, or did not answer in time."""


class Line(Protocol):
    """Bytes to and from one sandbox. Deadlines are in `time.monotonic` seconds.

    All belongs to the slot's thread, except `kill`.
    """

    def send(self, data: memoryview, deadline: float) -> int:
        """How many of these bytes were taken, at least one. Raises `Gone`."""

    def receive(self, count: int, deadline: float) -> bytes:
        """At least one byte and at most `count`. Raises `Gone`."""

    def ended(self, within_s: float) -> bool:
        """Has the sandbox ended, or does it within that time?"""

    def kill(self) -> None:
        """Kill the sandbox with everything in it; comes from any thread, and does not block."""

    def close(self) -> None:
        """Kill it, wait until it is gone, and give back what the line holds."""


class Piped:
    """The line to a process that speaks over its standard input and output."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process
        if process.stdin is None or process.stdout is None:
            raise ValueError("the process has no pipes")
        self._files = (process.stdin, process.stdout)
        self._input, self._output = (file.fileno() for file in self._files)
        for end in (self._input, self._output):
            os.set_blocking(end, False)
        self._polls = _polled(self._input, select.POLLOUT), _polled(self._output, select.POLLIN)

    def send(self, data: memoryview, deadline: float) -> int:
        """As in `Line`."""
        while True:
            try:
                return os.write(self._input, data[:PIECE])
            except BlockingIOError:
                _await(self._polls[0], deadline)
            except OSError as error:
                raise Gone("it closed its input") from error

    def receive(self, count: int, deadline: float) -> bytes:
        """As in `Line`."""
        _await(self._polls[1], deadline)
        part = os.read(self._output, min(count, PIECE))
        if not part:
            raise Gone("it ended")
        return part

    def ended(self, within_s: float) -> bool:
        """As in `Line`."""
        try:
            self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> None:
        """As in `Line`."""
        self.process.kill()

    def close(self) -> None:
        """As in `Line`."""
        self.process.kill()
        for file in self._files:
            file.close()
        self.process.wait()


def _polled(end: int, event: int) -> "select.poll":
    poll = select.poll()
    poll.register(end, event)
    return poll


def _await(poll: "select.poll", deadline: float) -> None:
    if not poll.poll(max(deadline - time.monotonic(), 0) * 1000):
        raise Gone("it did not answer in time")
