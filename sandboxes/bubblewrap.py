"""Runs programs in bubblewrap: no daemon, no image, as root or as an ordinary user.

One long-lived outer sandbox per core; in it each program gets namespaces, disk and limits of its
own (see `_guest.py`). As root, each outer sandbox is started by an unprivileged user of its own:
one that root starts could write to /proc/sys.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from backfeed.engine.config import build
from backfeed.engine.errors import ConfigError
from backfeed.sandboxes import (
    _cgroup,
    _cores,
    _launcher,
    _seccomp,
    _starter,
    _system,
    _toolchains,
    _tools,
)
from backfeed.sandboxes._crew import Crew
from backfeed.sandboxes._line import Piped
from backfeed.sandboxes._protocol import BOOT, ENVIRONMENT, Trusted
from backfeed.sandboxes._slot import Slot

OLDEST = (3, 9)
FIRST_UID = 63000
STACK = 16 << 20

# What bubblewrap says where it may not work, and what can be done about it.
SIGNS = (
    "setting up uid map", "No permissions to create", "Operation not permitted", "user namespace",
    "Can't mount proc", "Permission denied",
)  # fmt: skip
ON_A_MACHINE = (
    "this machine does not let ordinary users make namespaces. Either allow it for bubblewrap (an "
    "AppArmor profile for bwrap with `userns,`, as in the package apparmor-profiles), or for all: "
    "sysctl kernel.apparmor_restrict_unprivileged_userns=0 (and, on old Debian, "
    "kernel.unprivileged_userns_clone=1)"
)
IN_A_CONTAINER = (
    "this container lets nobody make namespaces. Start it with --security-opt seccomp=unconfined "
    "--security-opt systempaths=unconfined (where AppArmor is on, with --security-opt "
    "apparmor=unconfined, too); it needs no capability. Or give it the engine's socket (-v "
    "/var/run/docker.sock:/var/run/docker.sock) and use --sandbox docker: whoever holds that "
    "socket is root outside"
)
CONTAINERS = ("/.dockerenv", "/run/.containerenv")  # Docker's mark, and Podman's


@dataclass(frozen=True, slots=True)
class Settings:
    """The keys of `[sandbox]`. `root`: the folder of an unpacked image, of which programs see
    `/usr` instead of this machine's; `python`: the interpreter inside; `slots`: programs at once;
    `cold_share`: the share of programs that also run in a new interpreter, to compare; `tools`:
    single-file programs of this machine by the name that they have inside (see `_tools.py`);
    `launcher`: `c` or `python`, else the first that there is; `prepared`: Python files that many
    jobs have, name and text, which are read once.
    """

    root: str = ""
    python: str = ""
    slots: int = 0
    cold_share: float = 0.01
    tools: Mapping[str, str] = field(default_factory=dict)
    launcher: str = ""
    prepared: Mapping[str, str] = field(default_factory=dict)


class Bubblewrap:
    """The plug-in."""

    def probe(self) -> dict[str, Any]:
        """What is in force here. Raises `ConfigError` with the remedy if nothing isolates."""
        crew = _crew(Settings(slots=1))
        crew.shut()
        return crew.in_force

    def service(self, settings: Mapping[str, Any]) -> Crew:
        """Start one slot (the others when they are needed). Raises `ConfigError`."""
        return _crew(build(Settings, settings, "sandbox bubblewrap"))


def _crew(settings: Settings) -> Crew:
    if not 0 <= settings.cold_share <= 1 or settings.slots < 0:
        raise ConfigError("sandbox bubblewrap: cold_share lies between 0 and 1, slots above 0")
    root = _system.checked(settings.root) if settings.root else ""
    python, seccomp = interpreter(settings.python, root), _filter()
    cores = _cores.usable()
    tools = tuple(sorted(settings.tools.items()))
    trusted = Trusted(seccomp, _launcher.chosen(settings.launcher), settings.prepared)
    bwrap()

    def make(number: int) -> Slot:
        group = _cgroup.make()
        start = Start(
            python=python,
            enter=group.enter if group else _cgroup.Entry,
            cores=(cores[number % len(cores)],),
            uid=FIRST_UID + number if os.geteuid() == 0 else 0,
            tools=tools,
        )
        return Slot(start, trusted, group)

    try:
        return Crew(
            make,
            {"seccomp": seccomp.hex(), "tools": _tools.digests(settings.tools)},
            slots=settings.slots or len(cores),
            cold_share=settings.cold_share,
            in_force=_in_force() | ({"root": root} if root else {}),
            toolchain=lambda command: _toolchains.digest(command, root),
        )
    except ConfigError as error:
        raise ConfigError(_with_remedy(str(error))) from error


def _in_force() -> dict[str, Any]:
    said = subprocess.run(
        [bwrap(), "--version"], capture_output=True, text=True, env={}, check=False
    )
    return {
        "backend": "bubblewrap",
        "bubblewrap": said.stdout.strip().removeprefix("bubblewrap "),
        "memory": f"watch every 20 ms, address space, {_cgroup.told()}",
        "processes": "counted per user namespace",
        "seccomp": f"{platform.machine()}, {len(_filter()) // 8} instructions",
        "uid": f"{FIRST_UID} and up, one per slot" if os.geteuid() == 0 else "the user's own",
    }


@dataclass(frozen=True, slots=True)
class Start:
    """Starts one outer sandbox: in a control group, on these cores, as this user (0: ours)."""

    python: "Interpreter"
    enter: Callable[[], _cgroup.Entry]
    cores: tuple[int, ...]
    uid: int
    tools: tuple[tuple[str, str], ...] = ()

    def __call__(self, log: IO[bytes]) -> Piped:
        """Start it. The environment is empty: bubblewrap's own can be read from inside.

        Tools go in as open files, since that user may not be able to reach where they lie.
        """
        with ExitStack() as opened:
            files = {name: opened.enter_context(Path(path).open("rb")) for name, path in self.tools}
            tools = {name: file.fileno() for name, file in files.items()}
            return Piped(self._start(log, tools))

    def _start(self, log: IO[bytes], tools: Mapping[str, int]) -> "subprocess.Popen[bytes]":
        root = [self.python.root] if self.python.root else []
        places = _starter.staged([*shown(self.python), *root], self.uid)
        entry = self.enter()
        told = {
            "groups": entry.groups, "divided": entry.divided,
            "cores": self.cores, "uid": self.uid, "stack": STACK,
            "command": [*command(self.python, tools, places), self.python.path, "-c", BOOT],
            **_starter.carried(places),
        }  # fmt: skip
        return subprocess.Popen(
            [*entry.words, sys.executable, "-I", "-S", "-c", _starter.STARTER, json.dumps(told)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=dict(entry.variables),
            pass_fds=list(tools.values()),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Interpreter:
    """The Python inside: its path, its directory if that lies outside /usr, and the folder of the
    unpacked image that it is of.
    """

    path: str
    prefix: str = ""
    root: str = ""


def interpreter(path: str = "", root: str = "") -> Interpreter:
    """The interpreter asked for, or the system's, or ours. Raises `ConfigError` if it is unfit."""
    if root:
        return Interpreter(_system.python(root, path), root=root)
    if path:
        return _looked_at(path)
    with suppress(ConfigError):
        return _looked_at("/usr/bin/python3")
    return _looked_at(str(Path(sys.base_prefix) / "bin" / "python3"))


def _looked_at(path: str) -> Interpreter:
    ask = "import json,sys; print(json.dumps([sys.version_info[:2], sys.base_prefix]))"
    try:
        said = subprocess.run(
            [path, "-I", "-c", ask], capture_output=True, text=True, env={}, timeout=30, check=True
        )
        version, prefix = json.loads(said.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise ConfigError(f"{path} is no Python that can be started: {error}") from error
    if tuple(version) < OLDEST:
        raise ConfigError(
            f"{path} is Python {version[0]}.{version[1]}; the sandbox needs 3.9 or later"
        )
    place = Path(prefix).resolve()
    if place.is_relative_to("/usr"):
        return Interpreter(path)
    binary = place / "bin" / Path(path).resolve().name
    if os.geteuid() == 0 and not all(map(_starter.is_readable, (place, binary))):
        raise ConfigError(
            f"the user that runs programs may not read {place}: name another `python`, or install "
            "the system's (apt-get install python3)"
        )
    return Interpreter(str(binary), str(place))


def bwrap() -> str:
    """The path of bubblewrap. Raises `ConfigError`."""
    found = shutil.which("bwrap")
    if found is None:
        raise ConfigError(
            "bubblewrap is not installed: apt-get install bubblewrap (or dnf, pacman, zypper), or "
            "use --sandbox docker"
        )
    return found


def shown(python: Interpreter) -> dict[str, str]:
    """What lies outside the system's folders and is shown all the same: from where, to where."""
    if python.root:
        return {}
    found = {python.prefix: python.prefix} if python.prefix else {}
    for chain in _toolchains.elsewhere():
        found |= chain.shown()
    return found


def command(python: Interpreter, tools: Mapping[str, int], places: Mapping[str, str]) -> list[str]:
    """The command line of the outer sandbox. The guest makes root and /dev read-only itself.

    `places` says where each of `shown` lies for the user that bubblewrap is started by.
    """
    bound = _system.shown(python.root, places.get(python.root, ""))
    for path, target in shown(python).items():
        bound += ["--ro-bind" if path == python.prefix else "--ro-bind-try", places[path], target]
    bound += ["--dir", _toolchains.LINKS]
    for link, target in ({} if python.root else _toolchains.links()).items():
        bound += ["--symlink", target, link]
    for name, file in tools.items():
        bound += ["--perms", "0755", "--ro-bind-data", str(file), f"{_tools.HOME}/{name}"]
    variables = ENVIRONMENT | {"PATH": _toolchains.path(ENVIRONMENT["PATH"])}
    return [
        bwrap(), "--unshare-all", "--die-with-parent", "--new-session", "--cap-add", "ALL",
        "--uid", "65534", "--gid", "65534", "--hostname", "box", *bound,
        "--proc", "/proc", "--dev", "/dev", "--dir", "/tmp", "--dir", "/work", "--chdir", "/work",
        "--clearenv", *(word for pair in variables.items() for word in ("--setenv", *pair)), "--",
    ]  # fmt: skip


def _filter() -> bytes:
    return _seccomp.required(platform.machine())


def _with_remedy(said: str) -> str:
    if not any(sign in said for sign in SIGNS):
        return said
    inside = any(Path(mark).exists() for mark in CONTAINERS) or "Can't mount proc" in said
    return f"{said}: {IN_A_CONTAINER if inside else ON_A_MACHINE}"


PLUGIN = Bubblewrap()
