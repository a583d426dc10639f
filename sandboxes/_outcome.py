"""From what was seen of a run to its outcome: the verdict is decided here, case by case."""

from dataclasses import dataclass
from typing import Any

import msgspec

from backfeed.engine.requests import Job, Limits, Outcome

HEAD = TAIL = 32 * 1024
NEAR = 0.8

# How runtimes say that memory ran out, in the last lines of their standard error.
OUT_OF_MEMORY = (
    "MemoryError", "Cannot allocate memory", "OutOfMemoryError", "heap out of memory",
    "std::bad_alloc", "fatal error: runtime: out of memory", "memory allocation of ",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ended:
    """What was seen of a run. Exactly one of `exit_code` and `signal` is set if the program came to
    an end of its own; neither is if it was stopped. `stopped` is who stopped it: "output",
    "memory", "cpu", "wall", or nothing. `peak_mb` is None where unknown. Times in seconds.
    """

    exit_code: int | None = None
    signal: int | None = None
    stopped: str = ""
    out_of_memory: bool = False
    cpu_s: float = 0.0
    wall_s: float = 0.0
    peak_mb: float | None = None
    strays: int = 0
    stdout: bytes = b""
    stderr: bytes = b""
    report: bytes = b""


def verdict(job: Job, ended: Ended) -> str:
    """The run word. The first case that holds decides; what fits no case is ours (`IE`)."""
    limits = job.limits
    if ended.stopped == "output":
        return "OLE"
    if ended.stopped == "memory" or ended.out_of_memory or _complained(ended, limits):
        return "MLE"
    if ended.stopped == "cpu" or ended.cpu_s >= limits.cpu_s:
        return "TLE"
    if ended.stopped == "wall":
        return "IDLE"
    if ended.signal is not None:
        return "SIG"
    if ended.exit_code is None:
        return "IE"
    if ended.exit_code != 0:
        return "RE"
    return "FORGED" if job.report and not ended.report.strip() else "AC"


def _complained(ended: Ended, limits: Limits) -> bool:
    if (ended.peak_mb or 0) > limits.memory_mb:
        return True
    last = ended.stderr[-2000:].decode("utf-8", "replace")
    return ended.exit_code != 0 and any(words in last for words in OUT_OF_MEMORY)


def near_limit(limits: Limits, ended: Ended) -> bool:
    """Was a limit so near that another run might end otherwise?"""
    return (
        ended.cpu_s >= NEAR * limits.cpu_s
        or ended.wall_s >= NEAR * limits.wall_s
        or (ended.peak_mb or 0) >= NEAR * limits.memory_mb
    )


def outcome(job: Job, ended: Ended, environment: str) -> dict[str, Any]:
    """The outcome as plain data, floats rounded to three decimals.

    Standard output is whole if the program ended well, else its head and tail; so is the rest.
    """
    word = verdict(job, ended)
    most = None if word in {"AC", "FORGED"} else HEAD + TAIL
    stdout, cut_out = shortened(ended.stdout, most)
    stderr, cut_err = shortened(ended.stderr, HEAD + TAIL)
    made = Outcome(
        verdict=word,
        exit_code=None if ended.stopped else ended.exit_code,
        signal=None if ended.stopped else ended.signal,
        stdout=stdout,
        stderr=stderr,
        report=ended.report.decode("utf-8", "replace"),
        truncated=cut_out or cut_err or ended.stopped == "output",
        cpu_s=round(ended.cpu_s, 3),
        wall_s=round(ended.wall_s, 3),
        peak_mb=None if ended.peak_mb is None else round(ended.peak_mb, 3),
        strays=ended.strays,
        near_limit=near_limit(job.limits, ended),
        environment=environment,
        detail=f"stopped: {ended.stopped}" if ended.stopped else "",
    )
    plain: dict[str, Any] = msgspec.to_builtins(made)
    return plain


def shortened(data: bytes, most: int | None) -> tuple[str, bool]:
    """The text of an output, its middle left out if it is longer than `most` bytes; and whether."""
    if most is None or len(data) <= most:
        return data.decode("utf-8", "replace"), False
    head, tail = data[: most // 2], data[-(most // 2) :]
    gone = f"\n[... {len(data) - len(head) - len(tail)} bytes left out ...]\n"
    return head.decode("utf-8", "replace") + gone + tail.decode("utf-8", "replace"), True
