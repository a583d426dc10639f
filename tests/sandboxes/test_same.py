"""A job comes to the same in every backend: the verdict, and all else that is no measurement."""

import re
from dataclasses import replace

import pytest
from sandbox_tables import PROGRAMS

from backfeed.engine.requests import Outcome
from backfeed.sandboxes.selfcheck import bait, items

pytestmark = [pytest.mark.bwrap, pytest.mark.docker]

# What these print hangs on when they are stopped, or on what else lies in /usr; or who is still
# there at their end on who came first.
UNSTEADY = {
    "su", "zombies", "orphans", "fork-chain", "leave", "setuid-shell", "recursion", "environment",
    "host-paths", "kill-all", "keys",
}  # fmt: skip
SAME = [
    item for item in items.items("python")
    if item.name.removesuffix(items.NEW) not in UNSTEADY
    and not (item.tests or item.beside or item.stdin_kb or item.alone)
]  # fmt: skip

ROOM = """
import os, sys, resource, socket, time
for path in ("/", "/dev", "/etc", "/work", "/tmp", "/opt", "/proc/self/fd"):
    there = os.listdir(path) if os.path.isdir(path) else "-"
    print(path, sorted(name for name in there if name[:4] not in ("ssl", "java")))
print(os.getuid(), os.getgid(), os.getpid(), os.getcwd(), os.uname().nodename, os.umask(0))
print(dict(os.environ), sys.argv, sys.executable, sys.path, sys.flags)
print(len(os.sched_getaffinity(0)), os.nice(0), time.tzname)
for name in dir(resource):
    if name.startswith("RLIMIT_"): print(name, resource.getrlimit(getattr(resource, name)))
print([line for line in open("/proc/self/status") if line[:4] != "SigQ" and line[:8] != "Seccomp_"
       and line[:3] in ("Cap", "NoN", "Sec", "Sig", "Uid", "Gid")])
print(open("/proc/self/oom_score_adj").read(), open("/proc/self/cgroup").read().count("\\n") > 0)
mounted = [line.split()[1] for line in open("/proc/mounts")]
missing = ("ssl", "java", "toolchains")  # what hangs on the packages there
print(sorted(place for place in mounted if not any(word in place for word in missing)))
print(open("/etc/passwd").read(), os.get_terminal_size.__name__, os.isatty(0), os.isatty(1))
os.openpty()
"""


def steady(found: Outcome) -> Outcome:
    """What must be the same."""
    stderr = re.sub(r"in \d\.\d+s", "in a while", found.stderr)
    return replace(
        found, stderr=stderr, cpu_s=0, wall_s=0, peak_mb=None, near_limit=False, environment=""
    )


@pytest.mark.parametrize("item", SAME, ids=lambda item: item.name)
def test_attacks_come_to_the_same(both, item):
    with bait.trap("word") as trap:
        one, other = (box.ask(items.job(item, trap))[0] for box in both)
    assert steady(one) == steady(other)


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_come_to_the_same(both, name):
    one, other = (box.run(PROGRAMS[name], stdin="a\r\nb\n") for box in both)
    assert steady(one) == steady(other)


@pytest.mark.parametrize("cold", [False, True], ids=["prepared", "new"])
def test_the_room_is_the_same(both, cold):
    one, other = (box.run(ROOM, cold=cold) for box in both)
    assert one.verdict == "AC", one
    assert one.stdout.splitlines() == other.stdout.splitlines()


def test_as_many_processes_fit(both):
    code = (
        "import os, time\nn = 0\ntry:\n  while os.fork(): n += 1\n  time.sleep(9)\n"
        "except OSError: print(n)"
    )
    one, other = (box.run(code) for box in both)
    assert one.stdout == other.stdout != ""
