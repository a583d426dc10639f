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


PROBES = (
    Probe("environment", "import os\nprint(dict(os.environ))\ntry: print(open('/proc/1/environ').read())\n"
          "except OSError: pass", forbidden=SECRET),
    Probe("host file", "try: print(open({canary!r}).read())\nexcept OSError: pass", forbidden=SECRET),
    Probe("fork 200", "import os, time\nn = 0\ntry:\n  for n in range(200):\n    if os.fork() == 0:\n"
          "      time.sleep(9)\nexcept OSError: pass\nelse: print('HOLE')"),
    Probe("1 GiB", "x = bytearray(1 << 30)\nfor i in range(0, len(x), 4096): x[i] = 1", ("MLE",)),
    Probe("200,000 files", "import os\ntry:\n  for n in range(200_000):\n"
          "    os.close(os.open(f'/tmp/{n}', os.O_CREAT))\nexcept OSError: pass\nelse: print('HOLE')"),
    Probe("flood", "import os\nwhile True: os.write(1, b'y' * 65536)", ("OLE",)),
    Probe("daemon", "import os, time\nif os.fork() == 0:\n  os.setsid()\n  time.sleep(9)"),
    Probe("connect", "import socket\ntry:\n  socket.create_connection(('127.0.0.1', {port}), 1)\n"
          "  print('HOLE')\nexcept OSError: pass"),
    Probe("core_pattern", "import os\np = '/proc/sys/kernel/core_pattern'\nv = open(p).read()\ntry:\n"
          "  os.write(os.open(p, os.O_WRONLY), v.encode())\n  print('HOLE')\nexcept OSError: pass"),
    Probe("write /usr", "import os\nfor p in ('/usr/x', '/etc/x', '/x', '/dev/x'):\n"
          "  try: os.open(p, os.O_CREAT | os.O_WRONLY)\n  except OSError: continue\n  print('HOLE')"),
    Probe("spin", "while True: pass", ("TLE",), limits=SPIN),
    Probe("sleep", "import time\ntime.sleep(9)", ("IDLE",), limits=SLEEP),
    Probe("leave something", "for d in ('/tmp', '/work', '/dev/shm'):\n  open(d + '/left', 'w').write('x')",
          after="import os\nfor d in ('/tmp', '/work', '/dev/shm'):\n"
          "  if os.path.exists(d + '/left'): print('HOLE')"),
    Probe("exit unseen", "import os\nos._exit(0)", ("FORGED",), report=True),
)  # fmt: skip


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
            yield lambda code: code.replace("{canary!r}", repr(str(canary))).replace("{port}", port)
        finally:
            os.environ.pop("BACKFEED_CANARY")
            if before is not None:
                os.environ["BACKFEED_CANARY"] = before
