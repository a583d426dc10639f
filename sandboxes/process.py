"""Runs programs as plain processes: NO ISOLATION. For tests of ours, and code that is trusted.

A program sees the whole machine with the rights of the user. Only time, address space, file size
and output are bounded. It must be asked for by name.
"""

import hashlib
import json
import math
import os
import platform
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backfeed.engine.config import build
from backfeed.engine.errors import ConfigError, Outage, Refused
from backfeed.engine.requests import Job
from backfeed.sandboxes import _cores, _tools
from backfeed.sandboxes._crew import Crew
from backfeed.sandboxes._guest_pump import Pump
from backfeed.sandboxes._outcome import Ended
from backfeed.sandboxes._protocol import ENVIRONMENT, FILE, PROGRAM, Made, Reply

NAME = "sandbox process"
MIB = 1 << 20

# Bounds itself, then becomes the program: safe with threads, as a function between fork and exec
# would not be.
STARTER = """\
import json, os, resource, sys
told = json.loads(sys.argv[1])
for kind, most in told["limits"]:
    kind = getattr(resource, kind)
    hard = resource.getrlimit(kind)[1]
    most = most if hard < 0 else min(most, hard - 1)
    resource.setrlimit(kind, (most, most + (kind == resource.RLIMIT_CPU)))  # first SIGXCPU
if told["report"] is not None: os.dup2(told["report"], 3)
os.closerange(4 if told["report"] is not None else 3, 4096)
try: os.execvpe(told["command"][0], told["command"], told["environment"])
except OSError as error:
    os.write(2, f"{told['command'][0]}: {error}\\n".encode())
    os._exit(127)
"""


@dataclass(frozen=True, slots=True)
class Settings:
    """`named` says that the user asked for this backend by name; `slots`: programs at once;
    `tools`: single-file programs by the name that they have in other sandboxes (see `_tools.py`);
    `prepared` means nothing here.
    """

    named: bool = False
    slots: int = 0
    tools: Mapping[str, str] = field(default_factory=dict)
    prepared: Mapping[str, str] = field(default_factory=dict)


class Bare:
    """Runs one program at a time in a directory of its own. Has the methods of a `Slot`."""

    def __init__(self, tools: Mapping[str, str]) -> None:
        self._tools = tools
        self.facts: dict[str, Any] = {}
        self._running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Learn what determines the answers."""
        binary = Path(sys.executable).read_bytes()
        self.facts = {
            "python": sys.version, "executable": sys.executable, "machine": platform.machine(),
            "libc": " ".join(platform.libc_ver()), "binary": hashlib.sha256(binary).hexdigest(),
            "packages": {"isolation": "none"},
        }  # fmt: skip

    def kill(self) -> None:
        """Kill the program that runs now, if any."""
        if (running := self._running) is not None:
            _kill(running.pid)

    def remove(self) -> None:
        """Nothing is held."""

    def run(
        self, job: Job, *, warm: bool, given: Sequence[Made] = (), wanted: Sequence[str] = ()
    ) -> Reply:
        """Run one job; `warm` means nothing here."""
        with tempfile.TemporaryDirectory(prefix="backfeed-") as name:
            folder = Path(name)
            try:
                laid = [Made(file.path, FILE, file.text.encode()) for file in job.files]
                for made in (*laid, *given):
                    path = folder / made.path
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(made.data)
                    path.chmod(made.mode)
            except (OSError, UnicodeEncodeError) as error:
                raise Refused("bad-files", str(error)) from error
            found = self._run(job, folder)
            return Reply(found, warm=False, made=tuple(_collected(folder, wanted)))

    def _run(self, job: Job, folder: Path) -> Ended:
        pipes = {name: os.pipe() for name in ("stdout", "stderr", "report")}
        told = _told(job, pipes["report"][1], self._tools)
        began = time.monotonic()
        try:
            with tempfile.TemporaryFile() as stdin:
                stdin.write(job.stdin.encode())
                stdin.seek(0)
                self._running = subprocess.Popen(
                    [sys.executable, "-I", "-S", "-c", STARTER, told],
                    cwd=folder, env={}, stdin=stdin, stdout=pipes["stdout"][1],
                    stderr=pipes["stderr"][1], pass_fds=(pipes["report"][1],),
                    start_new_session=True,
                )  # fmt: skip
        except OSError as error:
            raise Outage(f"no process can be started: {error}") from error
        finally:
            for _, write in pipes.values():
                os.close(write)
        pid = self._running.pid
        threading.Thread(target=_follow, args=(pid,), daemon=True).start()
        most = dict.fromkeys(pipes, job.limits.output_kb * 1024)
        pump = Pump({name: read for name, (read, _) in pipes.items()}, most)
        why = pump.run(began + job.limits.wall_s, lambda: _kill(pid))
        _, status, used = os.wait4(pid, 0)
        self._running.returncode, self._running = 0, None  # waited for here
        streams = [bytes(pump.taken[name]) for name in ("stdout", "stderr", "report")]
        return Ended(
            exit_code=os.WEXITSTATUS(status) if os.WIFEXITED(status) else None,
            signal=os.WTERMSIG(status) if os.WIFSIGNALED(status) else None,
            stopped=_stopped(why, status),
            cpu_s=used.ru_utime + used.ru_stime,
            wall_s=time.monotonic() - began,
            peak_mb=_peak_mb(used.ru_maxrss),
            stdout=streams[0],
            stderr=streams[1],
            report=streams[2],
        )


def _collected(folder: Path, wanted: Sequence[str]) -> Iterator[Made]:
    """The regular files that were wanted, and those in folders that were."""
    for name in sorted(wanted):
        place = folder / name
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.is_file() and not path.is_symlink():
                mode = PROGRAM if os.access(path, os.X_OK) else FILE
                shown = os.fsencode(path.relative_to(folder)).decode("utf-8", "replace")
                yield Made(shown, mode, path.read_bytes())


def _stopped(why: str, status: int) -> str:
    """What ended a program from outside; the kernel's coarser clock may be a little early."""
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU:
        return "cpu"
    return {"lost": "wall"}.get(why, why)


def _peak_mb(largest_kb: int) -> float | None:
    """A new process inherits the peak of the one that started it: below that nothing is known."""
    ours_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest_kb / 1024 if largest_kb > 1.1 * ours_kb else None


def _told(job: Job, report: int, tools: Mapping[str, str]) -> str:
    limits = job.limits
    command = list(job.command)
    if command[0] in {"python", "python3"}:
        command[0] = sys.executable
    there = {f"{_tools.HOME}/{name}": path for name, path in tools.items()}
    command = [there.get(word, word) for word in command]
    table = {
        "RLIMIT_CPU": math.ceil(limits.cpu_s), "RLIMIT_FSIZE": limits.file_mb * MIB,
        "RLIMIT_NOFILE": limits.open_files, "RLIMIT_CORE": 0,
        "RLIMIT_AS": (2 * limits.memory_mb + 1024) * MIB,
    }  # fmt: skip
    return json.dumps({
        "command": command, "environment": {**ENVIRONMENT, **dict(job.variables)},
        "limits": list(table.items()), "report": report if job.report else None,
    })  # fmt: skip


def _follow(pid: int) -> None:
    """When the program has ended, end what it left behind, as far as it can be found."""
    with suppress(ChildProcessError):
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        _kill(pid)


def _kill(group: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


_IN_FORCE = {
    "backend": NAME.rpartition(" ")[2],
    "isolation": "none: programs have the rights of the user who runs this",
}


class Process:
    """The plug-in."""

    def probe(self) -> dict[str, Any]:
        """What is in force: nothing that isolates."""
        return {
            **_IN_FORCE,
            "python": sys.executable,
            "python_version": platform.python_version(),
        }

    def service(self, settings: Mapping[str, Any]) -> Crew:
        """Raises `ConfigError` unless the settings say that it was asked for by name."""
        chosen = build(Settings, settings, NAME)
        if not chosen.named:
            raise ConfigError(
                "the sandbox process isolates nothing: ask for it by name (--sandbox process) if "
                "you trust the code, else use bubblewrap or docker"
            )
        slots = chosen.slots or len(_cores.usable())
        policy = {"tools": _tools.digests(chosen.tools)} if chosen.tools else {}
        return Crew(
            lambda _: Bare(chosen.tools), policy, slots=slots, cold_share=0.0, in_force=_IN_FORCE
        )


PLUGIN = Process()
