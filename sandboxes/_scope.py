"""Scopes: control groups that systemd makes for commands, also for those of an ordinary user.

A scope is delegated: below its own directory its process may do as it likes. So that goes to a
child (`INNER`) at once, which is the one that is bounded (see `_starter.py`).
"""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

SLICE = "backfeed.slice"
INNER = "slot"
PATIENCE_S = 10.0
RUNNING = Path("/run/systemd/system")
TRIAL = "cat /sys/fs/cgroup$(sed -n s/^0::// /proc/self/cgroup)/cgroup.controllers"
OWN = ("XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS")


@dataclass(frozen=True, slots=True)
class System:
    """A systemd that makes scopes for us: the machine's, or the user's own."""

    flags: tuple[str, ...]
    place: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)

    def command(self, name: str, most_tasks: int) -> list[str]:
        """Words that start the command after them in a new scope of this name."""
        return [
            _program("systemd-run"), *self.flags, "--scope", "--quiet", "--collect",
            f"--slice={SLICE}", f"--unit={name}", "-p", "Delegate=yes",
            "-p", f"TasksMax={most_tasks}", "--",
        ]  # fmt: skip


def system() -> System | None:
    """One that makes scopes with memory and pids in them; None if there is none."""
    if not (_program("systemd-run") and RUNNING.is_dir()):
        return None
    flags = () if os.geteuid() == 0 else ("--user",)
    variables = {name: os.environ[name] for name in OWN if flags and name in os.environ}
    if flags:
        variables.setdefault("XDG_RUNTIME_DIR", f"/run/user/{os.geteuid()}")
    found = System(flags, "", variables)
    ask = [_program("systemctl"), *flags, "show", "--property=ControlGroup", "--value"]
    place = _said(ask, variables)  # of the machine's own it is empty
    trial = [*found.command(f"backfeed-trial-{os.getpid()}", 16), "/bin/sh", "-c", TRIAL]
    if place is None or not {"memory", "pids"} <= set((_said(trial, variables) or "").split()):
        return None
    return System(flags, f"{place.rstrip('/')}/{SLICE}", variables)


def _program(name: str) -> str:
    return shutil.which(name) or ""


def _said(command: list[str], variables: Mapping[str, str]) -> str | None:
    try:
        done = subprocess.run(
            command, env=dict(variables), stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=PATIENCE_S, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
