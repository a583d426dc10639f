"""Starts an outer sandbox as an unprivileged user, and brings it what that user cannot reach.

A tool chain or an interpreter may lie in a home that is closed to others. Root opens it, takes a
mount namespace, and shows it under `STAGE` there, which nobody else sees; the user binds it from
there. The files themselves must be readable by others, as they are unless a umask forbids it.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

STAGE = next((name for name in ("/mnt", "/media", "/srv", "/opt") if Path(name).is_dir()), "/mnt")

# Becomes the unprivileged user, in its control group and on its core, before bubblewrap starts.
STARTER = """\
import json, os, resource, sys
told = json.loads(sys.argv[1])
for path in told["groups"]:
    with open(path + "/cgroup.procs", "w") as file: file.write("0")
def divide(scope):
    os.mkdir(scope + "/slot")
    for name, text in (("slot/cgroup.procs", "0"), ("cgroup.subtree_control", "+memory +pids"),
                       ("slot/memory.swap.max", "0")):
        try: open(scope + "/" + name, "w").write(text)
        except FileNotFoundError: pass  # nothing swaps here
if told["divided"]: divide(told["divided"])
try: os.sched_setaffinity(0, told["cores"])
except OSError: pass
# With CAP_SYS_RESOURCE this also sets how low the score may go again.
try: open("/proc/self/oom_score_adj", "w").write("0")
except OSError: pass
def show(carried, stage):
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    def call(name, *words):
        if getattr(libc, name)(*words): raise OSError(ctypes.get_errno(), name)
    call("unshare", 0x20000)
    opened = [os.open(path, os.O_PATH) for path, _ in carried]  # of the new mounts, not yet covered
    # Ours stay here; what the host unmounts goes here, too.
    call("mount", None, b"/", None, ctypes.c_ulong(1 << 19 | 16384), None)
    call("mount", b"tmpfs", stage.encode(), b"tmpfs", ctypes.c_ulong(2 | 4), b"mode=755")
    for number, (path, place) in zip(opened, carried):
        if os.path.isdir(path): os.mkdir(place)
        else: open(place, "x").close()
        source = b"/proc/self/fd/%d" % number
        call("mount", source, place.encode(), None, ctypes.c_ulong(4096 | 16384), None)
if told["carried"]:
    try: show(told["carried"], told["stage"])
    except OSError as error: sys.stderr.write("closed folders cannot be shown: %s\\n" % error)
resource.setrlimit(resource.RLIMIT_STACK, (told["stack"], told["stack"]))
os.chdir("/")
if told["uid"]:
    os.setgroups([])
    os.setresgid(told["uid"], told["uid"], told["uid"])
    os.setresuid(told["uid"], told["uid"], told["uid"])
os.execve(told["command"][0], told["command"], {})
"""


def is_open(path: Path) -> bool:
    """May everybody go where this lies?"""
    return all(folder.stat().st_mode & 0o001 for folder in path.resolve().parents)


def is_readable(path: Path) -> bool:
    """May everybody read this, once they have come to it?"""
    return path.stat().st_mode & 0o005 == 0o005


def staged(paths: Iterable[str], uid: int) -> dict[str, str]:
    """Where the user `uid` (0: ours) finds each path that it must be shown."""
    found = {path: path for path in paths}
    closed = [path for path in found if uid and not is_open(Path(path))]
    return found | {path: f"{STAGE}/{number}" for number, path in enumerate(closed)}


def carried(places: dict[str, str]) -> dict[str, Any]:
    """What the starter is told of those that lie elsewhere."""
    return {
        "carried": [(path, place) for path, place in places.items() if path != place],
        "stage": STAGE,
    }
