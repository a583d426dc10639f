"""What we ask of a container engine (Docker, or Podman's socket), through the Docker SDK.

The SDK is imported when an engine is opened: it is an extra. What fails before a container runs is
a `ConfigError`, later an `Outage`.
"""

import json
import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from backfeed.engine.errors import BackfeedError, ConfigError, Outage
from backfeed.sandboxes import _seccomp
from backfeed.sandboxes._attached import Attached
from backfeed.sandboxes._protocol import BOOT

if TYPE_CHECKING:
    from docker.api import APIClient

TIMEOUT_S = 60
MOST_TASKS = 4096
MOST_FILES = 16384
STACK = 16 << 20
LABEL = "backfeed.owner"
YOUNG_S = 60.0  # a container of this age may be about to be started

# Asked for rarely, and there is no other exact source: the engine's events come late.
COUNT_KILLS = """\
for path in ("memory/memory.oom_control", "memory.events"):
    try: text = open("/sys/fs/cgroup/" + path).read()
    except OSError: continue
    print(dict(zip(text.split()[::2], text.split()[1::2])).get("oom_kill", 0))
    break
"""

# What the guest itself needs; programs are refused these, too.
GUEST_CALLS = {"mount", "umount2", "pivot_root", "unshare", "setns", "sethostname"}
PRIVILEGED = ["SYS_ADMIN", "SETUID", "SETGID"]

MISSING_SDK = "the sandbox docker needs the Docker SDK: pip install 'backfeed[docker]'"
NO_ENGINE = (
    "no container engine answers at {place} ({error}). Start it (systemctl start docker, or "
    "`make engine` in the repository), or name another in DOCKER_HOST, such as that of "
    "`podman system service`, or use --sandbox bubblewrap"
)
NOT_ALLOWED = (
    "this user may not speak to the container engine at {place}: become a member of its group "
    "(usermod -aG docker USER), or use rootless Docker or Podman, or --sandbox bubblewrap"
)
NO_IMAGE = (
    "the container engine has no image {image!r}. For backfeed-base run `make engine` in the "
    "repository, for backfeed-tools `make images`, for backfeed-go and its like `make images "
    "FAMILY=go` (none needs a registry of images), or: printf 'FROM debian:bookworm-slim\\nRUN "
    "apt-get update && apt-get install -y python3\\n' | docker build -t backfeed-base -"
)


@dataclass(frozen=True, slots=True)
class Plan:
    """A container to be made: from which image, with which interpreter, as which user.

    `privileged`: it begins as root with what it takes to make a user namespace.
    """

    image: str
    python: str
    uid: int
    runtime: str = ""
    privileged: bool = False


def _knock(place: str) -> None:
    """Raise `OSError` if nobody listens at a socket: the SDK would leave its own one open."""
    kind, _, path = place.partition("://")
    if kind == "unix":
        with socket.socket(socket.AF_UNIX) as one:
            one.settimeout(TIMEOUT_S)
            one.connect(path)


class Engine:
    """A connection to the container engine; belongs to one thread at a time."""

    def __init__(self) -> None:
        try:
            import docker
            from requests import RequestException
        except ImportError as error:
            raise ConfigError(MISSING_SDK) from error
        self._errors = (docker.errors.DockerException, RequestException, OSError)
        self.place = os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"
        try:
            _knock(self.place)
            self._api: APIClient = docker.DockerClient.from_env(timeout=TIMEOUT_S).api
            self.facts: Mapping[str, Any] = self._api.info()
            parts = self._api.version().get("Components") or ()
        except self._errors as error:
            told = NOT_ALLOWED if "Permission denied" in str(error) else NO_ENGINE
            raise ConfigError(told.format(place=self.place, error=error)) from error
        self.podman = any("Podman" in str(part.get("Name")) for part in parts)
        self._missing = docker.errors.NotFound

    def image(self, name: str) -> Mapping[str, Any]:
        """What is known of an image. Raises `ConfigError` with the way to get one."""
        with self._asking(f"image {name}"):
            try:
                found: Mapping[str, Any] = self._api.inspect_image(name)  # type: ignore[no-untyped-call]
            except self._missing as error:
                raise ConfigError(NO_IMAGE.format(image=name)) from error
        return found

    def create(self, plan: Plan, memory_mb: int) -> str:
        """Make a container, closed and hardened, and not yet started. Returns its id."""
        with self._asking("a container cannot be made"):
            made = self._api.create_container(
                plan.image,
                entrypoint=[plan.python],
                command=["-I", "-c", BOOT],
                user="0:0" if plan.privileged else f"{plan.uid}:{plan.uid}",
                stdin_open=True,
                working_dir="/",
                labels={LABEL: owner()},
                host_config=self._host_config(plan, memory_mb),
                use_config_proxy=False,
            )
        return str(made["Id"])

    def _host_config(self, plan: Plan, memory_mb: int) -> dict[str, Any]:
        from docker.types import LogConfig, Ulimit

        config: dict[str, Any] = self._api.create_host_config(
            auto_remove=True, read_only=True, network_mode="none", ipc_mode="private",
            cap_drop=["ALL"], cap_add=PRIVILEGED if plan.privileged else None,
            security_opt=self._security(), pids_limit=MOST_TASKS, runtime=plan.runtime or None,
            mem_limit=memory_mb << 20, memswap_limit=memory_mb << 20, oom_score_adj=0,
            log_config=LogConfig(type="none"),
            ulimits=[Ulimit(name=name, soft=most, hard=most) for name, most in self._most()],
        )  # fmt: skip
        # Whoever may not see all of /proc may not mount another; the guest covers this one.
        return config | {"MaskedPaths": [], "ReadonlyPaths": []}

    def _most(self) -> list[tuple[str, int]]:
        """Limits of each process; what Podman sets unasked, not every engine of it may set."""
        rest = [("nofile", MOST_FILES), ("nproc", MOST_TASKS)] if self.podman else []
        return [("stack", STACK), *rest]

    def _security(self) -> list[str]:
        """Our own filter instead of the engine's; no profile that forbids the guest to mount.

        Podman takes a filter only as a file of its machine: there, programs alone have one.
        """
        has = " ".join(map(str, self.facts.get("SecurityOptions") or ()))
        found = ["no-new-privileges"]
        if self.podman:
            found += ["seccomp=unconfined", "unmask=ALL"]
        elif "seccomp" in has:
            found.append(f"seccomp={profile()}")
        if "apparmor" in has:
            found.append("apparmor=unconfined")
        if "selinux" in has:
            found.append("label=disable")
        return found

    def start(self, container: str, log: IO[bytes]) -> Attached:
        """Start it. Returns the line to it; what it complains of goes to `log`."""
        ends = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
        with self._asking("a container cannot be started"):
            held = self._api.attach_socket(container, params=ends)
            line = Attached(held, log, lambda: self.remove(container))
            try:
                self._api.start(container)
            except self._errors:
                line.close()
                raise
        return line

    def bound(self, container: str, memory_mb: int) -> None:
        """Bound the memory of a container that runs. Raises `Outage`."""
        most = memory_mb << 20
        with self._asking("the memory of a container cannot be bounded", Outage):
            self._api.update_container(container, mem_limit=most, memswap_limit=most)

    def kills(self, container: str, python: str) -> int:
        """How many processes in a container the kernel has killed for want of memory so far.

        Raises `Outage`.
        """
        with self._asking("a container cannot be looked into", Outage):
            made = self._api.exec_create(container, [python, "-I", "-c", COUNT_KILLS])
            return int(self._api.exec_start(made["Id"]) or 0)

    def remove(self, container: str) -> None:
        """Kill and remove a container. One that is gone already, or going, is no failure."""
        try:
            self._api.remove_container(container, force=True, v=True)
        except self._errors:
            return

    def sweep(self) -> None:
        """Remove the containers of runs that were killed."""
        with self._asking("the containers cannot be listed"):
            found = self._api.containers(all=True, filters={"label": LABEL})
        for container in found:
            young = time.time() - container["Created"] < YOUNG_S
            runs = container["State"] == "running"
            if is_dead(container["Labels"][LABEL]) or not (runs or young):
                self.remove(container["Id"])

    def close(self) -> None:
        """Close the connection."""
        self._api.close()

    @contextmanager
    def _asking(self, what: str, kind: type[BackfeedError] = ConfigError) -> Iterator[None]:
        try:
            yield
        except self._errors as error:
            raise kind(f"{what}: {error}") from error


def profile() -> str:
    """The container's own seccomp filter: that of the programs, less what the guest needs."""
    names = sorted(set(_seccomp.DENIED) - GUEST_CALLS)
    rule = {"names": names, "action": "SCMP_ACT_ERRNO", "errnoRet": _seccomp.EPERM}
    return json.dumps({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [rule]})


def owner() -> str:
    """Who we are, so that a later run can tell whether we are still there."""
    return " ".join((*_home(), str(os.getpid()), _born(os.getpid())))


def is_dead(label: str) -> bool:
    """Is the owner of this label known to be gone? Not for one of another machine."""
    *home, pid, born = label.split() if label.count(" ") == 3 else ("", "", "")
    return tuple(home) == _home() and _born(int(pid)) != born


def _home() -> tuple[str, str]:
    """This boot of this machine, and our namespace of process numbers."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return boot, str(Path("/proc/self/ns/pid").stat().st_ino)


def _born(pid: int) -> str:
    """When a process was started; empty if there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""
