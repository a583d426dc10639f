"""Inside the sandbox: the kernel calls that put a program in a box of its own.

Runs on any Python from 3.9 with nothing but the standard library. All errors are `OSError`.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import platform
import resource
import signal
import socket
import struct
from typing import Any

libc = ctypes.CDLL(None, use_errno=True)
held = ctypes.PyDLL(None, use_errno=True)  # keeps the interpreter lock, as os.fork does

NEWNS, NEWUTS, NEWIPC, NEWPID, NEWNET = 0x20000, 0x4000000, 0x8000000, 0x20000000, 0x40000000
CLONE_PARENT = 0x8000
CLONE_CALL = {"x86_64": 56, "aarch64": 220}
ACTION_CALL = {"x86_64": 13, "aarch64": 134}
NOSUID, NODEV, NOEXEC, RDONLY, REMOUNT, BIND = 2, 4, 8, 1, 32, 4096
SET_DUMPABLE, SET_SECCOMP, DROP_BOUNDING, SET_NO_NEW_PRIVS, AMBIENT = 4, 22, 24, 38, 47
LAST_CAPABILITY = 63
ST_RELATIME = 4096
STACK_MB = 16
# Bytes: least, at first, most. What connections hold is no process's memory, so it may not grow.
TCP_BUFFERS = {"tcp_rmem": "4096 131072 131072", "tcp_wmem": "4096 16384 65536"}
MIB = 1 << 20


class Filter(ctypes.Structure):
    """struct sock_fprog: a seccomp program."""

    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))


class CapabilityHead(ctypes.Structure):
    """struct __user_cap_header_struct."""

    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


NO_CAPABILITIES = (ctypes.c_uint32 * 6)()


def take(count: int) -> bytes:
    """Exactly `count` bytes from the host; the end of the stream ends the slot."""
    parts = []
    while count:
        part = os.read(0, min(count, 1 << 20))
        if not part:
            os._exit(0)
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def check(result: int, what: str) -> None:
    """Raise `OSError` if a call of libc failed."""
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def default_signals() -> None:
    """What whoever started us ignores (a shell in the background, make), programs shall not.

    Two signals of the C library's own can be reached by the system call alone.
    """
    for number in ("SIGINT", "SIGQUIT", "SIGHUP", "SIGTERM"):
        signal.signal(getattr(signal, number), signal.SIG_DFL)
    for inner in (32, 33):
        call = ACTION_CALL[platform.machine()]
        held.syscall(call, inner, bytes(32), None, ctypes.c_size_t(8))


def clone() -> int:
    """Fork into fresh namespaces, in which the child is pid 1; returns as `os.fork` does."""
    return _clone(NEWNS | NEWUTS | NEWIPC | NEWPID | NEWNET)


def fork_sibling() -> int:
    """Fork a child of our parent's; returns as `os.fork` does."""
    return _clone(CLONE_PARENT)


def enter(box: int, flags: int) -> None:
    """Enter namespaces of the process behind a pidfd."""
    check(libc.setns(box, flags), "setns")


def _clone(flags: int) -> int:
    ctypes.pythonapi.PyOS_BeforeFork()
    pid = int(held.syscall(CLONE_CALL[platform.machine()], flags | signal.SIGCHLD, 0, 0, 0, 0))
    if pid == 0:
        ctypes.pythonapi.PyOS_AfterFork_Child()
    else:
        ctypes.pythonapi.PyOS_AfterFork_Parent()
    if pid < 0:
        raise OSError(ctypes.get_errno(), "clone")
    return pid


def mount(kind: str, target: str, flags: int, *, options: str = "") -> None:
    """Mount a file system that needs no device, or remount with `kind` empty."""
    result = libc.mount(
        kind.encode() or None, target.encode(), kind.encode() or None,
        ctypes.c_ulong(flags), options.encode() or None,
    )  # fmt: skip
    check(result, f"mount {kind} on {target}")


def read_only(target: str) -> None:
    """Make an existing mount read-only. Flags that it has must be named again, or it is refused."""
    has = os.statvfs(target).f_flag
    kept = has & (NOSUID | NODEV | NOEXEC)
    for shown, meant in (
        (os.ST_NOATIME, 1 << 10),
        (os.ST_NODIRATIME, 1 << 11),
        (ST_RELATIME, 1 << 21),
    ):
        kept |= meant if has & shown else 0
    mount("", target, REMOUNT | BIND | RDONLY | kept)


def own_mounts() -> None:
    """Take a mount namespace that belongs to our user namespace, so that it can be changed."""
    check(libc.unshare(NEWNS), "unshare")


def furnish(limits: dict[str, Any]) -> None:
    """Give the calling process (pid 1 of its namespaces) its own disk, /proc and network."""
    size = f"size={limits['disk_bytes']},nr_inodes={limits['inodes']}"
    mount("tmpfs", "/work", NOSUID | NODEV, options=size + ",mode=755")
    mount("tmpfs", "/tmp", NOSUID | NODEV, options=size + ",mode=1777")
    mount("tmpfs", "/dev/shm", NOSUID | NODEV, options=size + ",mode=1777")
    mount("proc", "/proc", NOSUID | NODEV | NOEXEC)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        fcntl.ioctl(line, 0x8914, struct.pack("16sh14x", b"lo", 0x41))  # SIOCSIFFLAGS: up, running
    for name, bounds in TCP_BUFFERS.items():
        with open(f"/proc/sys/net/ipv4/{name}", "w") as file:  # noqa: PTH123
            file.write(bounds)
    os.chdir("/work")


def lower_for_good() -> None:
    """What no process in here ever needs again: capabilities gained by exec, or new privileges."""
    libc.prctl(AMBIENT, 4, 0, 0, 0)
    for capability in range(LAST_CAPABILITY + 1):
        libc.prctl(DROP_BOUNDING, capability, 0, 0, 0)
    check(libc.prctl(SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")


def hide() -> None:
    """Nobody without privileges may trace this process or read its memory."""
    libc.prctl(SET_DUMPABLE, 0, 0, 0, 0)


def show() -> None:
    """Undo `hide`: a program may look at itself under /proc/self."""
    libc.prctl(SET_DUMPABLE, 1, 0, 0, 0)


def surrender(program: bytes) -> None:
    """Drop every capability and install the seccomp program: the last step before foreign code."""
    head = CapabilityHead(0x20080522, 0)
    check(libc.capset(ctypes.byref(head), NO_CAPABILITIES), "capset")
    show()
    if program:
        sent = Filter(len(program) // 8, program)
        check(libc.prctl(SET_SECCOMP, 2, ctypes.byref(sent), 0, 0), "seccomp")


def bound(limits: dict[str, Any], *, company: int, python: bool) -> None:
    """Set the resource limits. `company` is how many trusted processes share the count.

    The address space is bounded for Python alone (other runtimes reserve gigabytes that they never
    touch), and loosely, because each thread reserves some: the real limit is the watch's. So is
    that of CPU time: the kernel counts whole ticks for its own, which are too many where another
    machine has taken part of them.
    """
    cpu = limits["cpu_us"] // 1_000_000 * 4 + 10
    table = [
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_FSIZE, limits["file_bytes"]),
        (resource.RLIMIT_NOFILE, limits["open_files"]),
        (resource.RLIMIT_STACK, STACK_MB * MIB),
        (resource.RLIMIT_NPROC, limits["processes"] + company),
        (resource.RLIMIT_MEMLOCK, 64 << 10),
        (resource.RLIMIT_MSGQUEUE, 64 << 10),
    ]
    if python:
        table.append((resource.RLIMIT_AS, 2 * limits["memory_kb"] * 1024 + 1024 * MIB))
    for kind, most in table:
        resource.setrlimit(kind, (most, most))


def first_of_victims() -> None:
    """If memory runs out, the kernel shall take this process and none of ours."""
    descriptor = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
    os.write(descriptor, b"1000")
    os.close(descriptor)
