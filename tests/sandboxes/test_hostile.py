"""Programs that attack, each with what it must come to. Loops are bounded: a hole costs little.

A program that finds a hole prints HOLE. What the host must look like afterwards is checked here,
not by the program.
"""

import ctypes
import socket
import threading
import time

import pytest

from backfeed.engine.requests import Limits

pytestmark = pytest.mark.bwrap

CALL = "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"


def denied(*calls: str) -> str:
    """A program that tries system calls, given as arguments of syscall()."""
    tries = "".join(f"if libc.syscall({call}) >= 0: print('HOLE', {call!r})\n" for call in calls)
    return CALL + "b = ctypes.create_string_buffer(256)\n" + tries


ATTACKS = {
    "heap": ("b = []\nfor i in range(64):\n  b.append(bytearray(b'x') * (64 << 20))", {"MLE"}),
    "shared mapping": (
        "import mmap\nm = mmap.mmap(-1, 1 << 30)\nfor i in range(0, 1 << 30, 4096): m[i] = 1",
        {"MLE"},
    ),
    "many processes with much": (
        "import os, time\nfor i in range(20):\n  if os.fork() == 0:\n"
        "    x = bytearray(b'x') * (30 << 20)\n    time.sleep(2)\n    os._exit(0)\n"
        "time.sleep(1)",
        {"MLE"},
    ),
    "memfd": ("import os\nf = os.memfd_create('x')", {"RE"}),
    "SysV memory": (CALL + "if libc.shmget(0, 1 << 20, 0o1600) >= 0: print('HOLE')", {"AC"}),
    "fill disks": (
        "import os\n"
        "for d in ('/work', '/tmp', '/dev/shm', '/dev', '/run', '/var/tmp', '/', '/etc'):\n"
        "  n = 0\n  try:\n    for k in range(12):\n      with open(f'{d}/f{k}', 'wb') as f:\n"
        "        f.write(b'x' * (31 << 20)); n += 31\n  except OSError: pass\n"
        "  if n > 128: print('HOLE', d, n)",
        {"AC"},
    ),
    "inodes": (
        "import os\nfor n in range(20_000): os.close(os.open(f'{n}', os.O_CREAT))", {"RE"},
    ),
    "large file": (
        "f = open('big', 'wb')\nfor _ in range(64): f.write(b'x' * (1 << 20)); f.flush()", {"RE"},
    ),
    "sparse file": ("open('big', 'wb').truncate(1 << 40)", {"RE"}),
    "forks": (
        "import os, time\nfor n in range(2000):\n  if os.fork() == 0:\n    time.sleep(5)", {"RE"},
    ),
    "threads": (
        "import threading, time\nthreading.stack_size(65536)\nfor n in range(2000):\n"
        "  threading.Thread(target=time.sleep, args=(5,), daemon=True).start()",
        {"RE"},
    ),
    "spin": ("while True: pass", {"TLE"}),
    "spin deaf": (
        "import signal\nfor s in range(1, 65):\n  try: signal.signal(s, signal.SIG_IGN)\n"
        "  except (OSError, ValueError): pass\nwhile True: pass",
        {"TLE"},
    ),
    "spin in children": (
        "import os\nfor i in range(20):\n  if os.fork() == 0: break\nwhile True: pass", {"TLE"},
    ),
    "sleep": ("import time\ntime.sleep(60)", {"IDLE"}),
    "stop itself": ("import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", {"IDLE"}),
    "flood": ("import os\nfor _ in range(16384): os.write(1, b'y' * 65536)", {"OLE"}),
    "flood errors": ("import os\nfor _ in range(16384): os.write(2, b'y' * 65536)", {"OLE"}),
    "close all and spin": ("import os\nos.closerange(0, 3)\nwhile True: pass", {"TLE"}),
    "zombies": (
        "import os\ntry:\n  for n in range(200):\n    if os.fork() == 0: os._exit(0)\n"
        "except OSError: pass",
        {"AC"},
    ),
    "kill upwards": (
        "import os\nfor p in (os.getppid(), 1):\n  for s in (9, 19): os.kill(p, s)", {"AC"},
    ),
    "kill all": ("import os\nos.kill(-1, 9)", {"RE"}),
    "recursion": (
        "import sys\nsys.setrecursionlimit(10**9)\ndef f(n): return f(n + 1) + 1\nf(0)",
        {"MLE", "RE", "SIG", "TLE"},
    ),
    "host files": (
        "for p in ('/etc/shadow', '/proc/1/environ', '/proc/1/mem', '/proc/kcore',\n"
        "          '/sys/kernel', '/var/run/docker.sock', '/boot', '/home'):\n"
        "  try: open(p, 'rb').read(1)\n  except OSError: continue\n  print('HOLE', p)",
        {"AC"},
    ),
    "kernel settings": (
        "import os\nfor p in ('sys/kernel/core_pattern', 'sys/kernel/randomize_va_space',\n"
        "          'sys/vm/overcommit_memory', 'sysrq-trigger', 'self/uid_map'):\n"
        "  try: os.write(os.open('/proc/' + p, 1), b'' if 'trig' in p else open('/proc/' + p, 'rb')"
        ".read())\n  except OSError: continue\n  print('HOLE', p)",
        {"AC"},
    ),
    "write shared": (
        "for p in ('/usr/x', '/etc/x', '/x', '/dev/x', '/bin/ls', '/lib/x', '/etc/passwd',\n"
        "          '/usr/lib/python3/dist-packages/evil.pth'):\n"
        "  try: open(p, 'a')\n  except OSError: continue\n  print('HOLE', p)",
        {"AC"},
    ),
    "become root": ("import os\nos.setuid(0)", {"RE"}),
    "su": ("import subprocess\nsubprocess.run(['su', '-c', 'id'], check=True)", {"RE"}),
    "mount": ("import os\nos.system('mount -t tmpfs x /tmp && echo HOLE')", {"AC"}),
    "calls": (
        denied(
            "101, 16, 1, 0, 0", "310, 1, 0, 0, 0, 0, 0", "165, b'x', b'/tmp', b'tmpfs', 0, 0",
            "272, 0x10000000", "272, 0x20000", "161, b'/tmp'", "56, 0x10000011, 0, 0, 0, 0",
            "435, b, 88", "308, 0, 0", "155, b'/', b'/'", "250, 22, -1, -3",
            "248, b'user', b'k', b'v', 1, -3", "425, 4, b", "321, 0, b, 128", "323, 0",
            "298, b, 0, -1, -1, 0", "246, 0, 0, 0, 0", "169, 0, 0, 0, 0", "164, b, 0",
            "133, b'/tmp/n', 0o60666, 1",
            "41, 40, 1, 0", "41, 17, 3, 3", "41, 38, 5, 0", "447, 0", "135, 0x0400000",
        ),
        {"AC"},
    ),
    "foreign calls": (denied("0x40000000 + 39"), {"SIG"}),
    "descriptors": (
        "import os\nfor n in range(3, 1024):\n  try: os.fstat(n)\n  except OSError: continue\n"
        "  print('HOLE', n)",
        {"AC"},
    ),
    "exit 137": ("import os\nos._exit(137)", {"RE"}),
    "exit 124": ("import sys\nsys.exit(124)", {"RE"}),
    "kill itself": ("import os\nos.kill(os.getpid(), 9)", {"SIG"}),
    "abort": ("import os\nos.abort()", {"SIG"}),
    "garbage": ("import os\nos.write(1, b'\\x00\\xff\\x1b]0;x\\x07\\xed\\xa0\\x80')", {"AC"}),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
def test_attack(box, name):
    code, verdicts = ATTACKS[name]
    began = time.monotonic()
    found = box.run(code)
    assert found.verdict in verdicts, found
    assert "HOLE" not in found.stdout
    assert time.monotonic() - began < 4.5
    assert box.run("print(1)").stdout == "1\n"


@pytest.mark.parametrize("name", ["heap", "spin", "forks", "calls", "descriptors", "kill all"])
def test_attack_of_a_new_interpreter(box, name):
    code, verdicts = ATTACKS[name]
    found = box.run(code, cold=True)
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
    began = time.monotonic()
    code = (
        "import os, time\nif os.fork() == 0:\n  os.setsid()\n  if os.fork() == 0:\n    "
        f"{detach}os.execv('/bin/sleep', ['sleep', '25.125'])\n  os._exit(0)\ntime.sleep(.1)"
    )
    found = box.run(code)
    assert (found.verdict, found.strays) == ("AC", 1)
    assert time.monotonic() - began < 1.5
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
