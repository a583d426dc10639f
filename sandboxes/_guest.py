"""Inside the sandbox: the server of a slot. It reads jobs, has them run, and answers.

How it works. Three kinds of trusted process live in a slot. The *server* speaks with the host over
descriptors 0 and 1, feeds a program's standard input and collects its output. The *zygote* has the
modules loaded that programs import; it never sees a job's bytes, so nothing of one program is in
the memory that the next begins with. For each job it forks a *launcher* into fresh namespaces,
which reads the job, starts the program, watches it, and reports on a pipe that the program never
holds. Where the host sends a launcher in C that works here, the server becomes it, and the zygote
does no more than to put Python programs into the boxes that it makes.

All sources named `_guest*` are sent over descriptor 0 at the start: the sandbox needs no file of
ours. They run on any Python from 3.9 and use the standard library alone.
"""

from __future__ import annotations

import fcntl
import gc
import hashlib
import json
import os
import platform
import signal
import socket
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from backfeed.sandboxes import _guest_box as box
from backfeed.sandboxes import _guest_wire as wire
from backfeed.sandboxes._guest_program import COMPANY, open_streams, prepare
from backfeed.sandboxes._guest_pump import Pump
from backfeed.sandboxes._guest_zygote import archives, breed, let_in, loaded, packed, preload

GRACE_S = 3.0
Zygote = tuple[socket.socket, int]

FURNITURE = {
    "/etc/passwd": "nobody:x:65534:65534:nobody:/work:/bin/sh\n",
    "/etc/group": "nogroup:x:65534:\n",
    "/etc/hosts": "127.0.0.1 localhost\n::1 localhost\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}


def give(data: bytes) -> None:
    """A block for the host: its length in four bytes, then its bytes."""
    data = wire.NUMBER.pack(len(data)) + data
    while data:
        data = data[os.write(1, data[: 1 << 20]) :]


def store(data: bytes, *, seal: bool = True) -> int:
    """An anonymous file with these bytes, at its beginning; sealed, nobody can change it."""
    descriptor = os.memfd_create("job", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    at = 0
    while at < len(data):
        at += os.write(descriptor, data[at : at + (64 << 20)])
    os.lseek(descriptor, 0, os.SEEK_SET)
    if seal:
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


def facts(packages: dict[str, str]) -> dict[str, Any]:
    """What determines how programs behave in here, of the same form in every kind of sandbox."""
    with open(sys.executable, "rb") as file:  # noqa: PTH123
        binary = hashlib.sha256(file.read()).hexdigest()
    return {
        "python": sys.version, "executable": sys.executable, "binary": binary,
        "libc": " ".join(platform.libc_ver()), "machine": platform.machine(), "packages": packages,
        "modules": sorted(loaded() | packed()),
    }  # fmt: skip


def main(settings: dict[str, Any]) -> None:
    """Become the server, with a zygote as child. Does not return."""
    box.default_signals()
    launcher = box.take(settings["launcher"])
    furnish_root()
    packages = preload()
    prepare(settings["prepared"])
    known = facts(packages)
    program = bytes.fromhex(settings["seccomp"])
    built = usable(launcher)
    known["launcher"] = "Python" if built < 0 else "C"
    gc.collect()
    gc.freeze()
    if built < 0:
        line, _ = zygote(breed, program)
        box.lower_for_good()
        box.hide()
        give(json.dumps({"ready": True, "facts": known}).encode())
        while True:
            serve_one(line)
    plain = zygote(partial(let_in, packages=False), program)
    packages_too = zygote(partial(let_in, packages=True), program) if archives() else plain
    give(json.dumps({"ready": True, "facts": known}).encode())
    become_launcher(built, program, (plain, packages_too))


def zygote(be: Callable[[socket.socket, bytes], None], program: bytes) -> Zygote:
    """A child that is a zygote: the line to it, and its pid."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    pid = os.fork()
    if pid == 0:
        ours.close()
        box.lower_for_good()
        open_streams()
        gc.freeze()
        be(theirs, program)
    theirs.close()
    return ours, pid


def usable(launcher: bytes) -> int:
    """The launcher as a file that can be run; -1 if there is none, or it cannot work here."""
    built = store(launcher, seal=False) if launcher else -1
    if built < 0 or works(built):
        return built
    os.close(built)
    return -1


def works(launcher: int) -> bool:
    """Can the launcher do its work here? Not every kernel that is none of Linux has all of it."""
    pid = os.fork()
    if pid == 0:
        try:
            os.execve(launcher, ["launcher", "check"], {})
        finally:
            os._exit(1)
    return os.waitpid(pid, 0)[1] == 0


def become_launcher(launcher: int, program: bytes, zygotes: tuple[Zygote, Zygote]) -> None:
    """Be the launcher from now on, with these children."""
    filtered = store(program)
    told = [item for line, pid in zygotes for item in (line.fileno(), pid)]
    for end in (told[0], told[2], filtered):
        os.set_inheritable(end, True)
    company = COMPANY + (told[0] != told[2])
    words = ("launcher", *told, filtered, company, sys.executable)
    os.execve(launcher, list(map(str, words)), os.environ)


def serve_one(line: socket.socket) -> None:
    """Read one job, run it, answer."""
    frame = box.take(int.from_bytes(box.take(4), "little"))
    job = wire.whole(frame)
    limits = job["limits"]
    began = time.monotonic()
    names = ("stdout", "stderr", "status", *(("report",) if job["report"] else ()))
    pipes = {name: os.pipe() for name in names}
    lent = [store(frame), store(job["input"]), *(write for _, write in pipes.values())]
    socket.send_fds(line, [b"fork"], lent)
    for end in lent:
        os.close(end)
    message, handed, _, _ = socket.recv_fds(line, 64, 1)
    if message != b"born":
        os._exit(1)
    most = dict.fromkeys(("stdout", "stderr", "report"), limits["output_bytes"])
    pump = Pump({name: read for name, (read, _) in pipes.items()}, {**most, "status": 1 << 40})
    why = pump.run(
        time.monotonic() + limits["wall_us"] / 1e6 + GRACE_S,
        lambda: signal.pidfd_send_signal(handed[0], signal.SIGKILL),
    )
    os.close(handed[0])
    buried = line.recv(512)
    if not buried:
        os._exit(1)
    (cpu_us,) = wire.NUMBER.unpack(buried)
    streams = [bytes(pump.taken.get(name, b"")) for name in ("stdout", "stderr", "report")]
    parts = b"".join(wire.NUMBER.pack(len(part)) + part for part in streams)
    wall_us = round((time.monotonic() - began) * 1e6)
    give(answered(bytes(pump.taken["status"]), parts, why=why, used=(cpu_us, wall_us)))


def answered(status: bytes, parts: bytes, *, why: str, used: tuple[int, int]) -> bytes:
    """The answer: what the launcher told, and what the program wrote."""
    nothing = wire.NUMBER.pack(4) + wire.NUMBER.pack(0)
    if why == "output":
        head = wire.ANSWER.pack(wire.ENDED, 0, wire.STOPPED.index(why), 0, *used, 0, 0)
        return head + parts + wire.NUMBER.pack(0) + nothing
    if why or not status:
        said = f"lost\n{why or 'its launcher died'}".encode()
        lost = wire.ANSWER.pack(wire.LOST, 0, 0, 0, *used, 0, 0)
        return lost + parts + wire.NUMBER.pack(len(said)) + said + nothing
    reader = wire.Reader(status, wire.ANSWER.size)
    said = reader.string()
    left = status[reader.at :]
    blocks = b"".join(wire.NUMBER.pack(len(part)) + part for part in (said, left))
    return status[: wire.ANSWER.size] + parts + blocks
