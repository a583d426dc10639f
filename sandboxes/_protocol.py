"""What is said to the trusted part inside a sandbox, and the digest of what determines its answers.

A request is three blocks (settings, the launcher's part, standard input), a reply four (head,
standard output, standard error, report). A block is its length in four bytes, then its bytes.
"""

import hashlib
import os
from collections.abc import Mapping
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Any

import msgspec

from backfeed.engine.errors import Outage, Refused
from backfeed.engine.identity import digest
from backfeed.engine.requests import Job
from backfeed.sandboxes._outcome import Ended

GUEST = ("_guest_box", "_guest_watch", "_guest_pump", "_guest_program", "_guest")  # in this order
HARNESS = 1  # raised when outcomes change though neither guest nor filter did

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


def sources() -> list[tuple[str, str]]:
    """The guest's modules: name and text."""
    here = files("backfeed.sandboxes")
    return [
        (f"backfeed.sandboxes.{name}", (here / f"{name}.py").read_text("utf-8")) for name in GUEST
    ]


def greeting(seccomp: bytes) -> bytes:
    """The first block: the guest's sources and settings."""
    return block(msgspec.json.encode({"sources": sources(), "seccomp": seccomp.hex()}))


def environment_digest(policy: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    """What programs see: guest, policy (filter, tools), interpreter, libc; never kernel or host."""
    texts = [hashlib.sha256(text.encode()).hexdigest() for _, text in sources()]
    seen = {key: facts[key] for key in ("python", "binary", "libc", "machine", "packages")}
    return digest(HARNESS, BOOT, texts, policy, sorted(ENVIRONMENT.items()), seen)


def block(data: bytes) -> bytes:
    """A block."""
    return len(data).to_bytes(4, "little") + data


def complaint(job: Job) -> Refused | None:
    """Why a job cannot be run at all, whatever the sandbox."""
    if not job.command or not job.command[0]:
        return Refused("no-command", "the command is empty")
    for file in job.files:
        path = PurePosixPath(file.path)
        if path.is_absolute() or ".." in path.parts or not path.parts or "\0" in file.path:
            return Refused("bad-path", repr(file.path))
    words = (*job.command, *(part for pair in job.variables for part in pair))
    if any("\0" in word for word in words) or any("=" in name for name, _ in job.variables):
        return Refused("bad-command", "a word holds a NUL, or a variable's name an equals sign")
    return None


def request(job: Job, *, warm: bool) -> bytes:
    """A job as the guest reads it. Raises `Refused` for text that is not UTF-8."""
    limits = msgspec.to_builtins(job.limits)
    most = dict.fromkeys(("stdout", "stderr", "report"), job.limits.output_kb * 1024)
    part = {
        "files": [(file.path, file.text) for file in job.files], "command": job.command,
        "variables": job.variables, "limits": limits, "report": job.report, "warm": warm,
    }  # fmt: skip
    try:
        blocks = (
            msgspec.json.encode({"wall_s": job.limits.wall_s, "most": most}),
            msgspec.json.encode(part),
            job.stdin.encode(),
        )
    except UnicodeEncodeError as error:
        raise Refused("not-utf8", str(error)) from error
    return b"".join(map(block, blocks))


def ended(head: Mapping[str, Any], streams: list[bytes]) -> Ended:
    """What a reply says. Raises `Refused` for the job's fault, `Outage` for ours."""
    told, why = head.get("told") or {}, head["ended"]
    if "refused" in told:
        raise Refused(*told["refused"])
    if why == "output":
        return Ended(
            None, None, "output", False, head["buried"]["cpu_s"], head["wall_s"], None, 0, *streams
        )
    if why or "status" not in told:
        raise Outage(f"the sandbox lost a program: {told.get('error') or why or head['buried']}")
    status = told["status"]
    return Ended(
        exit_code=os.WEXITSTATUS(status) if os.WIFEXITED(status) else None,
        signal=os.WTERMSIG(status) if os.WIFSIGNALED(status) else None,
        stopped=told["stopped"],
        cpu_s=told["cpu_s"],
        wall_s=told["wall_s"],
        peak_mb=told["peak_kb"] / 1024 or None,
        strays=told["strays"],
        stdout=streams[0],
        stderr=streams[1],
        report=streams[2],
    )
