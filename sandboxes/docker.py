"""Runs programs in containers, through the Docker SDK: Docker, or whatever speaks as it does.

One warm container per core, without capabilities, network, mounts or a writable file; in it the
same guest as elsewhere (see `_guest.py`) gives each program namespaces, disk and limits of its own.
Podman works through its Docker-compatible socket. `runtime` names another of the engine's runtimes;
one that gives the guest too little is refused, as is gVisor's of 2022 (no `pidfd_open`, no mounts).
"""

import hashlib
import mmap
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import IO, Any

import msgspec

from backfeed.engine.config import build
from backfeed.engine.errors import ConfigError, Outage
from backfeed.engine.requests import Limits
from backfeed.sandboxes import _cores, _launcher, _seccomp, _toolchains, _tools
from backfeed.sandboxes._attached import Attached
from backfeed.sandboxes._crew import Crew
from backfeed.sandboxes._engine import Engine, Plan
from backfeed.sandboxes._line import Gone
from backfeed.sandboxes._protocol import BOOT, ENVIRONMENT, Trusted, block
from backfeed.sandboxes._slot import START_S, Slot, most_memory_mb

FIRST_UID = 63000
PODMAN_MB = 8192  # it cannot be asked for more later
ROOM, CHAINS = "_guest_root", "_toolchains"
REFUSED = "no room in the container"
REMEDY = (
    "the container may not make namespaces. Let users make them (sysctl user.max_user_namespaces, "
    "kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0), or let "
    "containers have CAP_SYS_ADMIN at their start, or use --sandbox bubblewrap"
)
LAUNCHERS = {
    False: "an ordinary user without capabilities",
    True: "root with CAP_SYS_ADMIN, which it gives up before the first program",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """The keys of `[sandbox]`. `image`: what the containers are made of; `python`: the interpreter
    in it; `slots`: programs at once; `cold_share`: the share of programs that also run in a new
    interpreter, to compare; `tools`: single-file programs of this machine by the name that they
    have inside (see `_tools.py`); `runtime`: another of the engine's runtimes; `launcher`: `c` or
    `python`, else the first that there is; `prepared`: Python files that many jobs have, name and
    text, which are read once.
    """

    image: str = "backfeed-base"
    python: str = "python3"
    slots: int = 0
    cold_share: float = 0.01
    tools: Mapping[str, str] = field(default_factory=dict)
    runtime: str = ""
    launcher: str = ""
    prepared: Mapping[str, str] = field(default_factory=dict)


class Docker:
    """The plug-in."""

    def probe(self) -> dict[str, Any]:
        """What is in force here. Raises `ConfigError` with the remedy if nothing isolates."""
        engine = Engine()
        try:
            crew = _open(Settings(slots=1), engine)
            crew.shut()
            return crew.in_force
        finally:
            engine.close()

    def service(self, settings: Mapping[str, Any]) -> Crew:
        """Start one slot (the others when they are needed). Raises `ConfigError`."""
        engine = Engine()
        try:
            engine.sweep()
            return _open(build(Settings, settings, "sandbox docker"), engine)
        finally:
            engine.close()


def _open(settings: Settings, engine: Engine) -> Crew:
    """Without privileges if the kernel lets us, else with them: programs have none in any case."""
    if not 0 <= settings.cold_share <= 1 or settings.slots < 0:
        raise ConfigError("sandbox docker: cold_share lies between 0 and 1, slots above 0")
    if settings.runtime and engine.podman:
        raise ConfigError(
            f"sandbox docker: Podman's socket takes no runtime ({settings.runtime}) and would not "
            "say so: set it in containers.conf"
        )
    image = engine.image(settings.image)
    try:
        return _crew(settings, engine, image)
    except ConfigError as error:
        if REFUSED not in str(error):
            raise
    try:
        return _crew(settings, engine, image, privileged=True)
    except ConfigError as error:
        raise ConfigError(f"{error}: {REMEDY}" if REFUSED in str(error) else str(error)) from error


def _crew(
    settings: Settings, engine: Engine, image: Mapping[str, Any], *, privileged: bool = False
) -> Crew:
    seccomp, cores = _filter(engine), _places(engine)
    tools = _tools.digests(settings.tools)
    trusted = Trusted(seccomp, _launcher.chosen(settings.launcher), settings.prepared)

    def make(number: int) -> Slot:
        plan = Plan(
            image["Id"], settings.python, FIRST_UID + number, settings.runtime,
            privileged=privileged,
        )  # fmt: skip
        room = Room(plan, cores[number % len(cores)], settings.tools)
        return Slot(room, trusted, room)

    policy = {
        "seccomp": seccomp.hex(), "tools": tools, "image": image["RootFS"].get("Layers"),
        "room": hashlib.sha256((_source(ROOM) + _source(CHAINS)).encode()).hexdigest(),
    }  # fmt: skip
    in_force = {
        "backend": "docker", "docker": engine.facts.get("ServerVersion"), "engine": engine.place,
        "runtime": settings.runtime or engine.facts.get("DefaultRuntime"), "image": image["Id"],
        "memory": f"watch every 20 ms, address space, {_cgroup(engine)}",
        "processes": "counted per user namespace",
        "seccomp": f"{_machine(engine)}, {len(seccomp) // 8} instructions",
        "uid": f"{FIRST_UID} and up, one per slot", "launcher": LAUNCHERS[privileged],
    }  # fmt: skip
    return Crew(
        make, policy, slots=settings.slots or len(cores), cold_share=settings.cold_share,
        in_force=in_force,
    )  # fmt: skip


class Room:
    """Starts the container of one slot, again and again, and bounds its memory."""

    def __init__(self, plan: Plan, core: int, tools: Mapping[str, str]) -> None:
        self._plan, self._core, self._tools = plan, core, tools
        self._memory_mb = most_memory_mb(Limits())
        self._engine: Engine | None = None
        self._container = ""
        self._kills = 0

    def __call__(self, log: IO[bytes]) -> Attached:
        """Start it, and have it furnished for the guest. Raises `ConfigError`, `OSError`."""
        if self._engine is None:
            self._engine = Engine()
        if self._engine.podman:
            self._memory_mb = max(self._memory_mb, PODMAN_MB)
        self._kills = 0
        self._container = self._engine.create(self._plan, self._memory_mb)
        try:
            line = self._engine.start(self._container, log)
        except ConfigError:
            self._engine.remove(self._container)
            raise
        with suppress(Gone):  # what it complains of is found when the guest does not answer
            self._furnish(line)
        return line

    def _furnish(self, line: Attached) -> None:
        tools = {name: _mapped(path) for name, path in sorted(self._tools.items())}
        told = {
            "sources": [
                ("backfeed.sandboxes._guest_box", _source("_guest_box")),
                (f"backfeed.sandboxes.{CHAINS}", _source(CHAINS)),
                ("backfeed.sandboxes._guest", _source(ROOM)),  # BOOT calls what has this name
            ],
            "tools": [(name, len(data)) for name, data in tools.items()],
            "core": self._core, "uid": self._plan.uid, "boot": BOOT,
            "environment": {
                **ENVIRONMENT, "PATH": _toolchains.path(ENVIRONMENT["PATH"]),
                "PWD": ENVIRONMENT["HOME"],  # as bubblewrap sets it
            },
        }  # fmt: skip
        deadline = time.monotonic() + START_S
        parts: list[bytes | mmap.mmap] = [block(msgspec.json.encode(told)), *tools.values()]
        for data in parts:
            view = memoryview(data)
            while view:
                view = view[line.send(view, deadline) :]

    def bound(self, memory_mb: int) -> None:
        """Let it have this much; what it holds just now may be more, then it keeps what it has.

        Raises `Outage` if it cannot have more.
        """
        if self._engine is None or memory_mb == self._memory_mb:
            return
        less = memory_mb < self._memory_mb
        if less and self._engine.podman:
            return  # it cannot change what a container has
        with suppress(*((Outage,) if less else ())):
            self._engine.bound(self._container, memory_mb)
            self._memory_mb = memory_mb

    def mark(self) -> float:
        """How many kills of the kernel are known of: to ask costs more than a job."""
        return self._kills

    def killed(self, mark: float) -> bool:
        """Are there more of them by now?"""
        if self._engine is not None:
            self._kills = self._engine.kills(self._container, self._plan.python)
        return self._kills > mark

    def remove(self) -> None:
        """Close our connection to the engine."""
        if self._engine is not None:
            self._engine.close()
            self._engine = None


def _mapped(path: str) -> mmap.mmap:
    """A file's bytes, as the machine holds them already: each container is sent all tools."""
    with Path(path).open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _source(name: str) -> str:
    return (files("backfeed.sandboxes") / f"{name}.py").read_text("utf-8")


def _machine(engine: Engine) -> str:
    name = str(engine.facts.get("Architecture"))
    return {"amd64": "x86_64", "arm64": "aarch64"}.get(name, name)  # Podman's words


def _filter(engine: Engine) -> bytes:
    return _seccomp.required(_machine(engine))


def _cgroup(engine: Engine) -> str:
    return f"cgroup{engine.facts.get('CgroupVersion') or ''}"


def _places(engine: Engine) -> list[int]:
    """The cores that slots are bound to: ours, as far as the engine has them."""
    there = set(range(int(engine.facts.get("NCPU") or 1)))
    ours = _cores.usable() if engine.place.startswith("unix:") else there
    return sorted(there.intersection(ours)) or sorted(there)


PLUGIN = Docker()
