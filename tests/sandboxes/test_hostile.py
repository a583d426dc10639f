"""Programs that attack, each with what it must come to.

What the host must look like afterwards is checked here, not by the program.
"""

import ctypes
import socket
import threading

import pytest
from sandbox_tables import ATTACKS, limits_for

from backfeed.engine.requests import Limits


@pytest.mark.parametrize("name", ATTACKS)
def test_attack(box, name):
    code, verdicts = ATTACKS[name]
    found = box.run(code, limits=limits_for(verdicts))
    assert found.verdict in verdicts, found
    assert "HOLE" not in found.stdout
    assert box.run("print(1)").stdout == "1\n"


@pytest.mark.parametrize("name", ["heap", "spin", "forks", "calls", "descriptors", "kill all"])
def test_attack_of_a_new_interpreter(box, name):
    code, verdicts = ATTACKS[name]
    found = box.run(code, cold=True, limits=limits_for(verdicts))
    assert found.verdict in verdicts, found
    assert "HOLE" not in found.stdout


def test_shell_bomb(box):
    from backfeed.engine.requests import Job

    limits = Limits(cpu_s=1, wall_s=2, processes=32)
    (found,) = box.ask(Job(command=("bash", "-c", "x() { x|x & }; x; sleep 4"), limits=limits))
    assert found.verdict in {"RE", "IDLE", "TLE", "AC", "OLE"}
    assert box.run("print(1)").verdict == "AC"


@pytest.mark.parametrize("detach", ["", "os.closerange(0, 3)\n    "])
def test_a_daemon_is_ended_and_counted(box, no_process_with, detach):
    code = (
        "import os, time\nif os.fork() == 0:\n  os.setsid()\n  if os.fork() == 0:\n    "
        f"{detach}os.execv('/bin/sleep', ['sleep', '25.125'])\n  os._exit(0)\ntime.sleep(.1)"
    )
    found = box.run(code)
    assert (found.verdict, found.strays) == ("AC", 1)
    assert found.wall_s < 25  # nobody waited for it
    assert no_process_with("sleep 25.125")


def test_no_connection_leaves(box):
    heard = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(1)
        thread = threading.Thread(target=lambda: heard.append(_accepts(listener)))
        thread.start()
        port = listener.getsockname()[1]
        code = (
            "import socket\nfor a in (('127.0.0.1', PORT), ('8.8.8.8', 53)):\n"
            "  try: socket.create_connection(a, 1)\n  except OSError: continue\n  print('HOLE')"
        )
        found = box.run(code.replace("PORT", str(port)))
        thread.join()
    assert (found.verdict, found.stdout, heard) == ("AC", "", [False])


def _accepts(listener) -> bool:
    try:
        listener.accept()
    except TimeoutError:
        return False
    return True


def test_abstract_socket_of_the_host_is_out_of_reach(box):
    name = "\0backfeed-test"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(name)
        listener.listen()
        code = "import socket\nsocket.socket(socket.AF_UNIX).connect('\\0backfeed-test')"
        assert box.run(code).verdict == "RE"


def test_nothing_of_the_environment_is_seen(box, monkeypatch):
    monkeypatch.setenv("BACKFEED_SECRET", "canary-5f2c")
    libc = ctypes.CDLL(None)
    libc.setenv(b"BACKFEED_SECRET", b"canary-5f2c", 1)
    code = (
        "import os, glob\nprint(dict(os.environ))\n"
        "for p in glob.glob('/proc/[0-9]*/environ'):\n  try: print(open(p).read())\n"
        "  except OSError: pass"
    )
    assert "canary" not in box.run(code, cold=True).stdout
    assert "canary" not in box.run(code.replace("/proc", "/pro" + "c")).stdout


def test_no_path_of_the_host_is_seen(box):
    code = (
        "for p in ('1/cmdline', '1/mountinfo', 'self/mountinfo', '1/maps'):\n"
        "  try: print(open('/proc/' + p).read())\n  except OSError: pass"
    )
    found = box.run(code)
    assert found.verdict == "AC"
    assert "sandboxes" not in found.stdout.replace("backfeed.sandboxes", "")


def test_the_next_program_finds_nothing(twice):
    leave = (
        "import ctypes\nfor d in ('/tmp', '/work', '/dev/shm'): open(d + '/left', 'w').write('x')\n"
        "ctypes.CDLL(None).mq_open"
    )
    look = (
        "import os\nprint([d for d in ('/tmp', '/work', '/dev/shm', '/var/tmp')"
        " if os.path.exists(d + '/left')])"
    )
    twice.run(leave)
    assert twice.run(look).stdout == "[]\n"


def test_the_next_program_cannot_read_the_last_ones_source(twice):
    mark = "mark" + "er-91c4"
    twice.run(f"print('{mark}')")
    code = (
        "part = 'er-91' + 'c4'\nword = ('mark' + part).encode()\nfound = 0\n"
        "for line in open('/proc/self/maps'):\n"
        "  if 'rw' not in line: continue\n"
        "  a, b = (int(x, 16) for x in line.split()[0].split('-'))\n"
        "  with open('/proc/self/mem', 'rb', 0) as m:\n"
        "    m.seek(a)\n    try: found += m.read(b - a).count(b'print(' + b\"'\" + word)\n"
        "    except OSError: pass\nprint(found)"
    )
    assert twice.run(code).stdout == "0\n"
