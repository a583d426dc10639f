"""Small attacks that run through the real path: does this sandbox, here and now, hold?"""

import asyncio
import os
import socket
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backfeed.engine.contracts import Service
from backfeed.engine.records import File
from backfeed.engine.requests import Job, Limits, Outcome

SECRET = "backfeed-canary-7d1f"
QUICK = Limits(cpu_s=1.0, wall_s=3.0, memory_mb=128, processes=32, output_kb=256, inodes=2048)
SPIN = Limits(cpu_s=0.3, wall_s=5.0)
SLEEP = Limits(cpu_s=1.0, wall_s=0.4)


@dataclass(frozen=True, slots=True)
class Probe:
    """An attack: what it tries, what it must come to, and words that must not be printed.

    `{canary}`, `{port}` in the code are filled in. `after` is code that runs next and must find
    nothing of it. `verdicts` are those that are right; the first is shown.
    """

    name: str
    code: str
    verdicts: tuple[str, ...] = ("AC",)
    forbidden: str = "HOLE"
    limits: Limits = QUICK
    report: bool = False
    after: str = ""


ENVIRONMENT = """
import os
print(dict(os.environ))
try: print(open("/proc/1/environ").read())
except OSError: pass
"""

HOST_FILE = """
try: print(open({canary}).read())
except OSError: pass
"""

FORKS = """
import os, time
try:
    for n in range(200):
        if os.fork() == 0: time.sleep(9)
except OSError: pass
else: print("HOLE")
"""

MEMORY = """
taken = bytearray(1 << 30)
for n in range(0, len(taken), 4096): taken[n] = 1
"""

INODES = """
import os
try:
    for n in range(200_000): os.close(os.open(f"/tmp/{n}", os.O_CREAT))
except OSError: pass
else: print("HOLE")
"""

FLOOD = """
import os
while True: os.write(1, b"y" * 65536)
"""

DAEMON = """
import os, time
if os.fork() == 0:
    os.setsid()
    time.sleep(9)
"""

CONNECT = """
import socket
try: socket.create_connection(("127.0.0.1", {port}), 1)
except OSError: pass
else: print("HOLE")
"""

# Writes back what stands there already: a hole is shown, and nothing is changed.
KERNEL_SETTING = """
path = "/proc/sys/kernel/core_pattern"
now = open(path).read()
try: open(path, "w").write(now)
except OSError: pass
else: print("HOLE")
"""

SHARED = """
import os
for path in ("/usr/x", "/etc/x", "/x", "/dev/x"):
    try: os.open(path, os.O_CREAT | os.O_WRONLY)
    except OSError: continue
    print("HOLE")
"""

LEAVE = """
for folder in ("/tmp", "/work", "/dev/shm"): open(folder + "/left", "w").write("x")
"""

LOOK = """
import os
for folder in ("/tmp", "/work", "/dev/shm"):
    if os.path.exists(folder + "/left"): print("HOLE")
"""

PROBES = (
    Probe("environment", ENVIRONMENT, forbidden=SECRET),
    Probe("host file", HOST_FILE, forbidden=SECRET),
    Probe("fork 200", FORKS),
    Probe("1 GiB", MEMORY, ("MLE",)),
    Probe("200,000 files", INODES),
    Probe("flood", FLOOD, ("OLE",)),
    Probe("daemon", DAEMON),
    Probe("connect", CONNECT),
    Probe("core_pattern", KERNEL_SETTING),
    Probe("write shared", SHARED),
    Probe("spin", "while True: pass", ("TLE",), limits=SPIN),
    Probe("sleep", "import time; time.sleep(9)", ("IDLE",), limits=SLEEP),
    Probe("leave something", LEAVE, after=LOOK),
    Probe("exit unseen", "import os; os._exit(0)", ("FORGED",), report=True),
)


async def run(service: Service, probes: Sequence[Probe] = PROBES) -> list[dict[str, Any]]:
    """Try every probe. One mapping each: `name`, `expected`, `got`, `ok`.

    `got` is a verdict, and what was found beside it. Raises nothing: a service that fails a probe
    by an outage has `got` say so.
    """
    with _bait() as fill:
        return list(await asyncio.gather(*(_try(service, probe, fill) for probe in probes)))


async def _try(service: Service, probe: Probe, fill: Callable[[str], str]) -> dict[str, Any]:
    answers = [await _ask(service, _job(probe, fill(probe.code)))]
    if probe.after:
        answers.append(await _ask(service, _job(probe, probe.after)))
    got = [a if isinstance(a, str) else _word(probe, a) for a in answers]
    return {
        "name": probe.name, "expected": " or ".join(probe.verdicts), "got": ", then ".join(got),
        "ok": all(word in probe.verdicts for word in got),
    }  # fmt: skip


def _word(probe: Probe, found: Outcome) -> str:
    hole = probe.forbidden in found.stdout + found.stderr
    return f"{found.verdict}, but {probe.forbidden} was printed" if hole else found.verdict


async def _ask(service: Service, job: Job) -> Outcome | str:
    (answer,) = await service.answer([job])
    return (
        f"{type(answer).__name__}: {answer}"
        if isinstance(answer, Exception)
        else job.decode(answer)
    )


def _job(probe: Probe, code: str) -> Job:
    return Job(
        files=(File("main.py", code),), command=("python", "main.py"),
        limits=probe.limits, report=probe.report,
    )  # fmt: skip


@contextmanager
def _bait() -> Iterator[Callable[[str], str]]:
    """A file, a listener and a variable of the host that no program may reach."""
    before = os.environ.get("BACKFEED_CANARY")
    with (
        tempfile.TemporaryDirectory() as folder,
        socket.create_server(("127.0.0.1", 0)) as listener,
    ):
        canary = Path(folder, "canary")
        canary.write_text(SECRET)
        folder_mode, file_mode = 0o755, 0o644
        Path(folder).chmod(folder_mode)
        canary.chmod(file_mode)
        os.environ["BACKFEED_CANARY"] = SECRET
        port = str(listener.getsockname()[1])
        try:
            yield lambda code: code.replace("{canary}", repr(str(canary))).replace("{port}", port)
        finally:
            os.environ.pop("BACKFEED_CANARY")
            if before is not None:
                os.environ["BACKFEED_CANARY"] = before
