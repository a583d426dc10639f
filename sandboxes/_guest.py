"""Inside the sandbox: the server of a slot. It reads jobs, has them run, and answers.

How it works. Three kinds of trusted process live in a slot. The *server* speaks with the host over
descriptors 0 and 1, feeds a program's standard input and collects its output. The *zygote* has the
modules loaded that programs import; it never sees a job's bytes, so nothing of one program is in
the memory that the next begins with. For each job it forks a *launcher* into fresh namespaces,
which reads the job, starts the program, watches it, and reports on a pipe that the program never
holds.

All sources named `_guest*` are sent over descriptor 0 at the start: the sandbox needs no file of
ours. They run on any Python from 3.9 and use the standard library alone.
"""

from __future__ import annotations

import fcntl
import gc
import hashlib
import importlib
import json
import os
import platform
import signal
import socket
import sys
import time
from typing import Any

from backfeed.sandboxes import _guest_box as box
from backfeed.sandboxes._guest_program import launch
from backfeed.sandboxes._guest_pump import Pump

VERSION = 1
GRACE_S = 3.0

# Each costs every program a little (a fork copies page tables) and saves some programs much.
PRELOADED = (
    "abc", "array", "ast", "bisect", "cmath", "collections", "contextlib", "copy",
    "dataclasses", "datetime", "decimal", "doctest", "enum", "fractions", "functools",
    "hashlib", "heapq", "io", "itertools", "json", "logging", "math", "numbers", "operator",
    "os", "pathlib", "queue", "random", "re", "statistics", "string", "struct", "sys",
    "tempfile", "textwrap", "threading", "time", "traceback", "types", "typing", "unittest",
    "warnings", "weakref",
)  # fmt: skip
OPTIONAL = ("numpy",)

FURNITURE = {
    "/etc/passwd": "nobody:x:65534:65534:nobody:/work:/bin/sh\n",
    "/etc/group": "nogroup:x:65534:\n",
    "/etc/hosts": "127.0.0.1 localhost\n::1 localhost\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}


def block() -> bytes:
    """A block: its length in four bytes, then its bytes."""
    return box.take(int.from_bytes(box.take(4), "little"))


def give(head: dict[str, Any], *blocks: bytes) -> None:
    """Answer the host: a JSON head and blocks."""
    data = b"".join(
        len(part).to_bytes(4, "little") + part for part in (json.dumps(head).encode(), *blocks)
    )
    while data:
        data = data[os.write(1, data[: 1 << 20]) :]


def store(data: bytes) -> int:
    """A sealed anonymous file with these bytes, at its beginning."""
    descriptor = os.memfd_create("job", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    at = 0
    while at < len(data):
        at += os.write(descriptor, data[at : at + (64 << 20)])
    os.lseek(descriptor, 0, os.SEEK_SET)
    fcntl.fcntl(descriptor, 1033, 1 | 2 | 4 | 8)  # F_ADD_SEALS: seal, shrink, grow, write
    return descriptor


def furnish_root() -> None:
    """The few files of /etc that programs look for; then the whole root is read-only."""
    box.own_mounts()
    os.makedirs("/etc", exist_ok=True)  # noqa: PTH103
    for path, text in FURNITURE.items():
        with open(path, "w", encoding="ascii") as file:  # noqa: PTH123
            file.write(text)
    for target in ("/dev", "/"):
        box.read_only(target)


def preload() -> dict[str, str]:
    """Import what programs will want. Returns the versions of what is not the interpreter's own."""
    for name in PRELOADED:
        importlib.import_module(name)
    found = {}
    for name in OPTIONAL:
        try:
            found[name] = str(importlib.import_module(name).__version__)
        except ImportError:
            continue
    return found


def facts(packages: dict[str, str]) -> dict[str, Any]:
    """What determines how programs behave in here, of the same form in every kind of sandbox."""
    with open(sys.executable, "rb") as file:  # noqa: PTH123
        binary = hashlib.sha256(file.read()).hexdigest()
    return {
        "python": sys.version, "executable": sys.executable, "binary": binary,
        "libc": " ".join(platform.libc_ver()), "machine": platform.machine(), "packages": packages,
    }  # fmt: skip


def main(settings: dict[str, Any]) -> None:
    """Become the server, with a zygote as child. Does not return."""
    box.default_signals()
    furnish_root()
    packages = preload()
    known = facts(packages)
    program = bytes.fromhex(settings["seccomp"])
    gc.collect()
    gc.freeze()
    box.lower_for_good()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.fork() == 0:
        ours.close()
        quiet = os.open("/dev/null", os.O_RDWR)
        for number in range(3):
            os.dup2(quiet, number)
        breed(theirs, program)
    theirs.close()
    box.hide()
    give({"ready": True, "facts": known})
    while True:
        serve_one(ours)


def breed(line: socket.socket, program: bytes) -> None:
    """Be the zygote: for each message fork a launcher, and say when it is gone. Does not return."""
    box.hide()
    names = ("job", "stdin", "stdout", "stderr", "report", "status")
    while True:
        message, handed, _, _ = socket.recv_fds(line, 64, len(names))
        if not message:
            os._exit(0)
        ends = dict(zip(names, handed))  # noqa: B905  Python 3.9
        pid = box.clone()
        if pid == 0:
            line.close()
            with open(ends["job"], "rb") as file:  # noqa: PTH123
                job = json.loads(file.read())
            launch(job, program, ends)
        for end in handed:
            os.close(end)
        pidfd = os.pidfd_open(pid)
        socket.send_fds(line, [b"born"], [pidfd])
        os.close(pidfd)
        _, status, used = os.wait4(pid, 0)
        line.send(json.dumps({"status": status, "cpu_s": used.ru_utime + used.ru_stime}).encode())


def serve_one(line: socket.socket) -> None:
    """Read one job (settings, the launcher's part, standard input), run it, answer."""
    asked, job, stdin = json.loads(block()), block(), block()
    began = time.monotonic()
    pipes = {name: os.pipe() for name in ("stdout", "stderr", "report", "status")}
    lent = [store(job), store(stdin), *(write for _, write in pipes.values())]
    socket.send_fds(line, [b"fork"], lent)
    for end in lent:
        os.close(end)
    message, handed, _, _ = socket.recv_fds(line, 64, 1)
    if message != b"born":
        os._exit(1)
    pump = Pump({name: read for name, (read, _) in pipes.items()}, asked["most"])
    ended = pump.run(
        time.monotonic() + asked["wall_s"] + GRACE_S,
        lambda: signal.pidfd_send_signal(handed[0], signal.SIGKILL),
    )
    os.close(handed[0])
    buried = line.recv(512)
    if not buried:
        os._exit(1)
    head = {
        "told": json.loads(pump.taken["status"] or b"null"), "ended": ended,
        "buried": json.loads(buried), "wall_s": time.monotonic() - began,
    }  # fmt: skip
    give(head, *(bytes(pump.taken[name]) for name in ("stdout", "stderr", "report")))
