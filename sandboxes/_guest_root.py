"""Inside a container: makes the room that bubblewrap makes elsewhere, and keeps guard before it.

How it works. The container begins as an ordinary user without capabilities. It takes a user
namespace, in which it may do what the guest must (mount, clone), and forks into the other
namespaces. The child lays out a root of its own: `/usr` of the image, a few files of `/etc`, new
`/dev` and `/proc`, the tools, tool chains of the image that lie elsewhere; leaves the container's
for it; and becomes the guest. The first process stays outside: it ends, and with it the whole
container, once the guest has ended or the host has closed its end.

Where the kernel lets no ordinary user make a namespace, the container begins as root with
CAP_SYS_ADMIN, which is given up as soon as the namespace is there.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import socket
import sys
from typing import Any

from backfeed.sandboxes import _guest_box as box
from backfeed.sandboxes import _toolchains

NEWUSER, NEWCGROUP = 0x10000000, 0x02000000
RECURSIVE, PRIVATE, DETACH = 16384, 1 << 18, 2
KEEP_CAPABILITIES, RAISE = 8, 2
SYS_ADMIN = 21
PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
NOBODY = 65534
BASE = "/tmp"  # exists in every image; the new root is built on it

LINKS = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
FILES = ("/etc/alternatives", "/etc/ld.so.cache", "/etc/ssl/openssl.cnf")  # and what Java has there
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
DEVICE_LINKS = {
    "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2",
    "fd": "/proc/self/fd", "core": "/proc/kcore", "ptmx": "pts/ptmx",
}  # fmt: skip


def main(told: dict[str, Any]) -> None:
    """Build the room and become the guest in it, or keep guard. Does not return."""
    tools = {name: box.take(size) for name, size in told["tools"]}
    with contextlib.suppress(OSError):  # the engine's machine may have fewer cores
        os.sched_setaffinity(0, {told["core"]})
    try:
        os.close(os.pidfd_open(os.getpid()))
    except OSError as error:
        complain(f"the runtime gives programs no pidfd_open ({error})")
    try:
        enter(told["uid"])
        pid = box.clone()
        if pid == 0:
            build(tools)
            command = [sys.executable, "-c", told["boot"]]
            os.execve(command[0], command, told["environment"])
    except OSError as error:
        complain(f"no room in the container: {error}")
    guard(pid)


def complain(what: str) -> None:
    """Say what was refused, and end."""
    os.write(2, f"{what}\n".encode())
    os._exit(1)


def enter(uid: int) -> None:
    """Take a user namespace in which we are nobody, with every capability there and none here."""
    if os.geteuid() == 0:
        step_down(uid)
    box.check(box.libc.unshare(NEWUSER | NEWCGROUP), "unshare")
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{NOBODY} {uid} 1"),
        ("gid_map", f"{NOBODY} {uid} 1"),
    ):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:  # noqa: PTH123
            file.write(text)


def step_down(uid: int) -> None:
    """From root to an ordinary user that keeps nothing but what `unshare` asks for."""
    box.check(box.libc.prctl(KEEP_CAPABILITIES, 1, 0, 0, 0), "keepcaps")
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    set_capabilities(1 << SYS_ADMIN, inheritable=False)
    box.show()  # else /proc/self is root's


def set_capabilities(wanted: int, *, inheritable: bool) -> None:
    """Hold exactly these capabilities."""
    head = box.CapabilityHead(0x20080522, 0)
    words = []
    for half in (wanted & 0xFFFFFFFF, wanted >> 32):
        words += [half, half, half if inheritable else 0]
    data = (ctypes.c_uint32 * 6)(*words)
    box.check(box.libc.capset(ctypes.byref(head), data), "capset")


def keep_over_exec() -> None:
    """The interpreter that comes next shall hold what we hold in this user namespace."""
    with open("/proc/sys/kernel/cap_last_cap", encoding="ascii") as file:  # noqa: PTH123
        last = int(file.read())
    set_capabilities((1 << (last + 1)) - 1, inheritable=True)
    for capability in range(last + 1):
        box.check(box.libc.prctl(box.AMBIENT, RAISE, capability, 0, 0), "ambient")


def build(tools: dict[str, bytes]) -> None:
    """Lay out the root, and move there for good."""
    socket.sethostname("box")
    keep_over_exec()
    box.check(box.libc.mount(None, b"/", None, ctypes.c_ulong(RECURSIVE | PRIVATE), None), "/")
    box.mount("tmpfs", BASE, box.NOSUID | box.NODEV, options="mode=755")
    for path in ("/usr", *LINKS, *FILES, *java()):
        expose(path)
    tool_chains()
    prefix = os.path.realpath(sys.base_prefix) + "/"
    if not prefix.startswith("/usr/"):
        expose(prefix.rstrip("/"))
    devices()
    for name in ("proc", "tmp", "work", "old"):
        os.mkdir(f"{BASE}/{name}")  # noqa: PTH102
    box.mount("proc", f"{BASE}/proc", box.NOSUID | box.NODEV | box.NOEXEC)
    for name, data in tools.items():
        write(f"{BASE}/opt/backfeed/bin/{name}", data)
    move()


def java() -> list[str]:
    """A JDK keeps its settings in /etc, and does not start without."""
    return sorted(f"/etc/{name}" for name in os.listdir("/etc") if name.startswith("java"))  # noqa: PTH208


def tool_chains() -> None:
    """Show those that the image has outside of /usr/bin, and link their commands."""
    os.makedirs(BASE + _toolchains.LINKS)  # noqa: PTH103
    for chain in _toolchains.elsewhere():
        for path, target in chain.shown().items():
            expose(path, target)
        for link, target in chain.links().items():
            os.symlink(target, BASE + link)  # noqa: PTH211


def expose(path: str, place: str = "") -> None:
    """Show something of the image, at its place or another, read-only; nothing of what it lacks."""
    target = BASE + (place or path)
    if os.path.islink(path):  # noqa: PTH114
        os.symlink(os.readlink(path), target)  # noqa: PTH115, PTH211
    elif os.path.isdir(path):  # noqa: PTH112
        os.makedirs(target, exist_ok=True)  # noqa: PTH103
        bind(path, target)
    elif os.path.isfile(path):  # noqa: PTH113
        write(target, b"")
        bind(path, target)


def write(path: str, data: bytes) -> None:
    """A file that everyone may read and run."""
    os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
    with open(path, "wb") as file:  # noqa: PTH123
        file.write(data)
    os.chmod(path, 0o755)  # noqa: PTH101


def bind(source: str, target: str, *, read_only: bool = True) -> None:
    """Show a file or folder at another place."""
    flags = ctypes.c_ulong(box.BIND | RECURSIVE)
    result = box.libc.mount(source.encode(), target.encode(), None, flags, None)
    box.check(result, f"bind {source}")
    if read_only:
        box.read_only(target)


def devices() -> None:
    """A /dev with the devices that harm nobody."""
    place = f"{BASE}/dev"
    os.mkdir(place)  # noqa: PTH102
    box.mount("tmpfs", place, box.NOSUID, options="mode=755")
    for name in DEVICES:
        write(f"{place}/{name}", b"")
        bind(f"/dev/{name}", f"{place}/{name}", read_only=False)
    for name, target in DEVICE_LINKS.items():
        os.symlink(target, f"{place}/{name}")  # noqa: PTH211
    for name in ("shm", "pts"):
        os.mkdir(f"{place}/{name}")  # noqa: PTH102
    options = "newinstance,ptmxmode=0666,mode=620"
    box.mount("devpts", f"{place}/pts", box.NOSUID | box.NOEXEC, options=options)


def move() -> None:
    """Make the new root ours, and let go of the old one."""
    number = PIVOT_ROOT[os.uname().machine]
    paths = (BASE.encode(), f"{BASE}/old".encode())
    box.check(box.libc.syscall(number, *paths), "pivot_root")
    os.chdir("/")
    box.check(box.libc.umount2(b"/old", DETACH), "umount")
    os.rmdir("/old")  # noqa: PTH106
    os.chdir("/work")


def guard(pid: int) -> None:
    """Wait for the guest's end, or for the host to close the other end of descriptor 0."""
    set_capabilities(0, inheritable=False)
    ended = os.pidfd_open(pid)
    poll = select.poll()
    poll.register(ended, select.POLLIN)
    poll.register(0, 0)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    poll.poll()
    os._exit(0)
