"""The line to a container, with a socket pair for the engine."""

import io
import socket
import time

import pytest

from backfeed.sandboxes._attached import Attached
from backfeed.sandboxes._line import Gone


def frame(stream: int, data: bytes) -> bytes:
    return bytes((stream, 0, 0, 0)) + len(data).to_bytes(4, "big") + data


@pytest.fixture
def ends():
    """The line, the engine's end of it, and the log."""
    ours, theirs = socket.socketpair()
    log, gone = io.BytesIO(), []
    line = Attached(ours, log, lambda: gone.append(True))
    yield line, theirs, log
    line.close()
    theirs.close()
    assert gone == [True]


def soon(after_s: float = 1.0) -> float:
    return time.monotonic() + after_s


def test_streams_are_told_apart(ends):
    line, theirs, log = ends
    theirs.sendall(frame(1, b"ab") + frame(2, b"why") + frame(1, b"") + frame(1, b"cdef"))
    assert [line.receive(3, soon()) for _ in range(3)] == [b"ab", b"cde", b"f"]
    assert log.getvalue() == b"why"


def test_a_frame_may_come_in_pieces(ends):
    line, theirs, _ = ends
    sent = frame(1, b"x" * 200_000)
    theirs.sendall(sent[:5])
    theirs.sendall(sent[5:100_000])
    got = b""
    while len(got) < 90_000:
        got += line.receive(1 << 20, soon())
    theirs.sendall(sent[100_000:])
    while len(got) < 200_000:
        got += line.receive(1 << 20, soon())
    assert got == b"x" * 200_000


def test_sent_bytes_are_not_framed(ends):
    line, theirs, _ = ends
    assert line.send(memoryview(b"abc"), soon()) == 3
    assert theirs.recv(9) == b"abc"


def test_silence_is_no_end(ends):
    line, _, _ = ends
    with pytest.raises(Gone, match="in time"):
        line.receive(1, soon(0.01))
    assert not line.ended(0.01)


def test_the_end_comes_with_what_was_complained_of(ends):
    line, theirs, log = ends
    theirs.sendall(frame(1, b"rest") + frame(2, b"no such file"))
    theirs.shutdown(socket.SHUT_WR)
    assert line.ended(1)
    assert log.getvalue() == b"no such file"
    with pytest.raises(Gone, match="ended"):
        line.receive(1, soon())


def test_a_killed_line_is_gone_at_once(ends):
    line, theirs, _ = ends
    line.kill()
    assert theirs.recv(1) == b""
    with pytest.raises(Gone):
        line.receive(1, soon())
    with pytest.raises(Gone, match="closed"):
        line.send(memoryview(b"x"), soon())
