"""Bubblewrap over an unpacked image: what programs see of it, and what of this machine."""

import asyncio
import shutil
import subprocess
from pathlib import Path

import pytest

from backfeed.engine.errors import ConfigError
from backfeed.engine.requests import Job
from backfeed.sandboxes import _system, _toolchains, bubblewrap


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def tree(tmp_path):
    """What an image looks like: a command behind Debian's two links, and one that leads nowhere."""
    root = tmp_path / "root"
    script(root / "usr/bin/tool-1.2", "echo 1.2")
    script(root / "usr/bin/python3", "")
    (root / "etc/alternatives").mkdir(parents=True)
    (root / "etc/alternatives/tool").symlink_to("/usr/bin/tool-1.2")
    (root / "usr/bin/tool").symlink_to("../../etc/alternatives/tool")
    (root / "usr/bin/round").symlink_to("round")
    (root / "bin").symlink_to("usr/bin")
    return root


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/usr/bin/tool", "usr/bin/tool-1.2"),
        ("/bin/tool", "usr/bin/tool-1.2"),
        ("/../../bin/../bin/tool", "usr/bin/tool-1.2"),
        ("/usr/bin/none", "usr/bin/none"),
        ("/usr/bin/round", "usr/bin/round"),
        ("/", ""),
    ],
)
def test_links_are_followed_as_they_are_inside(tree, path, place):
    assert _toolchains.followed(str(tree), path) == tree / place


def test_a_link_does_not_lead_out_of_the_image(tree):
    (tree / "etc/ssl").symlink_to("../../../../../../../../../../../../../etc")
    shown = _system.shown(str(tree), "/mnt/0")
    assert "/mnt/0/etc/openssl.cnf" in shown
    assert not [word for word in shown[1::3] if word.startswith("/etc")]


def test_a_command_is_identified_by_the_image_it_is_of(tree):
    before = _toolchains.digest("tool", str(tree))
    script(tree / "usr/bin/tool-1.2", "echo 1.3")
    _toolchains.digest.cache_clear()
    assert _toolchains.digest("tool", str(tree)) not in ("", before)
    assert _toolchains.digest("bwrap", str(tree)) == _toolchains.digest("round", str(tree)) == ""


def test_packages_of_the_image_are_part_of_it(tree):
    script(tree / "usr/bin/node", "echo 18")
    before = _toolchains.digest("node", str(tree))
    script(tree / "usr/local/lib/backfeed/node/recipe", "7")
    for known in (_toolchains.digest, _toolchains._packages):
        known.cache_clear()
    assert _toolchains.digest("node", str(tree)) != before


def test_a_folder_that_is_no_image_is_refused_with_the_remedy(tmp_path):
    with pytest.raises(ConfigError, match=r"no unpacked image.*docker export .* tar -x -C"):
        bubblewrap.PLUGIN.service({"root": str(tmp_path)})
    with pytest.raises(ConfigError, match="no unpacked image"):
        bubblewrap.PLUGIN.service({"root": str(tmp_path / "nowhere")})


def test_an_image_without_python_is_refused(tree):
    tree.chmod(0o755)
    (tree / "usr/bin/python3").unlink()
    with pytest.raises(ConfigError, match=r"no /usr/bin/python3.*install python3"):
        bubblewrap.PLUGIN.service({"root": str(tree)})
    with pytest.raises(ConfigError, match=r"no /opt/python"):
        bubblewrap.PLUGIN.service({"root": str(tree), "python": "/opt/python"})


def test_an_image_that_programs_may_not_read_is_refused(tree):
    tree.chmod(0o700)
    with pytest.raises(ConfigError, match="chmod 755"):
        bubblewrap.PLUGIN.service({"root": str(tree)})


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """The image backfeed-base, unpacked, with a command and a package that are only there."""
    root = tmp_path_factory.mktemp("image") / "root"
    root.mkdir(mode=0o755)
    made = subprocess.check_output(["docker", "create", "backfeed-base"], text=True).strip()
    try:
        with subprocess.Popen(["docker", "export", made], stdout=subprocess.PIPE) as export:
            subprocess.run(["tar", "-x", "-C", str(root)], stdin=export.stdout, check=True)
    finally:
        subprocess.run(["docker", "rm", made], check=True, capture_output=True)
    script(root / "opt/only-here", "echo of the image")
    (root / "usr/bin/only-here").symlink_to("/usr/local/lib/backfeed/only-here")
    script(root / "usr/local/lib/backfeed/only-here", "echo of the image")
    yield root
    shutil.rmtree(root)


@pytest.fixture
def run(unpacked, tmp_path):
    """The outcome of a shell's words over the unpacked image, with a tool of this machine."""
    tool = script(tmp_path / "tool", "echo of this machine")
    settings = {"slots": 1, "cold_share": 0, "root": str(unpacked), "tools": {"mine": str(tool)}}
    service = bubblewrap.PLUGIN.service(settings)

    def do(*command):
        return Job().decode(asyncio.run(answers(service, Job(command=command))))

    yield do
    asyncio.run(service.close())


async def answers(service, job):
    [found] = await service.answer([job])
    return found


@pytest.mark.bwrap
@pytest.mark.docker
@pytest.mark.slow
def test_programs_see_the_image_and_not_this_machine(run, unpacked):
    assert run("only-here").stdout == "of the image\n"
    assert run("/opt/backfeed/bin/mine").stdout == "of this machine\n"
    told = run("sh", "-c", "command -v bwrap docker; ls /opt /; echo x >/usr/x")
    assert told.exit_code != 0
    assert told.stdout.split()[:2] == ["/:", "bin"], told
    assert "only-here" not in told.stdout  # of /opt
    assert not (unpacked / "usr/x").exists()
    code = "import sys, os\nprint(sys.executable, os.path.exists('/usr/bin/bwrap'))"
    assert run("python", "-c", code).stdout == "/usr/bin/python3 False\n"
