"""The sandbox as an ordinary user starts it."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec
import platformdirs
import pytest

from backfeed.sandboxes import bubblewrap

pytestmark = pytest.mark.bwrap


def system_python() -> tuple[int, ...]:
    ask = "import json, sys; print(json.dumps(sys.version_info[:2]))"
    done = subprocess.run(["/usr/bin/python3", "-c", ask], capture_output=True, check=False)
    return tuple(json.loads(done.stdout or "[]"))


SMALL = """
import asyncio, sys
from backfeed.engine.requests import Job
from backfeed.sandboxes.bubblewrap import PLUGIN
from backfeed.sandboxes.selfcheck.probes import run
service = PLUGIN.service({"slots": 1})
print([p["name"] for p in asyncio.run(run(service)) if not p["ok"]], PLUGIN.probe()["uid"])
asyncio.run(service.close())
"""


@pytest.mark.may_skip  # without root, all other tests already run as an ordinary user
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.skipif(system_python() != sys.version_info[:2], reason="msgspec is built for another")
def test_works_for_an_ordinary_user():
    """The package is copied: the working tree may be closed to others."""
    place = Path(tempfile.mkdtemp(prefix="backfeed-"))
    try:
        readable(place)
        done = subprocess.run(
            ["setpriv", "--reuid", "60001", "--regid", "60001", "--clear-groups", "env", "-i",
             "PATH=/usr/bin:/bin", f"PYTHONPATH={place}", "/usr/bin/python3", "-c", SMALL],
            capture_output=True, text=True, check=False, cwd="/",
        )  # fmt: skip
    finally:
        shutil.rmtree(place)
    assert done.stdout == "[] the user's own\n", done.stderr


def readable(place: Path) -> None:
    """Copies of the package and of what it imports, for anyone to read."""
    root = Path(bubblewrap.__file__).parents[1]
    for name in ("engine", "sandboxes"):
        shutil.copytree(root / name, place / "backfeed" / name)
    (place / "backfeed" / "__init__.py").touch()
    for package in (msgspec, platformdirs):
        shutil.copytree(Path(str(package.__file__)).parent, place / package.__name__)
    subprocess.run(["chmod", "-R", "a+rX", str(place)], check=True)
