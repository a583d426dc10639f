"""The sandbox as a service: what goes in, what comes out, and what it does when it breaks."""

import asyncio

import pytest

from backfeed.engine.contracts import Service
from backfeed.engine.errors import ConfigError, Outage, Refused
from backfeed.engine.records import File
from backfeed.engine.requests import Build, Job, Limits
from backfeed.sandboxes import _tools
from backfeed.sandboxes.selfcheck import probes

BOTH = pytest.mark.parametrize("cold", [False, True], ids=["prepared", "new"])


def test_contract(box):
    assert isinstance(box.service, Service)


def test_probe_names_the_identity(box):
    found = box.plugin.probe()
    assert found["environment"] == box.service.identity
    assert {"backend", "python", "python_version", "memory", "processes", "seccomp", "uid"} <= set(
        found
    )


def test_selfcheck_passes(box):
    found = asyncio.run(probes.run(box.service))
    assert [probe for probe in found if not probe["ok"]] == []
    assert len(found) >= 12


@BOTH
def test_output_exit_and_arguments(box, cold):
    code = "import sys\nprint(sys.argv[0], input())\nprint('e', file=sys.stderr)\nsys.exit(3)"
    found = box.run(code, cold=cold, stdin="in\n")
    assert (found.stdout, found.stderr, found.exit_code) == ("main.py in\n", "e\n", 3)
    assert found.verdict == "RE"


@BOTH
@pytest.mark.parametrize(
    ("code", "exit_code", "stderr"),
    [
        ("raise SystemExit", 0, ""),
        ("raise SystemExit('why')", 1, "why\n"),
        ("import sys\nsys.exit(257)", 1, ""),
        ("1/0", 1, "ZeroDivisionError: division by zero\n"),
        ("def f(:", 1, "SyntaxError: invalid syntax\n"),
        ("import atexit\natexit.register(print, 'x')", 0, ""),
        ("raise KeyboardInterrupt", None, "KeyboardInterrupt\n"),
    ],
)
def test_ends_as_python_ends(box, cold, code, exit_code, stderr):
    found = box.run(code, cold=cold)
    assert found.exit_code == exit_code
    assert found.stderr.endswith(stderr)
    assert "backfeed" not in found.stderr


@BOTH
def test_report(box, cold):
    code = "import os\nos.write(3, b'{\"n\": 1}')"
    assert box.run(code, cold=cold, report=True).report == '{"n": 1}'
    assert box.run(code, cold=cold, report=True).verdict == "AC"
    assert box.run("print('ALL TESTS PASSED')", cold=cold, report=True).verdict == "FORGED"
    assert box.run("import os\nos._exit(0)", cold=cold, report=True).verdict == "FORGED"


@BOTH
def test_no_descriptor_is_open_but_the_report(box, cold):
    code = (
        "import os\nfor n in range(3, 999):\n  try: os.fstat(n)\n  except OSError: continue\n"
        "  print(n)\nos.write(3, b'x')"
    )
    assert box.run(code, cold=cold, report=True).stdout == "3\n"


def test_much_right_output_is_right(box):
    found = box.run("print('x' * 300 * 1024)")
    assert (found.verdict, len(found.stdout), found.truncated) == ("AC", 300 * 1024 + 1, False)


def test_input_that_is_never_read(box):
    assert box.run("print(1)", stdin="x" * (10 << 20)).verdict == "AC"


def test_large_input_is_read(box):
    found = box.run("import sys\nprint(len(sys.stdin.read()))", stdin="é" * (3 << 20))
    assert found.stdout == f"{3 << 20}\n"


def test_partial_output_of_a_stopped_program(box):
    found = box.run("print('so far', flush=True)\nwhile True: pass", limits=Limits(cpu_s=0.2))
    assert (found.verdict, found.stdout, found.near_limit) == ("TLE", "so far\n", True)


def test_other_commands(box):
    (found,) = box.ask(Job(command=("sh", "-c", "cat; exit 4"), stdin="y"))
    assert (found.verdict, found.exit_code, found.stdout) == ("RE", 4, "y")


def test_files_in_folders(box):
    files = (
        File("pack/__init__.py", ""),
        File("pack/m.py", "A = 5"),
        File("t/main.py", "print(1)"),
    )
    job = Job(files=(*files, File("main.py", "from pack.m import A\nprint(A)")))
    (found,) = box.ask(Job(files=job.files, command=("python", "main.py")))
    assert found.stdout == "5\n"


@pytest.mark.parametrize("path", ["../x", "/x", "a/../../x", "", "a\0b"])
def test_a_bad_path_is_refused(box, path):
    (found,) = box.ask(Job(files=(File(path, "x"),), command=("true",)))
    assert isinstance(found, Refused)
    assert found.reason == "bad-path"


@pytest.mark.parametrize(
    ("job", "reason"),
    [
        (Job(command=("no-such-program",)), "no-command"),
        (Job(command=("/usr/bin/no-such-program", "x")), "no-command"),
        (Job(command=("true",), build=Build(command=("/usr/no/cc",), outputs=("a",))),
         "no-command"),
        (Job(command=()), "no-command"),
        (Job(files=(File("a", "x"), File("a/b", "x")), command=("true",)), "bad-files"),
        (Job(files=(File("a", "x" * (9 << 20)),), command=("true",), limits=Limits(disk_mb=4)),
         "bad-files"),
        (Job(command=("true",), variables=(("A=B", "x"),)), "bad-command"),
    ],
)  # fmt: skip
def test_a_job_that_cannot_be_run_is_refused(box, job, reason):
    (found,) = box.ask(job)
    assert isinstance(found, Refused)
    assert found.reason == reason


def test_variables(box):
    code = "import os, time\nprint(os.environ['A'], time.tzname[0], hash('x'))"
    same = box.run(code, variables=(("A", "b"), ("TZ", "Asia/Tokyo"))).stdout.split()
    other = box.run(code, variables=(("A", "b"), ("PYTHONHASHSEED", "7"))).stdout.split()
    assert same[:2] == ["b", "JST"]
    assert other[:2] == ["b", "UTC"]
    assert same[2] != other[2]


def test_verdicts_do_not_depend_on_company(box):
    limits = Limits(cpu_s=1.0, wall_s=8.0, memory_mb=128)
    spin = "import time\nwhile time.process_time() < {}: pass\nprint('done')"
    codes = [spin.format(0.2), spin.format(9), "1/0", "x = bytearray(1 << 28)", "print(1)"]
    jobs = [box.python(f"# {n}\n{code}", limits=limits) for n in range(2) for code in codes]

    alone = [box.ask(job)[0].verdict for job in jobs]
    together = [found.verdict for found in box.ask(*jobs)]
    assert alone == together == ["AC", "TLE", "RE", "MLE", "AC"] * 2


HOARD = """
import socket
heard = socket.create_server(("127.0.0.1", 0))
left = socket.create_connection(heard.getsockname())
right, _ = heard.accept()
pair = socket.socketpair()
sizes = (socket.SO_SNDBUF, socket.SO_RCVBUF)
for line in (left, right, *pair):
    before = [line.getsockopt(socket.SOL_SOCKET, size) for size in sizes]
    for size in sizes:
        line.setsockopt(socket.SOL_SOCKET, size, 1 << 22)
    assert before == [line.getsockopt(socket.SOL_SOCKET, size) for size in sizes]
for one, other in ((left, right), pair):
    one.setblocking(False)
    sent = 0
    try:
        while True:
            sent += one.send(bytes(65536))
    except BlockingIOError:
        print(sent < 1 << 19)
    got = 0
    while got < sent:
        got += len(other.recv(65536))
try:
    open("/proc/sys/net/ipv4/tcp_rmem", "w")
except OSError:
    print("not ours to change")
"""


def test_buffers_of_sockets_are_bounded_and_work(box):
    found = box.run(HOARD, limits=Limits(memory_mb=128))
    assert (found.stdout, found.stderr) == ("True\nTrue\nnot ours to change\n", "")


def test_cpu_time_is_summed_and_memory_known(box):
    code = (
        "import os, time\nx = bytearray(b'x') * (64 << 20)\nfor _ in range(2):\n"
        "  if os.fork() == 0:\n"
        "    while time.process_time() < .2: pass\n    os._exit(0)\nos.wait(), os.wait()"
    )
    found = box.run(code)
    assert 0.35 < found.cpu_s < 0.8
    assert 64 < found.peak_mb < 128


def test_a_broken_slot_is_an_outage_and_mended(backend):
    service = backend.service({"slots": 1, "cold_share": 0})
    job = Job(files=(File("main.py", "import time\ntime.sleep(1)"),), command=("python", "main.py"))

    async def break_it():
        asked = asyncio.ensure_future(service.answer([job]))
        await asyncio.sleep(0.3)
        service.slots[0]._line.kill()
        broken = await asked
        mended = await service.answer([Job(command=("true",))])
        await service.close()
        return broken[0], mended[0]

    broken, mended = asyncio.run(break_it())
    assert isinstance(broken, Outage)
    assert mended["verdict"] == "AC"


def test_close_kills_what_runs(backend, no_process_with):
    service = backend.service({"slots": 1, "cold_share": 0})

    async def close_early():
        asked = asyncio.ensure_future(service.answer([Job(command=("sleep", "26.25"))]))
        await asyncio.sleep(0.3)
        await service.close()
        return (await asked)[0]

    assert isinstance(asyncio.run(close_early()), Outage)
    assert no_process_with("sleep 26.25")


def test_slots_are_renewed(box, monkeypatch):
    monkeypatch.setattr("backfeed.sandboxes._slot.LIFE", 3)
    assert [box.run(f"print({n})").stdout for n in range(8)] == [f"{n}\n" for n in range(8)]


def test_identity_is_stable(box):
    """Whoever launches programs: both do the same."""
    assert box.plugin.probe()["environment"] == box.service.identity
    assert len(box.service.identity) == 32


def test_tools_are_inside_and_in_the_identity(box, tmp_path):
    tool = tmp_path / "greet"
    tool.write_text("#!/bin/sh\necho hello $1\n")
    service = box.plugin.service({"slots": 1, "tools": {"greet": str(tool)}})

    async def greet():
        command = (f"{_tools.HOME}/greet", "you")
        answers = await service.answer([Job(command=command)])
        await service.close()
        return answers[0]

    assert asyncio.run(greet())["stdout"] == "hello you\n"
    assert service.identity != box.service.identity
    with pytest.raises(ConfigError, match="cannot be read"):
        box.plugin.service({"tools": {"x": "/no/tool"}})


def test_the_time_of_its_slots_is_told(box):
    before = box.service.load
    box.run("import time\ntime.sleep(0.3)")
    after = box.service.load
    assert after["busy_s"] - before["busy_s"] > 0.2
    assert after["busy_s"] <= after["slots"] * after["window_s"] + 0.1
