"""What is said to the trusted part inside a sandbox, and the digest of what determines its answers.

A request and a reply are one block each: a length in four bytes, and as many bytes. A request is a
head of fixed size (flags and limits), and lists of strings: the command, the variables, the files
with their modes, what is to be collected; and the standard input. A reply is a head of fixed size
and five blocks: standard output, standard error, report, a remark, what was collected. The launcher
in C and the guest in Python speak it alike.
"""

import hashlib
import os
import re
import struct
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Any

import msgspec

from backfeed.engine.errors import Outage, Refused
from backfeed.engine.identity import digest
from backfeed.engine.requests import Job
from backfeed.sandboxes import _guest_wire as wire
from backfeed.sandboxes._outcome import Ended

GUEST = (
    "_guest_wire", "_guest_box", "_guest_files", "_guest_watch", "_guest_pump", "_guest_program",
    "_guest_zygote", "_guest",
)  # fmt: skip
HARNESS = 2  # raised when outcomes change though neither guest nor filter did
MIB = 1 << 20
FILE, PROGRAM = 0o644, 0o755

LAUNCHER = (".c", ".h")
NOTHING = wire.NUMBER.pack(0)
INTERPRETERS = ("python", "python3")
PACKAGES = "/opt/backfeed/bin/"
OURS = "backfeed_"  # runs tests, and is the same in both interpreters; what it runs may not be
FIXED = ("PYTHON", "LANG", "LC_", "LD_", "PATH", "HOME", "MALLOC_", "GLIBC_")
INTROSPECTIVE = re.compile(
    r"\bsys\.(modules|flags|orig_argv|get\w*ref|_|set(trace|profile|recursion)|getalloc)"
    r"|\b(gc|tracemalloc|resource|inspect|faulthandler|multiprocessing)\b|[Rr]ecursion|/proc/"
    r"|\b_getframe\b|\bctypes\b|\bsetrlimit\b|\b__main__\.__|\bgetppid\b"
)

ENVIRONMENT = {
    "PATH": "/usr/bin:/bin", "HOME": "/work", "LANG": "C.UTF-8", "TZ": "UTC",
    "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}  # fmt: skip

# Reads the guest's sources from descriptor 0, so that no file of ours need be inside.
BOOT = """\
import os, json, sys, types
def take(n):
    b = b""
    while len(b) < n:
        p = os.read(0, n - len(b))
        if not p: os._exit(0)
        b += p
    return b
told = json.loads(take(int.from_bytes(take(4), "little")))
home = types.ModuleType("backfeed.sandboxes")
sys.modules["backfeed.sandboxes"] = home
for name, text in told["sources"]:
    module = types.ModuleType(name)
    sys.modules[name] = module
    setattr(home, name.rpartition(".")[2], module)
    exec(compile(text, name, "exec"), module.__dict__)
sys.modules["backfeed.sandboxes._guest"].main(told)
"""


@dataclass(frozen=True, slots=True)
class Made:
    """A file that a program left, to be laid before another one."""

    path: str
    mode: int
    data: bytes


def sources() -> list[tuple[str, str]]:
    """The guest's modules: name and text."""
    here = files("backfeed.sandboxes")
    return [
        (f"backfeed.sandboxes.{name}", (here / f"{name}.py").read_text("utf-8")) for name in GUEST
    ]


@dataclass(frozen=True, slots=True)
class Trusted:
    """What a slot is given of ours: the filter of system calls, the launcher in C (empty for
    Python), and files that many jobs have, by name, which are read once.
    """

    seccomp: bytes
    launcher: bytes = b""
    prepared: Mapping[str, str] = field(default_factory=dict)


def launcher_source() -> dict[str, str]:
    """The source files of the launcher in C: name and text."""
    found = [
        f for f in (files("backfeed.sandboxes") / "launcher").iterdir() if f.name[-2:] in LAUNCHER
    ]
    return {file.name: file.read_text("utf-8") for file in sorted(found, key=lambda f: f.name)}


def greeting(trusted: Trusted) -> bytes:
    """The first block: the guest's sources and settings; then the launcher, if there is one."""
    told = {
        "sources": sources(), "seccomp": trusted.seccomp.hex(),
        "launcher": len(trusted.launcher), "prepared": list(trusted.prepared.items()),
    }  # fmt: skip
    return block(msgspec.json.encode(told)) + trusted.launcher


def environment_digest(policy: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    """What programs see: guest, policy (filter, tools), interpreter, libc; never kernel or host.

    Both launchers are in it, and not which of them runs: they must do the same.
    """
    known = [*sources(), *sorted(launcher_source().items())]
    texts = [hashlib.sha256(text.encode()).hexdigest() for _, text in known]
    seen = {key: facts[key] for key in ("python", "binary", "libc", "machine", "packages")}
    return digest(HARNESS, BOOT, texts, policy, sorted(ENVIRONMENT.items()), seen)


def block(data: bytes) -> bytes:
    """A block."""
    return len(data).to_bytes(4, "little") + data


def complaint(job: Job) -> Refused | None:
    """Why a job cannot be run at all, whatever the sandbox."""
    commands = [job.command, *(build.command for build in job.builds)]
    if not all(command and command[0] for command in commands):
        return Refused("no-command", "the command is empty")
    files = [*job.files, *(file for part in job.parts for file in part.files)]
    paths = [file.path for file in files] + [name for build in job.builds for name in build.outputs]
    for name in paths:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or not path.parts or "\0" in name:
            return Refused("bad-path", repr(name))
    words = [*(word for command in commands for word in command)]
    words += [part for pair in job.variables for part in pair]
    if any("\0" in word for word in words) or any("=" in name for name, _ in job.variables):
        return Refused("bad-command", "a word holds a NUL, or a variable's name an equals sign")
    return None


def is_plain(job: Job, prepared: Collection[str]) -> bool:
    """May the job run in the prepared interpreter, with the same outcome as in a new one?

    `prepared` names the modules that are loaded there.
    """
    command = job.command
    if command[0] not in INTERPRETERS or len(command) < 2 or command[1].startswith("-"):
        return False
    if any(name.startswith(FIXED) for name, _ in job.variables):
        return False
    for file in job.files:
        stem = file.path.partition("/")[0].partition(".")[0]
        if stem in prepared:
            return False
        if not file.path.startswith(OURS) and INTROSPECTIVE.search(file.text):
            return False
    return True


def request(
    job: Job, *, warm: bool, given: Iterable[Made] = (), wanted: Sequence[str] = ()
) -> bytes:
    """A job as the guest reads it, with files `given` besides its own, and outputs `wanted`.

    Raises `Refused` for text that is not UTF-8.
    """
    limits = job.limits
    flags = wire.REPORT * job.report | wire.WARM * warm
    flags |= wire.PYTHON * (job.command[0] in INTERPRETERS)
    flags |= wire.PACKAGE * any(word.startswith(PACKAGES) for word in job.command[1:])
    head = wire.HEAD.pack(
        flags, 0, _micro(limits.cpu_s), _micro(limits.wall_s), limits.memory_mb * 1024,
        limits.processes, limits.file_mb * MIB, limits.disk_mb * MIB, limits.inodes,
        limits.output_kb * 1024, limits.open_files,
    )  # fmt: skip
    try:
        laid = [(file.path.encode(), FILE, file.text.encode()) for file in job.files]
        laid += [(made.path.encode(), made.mode, made.data) for made in given]
        parts = [head, _strings(job.command), wire.NUMBER.pack(len(job.variables))]
        parts += [wire.string(part.encode()) for pair in job.variables for part in pair]
        parts.append(wire.NUMBER.pack(len(laid)))
        for path, mode, data in laid:
            parts += [wire.string(path), wire.NUMBER.pack(mode), wire.string(data)]
        parts += [_strings(wanted), wire.string(job.stdin.encode())]
    except UnicodeEncodeError as error:
        raise Refused("not-utf8", str(error)) from error
    return block(b"".join(parts))


def _micro(seconds: float) -> int:
    return round(seconds * 1e6)


def _strings(texts: Sequence[str]) -> bytes:
    return wire.NUMBER.pack(len(texts)) + b"".join(wire.string(text.encode()) for text in texts)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a reply says: the end, whether the prepared interpreter ran it, and what it left."""

    ended: Ended
    warm: bool
    made: tuple[Made, ...]


def reply(data: bytes) -> Reply:
    """Read a reply. Raises `Refused` for the job's fault, `Outage` for ours."""
    state, status, stopped, strays, cpu, wall, peak, warm = wire.ANSWER.unpack_from(data)
    at, blocks = wire.ANSWER.size, []
    for _ in range(5):
        (size,) = wire.NUMBER.unpack_from(data, at)
        blocks.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    reason, _, detail = blocks[3].decode("utf-8", "replace").partition("\n")
    if state == wire.REFUSED:
        raise Refused(reason, detail)
    if state == wire.LOST:
        raise Outage(f"the sandbox lost a program: {reason} {detail}".strip())
    found = Ended(
        exit_code=os.WEXITSTATUS(status) if os.WIFEXITED(status) else None,
        signal=os.WTERMSIG(status) if os.WIFSIGNALED(status) else None,
        stopped=wire.STOPPED[stopped],
        cpu_s=cpu / 1e6,
        wall_s=wall / 1e6,
        peak_mb=peak / 1024 or None,
        strays=strays,
        stdout=blocks[0],
        stderr=blocks[1],
        report=blocks[2],
    )
    return Reply(found, bool(warm), tuple(_collected(blocks[4])))


def _collected(data: bytes) -> list[Made]:
    if data == NOTHING:
        return []
    reader = wire.Reader(data)
    try:
        found = [
            Made(reader.string().decode("utf-8", "replace"), reader.number(), reader.string())
            for _ in range(reader.number())
        ]
    except struct.error as error:
        raise Outage(f"what a program left cannot be read: {error}") from error
    return sorted(found, key=lambda made: made.path)
