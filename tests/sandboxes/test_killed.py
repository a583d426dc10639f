"""A run that is killed in the middle: nothing of it stays."""

import asyncio
import os
import signal
import subprocess
import sys
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from backfeed.sandboxes import _cgroup, _engine, bubblewrap, docker

GONE_S = 5.0
BEGIN_S = 60.0
PROGRAMS = 8  # processes of the three programs that bear the tag

# An engine whose programs have children, which sleep on: one in a session of its own.
ENGINE = """
import asyncio, sys
from backfeed.engine.records import File
from backfeed.engine.requests import Job, Limits
from backfeed.sandboxes import _engine, {name}
TAG = sys.argv[1]
SPIN = f'''
import os, subprocess, sys, time
if os.fork() == 0:
    os.setsid()
    subprocess.run([sys.executable, "-c", "import time; time.sleep(999)", "{{TAG}}"])
elif os.fork() == 0:
    while True: pass
time.sleep(999)
'''
limits = Limits(cpu_s=60, wall_s=90)
jobs = [
    Job(files=(File("main.py", SPIN),), command=("python", "main.py"), limits=limits,
        variables=(("TAG", TAG),)),
    Job(files=(File("main.py", SPIN),), command=("python", "-B", "main.py"), limits=limits,
        variables=(("TAG", TAG),)),
    Job(command=("sh", "-c", f"(sleep 999.5; : {{TAG}}) & sleep 999.25"), limits=limits,
        variables=(("TAG", TAG),)),
]
service = {name}.PLUGIN.service({{"slots": 3, "cold_share": 0, "launcher": "{launcher}"}})
print(_engine.owner(), flush=True)

async def ask():
    await asyncio.gather(*(service.answer([job]) for job in jobs))

asyncio.run(ask())
"""


@dataclass(frozen=True, slots=True)
class Killed:
    """An engine that was killed: its pid, its mark on containers, the word that its programs had,
    and all processes of its sandboxes with the moments of their birth.
    """

    pid: int
    owner: str
    tag: str
    family: frozenset[tuple[str, str]]

    def left(self) -> list[str]:
        """What is still there of its programs."""
        alive = [pid for pid, birth in self.family if born(pid) == birth]
        return alive + tagged(self.tag, self.pid)


@pytest.fixture(params=["c", "python"])
def killed(request, backend):
    """An engine that was killed while its programs ran."""
    name = "docker" if backend is docker.PLUGIN else "bubblewrap"
    tag = f"killed-{uuid.uuid4().hex}"
    code = ENGINE.format(name=name, launcher=request.param)
    command = [sys.executable, "-c", code, tag]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as run:
        assert run.stdout is not None
        owner = run.stdout.readline().strip()
        begun = until(lambda: len(tagged(tag, run.pid)) >= PROGRAMS, BEGIN_S)
        family = frozenset((pid, born(pid)) for pid in company(tagged(tag, run.pid)))
        os.kill(run.pid, signal.SIGKILL)
    assert begun
    assert len(family) > PROGRAMS
    return Killed(run.pid, owner, tag, family)


def until(holds, within_s: float = GONE_S) -> bool:
    """Does it hold, at once or within that time?"""
    end = time.monotonic() + within_s
    while not (held := holds()) and time.monotonic() < end:
        time.sleep(0.05)
    return held


def tagged(tag: str, engine: int) -> list[str]:
    """The processes with this word in their command or among their variables, but the engine."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            said = (place / "cmdline").read_bytes() + (place / "environ").read_bytes()
            if tag.encode() in said and int(place.name) != engine:
                found.append(place.name)
    return found


def company(pids: list[str]) -> list[str]:
    """All processes in the user namespaces of these; a prepared interpreter bears no tag."""
    spaces = {space_of(pid) for pid in pids} - {space_of("self")}
    return [p.name for p in Path("/proc").glob("[0-9]*") if space_of(p.name) in spaces - {""}]


def space_of(pid: str) -> str:
    try:
        return str(Path(f"/proc/{pid}/ns/user").readlink())
    except OSError:
        return ""


def born(pid: str) -> str:
    return _engine._born(int(pid))


def groups(engine: int) -> list[Path]:
    """The control groups of that engine's slots."""
    return [found for parent in _cgroup._parents().values()
            for found in parent.glob(f"{_cgroup.PREFIX}{engine}-*")]  # fmt: skip


def containers(owner: str, *, running: bool = False) -> list[str]:
    """The containers of that engine."""
    engine = _engine.Engine()
    try:
        labels = {"label": f"{_engine.LABEL}={owner}"}
        return [found["Id"] for found in engine._api.containers(all=not running, filters=labels)]
    finally:
        engine.close()


def test_no_process_is_left(killed):
    assert until(lambda: not killed.left()), killed.left()


@pytest.mark.bwrap
def test_control_groups_are_swept_at_the_next_start(killed):
    assert until(lambda: not killed.left())
    service = bubblewrap.PLUGIN.service({"slots": 1})
    asyncio.run(service.close())
    assert groups(killed.pid) == []


@pytest.mark.docker
def test_no_container_runs_on_and_none_is_left_after_the_next_start(killed):
    assert until(lambda: not containers(killed.owner, running=True))
    service = docker.PLUGIN.service({"slots": 1})
    asyncio.run(service.close())
    assert containers(killed.owner) == []
