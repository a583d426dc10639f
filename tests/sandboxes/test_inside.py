"""The tool inside a container: what that must be started with, and what it says if it was not."""

import json
import os
import subprocess
import sysconfig
from pathlib import Path

import pytest

from backfeed.sandboxes import _engine

pytestmark = [
    pytest.mark.bwrap, pytest.mark.docker, pytest.mark.slow,
    pytest.mark.may_skip,  # on machines that differ from the image, see `alike`
]  # fmt: skip

ROOT = Path(__file__).parents[2]
OPEN = ("--security-opt", "seccomp=unconfined", "--security-opt", "systempaths=unconfined")
OURS = ("--security-opt", "seccomp=sandboxes/seccomp.json", *OPEN[2:])
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


# What is documented of the image `backfeed`, in a container that has only what `mounted` gives it.
USE = """
set -e
python3 -m venv --without-pip /tmp/venv
printf '/checkout/src\\n/packages\\n' >"$(echo /tmp/venv/lib/python3*/site-packages)/ours.pth"
export PATH=/tmp/venv/bin:$PATH:/scripts
backfeed() { python -B -m backfeed "$@"; }
"""
DOCTOR = "backfeed doctor --json || true"  # this machine's Docker is not there
CHECK = "cd /data && backfeed check rows.jsonl -o /tmp/out >&2 && cat /tmp/out/summary.json"


def mounted() -> list[str]:
    """The words that give a container this machine's bubblewrap, packages and checkout."""
    packages = sysconfig.get_path("purelib")
    binds = {"/usr/bin/bwrap": "/usr/bin/bwrap", packages: "/packages", str(ROOT): "/checkout",
             sysconfig.get_path("scripts"): "/scripts"}  # fmt: skip
    return [word for path, at in binds.items() for word in ("-v", f"{path}:{at}:ro")]


def within(*flags: str, sandbox: str = "bubblewrap") -> "subprocess.CompletedProcess[str]":
    """Try a sandbox in a container with this machine's bubblewrap, packages and checkout."""
    return subprocess.run(
        ["docker", "run", "--rm", "--network", "none", *mounted(), *flags,
         "-e", "PYTHONPATH=/checkout/src:/packages", "backfeed-base",
         "python3", "-B", "-c", TRY, sandbox],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
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


@pytest.mark.parametrize(
    "flags",
    [OPEN, OPEN + CLOSED, OURS, OURS + CLOSED],
    ids=["root", "user", "root, our filter", "user, our filter"],
)
def test_two_flags_are_enough(flags):
    done = within(*flags)
    assert done.stdout == "held: []\n", done.stderr


def test_the_engines_socket_is_enough():
    path = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")
    done = within("-v", f"{path}:/var/run/docker.sock", sandbox="docker")
    assert done.stdout == "held: []\n", done.stderr


def test_our_filter_is_that_of_the_containers_that_the_sandbox_starts():
    """To renew it: write what `_engine.profile()` gives."""
    told = json.loads((ROOT / "sandboxes" / "seccomp.json").read_text())
    assert told == json.loads(_engine.profile())


def row(name, body):
    code = f"def twice(x):\n    return {body}\n"
    test = {"kind": "script", "code": "assert twice(2) == 4\nassert twice(3) == 6"}
    ours = {"id": name, "language": "python", "instruction": "Write `twice(x)`."}
    return json.dumps({**ours, "response": code, "tests": [test]}) + "\n"


@pytest.fixture
def data(tmp_path):
    """A folder with a data set: one right row, one wrong."""
    tmp_path.chmod(0o755)
    (tmp_path / "rows.jsonl").write_text(row("right", "2 * x") + row("wrong", "x"))
    return tmp_path


def used(data, *words):
    """What commands write in a container that is started as documented."""
    done = subprocess.run(
        ["docker", "run", "--rm", "--network", "none", *OURS, "-v", f"{data}:/data", *words],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


WAYS = {"root": mounted(), "user": [*mounted(), *CLOSED]}


@pytest.mark.parametrize("way", WAYS)
def test_the_documented_command_checks_a_data_set(way, data):
    told = (ROOT / "docs" / "isolation.md").read_text()
    assert " ".join(("docker run --rm", *OURS, '-v "$PWD":/data')) in told.replace(
        " \\\n       ", ""
    )
    doctor = used(data, *WAYS[way], "backfeed-base", "sh", "-c", USE + DOCTOR)
    assert doctor["sandboxes"]["bubblewrap"]["ok"], doctor["sandboxes"]
    stages = used(data, *WAYS[way], "backfeed-base", "sh", "-c", USE + CHECK)["stages"]
    assert (stages["execute"]["out"], stages["execute"]["rejected"]) == (1, {"WA": 1})


@pytest.fixture
def image():
    """The image of the Dockerfile, where somebody has built it: that takes minutes."""
    done = subprocess.run(["docker", "image", "inspect", "backfeed"], capture_output=True)
    if done.returncode:
        pytest.skip("there is no image backfeed: make image")
    return "backfeed"


def test_the_image_does_the_same(image, data):
    shell = ["--entrypoint", "sh", image, "-c"]
    assert used(data, *shell, DOCTOR)["sandboxes"]["bubblewrap"]["ok"]
    stages = used(data, *shell, CHECK)["stages"]
    assert (stages["execute"]["out"], stages["execute"]["rejected"]) == (1, {"WA": 1})
