"""What programs may use, and what running or checking them came to."""

from dataclasses import dataclass
from typing import Literal

from backfeed.engine.records import File, Finding


@dataclass(frozen=True, slots=True)
class Limits:
    """What a program may use. `None` means no limit of that kind.

    CPU seconds decide TLE; the wall limit is for programs that sleep. Memory and disk in MiB,
    output in KiB per stream.
    """

    cpu_s: float = 5.0
    wall_s: float = 17.0
    memory_mb: int = 512
    processes: int = 64
    file_mb: int = 32
    disk_mb: int = 128
    inodes: int = 4096
    output_kb: int = 1024
    open_files: int = 256


COMPILING = Limits(
    cpu_s=20.0, wall_s=62.0, memory_mb=1536, processes=128, file_mb=256, disk_mb=512, inodes=16384
)
"""What a compiler may use where nothing else is said."""


@dataclass(frozen=True, slots=True)
class Build:
    """How a program is made from its files, in a sandbox of its own, before it runs.

    `outputs` names what is carried over to the run, files or folders below the working directory.
    A command that fails is `CE`, one that hits a limit `CE_LIMIT`.
    """

    command: tuple[str, ...]
    outputs: tuple[str, ...]
    limits: Limits = COMPILING


@dataclass(frozen=True, slots=True)
class Part:
    """What a build finds made already: outputs of another command, from these files alone.

    It is made once for all programs that have it, e.g. a framework of tests that is compiled.
    """

    files: tuple[File, ...]
    build: Build


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job. `verdict` is one of the run words of `records.VERDICT_OF`.

    `report` holds what the program wrote to descriptor 3 (jobs with `report=True`). `exit_code` is
    None if a signal ended it, `signal` is None otherwise. Text is decoded with replacement;
    `truncated` says that the middle of an output is missing. `peak_mb` is None where unknown.
    `environment` is the digest of what the program saw, and what bounded memory and processes
    besides the watch.
    """

    verdict: str
    exit_code: int | None = None
    signal: int | None = None
    stdout: str = ""
    stderr: str = ""
    report: str = ""
    truncated: bool = False
    cpu_s: float = 0.0
    wall_s: float = 0.0
    peak_mb: float | None = None
    strays: int = 0
    near_limit: bool = False
    environment: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Analysis:
    """An analyzer's word about one snippet: `ok`, `invalid` or `unknown`, and why."""

    word: Literal["ok", "invalid", "unknown"]
    tool: str = ""
    version: str = ""
    findings: tuple[Finding, ...] = ()
