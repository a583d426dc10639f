"""Which sandbox the action chooses, on runners played by programs that say what they did."""

import shutil
import subprocess
from pathlib import Path

import pytest
from ci_runner import STEPS, Runner

PROFILE = """\
abi <abi/4.0>,
include <tunables/global>
profile backfeed-bwrap /opt/backfeed/bwrap flags=(unconfined) {
  userns,
}
"""
TOOLS = ("bash", "cat", "chmod", "install", "ln", "mkdir", "tail", "tee", "touch")
LOG = 'echo "${0##*/} $*" >> "$RUNNER_TEMP/log"\n'
PROGRAMS = {
    "id": "echo 1001",
    "backfeed": '[ -e "$RUNNER_TEMP/$3 holds" ] || { echo "backfeed: no $3"; exit 1; }',
    "bwrap": "true",
    "docker": '[ "$1 $2" != "image inspect" ]',
    "sudo": LOG
    + """shift
case $1 in
    install) ;;
    tee) cat > "$RUNNER_TEMP/profile" ;;
    *) "$@" ;;
esac""",
    "apparmor_parser": 'touch "$RUNNER_TEMP/bubblewrap holds"',
    "apt-get": LOG
    + 'if [ "$1" = install ]; then ln -s "$(command -v cat)" "$RUNNER_TEMP/bin/bwrap"; fi',
}


@pytest.fixture
def runner(tmp_path):
    """A runner on which bubblewrap holds once a profile is loaded, and Docker has no image."""
    (tmp_path / "home").mkdir()
    (tmp_path / "tools").mkdir()
    for name in TOOLS:
        (tmp_path / "tools" / name).symlink_to(shutil.which(name))
    made = Runner(tmp_path, tmp_path / "home", str(tmp_path / "tools"))
    for name, text in PROGRAMS.items():
        made.program(name, text)
    (made.home / "backfeed/bin").mkdir(parents=True)
    (made.home / "backfeed/bin/python").symlink_to(made.home / "bin/pip")
    made.program("pip", LOG)
    (made.home / "restricted").write_text("1\n")
    return made


def choose(runner, *holds, **programs):
    """Take the step with some programs changed or (None) absent: what it chose, and its code."""
    for name in holds:
        (runner.home / f"{name} holds").touch()
    for name, text in programs.items():
        name = name.replace("_get", "-get")
        if text is None:
            (runner.home / "bin" / name).unlink()
        else:
            runner.program(name, text)
    (runner.home / "added").write_text("")
    step = STEPS["sandbox"]
    given = {"RESTRICTED": str(runner.home / "restricted")}
    code = runner.step({**step, "env": given})
    return runner.outputs["sandbox"].get("sandbox"), code


def log(runner):
    path = runner.home / "log"
    return path.read_text() if path.exists() else ""


def test_bubblewrap_that_holds_is_taken_as_it_is(runner):
    assert choose(runner, "bubblewrap") == ("bubblewrap", 0)
    assert runner.said == "backfeed gate: programs run in bubblewrap\n"
    assert (log(runner), runner.added) == ("", [])


@pytest.mark.parametrize("user", ["0", "1001"])
def test_bubblewrap_is_installed_by_root_or_through_sudo(runner, user):
    found = choose(runner, "bubblewrap", bwrap=None, id=f"echo {user}")
    assert found == ("bubblewrap", 0)
    assert "apt-get install -y -qq bubblewrap" in log(runner)
    assert ("sudo -n apt-get" in log(runner)) is (user != "0")


def test_where_user_namespaces_are_restricted_bubblewrap_gets_a_profile(runner):
    assert choose(runner) == ("bubblewrap", 0)
    assert runner.said.splitlines() == [
        "bubblewrap does not hold: backfeed: no bubblewrap",
        "this kernel lets only programs with an AppArmor profile make user namespaces:"
        " a copy of bubblewrap gets one",
        "backfeed gate: programs run in bubblewrap, a copy in /opt/backfeed with an AppArmor"
        " profile",
    ]
    assert (runner.home / "profile").read_text() == PROFILE
    bwrap = runner.home / "bin/bwrap"
    assert log(runner).splitlines() == [
        f"sudo -n install -D -m 755 {bwrap} /opt/backfeed/bwrap",
        "sudo -n tee /etc/apparmor.d/backfeed-bwrap",
        "sudo -n apparmor_parser -r /etc/apparmor.d/backfeed-bwrap",
    ]
    assert runner.added == ["/opt/backfeed"]


@pytest.mark.parametrize(
    ("restricted", "programs", "told"),
    [
        ("1", {"apparmor_parser": "exit 1"}, "the profile could not be loaded"),
        ("1", {"sudo": "exit 1"}, "the profile could not be loaded"),
        ("1", {"apparmor_parser": "true"}, "sudo sysctl -w kernel.apparmor_restrict_unpriv"),
        ("0", {}, "bubblewrap does not hold: backfeed: no bubblewrap"),
        ("1", {"bwrap": None, "apt_get": "exit 100"}, "bubblewrap could not be installed"),
    ],
)
def test_else_docker_is_taken_and_named(runner, restricted, programs, told):
    (runner.home / "restricted").write_text(restricted)
    assert choose(runner, "docker", **programs) == ("docker", 0)
    assert told in runner.said
    assert runner.said.splitlines()[-1] == (
        "backfeed gate: programs run in docker, in the image backfeed-base: bubblewrap does not"
        " hold on this runner"
    )
    assert "python -m pip install --quiet backfeed[docker]" in log(runner)
    assert ("apparmor_parser" in log(runner)) is (
        restricted == "1" and "sudo" not in programs and "bwrap" not in programs
    )


@pytest.mark.parametrize("there", [True, False])
def test_the_image_is_made_where_it_is_not_there(runner, there):
    (runner.home / "restricted").write_text("0")
    inspect = "true" if there else '[ "$1 $2" != "image inspect" ]'
    assert choose(runner, "docker", docker=LOG + inspect) == ("docker", 0)
    assert ("docker build --quiet -t backfeed-base -" in log(runner)) is not there


@pytest.mark.parametrize(
    ("programs", "told"),
    [
        ({"docker": "exit 1"}, "no Docker engine answers"),
        ({"docker": None}, "no Docker engine answers"),
        ({}, "docker does not hold: backfeed: no docker"),
        ({"docker": '[ "$1" = info ]'}, "the image backfeed-base could not be made"),
        ({"pip": "exit 1"}, "pip could not install Docker's client"),
    ],
)
def test_where_nothing_isolates_nothing_is_judged(runner, programs, told):
    assert choose(runner, apparmor_parser="exit 1", **programs) == (None, 3)
    assert told in runner.said
    assert runner.said.splitlines()[-1].startswith(
        "::error title=backfeed gate::neither bubblewrap nor Docker can run programs here"
    )


@pytest.mark.skipif(
    not Path("/etc/apparmor.d/abi/4.0").exists(), reason="AppArmor 4, of Ubuntu 24.04, is not here"
)
@pytest.mark.may_skip
def test_apparmor_would_load_the_profile(tmp_path):
    (tmp_path / "profile").write_text(PROFILE)
    command = ["apparmor_parser", "--skip-kernel-load", "--skip-cache", str(tmp_path / "profile")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
