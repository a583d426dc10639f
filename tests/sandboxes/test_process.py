"""Plain processes: the same contract, and none of the isolation."""

import asyncio

import pytest

from backfeed.engine.errors import ConfigError, Refused
from backfeed.engine.records import File
from backfeed.engine.requests import Job, Limits
from backfeed.sandboxes import _tools, process
from backfeed.sandboxes.selfcheck import probes

# What a machine can stand without a sandbox: reads, and short loops.
SAFE = ("environment", "host file", "connect", "leave something")


def test_it_must_be_asked_for_by_name():
    with pytest.raises(ConfigError, match="by name"):
        process.PLUGIN.service({})


def test_it_says_that_it_isolates_nothing():
    assert process.PLUGIN.probe()["isolation"].startswith("none")


def test_negative_control(bare):
    """The probes find the holes where there are holes."""
    chosen = [probe for probe in probes.PROBES if probe.name in SAFE[:3]]
    found = asyncio.run(probes.run(bare.service, chosen))
    assert [probe["ok"] for probe in found if probe["name"] != "environment"] == [False, False]


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        ("print(1)", "AC"),
        ("1/0", "RE"),
        ("import os\nos._exit(137)", "RE"),
        ("import os\nos.kill(os.getpid(), 9)", "SIG"),
        ("while True: pass", "TLE"),
        ("import time\ntime.sleep(9)", "IDLE"),
        ("import os\nwhile True: os.write(1, b'y' * 65536)", "OLE"),
        ("x = bytearray(1 << 33)", "MLE"),
        ("import os, time\nif os.fork() == 0: time.sleep(9)", "AC"),
    ],
)
def test_verdicts(bare, code, verdict):
    limits = Limits(
        cpu_s=1, wall_s=1.5 if verdict == "IDLE" else 15.0, memory_mb=256, output_kb=256
    )
    assert bare.run(code, limits=limits).verdict == verdict


def test_report_input_and_variables(bare):
    code = "import os\nos.write(3, input().encode())\nprint(os.environ['A'])"
    found = bare.run(code, report=True, stdin="in", variables=(("A", "b"),))
    assert (found.report, found.stdout) == ("in", "b\n")
    assert bare.run("pass", report=True).verdict == "FORGED"


def test_tools_run_from_where_they_lie(tmp_path):
    tool = tmp_path / "tool"
    tool.write_text("#!/bin/sh\necho hello $1\n")
    tool.chmod(0o755)
    service = process.PLUGIN.service({"named": True, "tools": {"greet": str(tool)}})
    jobs = [Job(command=(f"{_tools.HOME}/{name}", "you")) for name in ("greet", "other")]
    known, unknown = asyncio.run(service.answer(jobs))
    asyncio.run(service.close())
    assert known["stdout"] == "hello you\n"
    assert unknown["exit_code"] == 127
    assert service.identity != process.PLUGIN.service({"named": True}).identity


def test_a_bad_path_is_refused(bare):
    (found,) = bare.ask(Job(files=(File("../x", ""),), command=("true",)))
    assert isinstance(found, Refused)
