"""What is the Docker backend's own: how containers are made, and what is left of them."""

import asyncio
import gc
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from backfeed.engine import registry
from backfeed.engine.errors import ConfigError
from backfeed.engine.requests import Job, Limits
from backfeed.sandboxes import _engine, docker

pytestmark = pytest.mark.docker

NOTHING = "0000000000000000"


@pytest.fixture
def engine():
    made = _engine.Engine()
    yield made
    made.close()


@pytest.fixture
def started(engine):
    """Start a crew of one slot: `started(settings)`; what is given says all of its container."""
    crews = []

    def start(**settings):
        crews.append(docker.PLUGIN.service({"slots": 1, "cold_share": 0, **settings}))
        return crews[-1], engine._api.inspect_container(container_of(crews[-1]))

    yield start
    for crew in crews:
        crew.shut()


def container_of(crew) -> str:
    return str(crew.slots[0]._launch._container)


def ours(engine, owner: str) -> list[str]:
    """The containers with this label."""
    found = engine._api.containers(all=True, filters={"label": f"{_engine.LABEL}={owner}"})
    return [container["Id"] for container in found]


def gone(engine, owner: str, within_s: float, but: list[str] | None = None) -> bool:
    """Are its containers gone, or soon gone, but for those?"""
    end = time.monotonic() + within_s
    while (left := set(ours(engine, owner)) - set(but or ())) and time.monotonic() < end:
        time.sleep(0.1)
    return not left


@pytest.fixture
def nothing_new(engine):
    """Say whether there is, within two seconds, no container of ours that was not there before."""
    before = ours(engine, _engine.owner())
    return lambda: gone(engine, _engine.owner(), 2, but=before)


def test_it_is_registered():
    assert registry.load("sandboxes", "docker") is docker.PLUGIN


def test_probe_says_what_is_in_force(engine):
    found = docker.PLUGIN.probe()
    assert found["docker"] == engine.facts["ServerVersion"]
    assert found["launcher"] == docker.LAUNCHERS[False]
    assert found["image"].startswith("sha256:")


def test_the_container_is_closed(started):
    _, seen = started()
    host = seen["HostConfig"]
    assert (host["ReadonlyRootfs"], host["Privileged"], host["AutoRemove"]) == (True, False, True)
    assert (host["CapDrop"], host["CapAdd"]) == (["ALL"], None)
    assert (host["NetworkMode"], host["IpcMode"]) == ("none", "private")
    assert not host["Binds"]
    assert seen["Mounts"] == []
    assert host["Memory"] == host["MemorySwap"] > 0
    assert host["PidsLimit"] == _engine.MOST_TASKS
    assert host["LogConfig"]["Type"] == "none"
    assert seen["Config"]["User"] == f"{docker.FIRST_UID}:{docker.FIRST_UID}"
    assert "no-new-privileges" in host["SecurityOpt"]
    assert any("ptrace" in option for option in host["SecurityOpt"])


def test_podman_is_told_what_it_would_set_unasked(engine):
    """It would set a million, which it may not where it runs in a container itself."""
    plan = _engine.Plan("x", "python3", docker.FIRST_UID)
    engine.podman = True
    names = {limit["Name"] for limit in engine._host_config(plan, 64)["Ulimits"]}
    assert names == {"stack", "nofile", "nproc"}


def test_the_guard_holds_no_capability(started, engine):
    crew, _ = started()
    made = engine._api.exec_create(container_of(crew), ["grep", "^Cap[IPEA]", "/proc/1/status"])
    held = engine._api.exec_start(made["Id"]).decode().split()[1::2]
    assert held == [NOTHING] * 4


def test_root_gives_everything_up(engine):
    """Where users may make no namespaces, the container begins as root: the same comes of it."""
    image = engine.image("backfeed-base")
    chosen = docker.Settings(slots=1, cold_share=0)
    plain = docker._crew(chosen, engine, image)
    rooted = docker._crew(chosen, engine, image, privileged=True)
    try:
        code = "print([l for l in open('/proc/self/status') if l[:3] in LINES])"
        code = code.replace("LINES", "('Uid', 'Gid', 'Cap', 'NoN', 'Sec')")
        job = Job(command=("python", "-c", code))
        seen = [asyncio.run(crew.answer([job]))[0]["stdout"] for crew in (plain, rooted)]
        uids = {uid_of(status) for status in statuses_in(container_of(rooted))}
    finally:
        plain.shut()
        rooted.shut()
    assert plain.identity == rooted.identity
    assert seen[0] == seen[1] != ""
    assert uids == {str(docker.FIRST_UID)}


def statuses_in(container):
    """What /proc says of each process of a container."""
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if container in (place / "cgroup").read_text():
                yield (place / "status").read_text()


def uid_of(status):
    return re.search(r"^Uid:\s+(\d+)", status, re.MULTILINE)[1]


def test_podman_would_not_heed_a_runtime(engine):
    engine.podman = True
    with pytest.raises(ConfigError, match=r"containers\.conf"):
        docker._open(docker.Settings(runtime="runsc"), engine)


def test_privileges_are_asked_for_only_if_there_is_no_other_way(engine, monkeypatch):
    asked = []

    def refuse(*_, privileged=False):
        asked.append(privileged)
        raise ConfigError(f"{docker.REFUSED}: unshare: Operation not permitted")

    monkeypatch.setattr(docker, "_crew", refuse)
    with pytest.raises(ConfigError, match=r"user\.max_user_namespaces"):
        docker._open(docker.Settings(), engine)
    assert asked == [False, True]


def test_a_machine_that_refuses_namespaces_is_refused(monkeypatch, nothing_new):
    """A filter that forbids what the guest needs is what such a machine looks like."""
    monkeypatch.setattr(_engine, "GUEST_CALLS", set())
    with pytest.raises(ConfigError, match=r"unshare.*--sandbox bubblewrap"):
        docker.PLUGIN.service({"slots": 1})
    assert nothing_new()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"imag": "x"}, "did you mean 'image'"),
        ({"cold_share": 2}, "between 0 and 1"),
        ({"image": "backfeed-no-such"}, "docker build -t backfeed-base"),
        ({"python": "no-such-python"}, "no-such-python"),
        ({"runtime": "no-such-runtime"}, "no-such-runtime"),
        ({"tools": {"x": "/no/tool"}}, "cannot be read"),
    ],
)
def test_bad_settings(settings, words, nothing_new):
    with pytest.raises(ConfigError, match=words):
        docker.PLUGIN.service({"slots": 1, **settings})
    assert nothing_new()


def test_without_the_sdk(monkeypatch):
    monkeypatch.setitem(sys.modules, "docker", None)
    with pytest.raises(ConfigError, match=r"pip install 'backfeed\[docker\]'"):
        docker.PLUGIN.service({})


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_without_an_engine(monkeypatch):
    """The SDK leaves the socket that found nobody to the garbage collector."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///no/such.sock")
    with pytest.raises(ConfigError, match=r"no container engine answers at unix:///no/such.sock"):
        docker.PLUGIN.service({})
    gc.collect()


def test_memory_that_the_kernel_takes_back_is_known(started, monkeypatch):
    """The watch is blind here, so that the container's own bound is met. A kernel that looks for
    memory for long lets the program come to its CPU limit instead.
    """
    monkeypatch.setattr(docker, "most_memory_mb", lambda _: 128)
    monkeypatch.setattr("backfeed.sandboxes._slot.most_memory_mb", lambda _: 128)
    crew, _ = started()
    code = "x = []\nwhile True: x.append(bytearray(b'x') * (16 << 20))"
    job = Job(command=("python", "-c", code), limits=Limits(memory_mb=3000, cpu_s=3))
    suicide = Job(command=("python", "-c", "import os\nos.kill(os.getpid(), 9)"))

    def ended(asked):
        run = crew._threads.submit(lambda: crew._slot().run(asked, warm=False).ended)
        return run.result()

    seen = [ended(job) for _ in range(4)]
    assert {(one.signal, one.out_of_memory) for one in seen if not one.stopped} == {(9, True)}, seen
    assert (ended(suicide).signal, ended(suicide).out_of_memory) == (9, False)


def test_a_job_that_may_have_more_memory_gets_it(started, engine):
    crew, before = started()
    code = "x = bytearray(b'x') * (1200 << 20)"
    job = Job(command=("python", "-c", code), limits=Limits(memory_mb=1500))
    assert asyncio.run(crew.answer([job]))[0]["verdict"] == "AC"
    after = engine._api.inspect_container(container_of(crew))
    assert after["HostConfig"]["Memory"] > before["HostConfig"]["Memory"]


def test_nothing_is_left_after_close(nothing_new, started, engine):
    crew, seen = started()
    assert seen["Id"] in ours(engine, _engine.owner())
    crew.shut()
    assert nothing_new()


KILLED = """
import asyncio
from backfeed.engine.requests import Job
from backfeed.sandboxes import _engine
from backfeed.sandboxes.docker import PLUGIN
service = PLUGIN.service({"slots": 1})
print(_engine.owner(), flush=True)
asyncio.run(service.answer([Job(command=("sleep", "27.375"))]))
"""


def test_a_killed_run_leaves_nothing_for_long(engine, no_process_with):
    with subprocess.Popen([sys.executable, "-c", KILLED], stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        owner = run.stdout.readline().strip()
        assert len(ours(engine, owner)) == 1
        time.sleep(0.5)
        os.kill(run.pid, signal.SIGKILL)
    assert no_process_with("sleep 27.375", within_s=5)
    assert gone(engine, owner, 5)


def test_the_containers_of_the_dead_are_swept(started, engine, monkeypatch):
    boot, space, pid, _ = _engine.owner().split()
    image = engine.image("backfeed-base")["Id"]
    labels = {"dead": f"{boot} {space} {pid} 1", "elsewhere": f"another {space} {pid} 1"}
    for label in labels.values():
        monkeypatch.setattr(_engine, "owner", lambda label=label: label)
        engine.create(_engine.Plan(image, "python3", docker.FIRST_UID), 64)
    monkeypatch.undo()
    _, seen = started()
    assert ours(engine, labels["dead"]) == []
    assert len(ours(engine, labels["elsewhere"])) == 1
    monkeypatch.setattr(_engine, "YOUNG_S", 0)
    engine.sweep()
    assert ours(engine, labels["elsewhere"]) == []
    assert seen["Id"] in ours(engine, _engine.owner())


@pytest.mark.parametrize("label", ["", "x", "a b c", "a b c d e"])
def test_a_label_of_another_form_is_nobodys(label):
    assert not _engine.is_dead(label)
    assert not _engine.is_dead(_engine.owner())
