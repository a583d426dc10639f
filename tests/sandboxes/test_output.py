"""What programs print: all of it where it is right, and no more than there is room for."""

from pathlib import Path

import pytest

from backfeed.engine.requests import Limits
from backfeed.sandboxes._attached import Attached
from backfeed.sandboxes._line import Piped

MUCH = 300 * 1024
FLOOD = "import os\npiece = b'x' * (1 << 20)\nfor _ in range(1 << 10): os.write({}, piece)"
MOST_READ = 16 << 20

BOTH = pytest.mark.parametrize("cold", [False, True], ids=["prepared", "new"])


@pytest.fixture
def taken(monkeypatch):
    """How many bytes came from sandboxes: what comes over a socket is not in /proc/self/io."""
    sizes = []
    for line in (Piped, Attached):

        def receive(self, count, deadline, *, receive=line.receive):
            part = receive(self, count, deadline)
            sizes.append(len(part))
            return part

        monkeypatch.setattr(line, "receive", receive)
    return sizes


def bytes_read() -> int:
    """All that this process has read so far, from files and pipes."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("rchar"))


@BOTH
def test_300_kib_of_right_output_are_all_there(box, cold):
    code = f"import sys\nsys.stdout.write(''.join(str(n % 10) for n in range({MUCH})))"
    found = box.run(code, cold=cold)
    assert (found.verdict, found.exit_code, found.truncated) == ("AC", 0, False)
    assert found.stdout == "".join(str(n % 10) for n in range(MUCH))


@BOTH
def test_output_up_to_the_limit_is_all_there(box, cold):
    limits = Limits(output_kb=1024)
    found = box.run(f"print('x' * {(1 << 20) - 1})", cold=cold, limits=limits)
    assert (found.verdict, len(found.stdout)) == ("AC", 1 << 20)
    assert box.run(f"print('x' * {1 << 20})", cold=cold, limits=limits).verdict == "OLE"


@BOTH
@pytest.mark.parametrize("stream", [1, 2], ids=["output", "errors"])
def test_of_1_gib_little_is_read(box, taken, cold, stream):
    """The rest is never read by the engine: the program is stopped at the limit."""
    before = bytes_read()
    found = box.run(FLOOD.format(stream), cold=cold, limits=Limits(output_kb=1024))
    assert (found.verdict, found.truncated) == ("OLE", True)
    assert bytes_read() - before < MOST_READ
    assert 0 < sum(taken) < MOST_READ
    assert box.run("print(1)").stdout == "1\n"


def test_a_child_that_prints_1_gib_is_stopped_too(box, taken):
    code = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {FLOOD.format(1)!r}])"
    assert box.run(code, limits=Limits(output_kb=1024)).verdict == "OLE"
    assert sum(taken) < MOST_READ
