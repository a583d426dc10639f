"""Inside the sandbox: the zygote, an interpreter with the modules loaded that programs import.

For each program it forks; it never sees a job's bytes, so nothing of one program is in the memory
that the next begins with.
"""

from __future__ import annotations

import gc
import importlib
import os
import socket
import sys
import zipfile

from backfeed.sandboxes import _guest_box as box
from backfeed.sandboxes import _guest_wire as wire
from backfeed.sandboxes._guest_program import PREPARED, born, launch

PACKAGES = "/opt/backfeed/bin"

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


def loaded() -> set[str]:
    """The modules that a program finds loaded, by the first part of their names."""
    ours = {name.rpartition(".")[0] for name in PREPARED}
    return {name.partition(".")[0] for name in sys.modules} - ours


def packed() -> set[str]:
    """The modules in the archives of packages that a program may find loaded."""
    found: set[str] = set()
    for path in archives():
        with zipfile.ZipFile(path) as archive:
            found |= {name.partition("/")[0].partition(".")[0] for name in archive.namelist()}
    return found


def archives() -> list[str]:
    """The archives of packages; each is named for the one that programs import."""
    try:
        names = sorted(os.listdir(PACKAGES))  # noqa: PTH208
        return [f"{PACKAGES}/{name}" for name in names if name[-4:] == ".zip"]
    except OSError:
        return []


def import_packages() -> None:
    """Import what the archives are for, and leave no other trace of it."""
    for path in archives():
        sys.path.insert(0, path)
        try:
            importlib.import_module(os.path.basename(path)[:-4])  # noqa: PTH119
        except ImportError:
            pass
        finally:
            sys.path.remove(path)
    gc.collect()
    gc.freeze()


def lent(line: socket.socket, names: tuple[str, ...]) -> dict[str, int]:
    """The descriptors that come with the next message, by name; its end is ours."""
    message, handed, _, _ = socket.recv_fds(line, 64, len(names))
    if not message:
        os._exit(0)
    return dict(zip(names, handed))  # noqa: B905  Python 3.9


def let_in(line: socket.socket, program: bytes, *, packages: bool) -> None:
    """Be a zygote of the launcher: for each message put a program into a box. No return.

    The program is a child of the launcher's server, which buries it. One that is for programs which
    use `packages` loads them when it is first asked for one.
    """
    box.hide()
    names = ("box", "job", "stdin", "stdout", "stderr", "report")
    while True:
        ends = lent(line, names)
        if packages:
            packages = False
            import_packages()
        try:
            box.enter(ends["box"], box.NEWPID)
            pid = box.fork_sibling()
        except OSError as error:
            pid = -(error.errno or 1)
        if pid == 0:
            line.close()
            with open(ends["job"], "rb") as file:  # noqa: PTH123
                data = file.read()
            born(data, program, ends)
        for end in ends.values():
            os.close(end)
        line.send(pid.to_bytes(4, "little", signed=True))


def breed(line: socket.socket, program: bytes) -> None:
    """Be the zygote: for each message fork a launcher, and say when it is gone. Does not return."""
    box.hide()
    names = ("job", "stdin", "stdout", "stderr", "status", "report")
    while True:
        ends = lent(line, names)
        pid = box.clone()
        if pid == 0:
            line.close()
            with open(ends["job"], "rb") as file:  # noqa: PTH123
                job = wire.whole(file.read())
            launch(job, program, ends)
        for end in ends.values():
            os.close(end)
        pidfd = os.pidfd_open(pid)
        socket.send_fds(line, [b"born"], [pidfd])
        os.close(pidfd)
        _, _, used = os.wait4(pid, 0)
        line.send(wire.NUMBER.pack(round((used.ru_utime + used.ru_stime) * 1e6)))
