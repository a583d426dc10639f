"""The line to a container: one connection to its engine that carries all three streams.

What comes from the container is in frames: the stream's number, three zeros, the length in four
bytes, the bytes.
"""

import contextlib
import socket
import time
from collections.abc import Callable
from typing import IO, Any

from backfeed.sandboxes._line import PIECE, Gone

OUTPUT, HEAD = 1, 8
TAKE = 1 << 16


class Attached:
    """A `Line` over the socket of an attached container; `remove()` removes that for good.

    The engine closes the container's input when this connection closes, and the guard inside ends
    the container then: so `kill` needs no word with the engine, and neither does our own end.
    """

    def __init__(self, held: Any, log: IO[bytes], remove: Callable[[], None]) -> None:
        # What the SDK gives is a raw file around a socket, a TLS socket or an SSH channel.
        self._held, self._socket = held, getattr(held, "_sock", held)
        self._log, self._remove = log, remove
        self._data = b""  # received, and not yet looked at
        self._left = 0  # of the frame of standard output that we are in

    def send(self, data: memoryview, deadline: float) -> int:
        """As in `Line`."""
        self._until(deadline)
        try:
            return int(self._socket.send(data[:PIECE]))
        except TimeoutError as error:
            raise Gone("it did not read in time") from error
        except OSError as error:
            raise Gone("it closed its input") from error

    def receive(self, count: int, deadline: float) -> bytes:
        """As in `Line`."""
        while not self._left:
            head = self._exactly(HEAD, deadline)
            size = int.from_bytes(head[4:], "big")
            if head[0] == OUTPUT:
                self._left = size
            else:
                self._log.write(self._exactly(size, deadline))
        part = self._some(min(count, self._left), deadline)
        self._left -= len(part)
        return part

    def ended(self, within_s: float) -> bool:
        """As in `Line`. What it still says meanwhile is kept if it complains, else dropped."""
        deadline = time.monotonic() + within_s
        try:
            while time.monotonic() < deadline:
                self.receive(PIECE, deadline)
        except Gone as gone:
            return not isinstance(gone.__cause__, TimeoutError)
        return False

    def kill(self) -> None:
        """As in `Line`."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """As in `Line`."""
        self.kill()
        self._remove()
        self._held.close()
        self._socket.close()

    def _exactly(self, count: int, deadline: float) -> bytes:
        parts = []
        while count:
            part = self._some(count, deadline)
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def _some(self, count: int, deadline: float) -> bytes:
        if not self._data:
            self._until(deadline)
            try:
                self._data = self._socket.recv(TAKE)
            except TimeoutError as error:
                raise Gone("it did not answer in time") from error
            except OSError as error:
                raise Gone("the connection to it broke") from error
        if not self._data:
            raise Gone("it ended")
        part, self._data = self._data[:count], self._data[count:]
        return part

    def _until(self, deadline: float) -> None:
        # Zero would mean not to wait at all, and not to say so.
        self._socket.settimeout(max(deadline - time.monotonic(), 0.001))
