"""What compilers made: kept by the digest of source, command and tool chain, so that it is made
once.
"""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from backfeed.engine.errors import BackfeedError
from backfeed.engine.files import user_cache, write_whole
from backfeed.engine.identity import digest
from backfeed.engine.requests import Job
from backfeed.sandboxes._outcome import Ended
from backfeed.sandboxes._protocol import Made

FORM = 1  # of what is kept
KEPT_BYTES = 1 << 30
REMEMBERED = 256
CUT_SHORT = {"TLE", "IDLE", "MLE", "OLE"}


class Built(msgspec.Struct, frozen=True):
    """What came of a build: files, or how it failed."""

    made: tuple[Made, ...] = ()
    ended: Ended | None = None


def as_job(job: Job) -> Job:
    """The build of a job as a job of its own. Its variables are those of the program."""
    if job.build is None:
        raise ValueError("the job has no build")
    return replace(
        job, command=job.build.command, limits=job.build.limits, stdin="", report=False, build=None,
        parts=(),
    )  # fmt: skip


def parts(job: Job) -> list[Job]:
    """Jobs that have the parts of this one's build as their builds."""
    alone = replace(job, parts=())
    return [replace(alone, files=part.files, build=part.build) for part in job.parts]


def missing(job: Job, made: tuple[Made, ...]) -> str:
    """The first output that the build did not leave."""
    left = [file.path for file in made]
    wanted = job.build.outputs if job.build else ()
    for name in wanted:
        if not any(path == name or path.startswith(f"{name}/") for path in left):
            return name
    return ""


class Compiled:
    """Builds by key: the last ones in memory, many on disk. Safe to share between threads.

    A build that failed is remembered, and not kept: it costs no more to find that again.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[str, Built] = OrderedDict()
        self._lock = threading.Lock()
        self._folder: Path | None = None

    @staticmethod
    def key(job: Job, environment: str, toolchain: Mapping[str, str]) -> str:
        """All that determines what a build makes."""
        content = job.content()
        known = ("files", "variables", "parts")
        content = {name: content[name] for name in known if name in content}
        named = (job.build.command, job.build.outputs) if job.build else ()
        return digest(FORM, environment, dict(toolchain), content, named)

    def get(self, key: str) -> Built | None:
        """A build, if it is known."""
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        with suppress(BackfeedError, OSError, msgspec.DecodeError):
            path = self._home() / key
            found = msgspec.msgpack.decode(path.read_bytes(), type=Built)
            path.touch()  # the ones that nobody asks for go first
            return self._remember(key, found)
        return None

    def put(self, key: str, built: Built) -> None:
        """Keep a build. Where nothing can be written, it is remembered until the end."""
        self._remember(key, built)
        if built.ended is None:
            with suppress(BackfeedError, OSError):
                write_whole(self._home() / key, msgspec.msgpack.encode(built))

    def _remember(self, key: str, built: Built) -> Built:
        with self._lock:
            self._known[key] = built
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return built

    def _home(self) -> Path:
        with self._lock:
            if self._folder is None:
                self._folder = user_cache("compiled")
                _prune(self._folder)
            return self._folder


def _prune(folder: Path) -> None:
    """Let go of what was not asked for in the longest time, if there is too much."""
    about: list[tuple[float, int, Path]] = []
    for path in folder.iterdir():
        with suppress(OSError):
            found = path.stat()
            about.append((found.st_mtime, found.st_size, path))
    total = sum(size for _, size, _ in about)
    for _, size, path in sorted(about, key=lambda item: item[0]):
        if total <= KEPT_BYTES:
            return
        path.unlink(missing_ok=True)
        total -= size


def failed(job: Job, found: dict[str, Any]) -> dict[str, Any]:
    """The outcome of a job whose build failed, from that of the build."""
    word = found["verdict"]
    lost = missing(job, ()) if word == "AC" else ""
    detail = f"the build left no {lost}" if lost else found["detail"]
    made = {"verdict": "CE_LIMIT" if word in CUT_SHORT else "CE", "near_limit": False}
    return {**found, **made, "detail": detail or "the build failed"}
