"""The tool inside a container: what that must be started with, and what it says if it was not."""

import os
import subprocess
import sysconfig
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.bwrap, pytest.mark.docker, pytest.mark.slow,
    pytest.mark.may_skip,  # on machines that differ from the image, see `alike`
]  # fmt: skip

ROOT = Path(__file__).parents[2]
OPEN = ("--security-opt", "seccomp=unconfined", "--security-opt", "systempaths=unconfined")
CLOSED = ("--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--read-only", "--tmpfs",
          "/tmp", "--user", "1000:1000")  # fmt: skip

TRY = """
import asyncio, sys
from backfeed.engine import registry
from backfeed.engine.errors import ConfigError
from backfeed.sandboxes.selfcheck.probes import run
try:
    service = registry.made("sandboxes", sys.argv[1]).service({"slots": 1})
except ConfigError as error:
    sys.exit(str(error))
print("held:", [p["name"] for p in asyncio.run(run(service)) if not p["ok"]])
asyncio.run(service.close())
"""


def within(*flags: str, sandbox: str = "bubblewrap") -> "subprocess.CompletedProcess[str]":
    """Try a sandbox in a container with this machine's bubblewrap, packages and checkout."""
    packages = sysconfig.get_path("purelib")
    binds = {"/usr/bin/bwrap": "/usr/bin/bwrap", packages: "/packages", str(ROOT): "/checkout"}
    mounts = [word for path, at in binds.items() for word in ("-v", f"{path}:{at}:ro")]
    return subprocess.run(
        ["docker", "run", "--rm", "--network", "none", *mounts, *flags,
         "-e", "PYTHONPATH=/checkout/src:/packages", "backfeed-base",
         "python3", "-B", "-c", TRY, sandbox],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def alike():
    """What is mounted must run in the image: another Debian may have another libc or Python."""
    ask = "bwrap --version && python3 -c 'import sys; print(sys.version_info[:2])'"
    done = subprocess.run(
        ["docker", "run", "--rm", "--network", "none", "-v", "/usr/bin/bwrap:/usr/bin/bwrap:ro",
         "backfeed-base", "sh", "-c", ask],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    version = sysconfig.get_python_version().replace(".", ", ")
    if f"({version})" not in done.stdout:
        pytest.skip(f"the image runs not what this machine has: {done.stdout}{done.stderr}")


@pytest.mark.parametrize("flags", [(), OPEN[:2], OPEN[2:], CLOSED])
def test_a_container_like_any_other_is_refused_with_the_flags(flags):
    done = within(*flags)
    assert done.returncode == 1
    assert " ".join(OPEN) in done.stderr


@pytest.mark.parametrize("flags", [OPEN, OPEN + CLOSED], ids=["root", "user"])
def test_two_flags_are_enough(flags):
    done = within(*flags)
    assert done.stdout == "held: []\n", done.stderr


def test_the_engines_socket_is_enough():
    path = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")
    done = within("-v", f"{path}:/var/run/docker.sock", sandbox="docker")
    assert done.stdout == "held: []\n", done.stderr
