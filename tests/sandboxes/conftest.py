"""A running sandbox, and two verbs: `ask` runs jobs, `python` makes one."""

import asyncio
import time
from pathlib import Path

import pytest

from backfeed.engine.records import File
from backfeed.engine.requests import Job, Limits, Outcome
from backfeed.sandboxes import bubblewrap, docker, process

LIMITS = Limits(cpu_s=1.0, wall_s=3.0, memory_mb=128, processes=32, output_kb=1024)


class Box:
    """A service, driven from plain tests."""

    def __init__(self, service, plugin=None):
        self.service, self.plugin = service, plugin

    def ask(self, *jobs: Job):
        """The outcomes of jobs that run side by side; errors are returned as they are."""

        async def all_of():
            return await asyncio.gather(*(self.service.answer([job]) for job in jobs))

        answers = [answer for (answer,) in asyncio.run(all_of())]
        return [a if isinstance(a, Exception) else Job().decode(a) for a in answers]

    def run(self, code: str, **more) -> Outcome:
        """The outcome of one Python program."""
        (found,) = self.ask(self.python(code, **more))
        if isinstance(found, Exception):
            raise found
        return found

    def python(self, code: str, *, limits: Limits = LIMITS, cold: bool = False, **more) -> Job:
        """A job that runs `code`, in the prepared interpreter or in a new one."""
        command = ("python", "-B", "main.py") if cold else ("python", "main.py")
        return Job(files=(File("main.py", code),), command=command, limits=limits, **more)

    def close(self):
        asyncio.run(self.service.close())


BACKENDS = {"bubblewrap": bubblewrap, "docker": docker}
MARKS = {"bubblewrap": pytest.mark.bwrap, "docker": pytest.mark.docker}
EACH = [pytest.param(name, marks=MARKS[name]) for name in BACKENDS]
PLAIN = pytest.param("bubblewrap, launched by Python", marks=pytest.mark.bwrap)


@pytest.fixture(scope="session", params=EACH)
def backend(request):
    """Each backend that isolates."""
    return BACKENDS[request.param].PLUGIN


@pytest.fixture(scope="session", params=[*EACH, PLAIN])
def box(request):
    """A box of each backend, and one where there is no compiler."""
    name, _, way = request.param.partition(",")
    settings = {"slots": 2, "cold_share": 0.0, "launcher": "python" if way else "c"}
    plugin = BACKENDS[name].PLUGIN
    made = Box(plugin.service(settings), plugin)
    yield made
    made.close()


@pytest.fixture(scope="session")
def both():
    """A box of each backend."""
    made = [Box(one.PLUGIN.service({"slots": 1, "cold_share": 0.0})) for one in BACKENDS.values()]
    yield made
    for one in made:
        one.close()


@pytest.fixture(scope="session")
def twice(backend):
    """Every program is compared with a cold run."""
    made = Box(backend.service({"slots": 1, "cold_share": 1.0}))
    yield made
    made.close()


@pytest.fixture
def bare():
    made = Box(process.PLUGIN.service({"named": True, "slots": 2}))
    yield made
    made.close()


def tagged(tag: str) -> list[str]:
    """The processes of the host with this in their command line."""
    lines = map(command_line, Path("/proc").glob("[0-9]*/cmdline"))
    return [line for line in lines if tag in line]


def command_line(path: Path) -> str:
    try:
        return path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def gone(tag: str, within_s: float = 2.0) -> bool:
    """Are all such processes gone, at once or very soon?"""
    end = time.monotonic() + within_s
    while tagged(tag) and time.monotonic() < end:
        time.sleep(0.05)
    return not tagged(tag)


@pytest.fixture
def no_process_with():
    return gone
